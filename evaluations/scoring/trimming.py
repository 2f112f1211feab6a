"""Trimming of large weights, with raking again from there (M40; Kish 1992)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.scoring.raking import Floats, Raked, RakedMargin, rake


@dataclass(frozen=True, eq=False)
class Trimmed:
    """Final weights per cell.

    `raked`: as in `Raked`, of the last raking; `times`: how often weights were cut;
    `answers`: how many answers were cut at least once.
    """

    raked: Raked
    times: int = 0
    answers: int = 0


def rake_and_trim(
    counts: Sequence[int],
    weights: Floats,
    margins: Sequence[RakedMargin],
    *,
    tol: float,
    max_rounds: int,
    trim: float,
    trim_rounds: int,
) -> Trimmed:
    """Rake; cut weights above `trim` x the median; rake from there (M39, M40).

    At most `trim_rounds` times; the last raked weights stand. If a raking fails, the
    weights that came in stand, untrimmed.
    """
    raked = rake(counts, weights, margins, tol=tol, max_rounds=max_rounds)
    cut = np.zeros(len(counts), dtype=bool)
    times = 0
    while raked.converged and times < trim_rounds:
        limit = trim * median_weight(counts, raked.weights)
        above = raked.weights > limit
        if not above.any():
            break
        cut |= above
        times += 1
        capped = np.minimum(raked.weights, limit)
        raked = rake(counts, capped, margins, tol=tol, max_rounds=max_rounds)
    if not raked.converged:
        return Trimmed(Raked(weights, raked.rounds, converged=False))
    return Trimmed(raked, times, int(np.asarray(counts)[cut].sum()))


def median_weight(counts: Sequence[int], weights: Floats) -> float:
    """The median over answers, the mean of the middle two if their number is even.

    `counts`: answers that share the weight at the same place; at least one answer.
    """
    order = np.argsort(weights, kind="stable")
    ends = np.cumsum(np.asarray(counts)[order])
    m = int(ends[-1])
    low, high = np.searchsorted(ends, [(m + 1) // 2, m // 2 + 1])
    return float((weights[order[low]] + weights[order[high]]) / 2)
