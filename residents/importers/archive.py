"""Looking into a workbook before any library does (T110, T112).

An .xlsx file is an archive of XML. Every part is unpacked once, in pieces and under
limits, and what no reader library tells is collected on the way: hidden rows, rows
struck through, cells with a formula error, and how large the used range really is.
"""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext as _

from residents.importers.rows import Refused

MEMBERS = 1000
UNPACKED = 200 * 1024 * 1024
RATIO = 100
# Below this size a high ratio is harmless: an empty sheet packs very well.
RATIO_FROM = 16 * 1024 * 1024
CELLS = 16_000_000
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
NS = rb"<(?:[A-Za-z]\w*:)?"
HIDDEN = re.compile(NS + rb'row\b[^>]*?\shidden="(?:1|true)"[^>]*>')
ROW_NUMBER = re.compile(rb'\sr="(\d+)"')
ROWS = re.compile(NS + rb'row\b[^>]*?\sr="(\d+)"')
COLUMNS = re.compile(NS + rb'c\b[^>]*?\sr="([A-Z]{1,3})\d')
ERRORS = re.compile(NS + rb'c\b[^>]*?\sr="([A-Z]{1,3})(\d+)"[^>]*?\st="e"')
STYLED = re.compile(
    NS + rb'(?:row\b[^>]*?\sr="(\d+)"|c\b([^>]*)>\s*<(?:[A-Za-z]\w*:)?(?:v|is|f)\b)'
)
STYLE = re.compile(rb'\ss="(\d+)"')


@dataclass(slots=True)
class Marks:
    """What one sheet hides: row numbers as spreadsheet programs show them."""

    hidden: set[int] = field(default_factory=set)
    struck: set[int] = field(default_factory=set)
    errors: set[tuple[int, int]] = field(default_factory=set)
    last_row: int = 0
    last_column: int = 0


def refuse_archive(reason: str) -> Refused:
    return Refused("ARCHIVE", reason)


def marks_by_sheet(file: BinaryIO, name: str) -> dict[str, Marks]:
    """Check the archive and collect the marks of every sheet by its name."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive, name)
            parts = _sheet_parts(archive, name)
            struck_styles = _struck_styles(archive, name)
            found = _walk(archive, name, struck_styles)
    except DAMAGED as error:
        reason = _("%(name)s 已损坏，打不开。请在表格软件里另存一份再传。")
        raise refuse_archive(reason % {"name": name}) from error
    return {sheet: found.get(part, Marks()) for sheet, part in parts.items()}


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MEMBERS:
        reason = _("%(name)s 里有 %(count)d 个部件，太多了，不是正常的工作簿。")
        raise refuse_archive(reason % {"name": name, "count": len(members)})
    for member in members:
        path = member.filename
        if member.flag_bits & 1:
            reason = _("%(name)s 加了密码。请去掉密码再传。")
            raise refuse_archive(reason % {"name": name})
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        if path.startswith(("/", "\\")) or ".." in path.split("/") or is_link:
            reason = _("%(name)s 里有不正常的部件路径，不能读取。")
            raise refuse_archive(reason % {"name": name})
    if "xl/workbook.xml" not in {member.filename for member in members}:
        reason = _("%(name)s 是压缩包，但不是 Excel 工作簿。")
        raise refuse_archive(reason % {"name": name})


def _walk(
    archive: zipfile.ZipFile, name: str, struck_styles: set[int]
) -> dict[str, Marks]:
    """Unpack every part once; what a part claims about its size is not believed."""
    packed = sum(member.compress_size for member in archive.infolist())
    unpacked, found = 0, {}
    for member in archive.infolist():
        marks = Marks()
        is_sheet = member.filename.startswith("xl/worksheets/")
        for piece in _pieces(archive, member):
            unpacked += piece.size
            too_dense = unpacked > RATIO_FROM and unpacked > RATIO * max(packed, 1)
            if unpacked > UNPACKED or too_dense:
                reason = _("%(name)s 解压后太大，可能是压缩炸弹，不能读取。")
                raise refuse_archive(reason % {"name": name})
            if member.filename.lower().endswith(XML_PARTS):
                _check_xml(piece, name)
            if is_sheet:
                _collect(piece.text, marks)
                if struck_styles:
                    _strikes(piece.text, marks, struck_styles)
        if marks.last_row * marks.last_column > CELLS:
            reason = _("%(name)s 有一张表的使用范围大得不正常，请删去远处的空格子。")
            raise refuse_archive(reason % {"name": name})
        found[member.filename] = marks
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` fresh bytes; `text` adds the unfinished end of the piece before."""

    size: int
    text: bytes
    first: bool = False


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Piece]:
    """A part in pieces. Sheets are cut before a row, so that no cell is torn."""
    carry, first = b"", True
    with archive.open(member) as part:
        while fresh := part.read(PIECE):
            whole = carry + fresh
            cut = max(whole.rfind(b"<row"), whole.rfind(b":row"))
            if cut <= 0 or len(fresh) < PIECE:
                # Enough of the end to recognise a declaration that was torn apart.
                yield Piece(len(fresh), whole, first)
                carry = whole[-TORN:]
            else:
                yield Piece(len(fresh), whole[:cut], first)
                carry = whole[cut:]
            first = False


