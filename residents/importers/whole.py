"""What only the whole file shows: the same door twice, one telephone for many doors.

Nothing of a row is kept but numbers: per door three of 8 bytes, and in two tables two
of 8 bytes each, at most two thirds full. That is 72 to 120 bytes a row, 95 MB for
1,100,000 rows, whatever the rows say and however often they say the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace

from residents.importers.checks import problem
from residents.importers.rows import (
    Action,
    Amendment,
    ParsedRow,
    Problem,
    worst,
)

# An owner with two flats is normal; three doors are a landlord or an agent.
SHARED_FROM = 3
ACTIONS = tuple(Action)
WARNED = ACTIONS.index(Action.WARN)
# Of a row in one number: sheet, line, whether its conflict was told, action.
ACTION_BITS = 0b111
CONFLICT_TOLD = 0b1000
LINE_BITS = 36
# Of a telephone in one number: its first and second door, whether it was told.
DOOR_BITS = 31
ONE_DOOR = (1 << DOOR_BITS) - 1
SHARING_TOLD = 1 << 2 * DOOR_BITS
Amendments = Sequence[tuple[Amendment, Action]]
NONE: Amendments = ()


def packed(row: ParsedRow) -> int:
    """Sheet, line and action of a row: a million of them stay small."""
    return (row.sheet << LINE_BITS | row.number) << 4 | ACTIONS.index(row.action)


class Table:
    """64-bit numbers to 64-bit numbers: a dictionary of a sixth of the size.

    Keys are hashes, well spread already: open addressing, never more than two thirds
    full. No key is 0, which marks a free place.
    """

    __slots__ = ("count", "keys", "mask", "most", "values")

    def __init__(self, expected: int = 0) -> None:
        size = 1 << max(expected * 3 // 2, 2).bit_length()
        self.count = 0
        self.mask = size - 1
        self.most = size * 2 // 3
        self.keys = array("q", bytes(8 * size))
        self.values = array("q", bytes(8 * size))

    def place(self, key: int) -> int:
        """Where in `values` the value of this key stands: 0 for a key that is new.

        A table that grows has other `values`: ask for the place before them.
        """
        key = key or 1
        keys, mask = self.keys, self.mask
        at = key & mask
        while known := keys[at]:
            if known == key:
                return at
            at = (at + 1) & mask
        if self.count >= self.most:
            self._grow()
            return self.place(key)
        keys[at] = key
        self.count += 1
        return at

    def _grow(self) -> None:
        larger = Table(self.mask + 1)
        for key, value in zip(self.keys, self.values, strict=True):
            if key:
                larger.values[larger.place(key)] = value
        self.keys, self.values = larger.keys, larger.values
        self.mask, self.most = larger.mask, larger.most


class Doors:
    """Addresses seen so far, and for each its first row: contents, writing, place."""

    __slots__ = ("order", "rows", "values", "written")

    def __init__(self, expected: int = 0) -> None:
        self.order = Table(expected)
        self.values = array("q")
        self.written = array("q")
        self.rows = array("q")

    def add(self, key: int, values: int, written: int, row: int) -> int | None:
        """The number of this door when it has a row already, or None for a new one."""
        order = self.order
        place = order.place(key)
        if known := order.values[place]:
            return known - 1
        self.values.append(values)
        self.written.append(written)
        self.rows.append(row)
        order.values[place] = len(self.rows)
        return None

    def warn(self, door: int) -> Action:
        """From now on the row of this door is to be verified; its action until now."""
        row = self.rows[door]
        self.rows[door] = row & ~ACTION_BITS | WARNED
        return ACTIONS[row & ACTION_BITS]

    def amended(self, door: int, code: str) -> tuple[Amendment, Action]:
        before = self.warn(door)
        place = self.rows[door] >> 4
        sheet, number = place >> LINE_BITS, place & (1 << LINE_BITS) - 1
        return Amendment(sheet, number, problem(code)), before


class WholeFile:
    """`expected` is the number of rows, when it is known; more may come."""

    __slots__ = ("doors", "phones")

    def __init__(self, expected: int = 0) -> None:
        self.doors = Doors(expected)
        self.phones = Table(expected)

    def judge(self, row: ParsedRow) -> tuple[ParsedRow, Amendments]:
        """The row with what the rows before it add, and what it adds to them.

        An amendment comes with the action that the earlier row had until now.
        """
        address, values = row.address, row.values
        if address is None or values is None or not row.stored:
            return row, NONE
        mark = hash(values)
        written = hash((address.compound, address.building, address.unit, address.room))
        doors = self.doors
        first = doors.add(hash(address.key), mark, written, packed(row))
        if first is not None:
            return self._same_door(row, first, mark, written)
        if not values.phone:
            return row, NONE
        return self._with_phone(row, hash(values.phone), len(doors.rows) - 1)

    def _same_door(
        self, row: ParsedRow, first: int, mark: int, written: int
    ) -> tuple[ParsedRow, Amendments]:
        doors = self.doors
        if doors.values[first] == mark:
            found = problem("DUPLICATE_EXACT")
            return replace(row, action=Action.SKIP, problems=(found,)), NONE
        same = doors.written[first] == written
        code = "DUPLICATE_LATER" if same else "DUPLICATE_AFTER_NORMALISING"
        amendments = NONE
        if not doors.rows[first] & CONFLICT_TOLD:
            doors.rows[first] |= CONFLICT_TOLD
            amendments = (doors.amended(first, "DUPLICATE_CONFLICT"),)
        return _with(row, problem(code)), amendments

    def _with_phone(
        self, row: ParsedRow, phone: int, door: int
    ) -> tuple[ParsedRow, Amendments]:
        """A number on the first two doors is told when there is a third."""
        phones = self.phones
        place = phones.place(phone)
        known = phones.values[place]
        if not known:
            phones.values[place] = door + 1
            return row, NONE
        second = known >> DOOR_BITS & ONE_DOOR
        if not second:
            phones.values[place] = known | (door + 1) << DOOR_BITS
            return row, NONE
        amendments = NONE
        if not known & SHARING_TOLD:
            phones.values[place] = known | SHARING_TOLD
            doors = (known & ONE_DOOR) - 1, second - 1
            amendments = [self.doors.amended(one, "PHONE_SHARED") for one in doors]
        self.doors.warn(door)
        return _with(row, problem("PHONE_SHARED")), amendments


def _with(row: ParsedRow, found: Problem) -> ParsedRow:
    problems = (*row.problems, found)
    return replace(row, problems=problems, action=worst(problems))
