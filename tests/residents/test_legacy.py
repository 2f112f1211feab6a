"""Records of Excel 97-2003 files, written by hand: what they hide, what they break."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residents.importers import legacy
from residents.importers.book import place_of
from residents.importers.legacy import Damaged, Encrypted, NotAWorkbook, Records
from residents.importers.rows import Refused
from residents.importers.workbooks import open_workbook

SAMPLE = Path(__file__).parents[1] / "data" / "rosters" / "messy_legacy.xls"
BEGIN = struct.pack("<HHHHHHHH", 0x0809, 12, 0x0600, 5, 0, 0, 0, 0)
END = struct.pack("<HH", legacy.EOF, 0)
PLAIN, STRUCK = 0, 1


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def number(row: int, column: int, style: int = PLAIN) -> bytes:
    return record(legacy.NUMBER, struct.pack("<HHHd", row - 1, column, style, 1.0))


def row_record(row: int, flags: int) -> bytes:
    return record(
        legacy.ROW, struct.pack("<HHHHHHHH", row - 1, 0, 9, 0, 0, 0, flags, 0)
    )


def stream(*records: bytes, book: bytes = b"") -> bytes:
    """One book with a plain and a struck style, and one sheet of these records."""
    fonts = b"".join(
        record(legacy.FONT, struct.pack("<HH", 200, flags)) for flags in (0, 8)
    )
    styles = b"".join(record(legacy.XF, struct.pack("<H", font)) for font in (0, 1))
    head = BEGIN + fonts + styles + book
    start = len(head) + len(record(legacy.BOUNDSHEET, bytes(8))) + len(END)
    sheet = record(legacy.BOUNDSHEET, struct.pack("<IBBBB", start, 0, 0, 0, 0))
    return head + sheet + END + BEGIN + b"".join(records) + END


def test_hidden_rows_are_told() -> None:
    found = Records(stream(row_record(3, 0x20), row_record(4, 0x00))).legacy()
    assert found.sheets[0].hidden == {3}


def test_row_is_struck_when_all_but_its_serial_number_are() -> None:
    records = [number(3, 0), number(3, 1, STRUCK), number(3, 2, STRUCK)]
    records += [number(4, 0), number(4, 1), number(4, 2, STRUCK)]
    records.append(
        record(legacy.MULRK, struct.pack("<HHHIHIH", 4, 0, STRUCK, 0, STRUCK, 0, 1))
    )
    assert Records(stream(*records)).legacy().sheets[0].struck == {3, 5}


def test_failed_formula_and_formula_with_a_value_are_told_apart() -> None:
    failed = struct.pack("<HHH", 4, 2, 0) + b"\2\0\x17\0\0\0\xff\xff" + bytes(8)
    good = struct.pack("<HHHd", 4, 3, 0, 7.0) + bytes(8)
    error = struct.pack("<HHHBB", 5, 1, 0, 0x17, 1)
    truth = struct.pack("<HHHBB", 5, 2, 0, 1, 0)
    records = [record(legacy.FORMULA, body) for body in (failed, good)]
    records += [record(legacy.BOOLERR, body) for body in (error, truth)]
    marks = Records(stream(*records)).legacy().sheets[0]
    assert marks.errors == {place_of(5, 2), place_of(6, 1)}
    assert marks.formulas == {place_of(5, 3)}


def test_filter_comments_and_calendar_are_told() -> None:
    since_1904 = record(legacy.DATEMODE, b"\1\0")
    records = [record(legacy.FILTERMODE, b""), record(legacy.NOTE, bytes(8))]
    found = Records(stream(*records, book=since_1904)).legacy()
    assert found.since_1904 is True
    assert found.sheets[0].filtered is True
    assert found.sheets[0].comments is True


def test_chart_inside_a_sheet_is_passed_over() -> None:
    chart = BEGIN + row_record(8, 0x20) + END
    found = Records(stream(chart, row_record(9, 0x20))).legacy()
    assert found.sheets[0].hidden == {9}


def test_encrypted_book_is_called_so() -> None:
    with pytest.raises(Encrypted):
        Records(stream(book=record(legacy.FILEPASS, bytes(6)))).legacy()


@pytest.mark.parametrize("length", [0, 20, 40, 60])
def test_records_that_end_too_early_are_damaged(length: int) -> None:
    with pytest.raises((Damaged, struct.error)):
        Records(stream(number(1, 1))[:length]).legacy()


def test_other_office_files_are_no_workbooks() -> None:
    word, workbook = (
        "WordDocument".encode("utf-16-le"),
        "Workbook".encode("utf-16-le"),
    )
    name = workbook.ljust(64, b"\0") + struct.pack("<H", 18)
    other = word.ljust(64, b"\0") + struct.pack("<H", 26)
    content = SAMPLE.read_bytes()
    assert content.count(name) == 1
    with pytest.raises(NotAWorkbook):
        legacy.marks_of(content.replace(name, other))


def with_record(kind: int, body: bytes) -> bytes:
    """The sample with another body for its first record of this kind."""
    content = bytearray(SAMPLE.read_bytes())
    start = content.index(struct.pack("<HH", kind, len(body)))
    content[start + 4 : start + 4 + len(body)] = body
    return bytes(content)


def test_huge_used_range_is_refused_before_the_library_asks_for_memory() -> None:
    content = with_record(
        legacy.DIMENSIONS, struct.pack("<IIHHH", 0, 65_536, 0, 256, 0)
    )
    with pytest.raises(Refused) as caught:
        open_workbook(content, "名册.xls", "xls")
    assert caught.value.code == "ARCHIVE"


def test_used_range_that_ends_before_it_begins_is_damaged() -> None:
    body = struct.pack("<IIHHH", 65_536, 0, 0, 256, 0)
    with pytest.raises(Damaged):
        legacy.marks_of(with_record(legacy.DIMENSIONS, body))


def test_used_range_of_the_sample_is_known() -> None:
    (marks,) = legacy.marks_of(SAMPLE.read_bytes()).sheets
    assert (marks.last_row, marks.last_column) == (43, 11)


def test_sectors_in_a_circle_are_damaged() -> None:
    content = bytearray(SAMPLE.read_bytes())
    (table,) = struct.unpack_from("<I", content, 76)
    start = 512 + table * 512
    for at in range(start, start + 512, 4):
        struct.pack_into("<I", content, at, 0)
    with pytest.raises((Damaged, NotAWorkbook)):
        legacy.marks_of(bytes(content))


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 13_823), st.integers(0, 255)), min_size=1, max_size=8
    ),
    length=st.integers(1, 13_824),
)
def test_damaged_files_are_read_or_named(
    changes: list[tuple[int, int]], length: int
) -> None:
    content = bytearray(SAMPLE.read_bytes())
    for place, value in changes:
        content[place] = value
    try:
        found = legacy.marks_of(bytes(content[:length]))
    except (Damaged, Encrypted, NotAWorkbook):
        return
    assert len(found.sheets) <= 13_824
