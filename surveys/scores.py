"""The score of one household (M30-M33, M41). Standard library only, exact integers.

The opening of a box calls this for every envelope, so a `ScoreRule` is built once from
the frozen tally of the round and then works on small integers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import ceil, lcm

SCALE = 10_000
"""Scores are stored in ten-thousandths of a point (M41): storage, not a threshold."""

Exact = int | Fraction | Decimal


class Usability(StrEnum):
    """What a submitted answer is worth (M33); the first two enter estimates."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    BREAK_OFF = "break_off"


@dataclass(frozen=True)
class ScoreRule:
    """How the levels of one household become one number.

    `weights`: one per question, 0 for a question that is not scored, else > 0.
    `points`: points of level 1, 2, ...; strictly increasing.
    `reversed_items`: positions (from 0) of questions of reversed direction (M30).
    `min_share`, `complete_share`: shares of the scored questions, 0..1 (M33).
    Fractions, decimals or integers; never binary floats, which would not be exact.
    ValueError for no scored question or a value outside its range.
    """

    weights: Sequence[Exact]
    points: Sequence[Exact] = (0, 25, 50, 75, 100)
    reversed_items: Collection[int] = ()
    min_share: Exact = Fraction(1, 2)
    complete_share: Exact = Fraction(4, 5)
    _scored: tuple[tuple[int, int, tuple[int, ...]], ...] = field(
        init=False, repr=False, compare=False
    )
    _scale: int = field(init=False, repr=False, compare=False)
    _enough: int = field(init=False, repr=False, compare=False)
    _complete: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = [Fraction(weight) for weight in self.weights]
        points = [Fraction(value) for value in self.points]
        self._check(weights, points)
        unit = lcm(*(weight.denominator for weight in weights))
        scale = lcm(*(value.denominator for value in points))
        upwards = tuple(int(value * scale) for value in points)
        scored = tuple(
            (
                item,
                int(weight * unit),
                upwards[::-1] if item in self.reversed_items else upwards,
            )
            for item, weight in enumerate(weights)
            if weight
        )
        enough = ceil(Fraction(self.min_share) * len(scored))
        complete = ceil(Fraction(self.complete_share) * len(scored))
        object.__setattr__(self, "_scored", scored)
        object.__setattr__(self, "_scale", scale)
        object.__setattr__(self, "_enough", max(enough, 1))
        object.__setattr__(self, "_complete", complete)

    def _check(self, weights: list[Fraction], points: list[Fraction]) -> None:
        if any(weight < 0 for weight in weights) or not any(weights):
            raise ValueError(f"weights must be >= 0 and not all 0: {self.weights}")
        if len(points) < 2 or any(b <= a for a, b in pairwise(points)):
            raise ValueError(f"points must be strictly increasing: {self.points}")
        for position in self.reversed_items:
            if not 0 <= position < len(weights):
                raise ValueError(f"no question at reversed position {position}")
        for share in (self.min_share, self.complete_share):
            if not 0 <= share <= 1:
                raise ValueError(f"a share must lie in 0..1: {share}")

    def usability(self, levels: Sequence[int | None]) -> Usability:
        """Complete, partial or break-off. Source: M33, AAPOR Standard Definitions."""
        return self.rated(levels)[0]

    def score(self, levels: Sequence[int | None]) -> int | None:
        """Ten-thousandths of a point, 0..1,000,000; None for a break-off.

        s = sum(v p)/sum(v) over the answered scored questions (M32, CAHPS linear
        mean scoring), then R_0(10000 s), half up from the exact fraction (M41).
        """
        return self.rated(levels)[1]

    def rated(self, levels: Sequence[int | None]) -> tuple[Usability, int | None]:
        """Usability and score of the same levels, which are looked at once."""
        answers = self._answers(levels)
        if len(answers) < self._enough:
            return Usability.BREAK_OFF, None
        weight = total = 0
        for v, p in answers:
            weight += v
            total += v * p
        weight *= self._scale
        score = (2 * SCALE * total + weight) // (2 * weight)
        is_complete = len(answers) >= self._complete
        return (Usability.COMPLETE if is_complete else Usability.PARTIAL), score

    def _answers(self, levels: Sequence[int | None]) -> list[tuple[int, int]]:
        """(weight, points) of every scored question that was answered.

        0 (说不清) and None (blank) are missing, never the middle level (M31).
        """
        if len(levels) != len(self.weights):
            raise ValueError(f"{len(levels)} levels for {len(self.weights)} questions")
        answers = []
        for item, weight, points in self._scored:
            level = levels[item]
            if not level:
                continue
            if not 1 <= level <= len(points):
                raise ValueError(f"level {level} of question {item + 1} is not a level")
            answers.append((weight, points[level - 1]))
        return answers


def household_score(
    levels: Sequence[int | None],
    *,
    weights: Sequence[Exact],
    points: Sequence[Exact] = (0, 25, 50, 75, 100),
    reversed_items: Collection[int] = (),
    min_share: Exact = Fraction(1, 2),
) -> int | None:
    """One household's score, see `ScoreRule.score`; None when it is not usable.

    `levels`: 1 (worst) .. 5 (best), 0 = 说不清, None = blank; one per question.
    """
    rule = ScoreRule(
        weights=weights,
        points=points,
        reversed_items=reversed_items,
        min_share=min_share,
    )
    return rule.score(levels)


def usability(
    levels: Sequence[int | None],
    *,
    weights: Sequence[Exact],
    min_share: Exact = Fraction(1, 2),
    complete_share: Exact = Fraction(4, 5),
) -> Usability:
    """What one household's answer is worth, see `ScoreRule.usability`."""
    rule = ScoreRule(
        weights=weights, min_share=min_share, complete_share=complete_share
    )
    return rule.usability(levels)


def linear_points(levels: int) -> tuple[Fraction, ...]:
    """Points 100 (x - 1)/(L - 1) of the levels 1..L, L >= 2. Source: M30, CAHPS."""
    if levels < 2:
        raise ValueError(f"a scale has at least two levels, not {levels}")
    return tuple(Fraction(100 * step, levels - 1) for step in range(levels))
