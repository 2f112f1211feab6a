"""Looking into a workbook before any library does (T110, T112).

An .xlsx file is an archive of XML. Every part is unpacked once, in pieces and under
limits, and what no reader library tells is collected on the way: hidden rows, rows
struck through, cells with a formula error, and how large the used range really is.
"""

from __future__ import annotations

import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from residents.importers.book import Marks
from residents.importers.rows import Refused
from residents.importers.rows import sentence as _
from residents.importers.sheetxml import SheetScan

MEMBERS = 1000
UNPACKED = 200 * 1024 * 1024
RATIO = 100
# Below this size a high ratio is harmless: an empty sheet packs very well.
RATIO_FROM = 16 * 1024 * 1024
CELLS = 10_000_000
FORMULAS = 1_000_000
PIECE = 1 << 20
TORN = 16
# What a damaged archive makes the standard library raise.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    expat.ExpatError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
SMALL_PART = 4 * 1024 * 1024
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
XML_PARTS = (".xml", ".rels", ".vml")


@dataclass(slots=True)
class Looks:
    """What a workbook tells besides its values: marks by the name of the sheet."""

    sheets: dict[str, Marks] = field(default_factory=dict)
    since_1904: bool = False


def refuse_archive(sentence: str, name: str, **params: int) -> Refused:
    return Refused("ARCHIVE", sentence, {"name": name, **params})


def looks_of(file: BinaryIO, name: str) -> Looks:
    """Check the archive and collect the marks of every sheet. Raises Refused."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive, name)
            parts, since_1904 = _sheet_parts(archive, name)
            struck_styles = _struck_styles(archive, name)
            found = _walk(archive, name, frozenset(parts.values()), struck_styles)
            for part in parts.values():
                if part in found:
                    found[part].comments = _has_comments(archive, part, name)
    except DAMAGED as error:
        reason = _("%(name)s 已损坏，打不开。请在表格软件里另存一份再传。")
        raise refuse_archive(reason, name) from error
    sheets = {sheet: found.get(part, Marks()) for sheet, part in parts.items()}
    return Looks(sheets, since_1904)


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MEMBERS:
        reason = _("%(name)s 里有 %(count)d 个部件，太多了，不是正常的工作簿。")
        raise refuse_archive(reason, name, count=len(members))
    for member in members:
        path = member.filename
        if member.flag_bits & 1:
            reason = _("%(name)s 加了密码。请去掉密码再传。")
            raise refuse_archive(reason, name)
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        if path.startswith(("/", "\\")) or ".." in path.split("/") or is_link:
            reason = _("%(name)s 里有不正常的部件路径，不能读取。")
            raise refuse_archive(reason, name)
    if len({member.filename.lower() for member in members}) < len(members):
        reason = _("%(name)s 里有同名的部件，不能读取。")
        raise refuse_archive(reason, name)
    if "xl/workbook.xml" not in {member.filename for member in members}:
        reason = _("%(name)s 是压缩包，但不是 Excel 工作簿。")
        raise refuse_archive(reason, name)


def _walk(
    archive: zipfile.ZipFile,
    name: str,
    sheet_parts: frozenset[str],
    struck_styles: frozenset[int],
) -> dict[str, Marks]:
    """Unpack every part once; what a part claims about its size is not believed."""
    packed = sum(member.compress_size for member in archive.infolist())
    unpacked, found = 0, {}
    for member in archive.infolist():
        path = member.filename.lower()
        is_sheet = path in sheet_parts
        scan = SheetScan(struck_styles)
        for piece in _pieces(archive, member):
            unpacked += piece.size
            too_dense = unpacked > RATIO_FROM and unpacked > RATIO * max(packed, 1)
            if unpacked > UNPACKED or too_dense:
                reason = _("%(name)s 解压后太大，可能是压缩炸弹，不能读取。")
                raise refuse_archive(reason, name)
            if is_sheet or path.endswith(XML_PARTS):
                _check_xml(piece, name)
            if is_sheet:
                scan.feed(piece.text)
                _check_size(scan.marks, name)
        found[path] = scan.marks
    return found


def _check_size(marks: Marks, name: str) -> None:
    """The reader library keeps a rectangle up to the last value: it must fit."""
    if marks.last_row * marks.last_column > CELLS:
        reason = _("%(name)s 有一张表的使用范围大得不正常，请删去远处的空格子。")
        raise refuse_archive(reason, name)
    if len(marks.errors) + len(marks.formulas) > FORMULAS:
        reason = _("%(name)s 的公式太多。请复制后“粘贴为数值”，另存再传。")
        raise refuse_archive(reason, name)


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` fresh bytes; `text` adds the unfinished end of the piece before."""

    size: int
    text: bytes
    first: bool = False


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Piece]:
    """A part in pieces, cut before a row or a tag, so that none is torn apart."""
    carry, first = b"", True
    with archive.open(member) as part:
        while fresh := part.read(PIECE):
            whole = carry + fresh
            cut = _cut(whole)
            yield Piece(len(fresh), whole[:cut], first)
            carry, first = whole[cut:], False
    if carry:
        yield Piece(0, carry, first)


