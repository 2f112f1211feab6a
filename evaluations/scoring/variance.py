"""Strata of the variance: which stand alone, which join, what they count (M51, M59).

Sources: Sarndal, Swensson, Wretman (1992), chapter 5; R package `survey`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from evaluations.scoring.joining import join_short


@dataclass(frozen=True, slots=True)
class Layer:
    """A stratum as the variance sees it, whatever is estimated.

    A unit is an answer, or a building where buildings were drawn (M53). `frame`: N_h
    in units, None for a population without end; `units`: the m_h usable ones of all
    answers, in a domain or not, >= 1.
    """

    code: str
    community: str
    frame: float | None
    units: int

    @property
    def is_census(self) -> bool:
        """Every household of the frame answered: nothing is left to chance."""
        return self.frame is not None and self.units >= self.frame


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring layers that the variance takes as one stratum (M59).

    `first`, `last`: places among the layers, `last` exclusive; `units`: m_h;
    `factor`: (1 - f_h) m_h/(m_h - 1), or 1 - f_h for one unit alone; `is_lonely`:
    one unit, and not the whole frame.
    """

    first: int
    last: int
    units: int
    factor: float
    is_lonely: bool

    def contribution(self, z: Sequence[float], squares: Sequence[float]) -> float:
        """(1 - f_h) m_h/(m_h - 1) sum (z - zbar)^2, points^2 (M51).

        `z`, `squares`: sums of z = w e and of z^2 that add up to those of the run;
        units that are not told have z = 0. One unit alone counts by its distance from
        0, the mean of all z (`survey`, lonely PSU "adjust").
        """
        if self.units < 2:
            return self.factor * fsum(squares)
        total = fsum(z)
        return self.factor * max(0.0, fsum(squares) - total * total / self.units)


def runs_of(layers: Sequence[Layer]) -> list[Run]:
    """The layers in order of (community, code), lonely ones joined (M59).

    A lonely stratum (m_h = 1 < N_h) is joined with the next stratum code of its
    community, the last with the previous, for the variance only.
    """
    runs = []
    start = 0
    for _, group in groupby(layers, key=lambda layer: layer.community):
        for members in join_short(list(group), _is_lonely):
            units = _units(members)
            unseen = _not_seen(members, units)
            runs.append(
                Run(
                    first=start,
                    last=start + len(members),
                    units=units,
                    factor=unseen * units / (units - 1) if units > 1 else unseen,
                    is_lonely=_is_lonely(members),
                )
            )
            start += len(members)
    return runs


def _is_lonely(run: Sequence[Layer]) -> bool:
    return _units(run) == 1 and not run[0].is_census


def _units(run: Sequence[Layer]) -> int:
    return sum(layer.units for layer in run)


def _not_seen(run: Sequence[Layer], m: int) -> float:
    """1 - f_h, the finite population correction; f_h is at most 1."""
    frames = [layer.frame for layer in run if layer.frame is not None]
    if len(frames) < len(run):
        return 1.0
    whole = sum(frames)
    return max(0.0, whole - m) / whole
