"""Whatever comes in is read, or refused by name. MINPING_EXAMPLES=10000 runs long."""

import contextlib
import datetime as dt
import io
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residents.importers import headers, normalise, readers, workbooks
from residents.importers.book import Book
from residents.importers.places import Places
from residents.importers.rows import Cell, ParsedRow, Refused
from residents.importers.run import Run
from residents.importers.workbooks import open_workbook
from tests.residents.properties import often
from tests.residents.workbooks import cell, letter, sheet, workbook

PLACES = Places({"120101002014": "开封道社区"}, ("小白楼街道",), lambda stem: False)
TODAY = dt.date(2026, 11, 21)
LEGACY = (
    Path(__file__).parents[1] / "data" / "rosters" / "messy_legacy.xls"
).read_bytes()
titles = st.sampled_from(
    [*(n for names in headers.NAMES.values() for n in names), "微信"]
)
words = st.sampled_from(
    (
        *("开封里", "同上", "〃", "1号楼", "一门", "１０１", "3-2", "301、302", "合计"),
        *("常住", "无", "#REF!", "1.99E+10", "19900000001", "120101199001011234"),
        *("２０１８年6月", "20180630", "35", "两", "序号", "备注:"),
    )
)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12
)
cells = st.one_of(words, texts, st.just(""))
tables = st.builds(
    lambda header, rows: [header, *rows],
    st.lists(titles, min_size=3, max_size=9),
    st.lists(st.lists(cells, max_size=10), max_size=6),
)


def walk(book: Book) -> Run:
    run = Run(book, PLACES, on=TODAY)
    found: Counter[str] = Counter()
    for item in run:
        if isinstance(item, ParsedRow):
            found[item.action] += 1
            assert item.stored <= bool(item.address and item.community)
    run.log.check()
    assert run.log.read == sum(run.log.actions.values()) == sum(found.values())
    return run


@often
@given(
    head=st.sampled_from([b"", readers.ZIP, readers.OLE, b"\xff\xfe", b"\xef\xbb\xbf"]),
    rest=st.binary(max_size=600),
    name=st.sampled_from(["a.xlsx", "a.xls", "a.csv"]),
)
def test_any_bytes_are_read_or_refused_by_name(
    head: bytes, rest: bytes, name: str
) -> None:
    content = head + rest
    # Any other exception fails the test.
    with contextlib.suppress(Refused):
        kind = readers.kind_of(content, name)
        if kind == "csv":
            walk(readers.open_book(io.BytesIO(content), name))
        else:
            walk(open_workbook(content, name, kind))


def as_row(number: int, values: list[str], looks: str) -> str:
    inner = "".join(
        cell(escape(text), f"{letter(index)}{number}")
        for index, text in enumerate(values)
    )
    return f'<row r="{number}"{looks}>{inner}</row>'


@often
@given(
    table=tables,
    looks=st.sampled_from(["", ' hidden="1"', ' s="1" customFormat="1"']),
    merges=st.lists(st.sampled_from(["A2:A4", "B2:B3", "A1:F1", "C3:D5"]), max_size=2),
)
def test_any_workbook_is_read_or_refused_by_name(
    table: list[list[str]], looks: str, merges: list[str]
) -> None:
    rows = [as_row(n, values, looks) for n, values in enumerate(table, 1)]
    content = workbook(sheet(*rows, merges=tuple(dict.fromkeys(merges)))).getvalue()
    with contextlib.suppress(Refused):
        walk(open_workbook(content, "名册.xlsx", "xlsx"))


@often
@given(table=tables, damage=st.tuples(st.integers(0, 5000), st.binary(max_size=4)))
def test_damaged_workbook_is_read_or_refused_by_name(
    table: list[list[str]], damage: tuple[int, bytes]
) -> None:
    rows = [as_row(n, values, "") for n, values in enumerate(table, 1)]
    content = workbook(sheet(*rows)).getvalue()
    place, piece = damage
    place %= len(content)
    broken = content[:place] + piece + content[place + len(piece) :]
    with contextlib.suppress(Refused):
        walk(open_workbook(broken, "名册.xlsx", "xlsx"))


@often
@given(
    places=st.lists(st.integers(0, len(LEGACY) - 1), min_size=1, max_size=4),
    pieces=st.lists(st.binary(min_size=1, max_size=4), min_size=4, max_size=4),
    end=st.one_of(st.just(len(LEGACY)), st.integers(0, len(LEGACY))),
)
def test_damaged_old_workbook_is_read_or_refused_by_name(
    places: list[int], pieces: list[bytes], end: int
) -> None:
    content = bytearray(LEGACY)
    for place, piece in zip(places, pieces, strict=False):
        content[place : place + len(piece)] = piece
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Refused):
        # Ten million empty cells are allowed, and take their time.
        patch.setattr(workbooks, "CELLS", 50_000)
        try:
            walk(open_workbook(bytes(content[:end]), "名册.xls", "xls"))
        except BaseException as error:
            # A panic of the library ends the child, and that is a refusal.
            if type(error).__name__ != "PanicException":
                raise


@often
@given(table=tables, sign=st.sampled_from(",;\t"))
def test_any_csv_is_read_or_refused_by_name(table: list[list[str]], sign: str) -> None:
    text = "\n".join(sign.join(values) for values in table)
    with contextlib.suppress(Refused):
        walk(readers.open_book(io.BytesIO(text.encode()), "开封道社区.csv"))


def digits_of(text: str) -> Counter[str]:
    return Counter(sign for sign in normalise.compact(text) if sign in "0123456789")


@often
@given(typed=st.one_of(words, texts, st.integers(0, 10**15), st.floats(0, 1e12)))
def test_cleaning_twice_is_cleaning_once_and_loses_no_digit(typed: Cell) -> None:
    for field in ("building", "unit", "room"):
        part = normalise.address_part(typed, field)
        if part.key:
            assert normalise.address_key(part.key, field) == part.key
            assert normalise.address_part(part.text, field).key == part.key
            written = digits_of(normalise.text_of(typed).removesuffix(".0"))
            assert not written - digits_of(part.key)
    name = normalise.name(typed)
    assert normalise.name(name.value).value == name.value
    status = normalise.status(typed).value
    assert normalise.status(normalise.STATUS_NAMES.get(status, "")).value == status
    phones = normalise.phones(typed)
    assert normalise.phones(phones.phone).phone == phones.phone
    day = normalise.day(typed).value
    assert normalise.day(day.isoformat() if day else "").value == day
    count = normalise.count(typed).value
    assert normalise.count("" if count is None else str(count)).value == count
