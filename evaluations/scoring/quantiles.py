"""Quantiles of the normal, t and beta distributions (M8). Standard library only.

Absolute error below 1e-9 for confidence 0.80..0.99 (tests hold it against tables).
Roots are searched inside a bracket that only shrinks, so that none can run away; each
quantile that a roll-up needs is asked for many times and kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import asin, cos, exp, fsum, lgamma, log, log1p, pi, sin, sqrt, tan
from statistics import NormalDist
from sys import float_info

_NORMAL = NormalDist()
# From here on five terms of the expansion in 1/df are exact to 1e-12.
_LARGE_DF = 1_000
_TINY = 1e-300
# Stirling's remainder with five terms is exact to 1e-14 from here on.
_STIRLING_FROM = 10.0
# Width, in angles, at which a bracket is a number.
_NARROW = 1e-15


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
    arctan(t/sqrt(df)) are inverted; above, Fisher's expansion.
    Source: Abramowitz and Stegun (1964), 26.7.3, 26.7.4 and 26.7.5.
    """
    _open_unit(level)
    if df < 1:
        raise ValueError(f"df must be at least 1: {df}")
    if df >= _LARGE_DF:
        return _t_expanded(two_sided_z(level), df)
    angle = _root(lambda theta: _t_within(theta, df) - level, 0.0, pi / 2)
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
    front = exp(a * log(x) + b * log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def log_beta(a: float, b: float) -> float:
    """ln B(a, b) for a, b > 0 without the loss of digits of lgamma at large values.

    Source: Didonato and Morris (1992), ACM TOMS 18, algorithm 708: where a parameter
    is large, only the remainders of Stirling's formula are subtracted.
    """
    small, large = min(a, b), max(a, b)
    share = small / (small + large)
    if large < _STIRLING_FROM:
        return lgamma(small) + lgamma(large) - lgamma(small + large)
    rest = _stirling_rest(large) - _stirling_rest(small + large)
    if small < _STIRLING_FROM:
        front = lgamma(small) + small - small * log(small + large)
        return front + rest + (large - 0.5) * log1p(-share)
    return (
        (log(2 * pi) - log(large)) / 2
        + rest
        + _stirling_rest(small)
        + (small - 0.5) * log(share)
        + large * log1p(-share)
    )


def _stirling_rest(x: float) -> float:
    """ln Gamma(x) less Stirling's formula, x >= 10 (Abramowitz, Stegun 6.1.41)."""
    y = 1 / (x * x)
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x


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
    angle = _root(
        lambda theta: incomplete_beta(min(sin(theta) ** 2, 1.0), a, b) - probability,
        0.0,
        asin(1.0),
    )
    return sin(angle) ** 2


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0 between `low` and `high`, to a few last bits.

    Inverse quadratic steps where three points allow them, halving otherwise. Source:
    Chandrupatla (1997), Advances in Engineering Software 28, 145-149.
    """
    new, at_new, old, at_old = high, rising(high), low, rising(low)
    step = 0.5
    while True:
        x = new + step * (old - new)
        at_x = rising(x)
        if (at_x < 0) == (at_new < 0):
            third, at_third = new, at_new
        else:
            third, at_third = old, at_old
            old, at_old = new, at_new
        new, at_new = x, at_x
        best = new if abs(at_new) < abs(at_old) else old
        least = (2 * float_info.epsilon * abs(best) + _NARROW) / abs(old - new)
        if least > 0.5 or min(abs(at_new), abs(at_old)) == 0:
            return best
        step = _step((new, at_new), (old, at_old), (third, at_third))
        step = min(1 - least, max(least, step))


def _step(
    new: tuple[float, float], old: tuple[float, float], third: tuple[float, float]
) -> float:
    """The part of the way from `new` to `old` at which to try next."""
    (a, fa), (b, fb), (c, fc) = new, old, third
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if not (phi * phi < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    one = fa / (fb - fa) * fc / (fb - fc)
    return one + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)


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
