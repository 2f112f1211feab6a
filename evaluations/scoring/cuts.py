"""Yearly cut points of the stars by exact one-dimensional clustering (M74).

Whole arithmetic throughout: scores have one decimal, so sums of squares are exact
fractions and a tie is a tie on every machine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise

from evaluations.scoring.method import Method, MethodError
from evaluations.scoring.rounding import rounded

# M74 (1): Tukey's outer fences.
_FENCE = 3


class CutBasis(StrEnum):
    """Where the cut points of a year come from."""

    CLUSTERED = "clustered"
    TOO_FEW_UNITS = "too_few_units"
    TOO_FEW_VALUES = "too_few_values"
    GAPS_TOO_SMALL = "gaps_too_small"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyCuts:
    """The cut points of a year with everything needed to recompute them.

    `cuts`: c_2..c_5, points; `basis`: clustered, or why last year's stay; `last`:
    last year's; `count`: scores given; `fences`: lower and upper, points, None with
    too few units; `dropped`: scores outside; `clustered`: R_1 of the lowest values of
    clusters 2..5, before the guardrail; `within`: their sum of squares, points^2.
    """

    cuts: tuple[Decimal, ...]
    basis: CutBasis
    last: tuple[Decimal, ...]
    count: int
    fences: tuple[Decimal, Decimal] | None = None
    dropped: tuple[Decimal, ...] = ()
    clustered: tuple[Decimal, ...] | None = None
    within: Decimal | None = None

    @property
    def is_new(self) -> bool:
        """Whether they were made from this year's scores."""
        return self.basis is CutBasis.CLUSTERED

    @property
    def is_guarded(self) -> bool:
        """Whether the guardrail moved one of them."""
        return self.is_new and self.cuts != self.clustered


@dataclass(frozen=True, slots=True)
class Clusters:
    """`lows`: the lowest value of each cluster, ascending; `within`: exact."""

    lows: tuple[Decimal, ...]
    within: Fraction


def yearly_cuts(
    scores: Iterable[Decimal], *, last: Sequence[Decimal], method: Method
) -> YearlyCuts:
    """The cut points from the December R_1(EB) of all starred appointments.

    1. Fewer than `star.min_units` scores: last year's stay.
    2. Scores outside [Q1 - 3 IQR, Q3 + 3 IQR] are left out, quartiles of type 7.
    3. Exact clustering into as many groups as there are stars; fewer distinct values:
       last year's stay.
    4. R_1 of the lowest value of each cluster but the first, clipped to last year's
       cut -/+ `star.guardrail`.
    5. Cut points that the scheme itself would refuse (gaps): last year's stay.

    Sources: M74; Fisher (1958), JASA 53; Wang and Song (2011), R Journal 3(2); Tukey
    (1977); 42 CFR 422.166. ValueError if `last` are no cut points.
    """
    before = replace(method, star_cuts=tuple(last)).star_cuts
    ordered = sorted(scores)
    found = YearlyCuts(
        cuts=before, basis=CutBasis.TOO_FEW_UNITS, last=before, count=len(ordered)
    )
    if len(ordered) < method.star_min_units:
        return found
    low, high = tukey_fences(ordered)
    kept = [score for score in ordered if low <= score <= high]
    dropped = tuple(score for score in ordered if not low <= score <= high)
    found = replace(found, fences=(low, high), dropped=dropped)
    stars = len(before) + 1
    if len(set(kept)) < stars:
        return replace(found, basis=CutBasis.TOO_FEW_VALUES)
    clusters = cluster(kept, stars)
    clustered = tuple(rounded(value, 1) for value in clusters.lows[1:])
    found = replace(
        found, clustered=clustered, within=rounded(Decimal(float(clusters.within)), 6)
    )
    cuts = _guarded(clustered, before, method.star_guardrail)
    try:
        replace(method, star_cuts=cuts)
    except MethodError:
        return replace(found, basis=CutBasis.GAPS_TOO_SMALL)
    return replace(found, basis=CutBasis.CLUSTERED, cuts=cuts)


def _guarded(
    cuts: Sequence[Decimal], last: Sequence[Decimal], guardrail: Decimal
) -> tuple[Decimal, ...]:
    """No cut point moves further in a year than the guardrail (M74 (4))."""
    return tuple(
        min(max(cut, old - guardrail), old + guardrail)
        for cut, old in zip(cuts, last, strict=True)
    )


