"""Quantiles of the normal, t and beta distributions (M8). Standard library only.

Absolute error below 1e-9 for confidence 0.80..0.99 (tests hold it against tables).
Bisection everywhere: slower than Newton, but it cannot run away, and each quantile
that a roll-up needs is asked for many times and kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import asin, cos, exp, fsum, lgamma, log, log1p, pi, sin, sqrt, tan
from statistics import NormalDist

_NORMAL = NormalDist()
# From here on five terms of the expansion in 1/df are exact to 1e-12.
_LARGE_DF = 1_000
_TINY = 1e-300


def normal_cdf(value: float) -> float:
    """Phi(value), 0..1."""
    return _NORMAL.cdf(value)


def normal_quantile(probability: float) -> float:
    """Phi^-1; 0 < probability < 1, otherwise ValueError. Source: Wichura, AS 241."""
    _open_unit(probability)
    return _NORMAL.inv_cdf(probability)


def two_sided_z(level: float) -> float:
    """z with P(|Z| <= z) = level; 0 < level < 1 (M8)."""
    _open_unit(level)
    return _NORMAL.inv_cdf(1 - (1 - level) / 2)


@lru_cache(maxsize=4096)
def two_sided_t(level: float, df: int) -> float:
    """t with P(|T| <= t) = level; df a whole number >= 1, otherwise ValueError.

    Below 1,000 degrees of freedom the finite sums for P(|T| <= t) in the angle
    arctan(t/sqrt(df)) are inverted by bisection; above, Fisher's expansion.
    Source: Abramowitz and Stegun (1964), 26.7.3, 26.7.4 and 26.7.5.
    """
    _open_unit(level)
    if df < 1:
        raise ValueError(f"df must be at least 1: {df}")
    if df >= _LARGE_DF:
        return _t_expanded(two_sided_z(level), df)
    angle = _bisect(lambda theta: _t_within(theta, df), level, 0.0, pi / 2)
    return sqrt(df) * tan(angle)


def t_quantile(probability: float, df: int) -> float:
    """Quantile of Student's t; 0 < probability < 1, df a whole number >= 1."""
    _open_unit(probability)
    if probability == 0.5:
        return 0.0
    if probability < 0.5:
        return -two_sided_t(1 - 2 * probability, df)
    return two_sided_t(2 * probability - 1, df)


def _t_within(theta: float, df: int) -> float:
    """P(|T| <= sqrt(df) tan theta), Abramowitz and Stegun 26.7.3 and 26.7.4."""
    if df == 1:
        return 2 * theta / pi
    cosine, sine = cos(theta), sin(theta)
    square = cosine * cosine
    if df % 2:
        term = total = cosine
        for k in range(3, df - 1, 2):
            term *= square * (k - 1) / k
            total += term
        return 2 / pi * (theta + sine * total)
    term = total = 1.0
    for k in range(2, df - 1, 2):
        term *= square * (k - 1) / k
        total += term
    return sine * total


def _t_expanded(z: float, df: int) -> float:
    """Fisher's expansion of the t quantile, Abramowitz and Stegun 26.7.5."""
    q = z * z
    terms = (
        z * (q + 1) / 4,
        z * ((5 * q + 16) * q + 3) / 96,
        z * (((3 * q + 19) * q + 17) * q - 15) / 384,
        z * ((((79 * q + 776) * q + 1482) * q - 1920) * q - 945) / 92160,
    )
    return z + fsum(term / float(df) ** k for k, term in enumerate(terms, start=1))


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b); 0 <= x <= 1, a > 0, b > 0.

    Source: continued fraction, Abramowitz and Stegun 26.5.8, by Lentz's method; the
    mirrored function where the fraction would converge slowly (26.5.2).
    """
    if not (0 <= x <= 1 and a > 0 and b > 0):
        raise ValueError(f"I_x(a, b) is not defined at x={x}, a={a}, b={b}")
    if x in (0, 1):
        return float(x)
    constant = lgamma(a + b) - lgamma(a) - lgamma(b)
    front = exp(constant + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    # The number of steps grows with the root of the larger parameter.
    steps = 200 + int(20 * sqrt(max(a, b)))
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for k in range(1, steps):
        even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        value *= d * c
        odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            return value
    # Not known to happen; an error is better than a wrong bound.
    raise ArithmeticError(f"no convergence at x={x}, a={a}, b={b}")


def _away(value: float) -> float:
    """Lentz's method divides by its terms: keep them off zero."""
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=4096)
def beta_quantile(probability: float, a: float, b: float) -> float:
    """Beta(q; a, b), the quantile in 0..1; 0 < probability < 1, a > 0, b > 0."""
    _open_unit(probability)
    # Searched on the scale of the angle, where both ends are resolved alike.
    angle = _bisect(
        lambda theta: incomplete_beta(min(sin(theta) ** 2, 1.0), a, b),
        probability,
        0.0,
        asin(1.0),
    )
    return sin(angle) ** 2


def _bisect(
    rising: Callable[[float], float], goal: float, low: float, high: float
) -> float:
    """Where the rising function reaches the goal, to the last bit."""
    while True:
        middle = low + (high - low) / 2
        if not low < middle < high:
            return middle
        if rising(middle) < goal:
            low = middle
        else:
            high = middle


def logit(share: float) -> float:
    """ln(p/(1 - p)); 0 < p < 1 (M8)."""
    _open_unit(share)
    return log(share) - log1p(-share)


def expit(value: float) -> float:
    """1/(1 + exp(-a)) without overflow (M8)."""
    if value >= 0:
        return 1 / (1 + exp(-value))
    small = exp(value)
    return small / (1 + small)


def _open_unit(value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"a probability must lie strictly in 0..1: {value}")
