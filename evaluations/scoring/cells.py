"""What estimates are made from: cells and strata (M52, M99, M108), exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256

from evaluations.scoring.canonical import canonical_json

SCALE = 10_000
"""Scores come in ten-thousandths of a point (M41): storage, not a threshold."""

TOP = 100 * SCALE


@dataclass(frozen=True, slots=True)
class Cell:
    """Usable answers that share an appointment, round, stratum and mode.

    `n`: answers, >= 1; `sum_s`, `sum_s2`: sum and sum of squares of their household
    scores in ten-thousandths of a point, exact. ValueError if no n scores in
    0..1,000,000 can have these sums, which is what swapped columns look like.
    """

    appointment: str
    round: str
    stratum: str
    mode: str
    n: int
    sum_s: int
    sum_s2: int

    def __post_init__(self) -> None:
        possible = 0 <= self.sum_s <= TOP * self.n
        spread = self.sum_s**2 <= self.n * self.sum_s2 <= self.n * TOP * self.sum_s
        if self.n < 1 or not possible or not spread:
            raise ValueError(f"no answers have these sums: {self}")


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum over the whole window: `frame` N_h, `drawn` n_h (released).

    `not_eligible`: released households coded NE (M24), <= drawn. A frame of 0 is
    allowed only where nothing was drawn.
    """

    code: str
    community: str
    frame: int
    drawn: int
    not_eligible: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.not_eligible <= self.drawn:
            raise ValueError(f"stratum {self.code}: more not eligible than drawn")
        if self.frame < 0 or (self.drawn and not self.frame):
            raise ValueError(f"stratum {self.code}: drawn from a frame of {self.frame}")


def canonical(cells: Iterable[Cell]) -> list[Cell]:
    """Cells by (appointment, round, stratum, mode), UTF-8 byte order (M108).

    Python compares strings by code point, which is the order of their UTF-8 bytes.
    """
    return sorted(cells, key=astuple)


def cells_digest(cells: Sequence[Cell]) -> str:
    """SHA-256 (hex) of the cell set, for the record of a rating (M102).

    Cells of equal keys are added up first, so that splitting a cell changes nothing.
    """
    merged: dict[tuple[str, str, str, str], tuple[int, int, int]] = {}
    for cell in cells:
        key = (cell.appointment, cell.round, cell.stratum, cell.mode)
        n, sum_s, sum_s2 = merged.get(key, (0, 0, 0))
        merged[key] = (n + cell.n, sum_s + cell.sum_s, sum_s2 + cell.sum_s2)
    rows = [[*key, *merged[key]] for key in sorted(merged)]
    return sha256(canonical_json(rows)).hexdigest()
