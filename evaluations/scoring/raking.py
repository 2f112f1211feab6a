"""Raking: weights that meet every margin at once (M39).

Sources: Deming and Stephan (1940), Ann. Math. Stat. 11; Deville and Sarndal (1992),
JASA 87.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RakedMargin:
    """A margin over weight cells: `places`, the level of each cell; `targets`.

    A target is a number of households, one per level.
    """

    places: Sequence[int]
    targets: Sequence[float]


@dataclass(frozen=True, eq=False)
class Raked:
    """Weights per cell and the rounds it took; `converged` is False for a failure,
    and then the weights are those that came in (M39: never a partly raked weight).
    """

    weights: Floats
    rounds: int
    converged: bool


def rake(
    counts: Sequence[int],
    weights: Floats,
    margins: Sequence[RakedMargin],
    *,
    tol: float,
    max_rounds: int,
) -> Raked:
    """Multiply the weights of each level by target/current, margin after margin.

    `counts`: answers per cell, >= 1; `weights`: of one answer, > 0, same order. It
    stops after a full round in which every |current/target - 1| < `tol`. It fails
    after `max_rounds` rounds, at once for a level with answers and no target above 0,
    or with a target and no answers. Sums are exactly rounded. Source: M39.
    """
    numbers = np.asarray(counts, dtype=np.float64)
    folded = [_Folded(margin) for margin in margins]
    if any(margin.is_impossible for margin in folded):
        return Raked(weights, 0, converged=False)
    raked = weights.copy()
    for done in range(1, max_rounds + 1):
        for margin in folded:
            totals = margin.totals(numbers * raked)
            raked *= (margin.targets / totals)[margin.places]
        if all(margin.misses(numbers * raked) < tol for margin in folded):
            return Raked(raked, done, converged=True)
    return Raked(weights, max_rounds, converged=False)


class _Folded:
    """A margin with its cells sorted by level, so that a level is one slice."""

    def __init__(self, margin: RakedMargin) -> None:
        self.places = np.asarray(margin.places, dtype=np.intp)
        self.targets = np.asarray(margin.targets, dtype=np.float64)
        self._order = np.argsort(self.places, kind="stable")
        sizes = np.bincount(self.places, minlength=len(self.targets))
        ends = np.cumsum(sizes)
        self._slices = [
            slice(int(end - size), int(end))
            for end, size in zip(ends, sizes, strict=True)
        ]
        known = sizes > 0
        # Without answers and without a target a level asks for nothing.
        self._asked = known | (self.targets != 0)
        self.is_impossible = bool(np.any((self.targets <= 0) & known)) or bool(
            np.any((self.targets != 0) & ~known)
        )

    def totals(self, values: Floats) -> Floats:
        """Exactly rounded sums per level; 1 where nothing is asked."""
        ordered = values[self._order].tolist()
        sums = np.array([fsum(ordered[part]) for part in self._slices])
        return np.where(self._asked, sums, 1.0)

    def misses(self, values: Floats) -> float:
        """The largest |current/target - 1|."""
        asked = self._asked
        return float(
            np.max(np.abs(self.totals(values)[asked] / self.targets[asked] - 1))
        )
