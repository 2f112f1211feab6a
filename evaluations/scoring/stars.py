"""Stars from cut points, with hysteresis, direct or shrunken (M70-M73, M75-M77).

All comparisons are between published decimals, so that anyone can redo them by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from evaluations.scoring.ladder import rung
from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import normal_cdf
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import percents, rounded
from evaluations.scoring.shrinkage import Shrunken


class StarBasis(StrEnum):
    """What a star rests on: the score itself, or the shrunken score."""

    DIRECT = "direct"
    SHRUNKEN = "shrunken"


@dataclass(frozen=True, slots=True, kw_only=True)
class StarRating:
    """A star with everything needed to recompute it.

    `star`: 1..5; `score`, `se`: R_1 and R_2 of what it rests on, points; `cuts`: the
    four cut points; `hysteresis`: h; `previous`: the star before, None if there was
    none; `probabilities`: of 1..5 stars.
    """

    star: int
    basis: StarBasis
    score: Decimal
    se: Decimal
    cuts: tuple[Decimal, ...]
    hysteresis: Decimal
    previous: int | None
    probabilities: tuple[float, ...]

    @property
    def percents(self) -> tuple[int, ...]:
        """The probabilities as whole per cent with sum 100 (M6)."""
        return percents(self.probabilities)

    @property
    def has_changed(self) -> bool:
        """A changed star is approved by a person (M77)."""
        return self.previous is not None and self.previous != self.star


def star_of(score: Decimal, cuts: Sequence[Decimal]) -> int:
    """1 + number of cut points <= score (M73)."""
    return 1 + sum(1 for cut in cuts if cut <= score)


def star_with_hysteresis(
    score: Decimal,
    se: Decimal,
    cuts: Sequence[Decimal],
    previous: int | None,
    hysteresis: Decimal,
) -> int:
    """The star moves only over cut points passed by `hysteresis` standard errors.

    up = 1 + #(c <= score - h se), down = 1 + #(c < score + h se), new = max(up,
    min(previous, down)). No previous star: plain `star_of`. `se` >= 0, `previous` in
    1..number of cuts + 1, otherwise ValueError. Source: M75.
    """
    if se < 0:
        raise ValueError(f"a standard error cannot be negative: {se}")
    if previous is None:
        return star_of(score, cuts)
    if not 1 <= previous <= len(cuts) + 1:
        raise ValueError(f"{previous} is not a star of 1..{len(cuts) + 1}")
    up = star_of(score - hysteresis * se, cuts)
    down = 1 + sum(1 for cut in cuts if cut < score + hysteresis * se)
    return max(up, min(previous, down))


def star_probabilities(
    score: Decimal, se: Decimal, cuts: Sequence[Decimal]
) -> tuple[float, ...]:
    """P(k) = Phi((c_k+1 - score)/se) - Phi((c_k - score)/se), k = 1..5.

    With se = 0 the star of `star_of` has probability 1. Source: M76, the normal model
    of Fay and Herriot (1979).
    """
    if se < 0:
        raise ValueError(f"a standard error cannot be negative: {se}")
    if not se:
        star = star_of(score, cuts)
        return tuple(float(k == star) for k in range(1, len(cuts) + 2))
    inner = [normal_cdf(float((cut - score) / se)) for cut in cuts]
    return tuple(b - a for a, b in pairwise([0.0, *inner, 1.0]))


def direct_star(
    result: Estimate,
    *,
    method: Method,
    previous: int | None,
    cuts: Sequence[Decimal] | None = None,
) -> StarRating | None:
    """The star of an appointment without a pooling group: on R_1(y) and R_2(SE) (M72).

    `previous`: the star before, None for a first star, a new appointment, a break of
    the series or no star for 12 months (M75); `cuts`: of the year, `star.cuts` until
    there are any (M73). None below `publish.star` answers and where there is no
    standard error, for then hysteresis is not defined (M7).
    """
    if not rung(result.m, method=method).star:
        return None
    if result.score is None or result.se is None:
        return None
    return _rating(
        StarBasis.DIRECT,
        rounded(result.score, 1),
        rounded(result.se, 2),
        method=method,
        previous=previous,
        cuts=cuts,
    )


def shrunken_star(
    unit: Shrunken,
    *,
    method: Method,
    previous: int | None,
    cuts: Sequence[Decimal] | None = None,
) -> StarRating | None:
    """The star of an appointment in a pooling group: on R_1(EB) and R_2(SE_EB) (M70).

    None where the ladder gives none for so many answers of that reliability (M82), or
    where no difference was measured in the group (M71). `previous`, `cuts`: as for
    `direct_star`.
    """
    if not unit.reliability or unit.eb is None or unit.se_eb is None:
        return None
    if not rung(unit.m, method=method, reliability=unit.reliability).star:
        return None
    return _rating(
        StarBasis.SHRUNKEN,
        rounded(unit.eb, 1),
        rounded(unit.se_eb, 2),
        method=method,
        previous=previous,
        cuts=cuts,
    )


def rate_star(
    result: Estimate,
    unit: Shrunken | None,
    *,
    method: Method,
    previous: int | None,
    cuts: Sequence[Decimal] | None = None,
) -> StarRating | None:
    """The star by the rules of M71 and M72.

    `unit`: the shrunken score, None without a pooling group. In a group without
    measured differences there is no star, direct or other.
    """
    if unit is None:
        return direct_star(result, method=method, previous=previous, cuts=cuts)
    return shrunken_star(unit, method=method, previous=previous, cuts=cuts)


def _rating(
    basis: StarBasis,
    score: Decimal,
    se: Decimal,
    *,
    method: Method,
    previous: int | None,
    cuts: Sequence[Decimal] | None,
) -> StarRating:
    used = method.star_cuts if cuts is None else tuple(cuts)
    hysteresis = method.star_hysteresis
    return StarRating(
        star=star_with_hysteresis(score, se, used, previous, hysteresis),
        basis=basis,
        score=score,
        se=se,
        cuts=used,
        hysteresis=hysteresis,
        previous=previous,
        probabilities=star_probabilities(score, se, used),
    )


def mean_star(stars: Sequence[int | Fraction]) -> int | None:
    """Mean of the stars of the question blocks, half up; None without a star (M77)."""
    if not stars:
        return None
    mean = sum((Fraction(star) for star in stars), Fraction(0)) / len(stars)
    return int(mean + Fraction(1, 2))


def overall_star(
    of_score: int | None, of_blocks: Sequence[int | Fraction], *, method: Method
) -> int | None:
    """The one star of an appointment by `star.overall` (M77).

    `of_score`: the star of the overall score; `of_blocks`: the stars of the question
    blocks that have one, a block of two questions counting as their mean.
    """
    return of_score if method.star_overall == "score" else mean_star(of_blocks)
