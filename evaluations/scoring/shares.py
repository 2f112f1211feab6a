"""Shares: their interval and whether they may be shown (M57).

Sources: Korn and Graubard (1998), Survey Methodology 24; NCHS: Parker and others
(2017), Data presentation standards for proportions, Series 2 no. 175.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.scoring.intervals import korn_graubard, korn_graubard_size
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate, Reason


class Hidden(StrEnum):
    """Why a share is withheld."""

    TOO_FEW = "too_few"
    NO_INTERVAL = "no_interval"
    TOO_WIDE = "too_wide"
    TOO_WIDE_FOR_ITS_SIZE = "too_wide_for_its_size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share 0..1 of one domain; figures that cannot be had are None (M7).

    `m`: households it is a share of; `m_eff`: their effective number; `se`, `df`:
    standard error and degrees of freedom; `low`, `high`: the interval, logit-t or
    what M59 puts in its place; `size`: m* of Korn and Graubard; `exact_low`,
    `exact_high`: their bounds, on which the decision to show rests; `hidden`: why the
    share is withheld, None if it may be shown as far as its precision goes. The
    ladder (M82) and the caps (M85) come on top.
    """

    m: int
    m_eff: float | None
    share: float | None
    se: float | None
    df: int | None
    low: float | None
    high: float | None
    size: float | None
    exact_low: float | None
    exact_high: float | None
    level: float
    reason: Reason | None
    hidden: Hidden | None

    @property
    def is_shown(self) -> bool:
        """Whether its precision allows to show the share."""
        return self.hidden is None


def share_of(estimate: Estimate, *, method: Method) -> Share:
    """A share from the estimate of a variable that is 100 or 0.

    1. Interval: logit-t with p the share, and the cases of M59.
    2. Decision: Korn-Graubard bounds with m* = min(m, p (1 - p)/V (t_(m-1)/t_df)^2).
       Withheld if m or m_eff is below `share.min_n`, or the width not below the
       second of `share.widths`; shown if it is at most the first; else withheld if
       width/p is above the third. Source: M57.
    """
    interval = estimate.interval()
    size, exact = _exact(estimate)
    return Share(
        m=estimate.m,
        m_eff=estimate.m_eff,
        share=_hundredth(estimate.score),
        se=_hundredth(estimate.se),
        df=estimate.df,
        low=interval.lower / 100 if interval else None,
        high=interval.upper / 100 if interval else None,
        size=size,
        exact_low=exact[0] if exact else None,
        exact_high=exact[1] if exact else None,
        level=estimate.level,
        reason=estimate.reason,
        hidden=_hidden(estimate, exact, method),
    )


def _exact(estimate: Estimate) -> tuple[float | None, tuple[float, float] | None]:
    """m* and the bounds of Korn and Graubard, None where there are none (M57, M59)."""
    if estimate.score is None:
        return None, None
    p, m = estimate.score / 100, estimate.m
    if estimate.is_census:
        return float(m), (p, p)
    is_end = estimate.reason is None and estimate.score in (0, 100)
    if estimate.reason is Reason.NO_SPREAD or is_end:
        return float(m), korn_graubard(p, m, level=estimate.level)
    if estimate.reason is not None or estimate.se is None or estimate.df is None:
        return None, None
    se, df, level = estimate.se / 100, estimate.df, estimate.level
    size = korn_graubard_size(p, se, m=m, df=df, level=level)
    return size, korn_graubard(p, size, level=level)


def _hidden(
    estimate: Estimate, exact: tuple[float, float] | None, method: Method
) -> Hidden | None:
    """The decision of M57, in its order."""
    narrow, wide, relative = method.share_widths
    effective = estimate.m_eff
    if estimate.m < method.share_min_n:
        return Hidden.TOO_FEW
    if exact is None or estimate.score is None or effective is None:
        return Hidden.NO_INTERVAL
    if effective < method.share_min_n:
        return Hidden.TOO_FEW
    width = Decimal(exact[1]) - Decimal(exact[0])
    if width >= wide:
        return Hidden.TOO_WIDE
    if width <= narrow:
        return None
    p = Decimal(estimate.score / 100)
    return Hidden.TOO_WIDE_FOR_ITS_SIZE if width > relative * p else None


def _hundredth(value: float | None) -> float | None:
    return None if value is None else value / 100
