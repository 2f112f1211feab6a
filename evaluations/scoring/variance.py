"""Taylor variance of a mean from stratum sums of linearised values (M51, M53, M59).

Sources: Sarndal, Swensson, Wretman (1992), chapter 5; R package `survey`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from evaluations.scoring.joining import join_short


@dataclass(frozen=True, slots=True)
class StratumSums:
    """One stratum for M51: all m_h usable answers, in the domain or not.

    A unit is an answer, or a building where buildings were drawn (M53). `frame`: N_h
    in units, None for a population without end; `usable`: m_h units; `in_domain`: how
    many of them belong to the domain; `sum_z`, `sum_z2`: sum and sum of squares of
    the z = w e of the units, points.
    """

    code: str
    community: str
    frame: float | None
    usable: int
    in_domain: int
    sum_z: float
    sum_z2: float

    @property
    def is_census(self) -> bool:
        """Every household of the frame answered: nothing is left to chance."""
        return self.frame is not None and self.usable >= self.frame


def taylor_variance(strata: Iterable[StratumSums]) -> float | None:
    """V = sum_h (1 - f_h) m_h/(m_h - 1) sum_i (z_i - zbar_h)^2, points^2 (M51).

    A lonely stratum (m_h = 1 < N_h) is joined with the next stratum code of its
    community for the variance only (M59). None if a whole community has one unit and
    that belongs to the domain: its spread is unknown, and never 0. One unit alone
    outside the domain counts by its distance from 0, the mean of all z (`survey`,
    lonely PSU "adjust"). f_h is at most 1. The value is raw: the caller applies the
    M51 rule for tiny values.
    """
    ordered = sorted(strata, key=lambda stratum: (stratum.community, stratum.code))
    parts = []
    for _, group in groupby(ordered, key=lambda stratum: stratum.community):
        for run in join_short(list(group), _is_lonely):
            part = _contribution(run)
            if part is None:
                return None
            parts.append(part)
    return fsum(parts)


def _is_lonely(run: Sequence[StratumSums]) -> bool:
    return _usable(run) == 1 and not run[0].is_census


def _usable(run: Sequence[StratumSums]) -> int:
    return sum(stratum.usable for stratum in run)


def _contribution(run: Sequence[StratumSums]) -> float | None:
    """The variance of one stratum, or of several joined ones."""
    m = _usable(run)
    squares = fsum(stratum.sum_z2 for stratum in run)
    if m < 2:
        if any(stratum.in_domain for stratum in run) and not run[0].is_census:
            return None
        return _not_seen(run, m) * squares
    total = fsum(stratum.sum_z for stratum in run)
    spread = max(0.0, squares - total * total / m)
    return _not_seen(run, m) * m / (m - 1) * spread


def _not_seen(run: Sequence[StratumSums], m: int) -> float:
    """1 - f_h, the finite population correction; 0 for a census stratum."""
    frames = [stratum.frame for stratum in run if stratum.frame is not None]
    if len(frames) < len(run):
        return 1.0
    whole = sum(frames)
    return max(0.0, whole - m) / whole
