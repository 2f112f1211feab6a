"""A row that needs nothing is known at a glance: in a tidy roster, most rows are.

A glance decides nothing of its own. It knows a row when each of its cells is plain, by
the same cleaning that `judging` uses and for each different cell once, and when no
checker could say a word about them together. Of any other row it knows nothing, and
`judging` has it. That both say the same of every row is a property that the tests hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeVar

from residents.importers import checks, headers, normalise
from residents.importers.headers import Header, Names
from residents.importers.judging import NO_WORDS, Judge
from residents.importers.rows import (
    EMPTY,
    Action,
    Address,
    Cell,
    ParsedRow,
    Part,
    Problem,
    Values,
)

# The order in which a row is taken apart.
FIELDS = (
    *("serial", "community", "compound", "building", "unit", "room"),
    *("head", "phone", "count", "status", "grid", "moved_in", "note"),
)
# Different cells of one column that are remembered, and how long they may be.
REMEMBERED = 10_000
LONGEST = 60
is_name = normalise.PLAIN_NAME.fullmatch
is_mobile = normalise.MOBILE.fullmatch
NO_NAMES = normalise.NOTHING | normalise.DITTO
NO_PROBLEMS: tuple[Problem, ...] = ()
NO_UNIT = (checks.problem("UNIT_ABSENT_OK"),)
T = TypeVar("T")


class Column(dict[Cell, T | None]):
    """What the cells of one column mean; None for a cell that is not plain."""

    __slots__ = ("look",)

    def __init__(self, look: Callable[[Cell], T | None]) -> None:
        super().__init__()
        self.look = look

    def __missing__(self, cell: Cell) -> T | None:
        found = self.look(cell)
        # No numbers: a dictionary takes 1, 1.0 and True for the same.
        if isinstance(cell, dt.date) or (
            isinstance(cell, str) and len(cell) <= LONGEST
        ):
            if len(self) >= REMEMBERED:
                self.clear()
            self[cell] = found
        return found


class Glance:
    """Looks at the rows of one sheet below one header."""

    def __init__(self, judge: Judge, header: Header, names: Names) -> None:
        columns = header.columns
        self.judge = judge
        self.names = names
        self.width = max(columns.values()) + 1
        # Columns that are not there are taken from an empty cell behind the last.
        self.lacks_columns = not columns.keys() >= set(FIELDS)
        places = (columns.get(name, -1) for name in FIELDS)
        self.take_apart: Callable[[Sequence[Cell]], tuple[Cell, ...]]
        self.take_apart = itemgetter(*places)
        self.communities = Column(self._community)
        self.compounds = Column(self._compound)
        self.buildings = Column(self._building)
        self.units = Column(self._unit)
        self.rooms = Column(self._room)
        self.counts = Column(self._count)
        self.statuses = Column(self._status)
        self.days = Column(self._day)
        self.grids = Column(self._grid)
        self.notes = Column(self._note)

    def forget_words(self) -> None:
        """The sheet has taught another word for buildings or units."""
        self.buildings.clear()
        self.units.clear()

    def row(self, number: int, cells: Sequence[Cell]) -> ParsedRow | None:
        """The row as it is accepted, or None when that takes more than a glance.

        Only for rows that no mark and no merged range says anything about.
        """
        if len(cells) < self.width:
            cells = [*cells, *("",) * (self.width - len(cells))]
        if self.lacks_columns:
            cells = [*cells, None]
        # In the order of FIELDS.
        serial, community, compound, building, unit, room, *rest = self.take_apart(
            cells
        )
        code, estate = self.communities[community], self.compounds[compound]
        house, entrance = self.buildings[building], self.units[unit]
        door = self.rooms[room]
        if not (code and estate and house and entrance and door) or is_error(serial):
            return None
        values = self._values(*rest)
        if values is None:
            return None
        judge = self.judge
        judge.above["community"], judge.above["compound"] = community, compound
        found = NO_PROBLEMS if entrance.text else NO_UNIT
        address = Address(code, estate, house, entrance, door)
        return ParsedRow(
            judge.log.number, number, Action.ACCEPT, found, code, address, values
        )

    def _values(
        self,
        head: Cell,
        phone: Cell,
        count_cell: Cell,
        status_cell: Cell,
        grid_cell: Cell,
        day_cell: Cell,
        note_cell: Cell,
    ) -> Values | None:
        status, count = self.statuses[status_cell], self.counts[count_cell]
        day, grid = self.days[day_cell], self.grids[grid_cell]
        note = self.notes[note_cell]
        if status is None or count is None or day is None or grid is None:
            return None
        people, is_vacant = count.value, status == "vacant"
        if note is None or (people is not None and (people == 0) != is_vacant):
            return None
        # Nobody and no number: of an empty dwelling, and of no other.
        if head in EMPTY and is_vacant:
            head = ""
        elif not isinstance(head, str) or not is_name(head) or head in NO_NAMES:
            return None
        if phone in EMPTY and is_vacant:
            phone = ""
        elif not isinstance(phone, str) or not is_mobile(phone):
            return None
        return Values(head, phone, "", "", people, status, day.value, grid, note)

    # --- what a plain cell means; None for any other ------------------------------

    def _community(self, cell: Cell) -> str | None:
        judge = self.judge
        of_sheet = judge.log.community
        if cell is None and not judge.has_community_column:
            return of_sheet or None
        if not isinstance(cell, str):
            return None
        code = judge.places.code_of(cell)
        is_named = code and judge.places.names[code] == cell
        return code if is_named and of_sheet in {"", code} else None

    def _compound(self, cell: Cell) -> Part | None:
        part = normalise.compound(cell)
        return part if part.key and self._is_plain(cell, part, "compound") else None

    def _building(self, cell: Cell) -> Part | None:
        part = normalise.address_part(cell, "building")
        return part if part.key and self._is_plain(cell, part, "building") else None

    def _unit(self, cell: Cell) -> Part | None:
        part = normalise.address_part(cell, "unit")
        return part if self._is_plain(cell, part, "unit") else None

    def _room(self, cell: Cell) -> Part | None:
        part = normalise.address_part(cell, "room")
        return part if part.key and self._is_plain(cell, part, "room") else None

    def _is_plain(self, cell: Cell, part: Part, field: str) -> bool:
        if part.codes or len(part.text) > checks.PART_LENGTH[field]:
            return False
        if isinstance(cell, str) and headers.meaning_of(cell, self.names):
            return False
        if len(part.key) > checks.PART_LENGTH[field] or is_error(cell):
            return False
        if field not in {"building", "unit"}:
            return True
        # A word that the sheet has not taught yet is taught by the row's judge.
        word = normalise.word_of(part, field)
        return word in NO_WORDS or word == self.judge.words.get(field)

    def _count(self, cell: Cell) -> normalise.Count | None:
        count = normalise.count(cell)
        return None if count.codes else count

    def _status(self, cell: Cell) -> str | None:
        status = normalise.status(cell)
        return None if status.codes else status.value

    def _day(self, cell: Cell) -> normalise.Day | None:
        day = normalise.day(cell, since_1904=self.judge.since_1904)
        is_past = day.value is None or day.value <= self.judge.on
        return day if is_past and not day.codes else None

    def _grid(self, cell: Cell) -> str | None:
        grid = normalise.short_text(cell).value
        return None if is_error(cell) or len(grid) > checks.TEXT_LENGTH else grid

    def _note(self, cell: Cell) -> str | None:
        note = normalise.free_text(cell)
        return None if note.codes or is_error(cell) else note.value


def is_error(cell: Cell) -> bool:
    """What may be the error of a formula."""
    return isinstance(cell, str) and cell[:1] == "#"
