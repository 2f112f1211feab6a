"""The pipeline: sheets -> headers -> raw rows -> parsed rows, with a log beside it.

    run = Run(open_book(file, name), places, on=today)
    for item in run:  # ParsedRow, or Amendment of a row that went by before
        ...
    run.log.check()

Memory does not grow with the length of a row, only with the number of addresses and
telephones: two small numbers each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from residents.importers import checks, headers, normalise
from residents.importers.book import Book, Merge, Sheet, place_of
from residents.importers.headers import Header, Names
from residents.importers.log import ImportLog, SheetLog
from residents.importers.places import Places
from residents.importers.rows import (
    Action,
    Address,
    Amendment,
    Cell,
    ParsedRow,
    Part,
    Problem,
    RawRow,
    Refused,
    Values,
    worst,
)
from residents.importers.rows import sentence as _
from residents.importers.whole import WholeFile

BROWSER_ROWS = 200_000
COMMAND_ROWS = 1_100_000
EMPTY: tuple[Cell, ...] = ("", None)
BLANK: frozenset[Cell] = frozenset(EMPTY)
NO_FIELDS: frozenset[str] = frozenset()
# A line with a room and one of these is a household, whatever else it says.
STRAYS = 20
LIVED_IN = ("building", "head", "phone")
FILLED_DOWN = checks.KEY_FIELDS | {"grid", "status"}
SUBTOTAL = ("合计", "小计", "总计", "共计", "累计", "本页")
DITTO_FIELDS = ("community", "compound")


@dataclass
class Run:
    """One walk through one book. Iterate once; then `log` is complete."""

    book: Book
    places: Places
    on: dt.date
    max_rows: int = BROWSER_ROWS
    log: ImportLog = field(default_factory=ImportLog)
    whole: WholeFile = field(default_factory=WholeFile)
    read: int = 0

    def __iter__(self) -> Iterator[ParsedRow | Amendment]:
        for number, sheet in enumerate(self.book.sheets):
            yield from self._sheet(sheet, number)
        if not self.log.rosters:
            reason = _("文件里没有找到名册：表头至少要有小区名称、楼栋和房号。")
            raise Refused("NO_ROSTER", reason)

    def _sheet(self, sheet: Sheet, number: int) -> Iterator[ParsedRow | Amendment]:
        log = SheetLog(number, normalise.INVISIBLE.sub("", sheet.name)[:60])
        self.log.sheets.append(log)
        if not sheet.visible:
            log.action, log.problems = "skip", ["HIDDEN_SHEET"]
            return
        if sheet.left_out:
            log.action, log.problems = "skip", ["LEFT_OUT"]
            return
        start = list(islice(sheet.rows, headers.SEARCHED_ROWS))
        header = headers.find([cells for _number, cells in start], names=sheet.names)
        if header is None:
            log.action, log.problems = "skip", ["NOT_A_ROSTER_SHEET"]
            return
        cells_above = [cells for _number, cells in start]
        if header.side_by_side or headers.beside(cells_above, header):
            log.action, log.problems = "reject", ["SIDE_BY_SIDE"]
            return
        if not header.complete:
            log.action, log.problems = "reject", ["HEADER_INCOMPLETE"]
            log.missing, log.dropped = list(header.missing), list(header.twice)
            return
        if sheet.marks.filtered:
            log.note("FILTER_IN_USE")
        if sheet.marks.comments:
            log.note("CELL_COMMENTS")
        log.header_row, log.answered = header.row, dict(sheet.names)
        log.columns, log.dropped = list(header.columns), list(header.dropped)
        log.community = self._community_of(sheet, start, header)
        reader = SheetReader(self, sheet, header, log)
        for row in reader.parsed(chain(start[header.row :], sheet.rows)):
            self.read += 1
            if self.read > self.max_rows:
                reason = _(
                    "超过 %(rows)d 行。请按社区拆成几个文件，或请管理员用命令导入。"
                )
                raise Refused("TOO_MANY_ROWS", reason, {"rows": self.max_rows})
            judged, amendments = self.whole.judge(row)
            log.add(judged)
            yield judged
            for amendment, before in amendments:
                self.log.amend(amendment, before, Action.WARN)
                yield amendment

    def _community_of(
        self, sheet: Sheet, start: Sequence[tuple[int, Sequence[Cell]]], header: Header
    ) -> str:
        """The community that the sheet's name or its title lines name."""
        if code := self.places.code_of(sheet.name):
            return code
        titles = [
            normalise.text_of(cell)
            for _number, cells in start[: header.first_row - 1]
            for cell in cells
        ]
        return next(filter(None, map(self.places.code_inside, titles)), "")


