"""What is left of a variable once the margins are taken out (M50).

Source: Deville and Sarndal (1992), JASA 87; R package `survey`, the variance of
`calibrate(calfun = "raking")`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluations.scoring.raking import Floats

# Singular values below this share of the largest are rounding: the margins overlap.
_SINGULAR = 1e-10


class Projection:
    """Weighted regression on the levels of the margins, over weight cells.

    X: an intercept and one column per level of each margin but its first; D: the
    weights that entered the raking. All answers of a cell share a row of X.
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
        numbers = np.asarray(counts, dtype=np.float64)
        weights = np.asarray(entering, dtype=np.float64)
        self._x = _columns(places, len(numbers))
        root = np.sqrt(numbers * weights)
        # Of all solutions the one with the least norm, see M50.
        self._inverse = np.linalg.pinv(root[:, None] * self._x, rcond=_SINGULAR)
        self._scale = np.sqrt(weights / numbers)
        self._only = places[0] if proportional and len(places) == 1 else None

    def is_idle(self, cells: Sequence[int]) -> bool:
        """Whether nothing can be taken out of a mean over answers of these cells.

        With one margin and the answers all inside one level B is 0: the weighted sum
        of s - y over a domain is 0, and the final weights are a multiple of w1 there.
        """
        only = self._only
        return only is not None and len({only[cell] for cell in cells}) < 2

    def fitted(self, cells: Sequence[int], sums: Sequence[float]) -> Floats:
        """XB per weight cell, from the sums of the variable over some cells.

        `cells` may name a cell more than once; the variable is 0 elsewhere. B =
        (X'DX)^-1 X'Du, with the least norm if X'DX is singular (M50).
        """
        places = np.asarray(cells, dtype=np.intp)
        goal = self._scale[places] * np.asarray(sums, dtype=np.float64)
        fitted: Floats = self._x @ (self._inverse[:, places] @ goal)
        return fitted


def _columns(places: Sequence[Sequence[int]], rows: int) -> Floats:
    parts = [np.ones((rows, 1))]
    for levels in places:
        indicators = np.eye(max(levels) + 1)[np.asarray(levels, dtype=np.intp)]
        parts.append(indicators[:, 1:])
    return np.hstack(parts)
