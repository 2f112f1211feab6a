"""`python -m residents.importers.child`: read one workbook, alone and under limits.

Gets the file on standard input, answers in frames on standard output, and knows
nothing else: no settings, no keys, no database, an empty environment (T112).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from residents.importers import frames
from residents.importers.book import Sheet
from residents.importers.rows import Refused
from residents.importers.rows import sentence as _
from residents.importers.workbooks import open_workbook

MEMORY = 512 << 20
SECONDS = 120
LIMITS = (
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_CPU, SECONDS),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 32),
)
TOO_LARGE = _("%(name)s 太大，读取时内存不够。请按社区拆成几个文件再传。")


def limit() -> None:
    """Where the system knows a limit, it holds; macOS ignores the one on memory."""
    for kind, wanted in LIMITS:
        _soft, hard = resource.getrlimit(kind)
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (ceiling, ceiling))
    if sys.platform.startswith("linux"):
        # When memory runs out on the machine, this process goes first.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def answers(request: dict[str, str], content: bytes) -> Iterator[bytes]:
    """The frames for one file: book, then each sheet and its rows, then the end."""
    name = request["name"]
    try:
        book = open_workbook(content, name, request["kind"])
        yield frames.pack(json.dumps(["book", book.height]))
        for sheet in book.sheets:
            yield _sheet_frame(sheet)
            yield from _row_frames(sheet)
        yield frames.pack(json.dumps(["end"]))
    except MemoryError:
        refusal: list[object] = ["refused", "TOO_LARGE", TOO_LARGE, {"name": name}]
        yield frames.pack(json.dumps(refusal))
    except Refused as error:
        told = ["refused", error.code, error.sentence, dict(error.params or {})]
        yield frames.pack(json.dumps(told))


def _sheet_frame(sheet: Sheet) -> bytes:
    merges = [[m.first_row, m.last_row, m.column] for m in sheet.merges]
    data = {
        "name": sheet.name,
        "height": sheet.height,
        "visible": sheet.visible,
        "merges": merges,
        "marks": frames.marks_as_data(sheet.marks),
        "since_1904": sheet.since_1904,
    }
    return frames.pack(json.dumps(["sheet", data]))


def _row_frames(sheet: Sheet) -> Iterator[bytes]:
    gathered: list[str] = []
    length = 0
    for _number, cells in sheet.rows:
        text = frames.row_text(list(cells))
        gathered.append(text)
        length += len(text)
        if length >= frames.GATHERED:
            yield frames.pack('["rows",[' + ",".join(gathered) + "]]")
            gathered.clear()
            length = 0
    if gathered:
        yield frames.pack('["rows",[' + ",".join(gathered) + "]]")


def main(source: BinaryIO, sink: BinaryIO) -> None:
    request = json.loads(source.readline())
    for frame in answers(request, source.read()):
        sink.write(frame)
    sink.flush()


if __name__ == "__main__":
    limit()
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        # Nobody listens any more: an import was cancelled or refused.
        os._exit(0)