@dataclass
class SheetReader:
    """Turns the lines below a header into parsed rows."""

    run: Run
    sheet: Sheet
    header: Header
    log: SheetLog
    words: dict[str, str] = field(default_factory=dict)
    above: dict[str, Cell] = field(default_factory=dict)
    address_columns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.now(self.header)

    def parsed(
        self, lines: Iterator[tuple[int, Sequence[Cell]]]
    ) -> Iterator[ParsedRow]:
        """Judge every line; blank lines count only when something follows them."""
        blank: list[int] = []
        for raw in self._raw_rows(lines):
            if set(raw.cells.values()) <= BLANK:
                blank.append(raw.number)
                continue
            for number in blank:
                yield self._skipped(number, "BLANK_ROW")
            blank.clear()
            code = skip_code(raw, self.sheet.names)
            yield self._skipped(raw.number, code) if code else self._judge(raw)

    def _raw_rows(
        self, lines: Iterator[tuple[int, Sequence[Cell]]]
    ) -> Iterator[RawRow]:
        columns = tuple(self.header.columns.items())
        merges = MergedColumns(self.sheet.merges, self.header)
        marks = self.sheet.marks
        for number, cells in lines:
            if self._is_header(number, cells):
                columns = tuple(self.header.columns.items())
                merges.now(self.header)
            width = len(cells)
            row = {
                name: cells[index] if index < width else "" for name, index in columns
            }
            self._note_strays(number, cells)
            hidden = number in marks.hidden
            yield RawRow(
                number,
                row,
                merges.fill_down(row, number),
                hidden,
                number in marks.struck,
                hidden and marks.filtered,
                fields_at(marks.errors, number, columns),
                fields_at(marks.formulas, number, columns),
            )

    def _is_header(self, number: int, cells: Sequence[Cell]) -> bool:
        """Whether a header stands here again; from here on its columns count."""
        names = self.sheet.names
        width = len(cells)
        for index in self.address_columns:
            if index < width and looks_like_title(cells[index], names):
                break
        else:
            return False
        header = headers.again(cells, number, names)
        if header is None:
            return False
        if not header.complete:
            reason = _(
                "工作表“%(sheet)s”第 %(row)d 行又有一个表头，列不全或重复。"
                "请把它和下面的行移到另一张工作表。"
            )
            params: dict[str, str | int] = {"sheet": self.log.name, "row": number}
            raise Refused("HEADER_CHANGES", reason, params)
        self.now(header)
        return True

    def now(self, header: Header) -> None:
        """The columns of this header count from its row on."""
        self.header = header
        columns = header.columns
        self.address_columns = tuple(columns[name] for name in headers.REQUIRED)

    def _note_strays(self, number: int, cells: Sequence[Cell]) -> None:
        """Cells outside the table are named by their place and not read."""
        if not self.header.untitled and len(cells) <= self.header.width:
            return
        beyond = range(self.header.width, len(cells))
        for index in chain(self.header.untitled, beyond):
            if index < len(cells) and cells[index] not in EMPTY:
                self.log.note("STRAY_CELLS")
                if len(self.log.stray) < STRAYS:
                    self.log.stray.append(f"{column_letters(index)}{number}")

    def _seen(self, number: int) -> None:
        self.log.read += 1
        self.log.first_row = self.log.first_row or number
        self.log.last_row = number

    def _skipped(self, number: int, code: str) -> ParsedRow:
        self._seen(number)
        found = (checks.problem(code),)
        return ParsedRow(self.log.number, number, Action.SKIP, found)

    def _judge(self, raw: RawRow) -> ParsedRow:
        self._seen(raw.number)
        raw = self._without_dittos(raw)
        draft, problems = self._draft(raw)
        problems.extend(checks.found_in(draft))
        self._learn_words(draft.address)
        found = tuple(problems)
        return ParsedRow(
            self.log.number,
            raw.number,
            worst(found),
            found,
            draft.community,
            unified(draft.address, found),
            draft.values,
        )

    def _without_dittos(self, raw: RawRow) -> RawRow:
        copied = {
            name: self.above.get(name, "")
            for name in DITTO_FIELDS
            if normalise.is_ditto(raw.cells.get(name))
        }
        if copied:
            raw = replace(raw, cells={**raw.cells, **copied})
        for name in DITTO_FIELDS:
            self.above[name] = raw.cells.get(name)
        return raw

    def _draft(self, raw: RawRow) -> tuple[checks.Draft, list[Problem]]:
        cell = raw.cells.get
        problems: list[Problem] = []
        community = self._community(cell("community"))
        address = Address(
            community,
            normalise.compound(cell("compound")),
            normalise.address_part(cell("building"), "building"),
            normalise.address_part(cell("unit"), "unit"),
            normalise.address_part(cell("room"), "room"),
        )
        for name, part in address.parts:
            if part.codes:
                problems += checks.of_cell(part.codes, name, cell(name), part.key)
        values = self._values(raw, problems)
        draft = checks.Draft(
            raw,
            self.run.places,
            self.run.on,
            self.log.community,
            "community" in self.header.columns,
            community,
            address,
            values,
            self.words,
        )
        return draft, problems

    def _community(self, cell: Cell) -> str:
        text = normalise.text_of(cell)
        code = self.run.places.code_of(text) if text else ""
        if code or normalise.compact(text):
            return code
        return self.log.community

    def _values(self, raw: RawRow, problems: list[Problem]) -> Values:
        cell = raw.cells.get
        head = normalise.name(cell("head"))
        phones = normalise.phones(cell("phone"))
        count = normalise.count(cell("count"))
        status = normalise.status(cell("status"))
        day = normalise.day(cell("moved_in"), since_1904=self.sheet.since_1904)
        note = normalise.free_text(cell("note"))
        values = Values(
            head.value,
            phones.phone,
            phones.alt,
            phones.landline,
            count.value,
            status.value,
            day.value,
            normalise.short_text(cell("grid")).value,
            note.value,
        )
        cleaned = (
            (head.codes, "head", head.value),
            (phones.codes, "phone", phones.phone or phones.landline),
            (count.codes, "count", count.value),
            (status.codes, "status", normalise.STATUS_NAMES.get(status.value, "")),
            (day.codes, "moved_in", day.value),
            (note.codes, "note", note.value),
        )
        for codes, name, value in cleaned:
            if codes:
                text = "" if value is None else str(value)
                problems += checks.of_cell(codes, name, cell(name), text)
        return values

    def _learn_words(self, address: Address) -> None:
        """The words of the first rows are the usual ones of this sheet."""
        if len(self.words) == 2:
            return
        for name, part in (("building", address.building), ("unit", address.unit)):
            word = normalise.word_of(part, name)
            if word not in {"", "号"}:
                self.words.setdefault(name, word)


