"""The lines below a header: which are households, and what each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from residents.importers import checks, headers
from residents.importers.book import COLUMN_BITS, Marks, Sheet, place_of
from residents.importers.glance import Glance
from residents.importers.headers import Header
from residents.importers.judging import Judge
from residents.importers.merging import MergedColumns
from residents.importers.rows import (
    EMPTY,
    NO_FIELDS,
    Action,
    Cell,
    ParsedRow,
    RawRow,
    Refused,
)
from residents.importers.rows import sentence as _
from residents.importers.skipping import looks_like_title, skip_code

BLANK: frozenset[Cell] = frozenset(EMPTY)
STRAYS = 20


@dataclass(slots=True)
class SheetReader:
    """Turns the lines below a header into parsed rows."""

    sheet: Sheet
    header: Header
    judge: Judge
    columns: tuple[tuple[str, int], ...] = ()
    address_columns: tuple[int, ...] = ()
    merges: MergedColumns = field(init=False)
    glance: Glance = field(init=False)

    def __post_init__(self) -> None:
        self.merges = MergedColumns(self.sheet.merges, self.header)
        self.now(self.header)

    def now(self, header: Header) -> None:
        """The columns of this header count from its row on."""
        self.header = header
        self.columns = tuple(header.columns.items())
        self.address_columns = tuple(header.columns[name] for name in headers.REQUIRED)
        self.merges.now(header)
        self.judge.has_community_column = "community" in header.columns
        self.glance = Glance(self.judge, header, self.sheet.names)

    def parsed(
        self, lines: Iterator[tuple[int, Sequence[Cell]]]
    ) -> Iterator[ParsedRow]:
        """Judge every line; blank lines count only when something follows them."""
        blank: list[int] = []
        marked = rows_with_marks(self.sheet.marks)
        for number, cells in lines:
            row = None
            if number not in marked and not self.merges.reach(number):
                row = self.glance.row(number, cells)
            if row is not None:
                self._note_strays(number, cells)
            else:
                row = self._row(self._raw_row(number, cells))
            if row is None:
                blank.append(number)
                continue
            for above in blank:
                self._seen(above)
                yield self._skipped(above, "BLANK_ROW")
            blank.clear()
            self._seen(number)
            yield row

    def _row(self, raw: RawRow) -> ParsedRow | None:
        """A line in full; None when it is blank."""
        if BLANK.issuperset(raw.cells.values()):
            return None
        if code := skip_code(raw, self.sheet.names):
            return self._skipped(raw.number, code)
        words = len(self.judge.words)
        row = self.judge.judge(raw)
        if len(self.judge.words) > words:
            self.glance.forget_words()
        return row

    def _raw_row(self, number: int, cells: Sequence[Cell]) -> RawRow:
        self._look_for_header(number, cells)
        self._note_strays(number, cells)
        width = len(cells)
        row = {
            name: cells[index] if index < width else "" for name, index in self.columns
        }
        marks = self.sheet.marks
        hidden = number in marks.hidden
        return RawRow(
            number,
            row,
            self.merges.fill_down(row, number),
            hidden,
            number in marks.struck,
            hidden and marks.filtered,
            fields_at(marks.errors, number, self.columns),
            fields_at(marks.formulas, number, self.columns),
        )

    def _look_for_header(self, number: int, cells: Sequence[Cell]) -> None:
        """A header may stand here again; from here on its columns count."""
        names = self.sheet.names
        width = len(cells)
        for index in self.address_columns:
            if index < width and looks_like_title(cells[index], names):
                break
        else:
            return
        header = headers.again(cells, number, names)
        if header is None:
            return
        if not header.complete:
            reason = _(
                "工作表“%(sheet)s”第 %(row)d 行又有一个表头，列不全或重复。"
                "请把它和下面的行移到另一张工作表。"
            )
            params: dict[str, str | int] = {
                "sheet": self.judge.log.name,
                "row": number,
            }
            raise Refused("HEADER_CHANGES", reason, params)
        self.now(header)

    def _note_strays(self, number: int, cells: Sequence[Cell]) -> None:
        """Cells outside the table are named by their place and not read."""
        header, log = self.header, self.judge.log
        if not header.untitled and len(cells) <= header.width:
            return
        beyond = range(header.width, len(cells))
        for index in chain(header.untitled, beyond):
            if index < len(cells) and cells[index] not in EMPTY:
                log.note("STRAY_CELLS")
                if len(log.stray) < STRAYS:
                    log.stray.append(f"{column_letters(index)}{number}")

    def _seen(self, number: int) -> None:
        log = self.judge.log
        log.read += 1
        log.first_row = log.first_row or number
        log.last_row = number

    def _skipped(self, number: int, code: str) -> ParsedRow:
        found = (checks.problem(code),)
        return ParsedRow(self.judge.log.number, number, Action.SKIP, found)


def rows_with_marks(marks: Marks) -> set[int]:
    """Rows that something is known of besides their cells."""
    cells = chain(marks.errors, marks.formulas)
    return {place >> COLUMN_BITS for place in cells} | marks.hidden | marks.struck


def fields_at(
    places: set[int], number: int, columns: Sequence[tuple[str, int]]
) -> frozenset[str]:
    """The fields of a row whose cells are among these places."""
    if not places:
        return NO_FIELDS
    return frozenset(
        name for name, index in columns if place_of(number, index) in places
    )


def column_letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    while index >= 0:
        index, digit = divmod(index, 26)
        letters = chr(ord("A") + digit) + letters
        index -= 1
    return letters