def _check_xml(piece: Piece, name: str) -> None:
    if piece.first and b"\0" in piece.text[:8]:
        reason = _("%(name)s 的内部编码不是 UTF-8，不能读取。")
        raise refuse_archive(reason % {"name": name})
    if DECLARATION.search(piece.text):
        reason = _("%(name)s 里带有 DTD 或实体声明，有危险，不能读取。")
        raise refuse_archive(reason % {"name": name})


def _collect(text: bytes, marks: Marks) -> None:
    for tag in HIDDEN.findall(text):
        if match := ROW_NUMBER.search(tag):
            marks.hidden.add(int(match[1]))
    for match in ERRORS.finditer(text):
        marks.errors.add((int(match[2]), column_index(match[1])))
    rows = ROWS.findall(text)
    if rows:
        marks.last_row = max(marks.last_row, *(int(row) for row in rows[-2:]))
    for column in set(COLUMNS.findall(text)):
        marks.last_column = max(marks.last_column, column_index(column) + 1)


def _strikes(text: bytes, marks: Marks, struck_styles: set[int]) -> None:
    """Rows struck through as a whole; a serial number of its own style may differ."""
    row, filled, struck = 0, 0, 0
    for match in STYLED.finditer(text):
        if match[1]:
            if struck and struck >= filled - 1:
                marks.struck.add(row)
            row, filled, struck = int(match[1]), 0, 0
        else:
            filled += 1
            style = STYLE.search(match[2] or b"")
            struck += style is not None and int(style[1]) in struck_styles
    if struck and struck >= filled - 1:
        marks.struck.add(row)


def column_index(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


# --- the small parts that name the sheets and the styles -----------------------------


def _small_part(archive: zipfile.ZipFile, path: str, name: str) -> bytes:
    """One small XML part without declarations; b"" when the workbook has none."""
    if path not in archive.namelist():
        return b""
    with archive.open(path) as part:
        text = part.read(SMALL_PART + 1)
    if len(text) > SMALL_PART:
        reason = _("%(name)s 的结构部件大得不正常，不能读取。")
        raise refuse_archive(reason % {"name": name})
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


def _sheet_parts(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Sheet name -> path of its part."""
    targets: dict[str, str] = {}
    parts: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str], _depth: int) -> None:
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(tag: str, attributes: dict[str, str], _depth: int) -> None:
        if tag != "sheet":
            return
        ids = (value for key, value in attributes.items() if key.endswith(":id"))
        target = targets.get(next(ids, ""), "")
        absolute = target.startswith("/")
        path = target.removeprefix("/") if absolute else f"xl/{target}"
        parts[attributes.get("name", "")] = path

    _visit(_small_part(archive, "xl/_rels/workbook.xml.rels", name), relation)
    _visit(_small_part(archive, "xl/workbook.xml", name), sheet)
    return parts


def _struck_styles(archive: zipfile.ZipFile, name: str) -> set[int]:
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
    return {
        number
        for number, font in enumerate(styles)
        if 0 <= font < len(fonts) and fonts[font]
    }
