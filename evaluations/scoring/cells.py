"""What estimates are made from: cells and strata (M52, M99, M108), exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from evaluations.scoring.canonical import canonical_json

SCALE = 10_000
"""Scores come in ten-thousandths of a point (M41): storage, not a threshold."""

TOP = 100 * SCALE


Levels = tuple[tuple[str, str], ...]
"""The demographic cell: (margin, level) in the order of the margins' names (M37)."""

Items = tuple[tuple[int, tuple[int, ...]], ...]
"""(question, answers of level 1..5); who is in none of the five did not answer."""

CellKey = tuple[str, str, str, str, Levels, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """Usable answers that share an appointment, round, stratum, mode and more.

    `n`: answers, >= 1; `sum_s`, `sum_s2`: sum and sum of squares of their household
    scores in ten-thousandths of a point, exact. `levels`: the demographic cell, a
    margin that is missing or "" has no value; `building`: its random number in the
    round (M22); `items`: counts of the levels per question (M99). ValueError if no n
    scores in 0..1,000,000 can have these sums, which is what swapped columns look
    like.
    """

    appointment: str
    round: str
    stratum: str
    mode: str
    n: int
    sum_s: int
    sum_s2: int
    levels: Levels = ()
    building: str = ""
    items: Items = ()

    def __post_init__(self) -> None:
        possible = 0 <= self.sum_s <= TOP * self.n
        spread = self.sum_s**2 <= self.n * self.sum_s2 <= self.n * TOP * self.sum_s
        if self.n < 1 or not possible or not spread:
            raise ValueError(f"no answers have these sums: {self}")

    @property
    def key(self) -> CellKey:
        """What the answers share, in the canonical order (M108)."""
        return (
            self.appointment,
            self.round,
            self.stratum,
            self.mode,
            self.levels,
            self.building,
        )


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum over the whole window: `frame` N_h, `drawn` n_h (released).

    `not_eligible`: released households coded NE (M24), <= drawn; `buildings`: those
    of the frame, where buildings are drawn first (M22, M53), None: not known. A frame
    of 0 is allowed only where nothing was drawn.
    """

    code: str
    community: str
    frame: int
    drawn: int
    not_eligible: int = 0
    buildings: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.not_eligible <= self.drawn:
            raise ValueError(f"stratum {self.code}: more not eligible than drawn")
        if self.frame < 0 or (self.drawn and not self.frame):
            raise ValueError(f"stratum {self.code}: drawn from a frame of {self.frame}")
        if self.buildings is not None and self.buildings < 1 <= self.frame:
            raise ValueError(f"stratum {self.code}: {self.buildings} buildings")


def canonical(cells: Iterable[Cell]) -> list[Cell]:
    """Cells by appointment, round, stratum, mode, demographic cell, building (M108).

    Python compares strings by code point, which is the order of their UTF-8 bytes.
    Cells of one key come in the order of their counts.
    """
    return sorted(cells, key=lambda c: (c.key, c.n, c.sum_s, c.sum_s2, c.items))


def cells_digest(cells: Sequence[Cell]) -> str:
    """SHA-256 (hex) of the cell set, for the record of a rating (M102).

    Cells of equal keys are added up first, so that splitting a cell changes nothing.
    """
    merged: dict[CellKey, list[int]] = {}
    items: dict[CellKey, dict[int, list[int]]] = {}
    for cell in cells:
        sums = merged.setdefault(cell.key, [0, 0, 0])
        for place, part in enumerate((cell.n, cell.sum_s, cell.sum_s2)):
            sums[place] += part
        counts = items.setdefault(cell.key, {})
        for question, levels in cell.items:
            before = counts.get(question, [0] * len(levels))
            counts[question] = [a + b for a, b in zip(before, levels, strict=True)]
    rows = [
        [*key, *merged[key], [[q, *items[key][q]] for q in sorted(items[key])]]
        for key in sorted(merged)
    ]
    return sha256(canonical_json(rows)).hexdigest()
