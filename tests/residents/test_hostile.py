"""Files made to do harm, or damaged on the way: refused, and called what they are."""

import io
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from residents.importers import archive, readers
from residents.importers.readers import open_book
from residents.importers.rows import Refused
from residents.importers.workbooks import open_workbook
from tests.residents.workbooks import HEADER, row, sheet, workbook

LEGACY = Path(__file__).parents[1] / "data" / "rosters" / "messy_legacy.xls"
GOOD = sheet(row(1, HEADER), row(2, ("开封里", "1号楼"), attributes=' hidden="1"'))


def good() -> bytes:
    return workbook(GOOD).getvalue()


def rebuilt(change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
    """The good workbook with its parts renamed or rewritten."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good())) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(*change(name, before.read(name)))
    return file.getvalue()


def at_another_path() -> bytes:
    """The sheet where no program puts it, without a telling extension."""

    def change(name: str, text: bytes) -> tuple[str, bytes]:
        if name.endswith("workbook.xml.rels"):
            text = text.replace(b"worksheets/sheet1.xml", b"/xl/data/Page.bin")
        if name == "[Content_Types].xml":
            text = text.replace(b"worksheets/sheet1.xml", b"data/Page.bin")
        return name.replace("worksheets/sheet1.xml", "data/Page.bin"), text

    return rebuilt(change)


def entities_at_another_path() -> bytes:
    def change(name: str, text: bytes) -> tuple[str, bytes]:
        if name.endswith("workbook.xml.rels"):
            text = text.replace(b"worksheets/sheet1.xml", b"data/Page.bin")
        if name.endswith("sheet1.xml"):
            declared = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'
            text = text.replace(b"<worksheet", declared)
        return name.replace("worksheets/sheet1.xml", "data/Page.bin"), text

    return rebuilt(change)


def with_twins() -> bytes:
    file = io.BytesIO(good())
    with zipfile.ZipFile(file, "a") as twin:
        twin.writestr("xl/worksheets/SHEET1.XML", GOOD.replace("hidden", "height"))
    return file.getvalue()


def with_password() -> bytes:
    """The flag that says so, in the directory at the end."""
    content = bytearray(good())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def in_utf_16() -> bytes:
    def change(name: str, text: bytes) -> tuple[str, bytes]:
        if name.endswith("sheet1.xml"):
            text = text.decode().encode("utf-16")
        return name, text

    return rebuilt(change)


def nested_deeply() -> bytes:
    def change(name: str, text: bytes) -> tuple[str, bytes]:
        if name == "xl/workbook.xml":
            text = b"<a>" * 200_000
        return name, text

    return rebuilt(change)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (entities_at_another_path, "ARCHIVE"),
        (with_twins, "ARCHIVE"),
        (with_password, "ARCHIVE"),
        (in_utf_16, "ARCHIVE"),
        (nested_deeply, "ARCHIVE"),
        (lambda: good()[:-30], "ARCHIVE"),
        (lambda: good()[: len(good()) // 2], "ARCHIVE"),
        (lambda: good()[:4], "ARCHIVE"),
    ],
)
def test_archive_is_refused_by_name(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(Refused) as caught:
        open_workbook(make(), "名册.xlsx", "xlsx")
    assert caught.value.code == code
    assert caught.value.reason.startswith("名册.xlsx ")


def test_hidden_rows_are_found_wherever_the_sheet_lies() -> None:
    book = open_workbook(at_another_path(), "名册.xlsx", "xlsx")
    assert next(book.sheets).marks.hidden == {2}


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"<html>" + good(), "名册.xlsx", "HTML"),
        (b"%PDF-1.4\n" + good(), "名册.xlsx", "PDF"),
        (good() + LEGACY.read_bytes(), "名册.xls", "WRONG_EXTENSION"),
        (LEGACY.read_bytes() + good(), "名册.xlsx", "WRONG_EXTENSION"),
        ("小区,楼栋\n".encode("gbk"), "名册.xlsx", "WRONG_EXTENSION"),
        (LEGACY.read_bytes()[:600], "名册.xls", "BROKEN"),
        (LEGACY.read_bytes()[:9000], "名册.xls", "BROKEN"),
    ],
)
def test_two_files_in_one_are_called_what_comes_first(
    content: bytes, name: str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        open_book(io.BytesIO(content), name)
    assert caught.value.code == code


def test_workbook_with_a_password_is_called_so() -> None:
    """Office keeps an encrypted workbook as a stream inside an old container."""
    old, new = ("Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
    content = LEGACY.read_bytes()
    entry = old.ljust(64, b"\0") + struct.pack("<H", len(old) + 2)
    content = content.replace(
        entry, new.ljust(64, b"\0") + struct.pack("<H", len(new) + 2)
    )
    with pytest.raises(Refused) as caught:
        open_workbook(content, "名册.xls", "xls")
    assert caught.value.code == "PASSWORD"


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    """What does not fit is never unpacked to its end."""
    file = io.BytesIO(good())
    block = b"\0" * (1 << 20)
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
        bomb.open("xl/media/bomb.bin", "w", force_zip64=True) as part,
    ):
        for _block in range(300):
            part.write(block)
    began = time.process_time()
    with pytest.raises(Refused) as caught:
        archive.looks_of(file, "名册.xlsx")
    assert caught.value.reason.count("压缩炸弹") == 1
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", ["a.xlsx", "a.xls", "a.csv"])
def test_empty_file_is_called_empty(kind: str) -> None:
    with pytest.raises(Refused) as caught:
        readers.kind_of(b"", kind)
    assert caught.value.code == "EMPTY_FILE"