def tukey_fences(ordered: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """[Q1 - 3 IQR, Q3 + 3 IQR] of ascending values, exact (M74 (1); Tukey 1977)."""
    low = type_7(ordered, Decimal("0.25"))
    high = type_7(ordered, Decimal("0.75"))
    reach = _FENCE * (high - low)
    return low - reach, high + reach


def type_7(ordered: Sequence[Decimal], share: Decimal) -> Decimal:
    """The quantile of type 7 of ascending values; 0 <= share <= 1 (M74, M79).

    Source: Hyndman and Fan (1996), Am. Stat. 50, 361-365.
    """
    if not ordered or not 0 <= share <= 1:
        raise ValueError(f"no quantile {share} of {len(ordered)} values")
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def cluster(values: Iterable[Decimal], groups: int) -> Clusters:
    """The partition into `groups` clusters with the least within sum of squares.

    Dynamic programming over distinct values with counts, so equal values are never
    split. Where several partitions are least, the lexicographically smallest vector
    of lowest values. ValueError with fewer distinct values than groups. Order of the
    values does not matter. Sources: Fisher (1958); Wang and Song (2011).
    """
    counts = sorted(Counter(values).items())
    distinct = [value for value, _ in counts]
    if not 1 <= groups <= len(distinct):
        raise ValueError(f"{groups} clusters of {len(distinct)} distinct values")
    squares = _Squares(counts)
    ends = _least_tails(squares, groups)
    starts = [0]
    for tail in ends[1:]:
        starts.append(_first_best(squares, tail, starts[-1]))
    return Clusters(tuple(distinct[start] for start in starts), ends[0][0])


class _Squares:
    """Sum of squares about the mean of neighbouring distinct values, exact."""

    def __init__(self, counts: Sequence[tuple[Decimal, int]]) -> None:
        exact = [(Fraction(value), count) for value, count in counts]
        self.size = len(exact)
        self._n = [0, *accumulate(count for _, count in exact)]
        self._s = [Fraction(0), *accumulate(c * v for v, c in exact)]
        self._q = [Fraction(0), *accumulate(c * v * v for v, c in exact)]

    def of(self, start: int, end: int) -> Fraction:
        """Of the values at start..end - 1."""
        total = self._s[end] - self._s[start]
        return (
            self._q[end]
            - self._q[start]
            - total * total / (self._n[end] - self._n[start])
        )


Tail = dict[int, Fraction]
"""Start -> least sum of squares of everything from there on, in so many clusters."""


def _least_tails(squares: _Squares, groups: int) -> list[Tail]:
    """For groups, groups - 1, ..., 1 clusters: the least sums from every start."""
    size = squares.size
    tails: list[Tail] = [{start: squares.of(start, size) for start in range(size)}]
    for made in range(2, groups + 1):
        tails.append(_with_one_more(squares, tails[-1], size - made))
    return tails[::-1]


def _with_one_more(squares: _Squares, shorter: Tail, last: int) -> Tail:
    """One cluster in front of the shorter tails, for every start 0..last.

    The best place to cut never moves left as the start moves right, so halving the
    starts needs few sums (Wang and Song, version 4 of their package).
    """
    found: Tail = {}
    open_ranges = [(0, last, 1, max(shorter))]
    while open_ranges:
        low, high, first, final = open_ranges.pop()
        if low > high:
            continue
        start = (low + high) // 2
        best, place = min(
            (squares.of(start, cut) + shorter[cut], cut)
            for cut in range(max(first, start + 1), final + 1)
        )
        found[start] = best
        open_ranges += [(low, start - 1, first, place), (start + 1, high, place, final)]
    return found


def _first_best(squares: _Squares, tail: Tail, start: int) -> int:
    """The smallest start of the next cluster that still gives the least sum."""
    starts = range(start + 1, max(tail) + 1)
    sums = [squares.of(start, cut) + tail[cut] for cut in starts]
    return starts[sums.index(min(sums))]


def star_shares(cuts: Sequence[Decimal], scores: Sequence[Decimal]) -> tuple[int, ...]:
    """How many scores each star would hold: for people who look at new cut points."""
    ordered = sorted(scores)
    places = [0, *(bisect_left(ordered, cut) for cut in cuts), len(ordered)]
    return tuple(b - a for a, b in pairwise(places))
