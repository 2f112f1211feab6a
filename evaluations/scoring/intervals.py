"""Interval formulas (M56, M57, M59, M91). Shares 0..1; results know their own."""

from __future__ import annotations

from math import sqrt

from evaluations.scoring.quantiles import (
    beta_quantile,
    expit,
    logit,
    two_sided_t,
    two_sided_z,
)


def logit_t(p: float, se: float, df: int, *, level: float) -> tuple[float, float]:
    """Bounds of a mean p on a 0..1 scale with standard error `se`, both as shares.

    expit(logit p -/+ t_df k), k = se/(p (1 - p)): it cannot leave 0..1 and covers
    near the ceiling, where p -/+ t se does not. 0 < p < 1, se >= 0, df >= 1.
    Source: M56; Korn and Graubard (1998); R `survey`, method "xlogit".
    """
    if se < 0:
        raise ValueError(f"a standard error cannot be negative: {se}")
    middle = logit(p)
    reach = two_sided_t(level, df) * se / (p * (1 - p))
    # The round trip through the logit may miss p by one unit in the last place.
    return min(expit(middle - reach), p), max(expit(middle + reach), p)


def clopper_pearson(x: float, m: float, *, level: float) -> tuple[float, float]:
    """Bounds of a share with x of m; neither need be whole, 0 <= x <= m, m > 0.

    Beta(a; x, m - x + 1) and Beta(1 - a; x + 1, m - x), a = (1 - level)/2; 0 if x = 0
    and 1 if x = m. Source: M59; Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    if m <= 0 or not 0 <= x <= m:
        raise ValueError(f"{x} of {m} is not a share")
    tail = (1 - level) / 2
    lower = beta_quantile(tail, x, m - x + 1) if x > 0 else 0.0
    upper = beta_quantile(1 - tail, x + 1, m - x) if x < m else 1.0
    return min(lower, x / m), max(upper, x / m)


def korn_graubard_size(p: float, se: float, *, m: int, df: int, level: float) -> float:
    """m* = min(m, p (1 - p)/V (t_(m-1)/t_df)^2): answers that a share is worth.

    0 < p < 1 with standard error `se` >= 0 of `m` >= 2 answers, df >= 1. Source: M57;
    Korn and Graubard (1998), Survey Methodology 24.
    """
    if se == 0:
        return float(m)
    ratio = two_sided_t(level, m - 1) / two_sided_t(level, df)
    return min(float(m), p * (1 - p) / (se * se) * ratio * ratio)


def korn_graubard(p: float, size: float, *, level: float) -> tuple[float, float]:
    """Clopper-Pearson bounds of a share p of a sample worth `size` answers (M57)."""
    return clopper_pearson(min(p * size, size), size, level=level)


def wilson(k: int, n: int, *, level: float) -> tuple[float, float]:
    """Bounds of a plain count rate, k of n cases; 0 <= k <= n, n >= 1.

    (p + z^2/2n)/D -/+ (z/D) sqrt(p (1 - p)/n + z^2/4n^2), D = 1 + z^2/n, cut to 0..1.
    For counts of cases, never for answers of a sample with weights. Source: M91;
    Wilson (1927), JASA 22, 209-212.
    """
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a rate")
    p, z = k / n, two_sided_z(level)
    d = 1 + z * z / n
    middle = (p + z * z / (2 * n)) / d
    reach = z / d * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At 0 of n and n of n the bound is the rate itself, up to rounding.
    return min(max(0.0, middle - reach), p), max(min(1.0, middle + reach), p)
