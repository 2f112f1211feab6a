"""The child that reads workbooks may die, hang or swell: nobody falls with it."""

import gc
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from residents.importers import child, frames, isolated
from residents.importers.isolated import Child, open_isolated
from residents.importers.rows import Refused
from tests.residents.workbooks import HEADER, row, sheet, workbook

ROW = ("开封里", "1号楼", "1门", "101", "王小明", "19900000001", "常住")


def small() -> io.BytesIO:
    return workbook(sheet(row(1, HEADER), row(2, ROW)))


def long_one() -> io.BytesIO:
    """More rows than a pipe holds, so that the child waits for its reader."""
    return workbook(sheet(*(row(number, ROW) for number in range(1, 20_000))))


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Another program in place of the child."""
    monkeypatch.setattr(isolated, "COMMAND", (sys.executable, "-c", text))


def refusal(content: io.BytesIO) -> str:
    with pytest.raises(Refused) as caught:
        walk(content)
    return caught.value.code


def walk(content: io.BytesIO) -> None:
    for page in open_isolated(content, "名册.xlsx", "xlsx").sheets:
        list(page.rows)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_rows_come_as_they_stand_in_the_file() -> None:
    book = open_isolated(small(), "名册.xlsx", "xlsx")
    found = [(page.name, list(page.rows)) for page in book.sheets]
    assert found == [("开封道社区", [(1, list(HEADER)), (2, list(ROW))])]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import os; os.abort()", "TOO_LARGE"),
        ("import os; os._exit(3)", "BROKEN"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "TOO_SLOW"),
        ("print('no frame at all, only words')", "TOO_LARGE"),
        ("import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2{}')", "BROKEN"),
        ("import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\3[[[')", "BROKEN"),
        ("import sys; sys.stdout.buffer.write(b'\\0\\0')", "BROKEN"),
    ],
)
def test_child_that_dies_or_babbles_refuses_the_file(
    monkeypatch: pytest.MonkeyPatch, text: str, code: str
) -> None:
    program(monkeypatch, text)
    assert refusal(small()) == code


def test_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(isolated, "SECONDS", 0.3)
    began = time.monotonic()
    assert refusal(small()) == "TOO_SLOW"
    assert time.monotonic() - began < 5


def test_slow_reader_costs_the_child_no_patience() -> None:
    process = Child(long_one().getvalue(), "名册.xlsx", "xlsx")
    process.expect("book")
    before = process.patience
    time.sleep(0.5)
    began = time.monotonic()
    process.next()
    # Only what it was waited for counts, however busy the machine is.
    assert before - process.patience <= time.monotonic() - began
    process.end()


def test_child_asks_for_no_more_memory_than_it_may_have() -> None:
    text = (
        "from residents.importers import child; child.limit(); "
        "bytearray(child.MEMORY + 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=isolated.ROOT,
        # The empty environment of a real child: no coverage either, which would want
        # to write a file after the limits are set.
        env={"PYTHONPATH": str(isolated.ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    assert done.stderr.decode().splitlines()[-1] == "MemoryError"


def test_workbook_that_needs_too_much_memory_is_refused() -> None:
    """Few bytes, one long text in very many cells."""
    texts = f"<t>{'长' * 30_000}</t>"
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is>{texts}</is></c></row>'
        for n in range(1, 2001)
    )
    assert refusal(workbook(sheet(cells))) in {"TOO_LARGE", "ARCHIVE"}


def test_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINPING_SECRET", "do not tell")
    text = (
        "import json, os, sys;"
        "body = json.dumps(['book', sorted(os.environ)]).encode();"
        "sys.stdout.buffer.write(len(body).to_bytes(4, 'big') + body)"
    )
    program(monkeypatch, text)
    process = Child(b"", "名册.xlsx", "xlsx")
    known = set(process.expect("book")[0]) - {"LC_CTYPE"}
    assert known == {"PYTHONPATH", "PYTHONUTF8", "MALLOC_ARENA_MAX"}
    process.end()


def test_dropping_a_book_half_read_ends_its_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Remembered(Child):
        def __init__(self, content: bytes, name: str, kind: str) -> None:
            super().__init__(content, name, kind)
            # The process alone: whoever keeps the handle keeps the child alive.
            started.append(self.process)

    monkeypatch.setattr(isolated, "Child", Remembered)
    book = open_isolated(long_one(), "名册.xlsx", "xlsx")
    page = next(book.sheets)
    next(iter(page.rows))
    (running,) = started
    assert is_alive(running.pid)
    del book, page
    gc.collect()
    assert running.returncode == -signal.SIGKILL


def test_sheets_that_are_passed_over_are_not_read() -> None:
    pages = [sheet(*(row(n, ROW) for n in range(1, 3000))) for _page in range(3)]
    file = workbook(*pages, names=("甲", "乙", "丙"), states=("visible",) * 3)
    book = open_isolated(file, "名册.xlsx", "xlsx")
    assert [page.name for page in book.sheets] == ["甲", "乙", "丙"]


def test_several_files_are_read_at_the_same_time() -> None:
    found: list[int] = []

    def read() -> None:
        book = open_isolated(long_one(), "名册.xlsx", "xlsx")
        found.append(sum(len(list(page.rows)) for page in book.sheets))

    threads = [threading.Thread(target=read) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [19_999] * 4


# --- the child's own side, in this process ------------------------------------------


def messages(content: bytes, kind: str = "xlsx") -> Iterator[Any]:
    source = io.BytesIO(
        json.dumps({"name": "名册", "kind": kind}).encode() + b"\n" + content
    )
    sink = io.BytesIO()
    child.main(source, sink)
    sink.seek(0)
    while head := sink.read(frames.LENGTH):
        yield frames.unpack(sink.read(int.from_bytes(head, "big")))


def test_child_tells_book_sheet_rows_and_end() -> None:
    kinds = [message[0] for message in messages(small().getvalue())]
    assert kinds == ["book", "sheet", "rows", "end"]


def test_child_tells_why_it_refuses() -> None:
    (message,) = messages(b"no workbook")
    assert message == [
        "refused",
        "ARCHIVE",
        "%(name)s 已损坏，打不开。请在表格软件里另存一份再传。",
        {"name": "名册"},
    ]


def test_rows_are_gathered_into_frames_of_limited_size() -> None:
    sizes = [len(message[1]) for message in list(messages(long_one().getvalue()))[2:-1]]
    assert sum(sizes) == 19_999
    assert max(sizes) < 19_999
