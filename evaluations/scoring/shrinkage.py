"""Shrunken scores and their reliability inside a pooling group (M68-M72).

Fay and Herriot (1979), JASA 74, 269-277, with the between-official variance by Paule
and Mandel (1982), J. Res. NBS 87, 377-385. Who pools with whom: `pooling.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import fsum, inf, sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import rounded

Floats = NDArray[np.float64]

# M69: how often the bracket of tau2 is halved.
_HALVINGS = 200
# M51: a variance below this is 0. A difference that small was not measured (M71).
_NO_VARIANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One appointment as its pooling group sees it.

    `code`: the appointment; `m`: usable answers of the window, >= 1; `score`: y of
    M48, or y_adj of M47, points; `variance`: V, points^2, None where it is unknown;
    `s2`: spread of single answers (M55), points^2, None for one answer; `kish`: k_w,
    >= 1; `frame`: N_j, households of its community, >= 1; `is_census`: all answered.
    ValueError for figures that no estimate can have.
    """

    code: str
    m: int
    score: float
    variance: float | None
    s2: float | None
    kish: float
    frame: int
    is_census: bool = False

    def __post_init__(self) -> None:
        spreads = [self.variance or 0.0, self.s2 or 0.0]
        if self.m < 1 or self.frame < 1 or not self.kish > 0 or min(spreads) < 0:
            raise ValueError(f"no estimate has these figures: {self}")

    @classmethod
    def from_estimate(
        cls, result: Estimate, *, code: str, frame: int, score: float | None = None
    ) -> Self:
        """The unit of an estimate; `score`: y_adj in the place of y (M47).

        ValueError for an estimate without answers.
        """
        y = result.score if score is None else score
        if y is None or result.kish is None:
            raise ValueError(f"{code} has no answers to pool")
        return cls(
            code=code,
            m=result.m,
            score=y,
            variance=result.variance,
            s2=result.s2,
            kish=result.kish,
            frame=frame,
            is_census=result.is_census,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunken:
    """The shrunken score of one appointment.

    `score`: y, points; `variance`: V as used here, smoothed where M68 says so
    (`is_smoothed`), points^2; `reliability`: lambda, 0..1, the share of the variance
    of scores that is real, None for 0/0; `eb`, `se_eb`: points, None with lambda.
    """

    code: str
    m: int
    score: float
    variance: float
    is_smoothed: bool
    reliability: float | None
    eb: float | None
    se_eb: float | None

    @property
    def se(self) -> float:
        """sqrt(V) as used here, points."""
        return sqrt(self.variance)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFit:
    """A pooling group: `units` in ascending code.

    `s2_pool`: points^2, None if no unit has two answers; `tau2`: variance between
    officials, points^2, 0 if no difference was measured; `mean`: mu, points;
    `mean_variance`: Var mu, points^2.
    """

    s2_pool: float | None
    tau2: float
    mean: float
    mean_variance: float
    units: tuple[Shrunken, ...]

    @property
    def count(self) -> int:
        """J."""
        return len(self.units)

    @property
    def shows_differences(self) -> bool:
        """False: 本期各任职之间未测出差异, no stars and no ranks in the group (M71)."""
        return self.tau2 > 0

    def needed_answers(self, reliability: Decimal) -> int | None:
        """Answers at which a score of this group is as reliable as that (M70).

        lambda/(1 - lambda) x s2_pool/tau2, rounded half up; None if tau2 = 0 or s2 is
        unknown. 0 < reliability < 1, otherwise ValueError.
        """
        if self.s2_pool is None or not self.shows_differences:
            return None
        return needed_answers(reliability, s2=self.s2_pool, tau2=self.tau2)


def needed_answers(reliability: Decimal, *, s2: float, tau2: float) -> int:
    """m = lambda/(1 - lambda) x s2/tau2, whole households, half up (M70)."""
    if not 0 < reliability < 1 or s2 < 0 or tau2 <= 0:
        raise ValueError(f"no answers reach {reliability} with s2 {s2}, tau2 {tau2}")
    # As a fraction, for 0.9/(1 - 0.9) in binary is more than 9.
    odds = Fraction(reliability) / (1 - Fraction(reliability))
    return int(rounded(float(odds) * s2 / tau2, 0))


def shrink(units: Sequence[Unit], *, method: Method) -> GroupFit:
    """Every score of one pooling group, drawn towards its mean (M68-M70).

    lambda = tau2/(tau2 + V); EB = lambda y + (1 - lambda) mu; SE_EB = sqrt(lambda V +
    (1 - lambda)^2 Var mu). The order of the units does not matter. ValueError for an
    empty group or a code twice. Sources: Fay and Herriot (1979); Efron and Morris
    (1975), JASA 70, 311-319.
    """
    ordered = sorted(units, key=lambda unit: unit.code)
    codes = {unit.code for unit in ordered}
    if not ordered or len(codes) < len(ordered):
        raise ValueError(f"{len(ordered)} units with {len(codes)} codes cannot pool")
    s2_pool = _pooled_spread(ordered)
    smoothed = [_smoothed(unit, s2_pool, method) for unit in ordered]
    variances = [variance for variance, _ in smoothed]
    scores = [unit.score for unit in ordered]
    tau2 = paule_mandel(scores, variances)
    mean, mean_variance = _group_mean(np.array(scores), np.array(variances), tau2)
    return GroupFit(
        s2_pool=s2_pool,
        tau2=tau2,
        mean=mean,
        mean_variance=mean_variance,
        units=tuple(
            _shrunken(unit, variance, tau2, mean, mean_variance, is_smoothed=changed)
            for unit, (variance, changed) in zip(ordered, smoothed, strict=True)
        ),
    )


def paule_mandel(scores: Sequence[float], variances: Sequence[float]) -> float:
    """tau2, the variance between true scores: the root of Q(t) = J - 1 (M69).

    mu(t) = sum y/(V + t)/sum 1/(V + t); Q(t) = sum (y - mu(t))^2/(V + t). If Q(0) <=
    J - 1, 0. Else bisection on [0, U], U = max(1, max V) doubled until Q(U) < J - 1,
    200 halvings; where some V is 0, Q(0) counts as infinite. A root below 1e-9 is 0,
    as V is in M51: it is where the bisection ends if Q never reaches J - 1.
    Source: Paule and Mandel (1982).
    """
    if len(scores) != len(variances) or not scores or min(variances) < 0:
        raise ValueError("every score needs a variance of at least 0")
    y, v = np.array(scores, dtype=float), np.array(variances, dtype=float)
    goal = len(scores) - 1
    if _q(y, v, 0.0) <= goal:
        return 0.0
    low, high = 0.0, max(1.0, *variances)
    while _q(y, v, high) >= goal:
        high *= 2
    for _ in range(_HALVINGS):
        middle = low + (high - low) / 2
        if middle in (low, high):  # neighbours: every further halving gives the same
            break
        if _q(y, v, middle) < goal:
            high = middle
        else:
            low = middle
    tau2 = low + (high - low) / 2
    return 0.0 if tau2 < _NO_VARIANCE else tau2


def _q(y: Floats, v: Floats, t: float) -> float:
    if t == 0 and not v.all():
        return inf
    mean, _ = _group_mean(y, v, t)
    return fsum(((y - mean) ** 2 / (v + t)).tolist())


def _group_mean(y: Floats, v: Floats, t: float) -> tuple[float, float]:
    """mu(t) and its variance 1/sum 1/(V + t); sums exactly rounded, in any order.

    With t = 0 and a V of 0 the certain scores alone make the mean, and it is certain:
    the limit of both for t towards 0.
    """
    if t == 0 and not v.all():
        certain = y[v == 0].tolist()
        return fsum(certain) / len(certain), 0.0
    whole = fsum((1 / (v + t)).tolist())
    return fsum((y / (v + t)).tolist()) / whole, 1 / whole


def _pooled_spread(units: Sequence[Unit]) -> float | None:
    """s2_pool = sum (m - 1) s2/sum (m - 1) (M68)."""
    known = [(unit.m - 1, unit.s2) for unit in units if unit.m > 1]
    weighted = [(df, s2) for df, s2 in known if s2 is not None]
    whole = sum(df for df, _ in weighted)
    return fsum(df * s2 for df, s2 in weighted) / whole if whole else None


def _smoothed(unit: Unit, s2_pool: float | None, method: Method) -> tuple[float, bool]:
    """V for this group and whether it is the smoothed one (M68).

    A small sample of equal answers must not reach lambda = 1.
    """
    if unit.is_census:
        return unit.variance or 0.0, False
    if unit.m >= method.eb_smooth_below and unit.variance:
        return unit.variance, False
    if s2_pool is None:
        raise ValueError(f"{unit.code}: nothing in its group tells a spread")
    not_seen = max(0.0, 1 - unit.m / unit.frame)
    return not_seen * unit.kish * s2_pool / unit.m, True


def _shrunken(
    unit: Unit,
    variance: float,
    tau2: float,
    mean: float,
    mean_variance: float,
    *,
    is_smoothed: bool,
) -> Shrunken:
    """M70; 0/0, a census where nothing differs, is None and never 0 (M7)."""
    share = tau2 / (tau2 + variance) if tau2 + variance else None
    eb = se_eb = None
    if share is not None:
        eb = share * unit.score + (1 - share) * mean
        se_eb = sqrt(share * variance + (1 - share) ** 2 * mean_variance)
    return Shrunken(
        code=unit.code,
        m=unit.m,
        score=unit.score,
        variance=variance,
        is_smoothed=is_smoothed,
        reliability=share,
        eb=eb,
        se_eb=se_eb,
    )
