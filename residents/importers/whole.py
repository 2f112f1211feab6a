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
Place = tuple[int, int, Action]
Amendments = list[tuple[Amendment, Action]]


def numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Doors:
    """Addresses seen so far, as 64-bit numbers: a million cost little memory."""

    order: dict[int, int] = field(default_factory=dict)
    values: array[int] = field(default_factory=numbers)
    written: array[int] = field(default_factory=numbers)
    places: list[Place] = field(default_factory=list)

    def add(self, key: int, values: int, written: int, place: Place) -> int | None:
        """The ordinal of the first row with this address, or None for a new one."""
        known = self.order.setdefault(key, len(self.places))
        if known < len(self.places):
            return known
        self.values.append(values)
        self.written.append(written)
        self.places.append(place)
        return None


@dataclass(slots=True)
class WholeFile:
    doors: Doors = field(default_factory=Doors)
    phones: dict[int, list[Place]] = field(default_factory=dict)
    # Rows that were amended: their action now, and with which codes.
    amended: dict[tuple[int, int], set[str]] = field(default_factory=dict)

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
        place = (row.sheet, row.number, row.action)
        first = self.doors.add(hash(address.key), mark, written, place)
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
        places = self.phones.setdefault(hash(phone), [])
        if len(places) < SHARED_FROM:
            places.append((row.sheet, row.number, row.action))
        if len(places) < SHARED_FROM:
            return row
        for earlier in places[: SHARED_FROM - 1]:
            self._amend(earlier, "PHONE_SHARED", amendments)
        return _with(row, problem("PHONE_SHARED"))

    def _amend(self, place: Place, code: str, amendments: Amendments) -> None:
        """Once per row and code."""
        sheet, number, action = place
        codes = self.amended.setdefault((sheet, number), set())
        if code not in codes:
            before = Action.WARN if codes else action
            amendments.append((Amendment(sheet, number, problem(code)), before))
            codes.add(code)


def _with(row: ParsedRow, found: Problem) -> ParsedRow:
    problems = (*row.problems, found)
    return replace(row, problems=problems, action=worst(problems))
