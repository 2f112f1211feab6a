"""What is left of a variable once the margins are taken out (M50).

Source: Deville and Sarndal (1992), JASA 87; R package `survey`, the variance of
`calibrate(calfun = "raking")`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import fsum

import numpy as np

from evaluations.scoring.raking import Floats

# Singular values below this share of the largest are rounding: the margins overlap.
_SINGULAR = 1e-10


class Projection:
    """Weighted regression on the levels of the margins, over weight cells.

    X: an intercept and one column per level of each margin but its first; D: the
    weights that entered the raking. All answers of a cell share a row of X. Only XB
    is wanted, which is the same for every solution of X'DX B = X'Du. So the levels of
    the first margin are taken out as weighted means, and the few columns of the other
    margins, less their own means in those levels, are regressed with the least norm
    (Frisch and Waugh 1933, Econometrica 1).
    """

    def __init__(
        self,
        counts: Sequence[int],
        entering: Sequence[float],
        places: Sequence[Sequence[int]],
        *,
        proportional: bool,
    ) -> None:
        """`places`: per margin the level of each cell; `proportional`: whether the
        final weights are a multiple of the entering ones inside a level.
        """
        self._numbers = np.asarray(counts, dtype=np.float64)
        self._weights = np.asarray(entering, dtype=np.float64)
        self._level = np.asarray(places[0], dtype=np.intp)
        self._others = places[1:]
        self._is_one = proportional and len(places) == 1

    def is_idle(self, cells: Sequence[int]) -> bool:
        """Whether nothing can be taken out of a mean over answers of these cells.

        With one margin and the answers all inside one level B is 0: the weighted sum
        of s - y over a domain is 0, and the final weights are a multiple of w1 there.
        """
        return self._is_one and len({int(self._level[cell]) for cell in cells}) < 2

    def fitted(self, cells: Sequence[int], sums: Sequence[float]) -> Floats:
        """XB per weight cell, from the sums of the variable over some cells.

        `cells` may name a cell more than once; the variable is 0 elsewhere. B =
        (X'DX)^-1 X'Du, with the least norm if X'DX is singular (M50).
        """
        where = np.asarray(cells, dtype=np.intp)
        weighted = self._weights[where] * np.asarray(sums, dtype=np.float64)
        fitted = self._means_of_levels(cells, weighted)[self._level]
        if self._others:
            columns, solver = self._rest
            fitted += columns @ (solver[:, where] @ weighted)
        return fitted

    def _means_of_levels(self, cells: Sequence[int], weighted: Floats) -> Floats:
        inside: dict[int, list[float]] = {}
        for cell, value in zip(cells, weighted.tolist(), strict=True):
            inside.setdefault(int(self._level[cell]), []).append(value)
        means = np.zeros(len(self._mass))
        for level, values in inside.items():
            means[level] = fsum(values) / self._mass[level]
        return means

    @cached_property
    def _mass(self) -> Floats:
        """Sum of D over the answers of each level of the first margin."""
        mass = self._numbers * self._weights
        return np.asarray(np.bincount(self._level, weights=mass), dtype=np.float64)

    @cached_property
    def _rest(self) -> tuple[Floats, Floats]:
        """Columns of the other margins less their means; what solves for their B.

        The second times the weighted sums of u per cell is B.
        """
        columns = np.hstack([_indicators(levels) for levels in self._others])
        mass = self._numbers * self._weights
        for column in columns.T:
            means = np.bincount(self._level, weights=mass * column) / self._mass
            column -= means[self._level]
        root = np.sqrt(mass)
        inverse = np.linalg.pinv(root[:, None] * columns, rcond=_SINGULAR)
        # sqrt(n w1) times the mean of u is the weighted sum over sqrt(n w1).
        return columns, inverse / root


def _indicators(levels: Sequence[int]) -> Floats:
    """One column per level but the first."""
    places = np.asarray(levels, dtype=np.intp)
    every: Floats = np.eye(int(places.max()) + 1)[places]
    return every[:, 1:]
