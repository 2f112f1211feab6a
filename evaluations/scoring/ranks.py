"""Printed ranks, rank sets and tiers inside a peer group (M78-M80).

A rank set holds every rank that the data leave possible, jointly for the comparisons
of one appointment with all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import two_sided_z
from evaluations.scoring.rounding import rounded

Floats = NDArray[np.float64]

# M79: crit is kept to so many decimals.
_CRIT_PLACES = 6
# Draws compared at a time: a block of them stays in the cache of the processor.
_BLOCK = 256


class Tier(StrEnum):
    """Where a score stands against the mean of its group (M80)."""

    ABOVE = "above"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """An appointment that holds a star. `code`: permanent, decides the draws' columns.

    `printed`: R_1(EB), or R_1(y) where the star is direct; `score`, `se`: direct y and
    SE, points, se >= 0, otherwise ValueError. Where y has no SE of its own, the one
    its shrinkage used (`Shrunken.se`).
    """

    code: str
    printed: Decimal
    score: float
    se: float

    def __post_init__(self) -> None:
        if not self.se >= 0:
            raise ValueError(f"{self.code}: a standard error of {self.se}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One appointment among `of` in its group.

    `rank`: printed, 1 is the best; `is_alone`: nobody shares it; `best`, `worst`: the
    rank set, best <= rank <= worst; `crit`: its critical value; `difference`: D, the
    score against the group's mean, points; `difference_se`: sqrt(Var D).
    """

    code: str
    of: int
    rank: int
    is_alone: bool
    best: int
    worst: int
    crit: Decimal
    tier: Tier
    difference: float
    difference_se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The ranks of a group in one period, in ascending code; `seed` of the draws."""

    period: str
    group: str
    seed: int
    ranks: tuple[Rank, ...]

    def of(self, code: str) -> Rank | None:
        """The rank of an appointment, None if it is not ranked."""
        return next((rank for rank in self.ranks if rank.code == code), None)

    @property
    def last(self) -> Rank | None:
        """Who holds the largest rank alone; None if it is shared (M81)."""
        largest = max(rank.rank for rank in self.ranks)
        found = [rank for rank in self.ranks if rank.rank == largest]
        return found[0] if len(found) == 1 else None


def rank_group(
    entrants: Iterable[Entrant], *, period: str, group: str, method: Method
) -> Ranking | None:
    """Ranks, sets and tiers of the appointments of one peer group with a star.

    `period`: "2026Q4"; `group`: the code of the peer group. None below
    `rank.group_min`: no ranks, no tiers, no last place (M78). The order of the
    entrants does not matter. ValueError for a code twice. Sources: M78-M80; Mogstad,
    Romano, Shaikh, Wilhelm (2024), Rev. Econ. Stud. 91; Goldstein and Spiegelhalter
    (1996), JRSS A 159.
    """
    ordered = sorted(entrants, key=lambda entrant: entrant.code)
    if len({entrant.code for entrant in ordered}) < len(ordered):
        raise ValueError(f"{group}: an appointment is listed twice")
    if len(ordered) < method.rank_group_min:
        return None
    seed = rank_seed(period, group)
    scores = np.array([entrant.score for entrant in ordered], dtype=float)
    errors = np.array([entrant.se for entrant in ordered], dtype=float)
    level = method.interval_level
    crit = critical_values(errors, seed=seed, draws=method.rank_draws, level=level)
    better = _count_better(scores, errors, crit)
    worse = _count_better(-scores, errors, crit)
    printed = competition_ranks([entrant.printed for entrant in ordered])
    p = len(ordered)
    tiers = _tiers(scores.tolist(), errors.tolist(), two_sided_z(float(level)))
    return Ranking(
        period=period,
        group=group,
        seed=seed,
        ranks=tuple(
            Rank(
                code=entrant.code,
                of=p,
                rank=printed[j],
                is_alone=printed.count(printed[j]) == 1,
                best=min(1 + better[j], printed[j]),
                worst=max(p - worse[j], printed[j]),
                crit=crit[j],
                tier=tiers[j][0],
                difference=tiers[j][1],
                difference_se=tiers[j][2],
            )
            for j, entrant in enumerate(ordered)
        ),
    )


def competition_ranks(printed: Sequence[Decimal]) -> list[int]:
    """1, 2, 2, 4: one more than how many are higher (M78)."""
    descending = sorted(printed, reverse=True)
    first: dict[Decimal, int] = {}
    for place, value in enumerate(descending, start=1):
        first.setdefault(value, place)
    return [first[value] for value in printed]


def rank_seed(period: str, group: str) -> int:
    """First 4 bytes, big endian, of SHA-256 of `minping|rank|period|group` (M79)."""
    name = f"minping|rank|{period}|{group}"
    return int.from_bytes(sha256(name.encode()).digest()[:4], "big")


def critical_values(
    errors: Floats, *, seed: int, draws: int, level: Decimal
) -> list[Decimal]:
    """crit_j for the standard errors in ascending code, 6 decimals (M79).

    The `level` quantile (type 7) over the draws of the maximum over k of |Z_j - Z_k|/
    se_jk, Z = standard normal x SE from numpy's frozen `RandomState` stream; pairs
    with se_jk = 0 leave nothing to chance and do not count. Memory: one number for
    each draw and appointment. Source: Mogstad and others (2024).
    """
    largest = _largest_differences(errors, seed=seed, draws=draws)
    place = (draws - 1) * level
    below = int(place)
    # Only two order statistics are needed, so nothing is sorted in full or copied.
    largest.partition([below, below + 1], axis=1)
    low, high = largest[:, below], largest[:, below + 1]
    found = low + float(place - below) * (high - low)
    return [rounded(float(value), _CRIT_PLACES) for value in found]


def _largest_differences(errors: Floats, *, seed: int, draws: int) -> Floats:
    """max over k of |Z_j - Z_k|/se_jk: appointment x draw.

    The stream gives the same numbers in blocks of draws as in one piece (tested).
    """
    stream = np.random.RandomState(seed)
    p = len(errors)
    # Column by column afterwards, so a row of the result is one appointment.
    largest = np.zeros((p, draws))
    pair = np.sqrt(errors[:, None] ** 2 + errors[None, :] ** 2)
    # |Z_j - Z_k| is 0 where both errors are 0: any divisor leaves 0.
    pair[pair == 0] = 1.0
    for start in range(0, draws, _BLOCK):
        rows = min(_BLOCK, draws - start)
        z = np.ascontiguousarray((stream.standard_normal((rows, p)) * errors).T)
        block = largest[:, start : start + rows]
        for j in range(p - 1):
            away = np.abs(z[j + 1 :] - z[j]) / pair[j, j + 1 :, None]
            np.maximum(block[j + 1 :], away, out=block[j + 1 :])
            np.maximum(block[j], away.max(axis=0), out=block[j])
    return largest


def _count_better(scores: Floats, errors: Floats, crit: Sequence[Decimal]) -> list[int]:
    """#{k: (y_k - y_j)/se_jk > crit_j}; with se_jk = 0 the larger y is better."""
    counts = []
    for j, value in enumerate(crit):
        gap = scores - scores[j]
        pair = np.sqrt(errors**2 + errors[j] ** 2)
        certain = pair == 0
        ratio = np.divide(gap, pair, out=np.zeros_like(gap), where=~certain)
        is_better = np.where(certain, gap > 0, ratio > float(value))
        counts.append(int(is_better.sum()))
    return counts


def _tiers(
    scores: Sequence[float], errors: Sequence[float], z: float
) -> list[tuple[Tier, float, float]]:
    """Tier, D and sqrt(Var D) of every appointment (M80).

    D = y_j - mean; Var D = (1 - 1/p)^2 V_j + (1/p^2) sum over k != j of V_k. Source:
    Goldstein and Spiegelhalter (1996).
    """
    p = len(scores)
    mean = fsum(scores) / p
    variances = [se * se for se in errors]
    found = []
    for j, score in enumerate(scores):
        others = fsum(v for k, v in enumerate(variances) if k != j)
        se = sqrt((1 - 1 / p) ** 2 * variances[j] + others / p**2)
        found.append((_tier(score - mean, z * se), score - mean, se))
    return found


def _tier(difference: float, reach: float) -> Tier:
    if difference > reach:
        return Tier.ABOVE
    return Tier.BELOW if difference < -reach else Tier.NOT_DISTINGUISHABLE
