"""What only the whole file shows: the same door twice, one telephone for many doors."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace

from residents.importers.checks import problem
from residents.importers.rows import (
    Action,
    Address,
    Amendment,
    ParsedRow,
    Problem,
    Values,
    worst,
)

# An owner with two flats is normal; three doors are a landlord or an agent.
SHARED_FROM = 3
ACTIONS = tuple(Action)
Amendments = list[tuple[Amendment, Action]]


def packed(row: ParsedRow) -> int:
    """Sheet, line and action of a row in one number: a million of them stay small."""
    return row.sheet << 40 | row.number << 3 | ACTIONS.index(row.action)


def unpacked(place: int) -> tuple[int, int, Action]:
    return place >> 40, place >> 3 & (1 << 37) - 1, ACTIONS[place & 7]


def numbers() -> array[int]:
    return array("q")


class Table:
    """64-bit numbers to 64-bit numbers: a dictionary of a sixth of the size.

    Keys are hashes, well spread already: open addressing, never more than two thirds
    full. No key is 0, which marks a free place.
    """

    __slots__ = ("count", "keys", "mask", "values")

    def __init__(self, size: int = 1 << 12) -> None:
        self.count = 0
        self.mask = size - 1
        self.keys = array("q", bytes(8 * size))
        self.values = array("q", bytes(8 * size))

    def setdefault(self, key: int, value: int) -> int:
        """The value of the key, which is set when the key is new."""
        key = key or 1
        keys, mask = self.keys, self.mask
        at = key & mask
        while known := keys[at]:
            if known == key:
                return self.values[at]
            at = (at + 1) & mask
        keys[at] = key
        self.values[at] = value
        self.count += 1
        if self.count * 3 > mask * 2:
            self._grow()
        return value

    def _grow(self) -> None:
        larger = Table((self.mask + 1) * 2)
        for key, value in zip(self.keys, self.values, strict=True):
            if key:
                larger.setdefault(key, value)
        self.keys, self.values = larger.keys, larger.values
        self.mask = larger.mask


@dataclass(slots=True)
class Doors:
    """Addresses seen so far, as 64-bit numbers instead of text."""

    order: Table = field(default_factory=Table)
    values: array[int] = field(default_factory=numbers)
    written: array[int] = field(default_factory=numbers)
    places: array[int] = field(default_factory=numbers)

    def add(self, key: int, values: int, written: int, place: int) -> int | None:
        """The ordinal of the first row with this address, or None for a new one."""
        known = self.order.setdefault(key, len(self.places))
        if known < len(self.places):
            return known
        self.values.append(values)
        self.written.append(written)
        self.places.append(place)
        return None


@dataclass(slots=True)
class Phones:
    """The first rows of every telephone; most have one, so lists come late."""

    first: Table = field(default_factory=Table)
    several: dict[int, list[int]] = field(default_factory=dict)

    def add(self, key: int, place: int) -> list[int]:
        """The rows with this telephone so far, at most SHARED_FROM of them."""
        first = self.first.setdefault(key, place)
        if first == place:
            return [place]
        places = self.several.setdefault(key, [first])
        if len(places) < SHARED_FROM:
            places.append(place)
        return places


@dataclass(slots=True)
class WholeFile:
    doors: Doors = field(default_factory=Doors)
    phones: Phones = field(default_factory=Phones)
    # Rows that were amended, and with which codes.
    amended: dict[int, set[str]] = field(default_factory=dict)

    def judge(self, row: ParsedRow) -> tuple[ParsedRow, Amendments]:
        """The row with what the rows before it add, and what it adds to them.

        An amendment comes with the action that the earlier row had until now.
        """
        amendments: Amendments = []
        if row.stored and row.address and row.values:
            row = self._same_door(row, row.address, row.values, amendments)
        if row.stored and row.values and row.values.phone:
            row = self._same_phone(row, row.values.phone, amendments)
        return row, amendments

    def _same_door(
        self, row: ParsedRow, address: Address, values: Values, amendments: Amendments
    ) -> ParsedRow:
        mark = hash(values)
        written = hash(tuple((part.text, part.codes) for _name, part in address.parts))
        first = self.doors.add(hash(address.key), mark, written, packed(row))
        if first is None:
            return row
        if self.doors.values[first] == mark:
            found = problem("DUPLICATE_EXACT")
            return replace(row, action=Action.SKIP, problems=(found,))
        self._amend(self.doors.places[first], "DUPLICATE_CONFLICT", amendments)
        same = self.doors.written[first] == written
        code = "DUPLICATE_LATER" if same else "DUPLICATE_AFTER_NORMALISING"
        return _with(row, problem(code))

    def _same_phone(
        self, row: ParsedRow, phone: str, amendments: Amendments
    ) -> ParsedRow:
        place = packed(row)
        places = self.phones.add(hash(phone), place)
        if len(places) < SHARED_FROM:
            return row
        self.amended.setdefault(place >> 3, set()).add("PHONE_SHARED")
        for earlier in places[: SHARED_FROM - 1]:
            self._amend(earlier, "PHONE_SHARED", amendments)
        return _with(row, problem("PHONE_SHARED"))

    def _amend(self, place: int, code: str, amendments: Amendments) -> None:
        """Once per row and code."""
        sheet, number, action = unpacked(place)
        codes = self.amended.setdefault(place >> 3, set())
        if code not in codes:
            before = Action.WARN if codes else action
            amendments.append((Amendment(sheet, number, problem(code)), before))
            codes.add(code)


def _with(row: ParsedRow, found: Problem) -> ParsedRow:
    problems = (*row.problems, found)
    return replace(row, problems=problems, action=worst(problems))
