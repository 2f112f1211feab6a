"""The file as the office sent it, with one more column that says why (5.5, 5).

Every cell stands where it stood, merged ranges and widths too; titles are bold, hidden
rows are shown and marked. Columns that nobody asked for stay empty below their title:
what is not stored is not reported either, nor is a household that has asked to be
erased. Nothing a spreadsheet could take for a formula gets out (T113).

Memory: the plain file (at most 20 MB) and one row at a time; rows wait on disk, in a
folder that goes with the report.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from residents.importers import headers
from residents.importers.book import Sheet
from residents.importers.checks import RULES, SHEET_SENTENCES
from residents.importers.normalise import text_of
from residents.importers.readers import open_book
from residents.importers.rows import Cell
from residents.layouts import PLAIN, Layout, layouts_of
from residents.models import RosterImport, RosterRow, RowAction
from residents.queries import BATCH

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# Beyond it a spreadsheet would show another number than the file has.
EXACT_DIGITS = 10**15
SHEET_NAME = 31
FORBIDDEN_IN_NAMES = str.maketrans("[]:*?/\\'", "________")
LONGEST_TEXT = 32_767
PIECE = 1 << 20
REASON_WIDTH = 60
# Left empty where the household has asked to be erased.
PERSONAL = frozenset({"head", "phone", "note"})
REPEATED_HEADER = "REPEATED_HEADER"
Lines = Iterable[tuple[int, Sequence[Cell]]]
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class RowsDisagree(Exception):
    """The report would not hold every row that was read: it is not given out."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the trail keeps of a report."""

    rows: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Reason:
    row_no: int
    text: str
    is_rejected: bool
    is_erased: bool
    is_header: bool


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_report(
    roster_import: RosterImport, content: BinaryIO, target: BinaryIO
) -> Written:
    """Write an .xlsx of the file with its reasons; its rows and its SHA-256.

    `content` is the plain file; the staged rows of the import must still be there.
    """
    content.seek(0)
    layouts = layouts_of(content.read(), roster_import.format)
    content.seek(0)
    rows = 0
    with tempfile.TemporaryDirectory(prefix="minping-report-") as folder:
        book = xlsxwriter.Workbook(target, {**OPTIONS, "tmpdir": folder})
        writer = Writer(roster_import, Looks.of(book))
        names = Names()
        for number, sheet in enumerate(
            open_book(content, roster_import.file_name).sheets
        ):
            layout = layouts[number] if number < len(layouts) else PLAIN
            out = book.add_worksheet(names.unique(sheet.name))
            rows += writer.write(out, sheet, number, layout)
        book.close()
    if rows != roster_import.rows.count():
        raise RowsDisagree(roster_import.pk)
    return Written(rows, _digest(target))


def _digest(target: BinaryIO) -> bytes:
    target.seek(0)
    digest = hashlib.sha256()
    while piece := target.read(PIECE):
        digest.update(piece)
    target.seek(0)
    return digest.digest()


