"""What a file really is: read, or refused by name before it does harm."""

import io
import zipfile
from collections.abc import Callable

import pytest

from residents.importers import archive, readers
from residents.importers.book import Merge, place_of
from residents.importers.readers import open_book
from residents.importers.rows import Cell, Refused
from tests.residents.workbooks import HEADER, row, sheet, workbook

TEXT = "社区,小区\n开封道,开封里\n"


def cells_of(file: io.BytesIO, name: str) -> list[list[Cell]]:
    return [
        list(cells)
        for sheet in open_book(file, name).sheets
        for _n, cells in sheet.rows
    ]


def refusal(file: io.BytesIO, name: str) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        cells_of(file, name)
    return caught.value.code, caught.value.reason


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_csv_is_read_in_any_usual_encoding(encoding: str) -> None:
    found = cells_of(io.BytesIO(TEXT.encode(encoding)), "名册.csv")
    assert found == [["社区", "小区"], ["开封道", "开封里"]]


@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_csv_is_read_with_any_usual_delimiter(sign: str) -> None:
    file = io.BytesIO(TEXT.replace(",", sign).encode())
    assert cells_of(file, "名册.csv") == [["社区", "小区"], ["开封道", "开封里"]]


def test_csv_of_six_lines_keeps_all_of_them() -> None:
    lines = "".join(f"{number},x\n" for number in range(1, 8))
    found = cells_of(io.BytesIO(lines.encode()), "名册.csv")
    assert [cells[0] for cells in found] == ["1", "2", "3", "4", "5", "6", "7"]


def test_csv_of_no_known_encoding_names_the_line() -> None:
    file = io.BytesIO("小区\n".encode() + b"ok\n" + b"\xff\xfe\xff broken\n")
    code, reason = refusal(file, "名册.csv")
    assert code == "ENCODING"
    assert reason == "名册.csv 第 3 行的文字编码不对。请另存为 UTF-8 的 CSV 再传。"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "名册.csv", "EMPTY_FILE"),
        (b"<html><table></table></html>", "名册.xls", "HTML"),
        (b"\xef\xbb\xbf <table>", "名册.xls", "HTML"),
        (b"%PDF-1.7", "名册.xlsx", "PDF"),
        (b"a,b\n1,2\n", "名册.xlsx", "WRONG_EXTENSION"),
        (b"PK\x03\x04rest", "名册.csv", "WRONG_EXTENSION"),
        (b"a,b\n1,2\n", "名册.docx", "UNKNOWN_TYPE"),
        (b"\x00\x01\x02\x03" * 9, "名册.csv", "BINARY"),
        (b"PK\x03\x04 not a zip", "名册.xlsx", "ARCHIVE"),
        (readers.OLE + b"\0" * 600, "名册.xls", "BROKEN"),
    ],
)
def test_file_is_refused_and_called_what_it_is(
    content: bytes, name: str, code: str
) -> None:
    found, reason = refusal(io.BytesIO(content), name)
    assert found == code
    assert reason.startswith(name)


def test_workbook_gives_columns_from_the_left_and_rows_from_one() -> None:
    rows = '<row r="3"><c r="C3"><v>5</v></c></row>'
    found = open_book(workbook(sheet(rows)), "名册.xlsx")
    only = next(found.sheets)
    assert list(only.rows) == [
        (1, ["", "", ""]),
        (2, ["", "", ""]),
        (3, ["", "", 5.0]),
    ]


def test_workbook_tells_merged_hidden_struck_and_broken() -> None:
    broken = '<row r="6"><c r="D6" t="e"><v>#REF!</v></c></row>'
    file = workbook(
        sheet(
            row(1, HEADER),
            row(2, ("开封里", "1号楼")),
            row(3, ("", "", "1门"), attributes=' hidden="1"'),
            row(4, ("开封里", "2号楼"), style=1),
            broken,
            merges=("A2:A3", "A1:G1"),
        )
    )
    only = next(open_book(file, "名册.xlsx").sheets)
    assert only.merges == (Merge(2, 3, 0),)
    assert only.marks.hidden == {3}
    assert only.marks.struck == {4}
    assert only.marks.errors == {place_of(6, 3)}


def test_hidden_sheet_is_not_visible() -> None:
    pages = (sheet(row(1, HEADER)), sheet(row(1, HEADER)))
    file = workbook(*pages, names=("甲", "乙"), states=("visible", "hidden"))
    found = [(page.name, page.visible) for page in open_book(file, "名册.xlsx").sheets]
    assert found == [("甲", True), ("乙", False)]


def bomb() -> io.BytesIO:
    return workbook(sheet(), extra={"xl/media/x.bin": b"\0" * (40 << 20)})


def with_doctype() -> io.BytesIO:
    page = sheet(row(1, HEADER)).replace(
        "<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1
    )
    return workbook(page)


def with_many_members() -> io.BytesIO:
    parts = {f"xl/media/{number}.bin": b"" for number in range(archive.MEMBERS)}
    return workbook(sheet(), extra=parts)


def with_outside_path() -> io.BytesIO:
    return workbook(sheet(), extra={"../outside.xml": b"<a/>"})


def with_huge_range() -> io.BytesIO:
    far = '<row r="900000"><c r="ZZ900000"><v>1</v></c></row>'
    return workbook(sheet(row(1, HEADER), far))


def of_another_kind() -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("word/document.xml", "<a/>")
    return file


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bomb, "压缩炸弹"),
        (with_doctype, "DTD"),
        (with_many_members, "部件"),
        (with_outside_path, "路径"),
        (with_huge_range, "使用范围"),
        (of_another_kind, "不是 Excel 工作簿"),
    ],
)
def test_hostile_workbook_is_refused_with_the_reason(
    make: Callable[[], io.BytesIO], words: str
) -> None:
    code, reason = refusal(make(), "名册.xlsx")
    assert code == "ARCHIVE"
    assert reason.count(words) == 1


def test_doctype_torn_between_two_pieces_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "PIECE", 64)
    with pytest.raises(Refused) as caught:
        archive.looks_of(with_doctype(), "名册.xlsx")
    assert caught.value.reason.count("DTD") == 1


def test_marks_are_the_same_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        row(number, ("开封里", "1号楼"), attributes=' hidden="1"' if number % 3 else "")
        for number in range(1, 200)
    ]
    file = workbook(sheet(*lines))
    whole = archive.looks_of(file, "名册.xlsx").sheets["开封道社区"]
    monkeypatch.setattr(archive, "PIECE", 700)
    pieces = archive.looks_of(file, "名册.xlsx").sheets["开封道社区"]
    assert pieces == whole
    assert len(whole.hidden) == 133
