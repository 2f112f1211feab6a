"""The file as the office sent it, with one more column that says why (5.5, 5).

Every cell stands where it stood. Columns that nobody asked for stay empty below their
title: what is not stored is not reported either. Nothing a spreadsheet could take for
a formula gets out (T113), and memory does not grow with the rows.
"""

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
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
from residents.importers.readers import open_book
from residents.importers.rows import Cell
from residents.models import RosterImport, RosterRow, RowAction
from residents.queries import BATCH

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# Beyond it a spreadsheet would show another number than the file has.
EXACT_DIGITS = 10**15
SHEET_NAME = 31
FORBIDDEN_IN_NAMES = str.maketrans("[]:*?/\\'", "________")
LONGEST_TEXT = 32_767
PIECE = 1 << 20
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
    rows = 0
    with tempfile.TemporaryDirectory(prefix="minping-report-") as folder:
        book = xlsxwriter.Workbook(target, {**OPTIONS, "tmpdir": folder})
        writer = Writer(roster_import, book.add_format({"bg_color": "#fcebe9"}))
        names = Names()
        for number, sheet in enumerate(
            open_book(content, roster_import.file_name).sheets
        ):
            rows += writer.write(
                book.add_worksheet(names.unique(sheet.name)), sheet, number
            )
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


@dataclass
class Writer:
    roster_import: RosterImport
    rejected: Format

    def write(self, out: Worksheet, sheet: Sheet, number: int) -> int:
        """Copy one sheet; how many of its rows were told a reason or none."""
        log = self.roster_import.sheets[number]
        if log["action"]:
            sentence = next((SHEET_SENTENCES[code] for code in log["problems"]), "")
            out.write_string(0, 0, str(sentence))
            return 0
        start = list(islice(sheet.rows, headers.SEARCHED_ROWS))
        # What people have said about titles since is no matter: as it was read.
        header = headers.find(
            [cells for _number, cells in start], names=log.get("answered", {})
        )
        if header is None:
            raise RowsDisagree(self.roster_import.pk)
        width = max(len(cells) for _number, cells in start)
        known = frozenset(header.columns.values())
        out.set_column(width, width, 60)
        reasons = self._reasons(number)
        waiting = next(reasons, None)
        found = 0
        for row_no, cells in chain(start, sheet.rows):
            told = waiting if waiting and waiting.row_no == row_no else None
            shown = known if row_no > header.row else None
            self._write_row(out, row_no - 1, cells, shown, told)
            # Rows go out in order: the title of the new column with its own row.
            if row_no == header.row:
                out.write_string(row_no - 1, width, _("原因"))
            if told:
                found += 1
                out.write_string(row_no - 1, max(width, len(cells)), told.text)
                waiting = next(reasons, None)
        return found

    def _write_row(
        self,
        out: Worksheet,
        row: int,
        cells: Sequence[Cell],
        shown: frozenset[int] | None,
        told: Reason | None,
    ) -> None:
        look = self.rejected if told and told.is_rejected else None
        for column, cell in enumerate(cells):
            if cell not in ("", None) and (shown is None or column in shown):
                _write_cell(out, row, column, cell, look)

    def _reasons(self, sheet: int) -> Iterator[Reason]:
        walk = (
            RosterRow.objects.filter(roster_import=self.roster_import, sheet=sheet)
            .order_by("row_no")
            .values_list("row_no", "action", "problems")
        )
        for row_no, action, problems in walk.iterator(chunk_size=BATCH):
            text = reason_of(action, problems.split(","))
            yield Reason(row_no, text, action == RowAction.REJECT)


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


def _write_cell(
    out: Worksheet, row: int, column: int, cell: Cell, look: Format | None
) -> None:
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    if is_number and abs(float(str(cell))) < EXACT_DIGITS:
        out.write_number(row, column, cell, look)
        return
    text = cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
    out.write_string(row, column, neutral(text)[:LONGEST_TEXT], look)