class Names:
    """Sheet names that a workbook takes: short, plain, no two alike."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def unique(self, name: str) -> str:
        plain = name.translate(FORBIDDEN_IN_NAMES)[:SHEET_NAME] or "Sheet"
        found, number = plain, 1
        while found.lower() in self.taken:
            number += 1
            found = f"{plain[: SHEET_NAME - 4]} {number}"
        self.taken.add(found.lower())
        return found


@dataclass(frozen=True, slots=True)
class Looks:
    """The few formats that a report has."""

    title: Format
    header: Format
    rejected: Format
    hidden: Format

    @classmethod
    def of(cls, book: xlsxwriter.Workbook) -> "Looks":
        return cls(
            book.add_format({"bold": True, "align": "center"}),
            book.add_format({"bold": True, "text_wrap": True, "bottom": 1}),
            book.add_format({"bg_color": "#fcebe9"}),
            book.add_format({"bg_color": "#e7e3de", "italic": True}),
        )


@dataclass(slots=True)
class Columns:
    """Which columns of a sheet go out, as its header, or a later one, has said."""

    header: headers.Header
    names: headers.Names
    width: int
    hidden: set[int]
    first_title: int
    last_title: int

    def shown(
        self, row_no: int, cells: Sequence[Cell], told: Reason | None
    ) -> frozenset[int] | None:
        """None for all of them: titles and header stand there whole."""
        if row_no <= self.last_title:
            return None
        if told and told.is_header:
            self.header = headers.again(cells, row_no, self.names) or self.header
        columns = self.header.columns
        left_out = PERSONAL if told and told.is_erased else ()
        return frozenset(columns[name] for name in columns if name not in left_out)


@dataclass
class Writer:
    roster_import: RosterImport
    looks: Looks

    def write(self, out: Worksheet, sheet: Sheet, number: int, layout: Layout) -> int:
        """Copy one sheet; how many of its rows were told a reason or none."""
        log = self.roster_import.sheets[number]
        if log["action"]:
            sentence = next((SHEET_SENTENCES[code] for code in log["problems"]), "")
            out.write_string(0, 0, str(sentence))
            return 0
        start = list(islice(sheet.rows, headers.SEARCHED_ROWS))
        # What people have said about titles since is no matter: as it was read.
        names = log.get("answered", {})
        header = headers.find([cells for _number, cells in start], names=names)
        if header is None:
            raise RowsDisagree(self.roster_import.pk)
        width = max(len(cells) for _number, cells in start)
        self._lay_out(out, layout, width)
        out.freeze_panes(header.row, 0)
        columns = Columns(
            header, names, width, sheet.marks.hidden, header.first_row, header.row
        )
        lines = chain(start, sheet.rows)
        return self._copy(out, lines, self._reasons(number), columns)

    def _lay_out(self, out: Worksheet, layout: Layout, width: int) -> None:
        fitting = layout.fitting(columns=width)
        for first, last, characters in fitting.widths:
            out.set_column(first, last, characters)
        out.set_column(width, width, REASON_WIDTH)
        # Not by merge_range: it keeps every cell of every range in memory, and writes
        # into rows that are on disk by then.
        out.merge.extend([list(found) for found in fitting.merges])

    def _copy(
        self, out: Worksheet, lines: Lines, reasons: Iterator[Reason], columns: Columns
    ) -> int:
        """Rows go out in order: each with its reason, the header with its title."""
        waiting = next(reasons, None)
        found = 0
        for row_no, cells in lines:
            told = waiting if waiting and waiting.row_no == row_no else None
            shown = columns.shown(row_no, cells, told)
            look = self._look(row_no, columns, told)
            _write_row(out, row_no - 1, cells, shown, look)
            place = max(columns.width, len(cells))
            if row_no == columns.last_title:
                out.write_string(row_no - 1, columns.width, _("原因"), look)
            if told:
                found += 1
                out.write_string(row_no - 1, place, told.text, look)
                waiting = next(reasons, None)
        return found

    def _look(
        self, row_no: int, columns: Columns, told: Reason | None
    ) -> Format | None:
        if row_no <= columns.last_title:
            is_title = row_no < columns.first_title
            return self.looks.title if is_title else self.looks.header
        if told and told.is_rejected:
            return self.looks.rejected
        return self.looks.hidden if row_no in columns.hidden else None

    def _reasons(self, sheet: int) -> Iterator[Reason]:
        walk = (
            RosterRow.objects.filter(roster_import=self.roster_import, sheet=sheet)
            .order_by("row_no")
            .values_list("row_no", "action", "problems", "erased")
        )
        for row_no, action, problems, is_erased in walk.iterator(chunk_size=BATCH):
            codes = problems.split(",")
            yield Reason(
                row_no,
                reason_of(action, codes),
                action == RowAction.REJECT,
                is_erased,
                REPEATED_HEADER in codes,
            )


def reason_of(action: str, codes: Sequence[str]) -> str:
    """What was done with a row and why; nothing to say about accepted ones."""
    if action == RowAction.ACCEPT:
        return ""
    sentences = [str(RULES[code].sentence) for code in codes if code in RULES]
    label = str(RowAction(action).label)
    return _("%(action)s：%(reasons)s") % {
        "action": label,
        "reasons": " ".join(sentences),
    }


def _write_row(
    out: Worksheet,
    row: int,
    cells: Sequence[Cell],
    shown: frozenset[int] | None,
    look: Format | None,
) -> None:
    for column, cell in enumerate(cells):
        if cell not in ("", None) and (shown is None or column in shown):
            _write_cell(out, row, column, cell, look)


def _write_cell(
    out: Worksheet, row: int, column: int, cell: Cell, look: Format | None
) -> None:
    """Typed number or text, never a formula; identity numbers are blotted out."""
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    if is_number and abs(float(str(cell))) < EXACT_DIGITS:
        out.write_number(row, column, cell, look)
        return
    out.write_string(row, column, neutral(text_of(cell))[:LONGEST_TEXT], look)