def _cut(text: bytes) -> int:
    """Where to cut: before the last row, else before a cell, a tag, or anywhere."""
    cut = max(text.rfind(b"<row"), text.rfind(b":row"))
    if cut > 0 and text[cut : cut + 1] == b":":
        cut = text.rfind(b"<", 0, cut)
    for sign in (b"<c ", b"<"):
        if cut <= 0:
            cut = text.rfind(sign)
    return cut if cut > 0 else max(len(text) - TORN, 0)


def _check_xml(piece: Piece, name: str) -> None:
    if piece.first and b"\0" in piece.text[:8]:
        reason = _("%(name)s 的内部编码不是 UTF-8，不能读取。")
        raise refuse_archive(reason, name)
    if DECLARATION.search(piece.text):
        reason = _("%(name)s 里带有 DTD 或实体声明，有危险，不能读取。")
        raise refuse_archive(reason, name)


# --- the small parts that name the sheets and the styles -----------------------------


def _small_part(archive: zipfile.ZipFile, path: str, name: str) -> bytes:
    """One small XML part without declarations; b"" when the workbook has none."""
    named = {member.lower(): member for member in archive.namelist()}
    if path not in named:
        return b""
    with archive.open(named[path]) as part:
        text = part.read(SMALL_PART + 1)
    if len(text) > SMALL_PART:
        reason = _("%(name)s 的结构部件大得不正常，不能读取。")
        raise refuse_archive(reason, name)
    _check_xml(Piece(len(text), text, first=True), name)
    return text


def _visit(text: bytes, seen: Callable[[str, dict[str, str], int], None]) -> None:
    """Call `seen` with each element's name, attributes and depth; no prefixes."""
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        seen(tag.rpartition(":")[2], attributes, depth)
        depth += 1

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if text:
        parser.Parse(text, True)


def _sheet_parts(archive: zipfile.ZipFile, name: str) -> tuple[dict[str, str], bool]:
    """Sheet name -> path of its part in small letters; whether days count from 1904."""
    targets: dict[str, str] = {}
    parts: dict[str, str] = {}
    since_1904 = False

    def relation(tag: str, attributes: dict[str, str], _depth: int) -> None:
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def element(tag: str, attributes: dict[str, str], _depth: int) -> None:
        nonlocal since_1904
        if tag == "workbookPr":
            since_1904 = attributes.get("date1904", "0") in {"1", "true"}
        if tag != "sheet":
            return
        ids = (value for key, value in attributes.items() if key.endswith(":id"))
        target = targets.get(next(ids, ""), "")
        path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        parts[attributes.get("name", "")] = path.lower()

    _visit(_small_part(archive, "xl/_rels/workbook.xml.rels", name), relation)
    _visit(_small_part(archive, "xl/workbook.xml", name), element)
    return parts, since_1904


def _has_comments(archive: zipfile.ZipFile, part: str, name: str) -> bool:
    folder, file = posixpath.split(part)
    relations = _small_part(archive, f"{folder}/_rels/{file}.rels", name)
    return b"/comments" in relations


def _struck_styles(archive: zipfile.ZipFile, name: str) -> frozenset[int]:
    """Numbers of the cell styles whose font is struck through."""
    fonts: list[bool] = []
    styles: list[int] = []
    section = ""

    def style(tag: str, attributes: dict[str, str], depth: int) -> None:
        nonlocal section
        if depth == 1:
            section = tag
        elif section == "fonts" and tag == "font":
            fonts.append(False)
        elif section == "fonts" and tag == "strike" and fonts:
            fonts[-1] = attributes.get("val", "1") not in {"0", "false"}
        elif section == "cellXfs" and tag == "xf":
            styles.append(int(attributes.get("fontId", "0")))

    _visit(_small_part(archive, "xl/styles.xml", name), style)
    return frozenset(
        number
        for number, font in enumerate(styles)
        if 0 <= font < len(fonts) and fonts[font]
    )
