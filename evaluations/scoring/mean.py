"""The weighted mean of a domain with its Taylor variance (M48-M51, M54, M55, M59).

Scores arrive centred on a number near the mean, so that a sum of squares never loses
digits; sums are exactly rounded (`math.fsum`) and so do not depend on any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from evaluations.scoring.method import Method
from evaluations.scoring.results import Caution, Estimate, Reason
from evaluations.scoring.variance import StratumSums, taylor_variance
from evaluations.scoring.weights import kish_factor

# M51: a variance below this is set to 0.
_NO_VARIANCE = 1e-9
# A design effect below this is rounding error: no spread was seen inside the strata.
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Layer:
    """A stratum as the variance sees it: `usable` m_h of `frame` N_h (None: no end)."""

    code: str
    community: str
    frame: int | None
    usable: int


@dataclass(frozen=True, slots=True)
class Group:
    """`n` answers of the domain in one layer with one weight.

    `total`, `squares`: sum and sum of squares of score - centre, points.
    """

    layer: str
    weight: float
    n: int
    total: float
    squares: float


def estimate_mean(
    groups: Sequence[Group],
    layers: Iterable[Layer],
    *,
    centre: float,
    domain: str | None,
    method: Method,
    cautions: tuple[Caution, ...] = (),
    joined: tuple[tuple[str, ...], ...] = (),
) -> Estimate:
    """y, V, SE, df, design effect and Kish factor of the answers in `groups`.

    `layers` must hold every layer of every community that has a group, for a lonely
    stratum is joined with its neighbour; layers elsewhere change nothing. Sources:
    M48 (Hajek 1971), M49 and M51 (Sarndal and others 1992), M54 (Korn and Graubard
    1998), M55 (Kish 1965), M59.
    """
    level = float(method.interval_level)
    m = sum(group.n for group in groups)
    if not m:
        return Estimate.nothing(domain=domain, level=level)
    mean, spread = _moments(groups)
    sums = _stratum_sums(groups, layers, mean)
    is_census = all(stratum.is_census for stratum in sums if stratum.in_domain)
    raw = taylor_variance(sums) if m > 1 else None
    df = m - sum(1 for stratum in sums if stratum.in_domain)
    s2 = m / (m - 1) * spread if m > 1 else None
    no_spread = _is_flat(raw, s2, m) and not is_census
    variance = None if no_spread else _cleaned(raw)
    deff = variance * m / s2 if s2 and variance is not None else None
    kish = kish_factor([g.n for g in groups], [g.weight for g in groups])
    return Estimate(
        domain=domain,
        m=m,
        score=centre + mean,
        variance=variance,
        se=None if variance is None else sqrt(variance),
        df=df,
        deff=deff,
        m_eff=_effective(m, variance, deff, no_spread=no_spread),
        kish=kish,
        is_census=is_census and m > 1,
        level=level,
        reason=_reason(m, raw, df, no_spread=no_spread, is_census=is_census),
        cautions=cautions + _kish_caution(kish, method),
        joined=joined,
        s2=s2,
    )


def _moments(groups: Sequence[Group]) -> tuple[float, float]:
    """Weighted mean and mean square about it, of the centred scores (M48, M55)."""
    whole = fsum(g.weight * g.n for g in groups)
    mean = fsum(g.weight * g.total for g in groups) / whole
    about = fsum(g.weight * _about(g, mean) for g in groups)
    return mean, max(0.0, about / whole)


def _about(group: Group, mean: float) -> float:
    """Sum of squares of a group about the mean: Q - 2 y S + n y^2 (M52)."""
    return group.squares - 2 * mean * group.total + group.n * mean * mean


def _stratum_sums(
    groups: Sequence[Group], layers: Iterable[Layer], mean: float
) -> list[StratumSums]:
    """Sums of z = w u per stratum, u = 1(domain) (s - y)/W; others are 0 (M49, M52)."""
    whole = fsum(group.weight * group.n for group in groups)
    inside: dict[str, list[Group]] = {}
    for group in groups:
        inside.setdefault(group.layer, []).append(group)
    return [
        StratumSums(
            code=layer.code,
            community=layer.community,
            frame=layer.frame,
            usable=layer.usable,
            in_domain=sum(g.n for g in members),
            sum_z=fsum(g.weight / whole * (g.total - g.n * mean) for g in members),
            sum_z2=fsum((g.weight / whole) ** 2 * _about(g, mean) for g in members),
        )
        for layer in layers
        for members in [inside.get(layer.code, [])]
    ]


def _is_flat(raw: float | None, s2: float | None, m: int) -> bool:
    """All answers equal, or equal inside every stratum: a sample cannot prove that.

    The specification names the first case; the second is treated alike, because a
    standard error of 0 from a sample would claim a certainty that nobody has.
    """
    return raw is not None and s2 is not None and raw <= _NO_SPREAD * s2 / m


def _cleaned(raw: float | None) -> float | None:
    if raw is None:
        return None
    return 0.0 if raw < _NO_VARIANCE else raw


def _effective(
    m: int, variance: float | None, deff: float | None, *, no_spread: bool
) -> float | None:
    """m_eff = min(m, m/deff), and m if nothing varies (M55)."""
    if no_spread or variance == 0:
        return float(m)
    return min(float(m), m / deff) if deff else None


def _reason(
    m: int, raw: float | None, df: int, *, no_spread: bool, is_census: bool
) -> Reason | None:
    if m == 1:
        return Reason.ONE_ANSWER
    if raw is None:
        return Reason.LONELY_COMMUNITY
    if is_census:
        return None
    if df < 1:
        return Reason.NO_DEGREES_OF_FREEDOM
    return Reason.NO_SPREAD if no_spread else None


def _kish_caution(kish: float | None, method: Method) -> tuple[Caution, ...]:
    high = kish is not None and kish > float(method.weights_kish_warn)
    return (Caution.KISH_HIGH,) if high else ()
