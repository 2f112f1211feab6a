"""Single questions: level counts per place, points of a level (M34, M99)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.scoring.cells import SCALE, TOP, Cell
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate
from evaluations.scoring.shares import Share

LEVELS = (1, 2, 3, 4, 5)
"""The answers of an item, 5 best for the resident (M30)."""

Counts = dict[int, list[int]]
"""Place -> answers of level 1..5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFigures:
    """A question among the households that answered it (M34).

    `m`: they; `mean`: of the points of their levels; `satisfied`: share with one of
    `score.top_levels`.
    """

    number: int
    m: int
    mean: Estimate
    satisfied: Share


def histograms(cells: Iterable[tuple[int, Cell]]) -> dict[int, Counts]:
    """Question -> place -> counts, added up over (place, cell).

    ValueError if a cell has more levels than answers or not five counts >= 0.
    """
    found: dict[int, Counts] = {}
    for place, cell in cells:
        for number, counts in cell.items:
            if len(counts) != len(LEVELS) or min(counts) < 0 or sum(counts) > cell.n:
                raise ValueError(f"question {number}: {counts} of {cell.n} answers")
            sums = found.setdefault(number, {}).setdefault(place, [0] * len(LEVELS))
            for level, count in enumerate(counts):
                sums[level] += count
    return found


def points_of(method: Method) -> list[int]:
    """Ten-thousandths of a point of level 1..5 (M30, M41: rounded half up)."""
    return [int(value * SCALE * 2 + 1) // 2 for value in method.score_levels]


def top_points(levels: Iterable[int]) -> list[int]:
    """100 points for the levels, 0 for the others: the mean is a share in per cent.

    ValueError for a level that there is not.
    """
    chosen = set(levels)
    if not chosen or not chosen <= set(LEVELS):
        raise ValueError(f"levels are 1..5: {sorted(chosen)}")
    return [TOP if level in chosen else 0 for level in LEVELS]
