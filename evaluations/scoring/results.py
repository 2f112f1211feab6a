"""Frozen results. The interval is a method of the result (M56, M59)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from evaluations.scoring.intervals import clopper_pearson, logit_t
from evaluations.scoring.rounding import rounded


class Reason(StrEnum):
    """Why an estimate has no score, no standard error or no interval (M59)."""

    NO_ANSWERS = "no_answers"
    ONE_ANSWER = "one_answer"
    LONELY_COMMUNITY = "lonely_community"
    NO_SPREAD = "no_spread"
    NO_DEGREES_OF_FREEDOM = "no_degrees_of_freedom"


class Caution(StrEnum):
    """What must be said beside an estimate."""

    STRATA_JOINED = "strata_joined"
    STRATUM_UNCOVERED = "stratum_uncovered"
    AREA_FACTOR = "area_factor"
    KISH_HIGH = "kish_high"
    NOT_RAKED = "not_raked"


class Formula(StrEnum):
    """How an interval was made."""

    LOGIT_T = "logit_t"
    CLOPPER_PEARSON = "clopper_pearson"
    CENSUS = "census"


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds in points, 0..100, lower <= score <= upper, at confidence `level`."""

    lower: float
    upper: float
    level: float
    formula: Formula

    @property
    def width(self) -> float:
        """Points."""
        return self.upper - self.lower

    def published(self) -> tuple[Decimal, Decimal]:
        """R_1 of both bounds (M6)."""
        return rounded(self.lower, 1), rounded(self.upper, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The score of one domain; every figure that cannot be had is None, never 0 (M7).

    `domain`: the appointment, None for all answers; `m`: usable answers; `score`: y,
    points; `variance`, `se`: V and SE; `df`: degrees of freedom; `deff`: design
    effect; `m_eff`: effective number of answers, <= m; `kish`: k_w; `is_census`: all
    strata of the domain answered in full; `reason`: why something is missing;
    `cautions`: what must be said beside the figures; `joined`: strata joined because
    one of them had no answers (M35); `s2`: spread of single answers, points^2 (M55);
    `raked`: whether the weights meet the margins, None without a margin (M39).
    """

    domain: str | None
    m: int
    score: float | None
    variance: float | None
    se: float | None
    df: int | None
    deff: float | None
    m_eff: float | None
    kish: float | None
    is_census: bool
    level: float
    reason: Reason | None
    cautions: tuple[Caution, ...] = ()
    joined: tuple[tuple[str, ...], ...] = ()
    s2: float | None = None
    raked: bool | None = None

    def interval(self) -> Interval | None:
        """The interval that M56 and M59 give this estimate, None if they give none.

        Census: [y, y]. No spread seen: Clopper-Pearson with x = m y/100. Otherwise
        logit-t. ValueError for a score outside 0..100, for which none is defined.
        """
        if self.score is None:
            return None
        if not 0 <= self.score <= 100:
            raise ValueError(f"no interval for a score outside 0..100: {self.score}")
        if self.is_census:
            return Interval(self.score, self.score, self.level, Formula.CENSUS)
        # With weights far apart y may end at 0 or 100 in binary: the same case (M59).
        is_end = self.reason is None and self.score in (0, 100)
        if self.reason is Reason.NO_SPREAD or is_end:
            x = self.m * (self.score / 100)
            bounds = clopper_pearson(x, self.m, level=self.level)
            return self._interval(bounds, Formula.CLOPPER_PEARSON)
        if self.reason is not None or self.se is None or self.df is None:
            return None
        bounds = logit_t(self.score / 100, self.se / 100, self.df, level=self.level)
        return self._interval(bounds, Formula.LOGIT_T)

    def _interval(self, bounds: tuple[float, float], formula: Formula) -> Interval:
        score = self.score or 0.0
        lower, upper = min(100 * bounds[0], score), max(100 * bounds[1], score)
        return Interval(lower, upper, self.level, formula)

    @classmethod
    def nothing(cls, *, domain: str | None, level: float) -> Self:
        """No answers: every figure is None (M59)."""
        return cls(
            domain=domain,
            m=0,
            score=None,
            variance=None,
            se=None,
            df=None,
            deff=None,
            m_eff=None,
            kish=None,
            is_census=False,
            level=level,
            reason=Reason.NO_ANSWERS,
        )
