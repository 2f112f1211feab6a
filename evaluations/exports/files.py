"""Rows into a CSV or an Excel file that says how many they are, and their SHA-256.

The digest is that of the lines as CSV, heads and rows, so a workbook and a CSV file of
the same figures carry the same one. Each file is read again before it is given out.
Memory: one row; the lines of a workbook wait on the disk.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from audit.files_out import BOM, csv_line, harmless, last_line
from evaluations.exports.columns import COLUMNS, Cell, Row

HEADS = 2
PIECE = 1 << 16
ROW_TAG = b"<row "
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class FileDisagrees(Exception):
    """The file does not hold what was written into it: it is not given out (T113)."""


@dataclass(frozen=True, slots=True)
class Written:
    """`rows_sha256`: of the lines as CSV; `sha256`: of the file as a whole."""

    rows: int
    rows_sha256: str
    sha256: str


class Lines:
    """Rows as cells and as lines of CSV, with their number and digest on the way."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows, self._digest = rows, sha256()
        self._written = 0

    def __iter__(self) -> Iterator[tuple[Sequence[Cell], str]]:
        for cells in self._cells():
            line = csv_line(as_text(cell) for cell in cells)
            if not self._written:
                line = BOM + line
            self._digest.update(line.encode())
            self._written += 1
            yield cells, line

    def _cells(self) -> Iterator[Sequence[Cell]]:
        yield [str(column.title) for column in COLUMNS]
        yield [column.key for column in COLUMNS]
        for row in self._rows:
            yield [column.cell(row) for column in COLUMNS]

    @property
    def rows(self) -> int:
        return max(0, self._written - HEADS)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def as_text(cell: Cell) -> str:
    """Numbers are no text to be made harmless; nothing is an empty cell."""
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else str(cell)


def write_csv(rows: Iterable[Row], target: BinaryIO) -> Written:
    """UTF-8 with BOM; two heads, the rows, and a last line with number and digest."""
    lines = Lines(rows)
    for _cells, line in lines:
        target.write(line.encode())
    target.write(last_line(lines.rows, lines.digest).encode())
    if _rows_in_csv(target) != lines.rows:
        raise FileDisagrees(lines.rows)
    return Written(lines.rows, lines.digest, digest_of(target))


def write_workbook(
    rows: Iterable[Row], target: BinaryIO, *, about: Mapping[str, str]
) -> Written:
    """The rows on one sheet, and on a second one what the file is (`about`)."""
    lines = Lines(rows)
    with tempfile.TemporaryDirectory(prefix="minping-export-") as folder:
        book = xlsxwriter.Workbook(target, {**OPTIONS, "tmpdir": folder})
        _write_rows(book, lines)
        _write_about(
            book,
            {**about, _("行数"): str(lines.rows), _("各行 SHA-256"): lines.digest},
        )
        book.close()
    if _rows_in_workbook(target) != lines.rows:
        raise FileDisagrees(lines.rows)
    return Written(lines.rows, lines.digest, digest_of(target))


def _write_rows(book: xlsxwriter.Workbook, lines: Lines) -> None:
    sheet = book.add_worksheet(_("评价"))
    bold = book.add_format({"bold": True, "bottom": 1})
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
    sheet.freeze_panes(HEADS, 0)
    for at, (cells, _line) in enumerate(lines):
        _write_cells(sheet, at, cells, bold if at < HEADS else None)
    sheet.autofilter(HEADS - 1, 0, HEADS - 1 + lines.rows, len(COLUMNS) - 1)


def _write_cells(
    sheet: Worksheet, at: int, cells: Sequence[Cell], look: object
) -> None:
    """Typed number or text, never a formula."""
    for number, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(at, number, harmless(cell), look)
        elif cell is not None:
            sheet.write_number(at, number, cell, look)


def _write_about(book: xlsxwriter.Workbook, about: Mapping[str, str]) -> None:
    sheet = book.add_worksheet(_("说明"))
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 70)
    for at, (name, text) in enumerate(about.items()):
        sheet.write_string(at, 0, name)
        sheet.write_string(at, 1, harmless(text))


def _rows_in_csv(target: BinaryIO) -> int:
    """Between the heads and the last line, as a reader of CSV counts them."""
    target.seek(0)
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    try:
        return sum(1 for _row in csv.reader(text)) - HEADS - 1
    finally:
        text.detach()


def _rows_in_workbook(target: BinaryIO) -> int:
    target.seek(0)
    found, tail = 0, b""
    with zipfile.ZipFile(target) as book, book.open("xl/worksheets/sheet1.xml") as xml:
        while piece := xml.read(PIECE):
            found += (tail + piece).count(ROW_TAG)
            tail = (tail + piece)[-len(ROW_TAG) + 1 :]
    return found - HEADS


def digest_of(target: BinaryIO) -> str:
    """SHA-256 of a whole file, read in pieces; it stands at its start again."""
    target.seek(0)
    digest = sha256()
    while piece := target.read(PIECE):
        digest.update(piece)
    target.seek(0)
    return digest.hexdigest()
