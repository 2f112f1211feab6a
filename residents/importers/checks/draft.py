"""A row in the making: what the checkers look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from residents.importers import normalise
from residents.importers.checks.rules import problem
from residents.importers.places import Places
from residents.importers.rows import Address, Cell, Problem, RawRow, Values

PART_LENGTH = {"compound": 60, "building": 30, "unit": 30, "room": 30}
# Of names and grids.
TEXT_LENGTH = 60
SHOWN = 120
KEY_FIELDS = frozenset({"community", *PART_LENGTH})


@dataclass(slots=True)
class Draft:
    """A row in the making: raw cells, clean values, and the file around it."""

    raw: RawRow
    places: Places
    on: dt.date
    sheet_community: str
    has_community_column: bool
    community: str
    address: Address
    values: Values
    # How buildings and units were written in the first row that had a word.
    words: Mapping[str, str]

    def original(self, field: str) -> str:
        return shown(self.raw.cells.get(field))


def shown(cell: Cell) -> str:
    """A cell for the report: short, and writable in any encoding."""
    text = normalise.text_of(cell)[:SHOWN]
    return text.encode("utf-8", "replace").decode()


def of_cell(
    codes: tuple[str, ...], field: str, cell: Cell, cleaned: str
) -> list[Problem]:
    """What cleaning one cell has found; most cells bring nothing."""
    original = shown(cell)
    return [problem(code, field, original, cleaned) for code in codes]
