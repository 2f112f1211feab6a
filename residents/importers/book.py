"""What a file looks like once it is open: sheets of plain cells, and their marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from residents.importers.rows import Cell

# A spreadsheet has 16,384 columns: row and column of a cell fit into one number.
COLUMN_BITS = 14


def place_of(row: int, column: int) -> int:
    """Row (from 1) and column (from 0) of a cell in one small number."""
    return row << COLUMN_BITS | column


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range that reaches over several rows; rows count from 1."""

    first_row: int
    last_row: int
    column: int


@dataclass(slots=True)
class Marks:
    """What one sheet hides: row numbers as spreadsheet programs show them.

    `errors` are cells whose formula has failed or was never calculated, `formulas`
    those whose value was; both as `place_of`. `filtered` tells that a filter has
    hidden the hidden rows.
    """

    hidden: set[int] = field(default_factory=set)
    struck: set[int] = field(default_factory=set)
    errors: set[int] = field(default_factory=set)
    formulas: set[int] = field(default_factory=set)
    filtered: bool = False
    comments: bool = False
    last_row: int = 0
    last_column: int = 0


@dataclass(slots=True)
class Sheet:
    """One table. `rows` can be walked once; numbers count from 1 as people see them.

    `names` are titles that a person has explained (`headers.Names`); `left_out` tells
    that a person wants nothing of this sheet.
    """

    name: str
    rows: Iterator[tuple[int, Sequence[Cell]]]
    height: int
    visible: bool = True
    merges: tuple[Merge, ...] = ()
    marks: Marks = field(default_factory=Marks)
    since_1904: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """`sheets` come one after the other: each is walked before the next begins."""

    format: str
    encoding: str
    sheets: Iterator[Sheet]
    height: int