def fields_at(
    places: set[int], number: int, columns: Sequence[tuple[str, int]]
) -> frozenset[str]:
    """The fields of a row whose cells are among these places."""
    if not places:
        return NO_FIELDS
    return frozenset(
        name for name, index in columns if place_of(number, index) in places
    )


def looks_like_title(cell: Cell, names: Names = headers.NO_NAMES) -> bool:
    """Where an address is expected, the title of any column."""
    if not isinstance(cell, str) or not cell or cell[0].isdigit():
        return False
    return bool(headers.meaning_of(cell, names))


def column_letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    while index >= 0:
        index, digit = divmod(index, 26)
        letters = chr(ord("A") + digit) + letters
        index -= 1
    return letters


def unified(address: Address, problems: tuple[Problem, ...]) -> Address:
    """Buildings and units in the words that the other rows of the sheet use."""
    for found in problems:
        if found.code in checks.WORD_VARIANTS:
            part: Part = getattr(address, found.field)
            spelt = Part(found.cleaned, part.key, (*part.codes, found.code))
            if found.field == "building":
                address = replace(address, building=spelt)
            else:
                address = replace(address, unit=spelt)
    return address


def skip_code(raw: RawRow, names: Names = headers.NO_NAMES) -> str:
    """Why a line is no household, or "". Its key cells decide, not its looks."""
    cell = raw.cells.get
    room = cell("room")
    if room not in EMPTY and any(cell(name) not in EMPTY for name in LIVED_IN):
        is_title = isinstance(room, str) and headers.meaning_of(room, names) == "room"
        return "REPEATED_HEADER" if is_title and is_header(raw, names) else ""
    texts = {
        name: normalise.compact(normalise.text_of(value))
        for name, value in raw.cells.items()
        if name not in raw.merged
    }
    texts = {name: text for name, text in texts.items() if text}
    if not texts:
        return "BLANK_ROW"
    if any(text.startswith(SUBTOTAL) for text in texts.values()):
        return "SUBTOTAL_ROW"
    return "NOTE_ROW" if is_note(texts) else ""


def is_header(raw: RawRow, names: Names = headers.NO_NAMES) -> bool:
    return (
        sum(
            isinstance(cell, str) and headers.meaning_of(cell, names) == name
            for name, cell in raw.cells.items()
        )
        >= headers.ENOUGH
    )


def is_note(texts: Mapping[str, str]) -> bool:
    """A sentence or a signature line: no room, no building, nobody to call."""
    if texts.get("room") or texts.get("building"):
        return False
    if normalise.phones(texts.get("phone", "")).phone:
        return False
    signed = any(text.endswith(":") for text in texts.values())
    return signed or len(texts) == 1


class MergedColumns:
    """Merged cells that reach over several rows: their value belongs to all of them."""

    def __init__(self, merges: Sequence[Merge], header: Header) -> None:
        self.merges = merges
        self.open: dict[str, tuple[int, Cell]] = {}
        self.starts: dict[int, list[tuple[str, int]]] = {}
        self.now(header)

    def now(self, header: Header) -> None:
        """The columns of this header count from its row on."""
        names = {index: name for name, index in header.columns.items()}
        self.starts.clear()
        for merge in self.merges:
            name = names.get(merge.column, "")
            if name in FILLED_DOWN and merge.first_row > header.row:
                self.starts.setdefault(merge.first_row, []).append(
                    (name, merge.last_row)
                )

    def fill_down(self, row: dict[str, Cell], number: int) -> frozenset[str]:
        """Put merged values into an empty cell of the row; the fields so filled."""
        filled = []
        for name, (last_row, value) in self.open.items():
            if number <= last_row and row[name] in EMPTY and value not in EMPTY:
                row[name] = value
                filled.append(name)
        for name, last_row in self.starts.get(number, ()):
            self.open[name] = (last_row, row[name])
        return frozenset(filled) if filled else NO_FIELDS
