"""The weighted mean of a domain with its Taylor variance (M48-M55, M59).

Scores arrive centred on a number near the mean, so that a sum of squares never loses
digits; sums are exactly rounded (`math.fsum`) and so do not depend on any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt

from evaluations.scoring.method import Method
from evaluations.scoring.results import Caution, Estimate, Reason
from evaluations.scoring.sample import Part, Sample, squares_about
from evaluations.scoring.weights import kish_factor

# M51: a variance below this is set to 0.
_NO_VARIANCE = 1e-9
# A design effect below this is rounding error: no spread was seen inside the strata.
_NO_SPREAD = 1e-12
# So far outside 0..100, in points, a score can be by rounding in binary.
_ROUNDING = 1e-9


def estimate_mean(
    sample: Sample,
    parts: Sequence[Part],
    *,
    centre: float,
    domain: str | None,
    method: Method,
    cautions: tuple[Caution, ...] = (),
    joined: tuple[tuple[str, ...], ...] = (),
    raked: bool | None = None,
) -> Estimate:
    """y, V, SE, df, design effect and Kish factor of the answers in `parts`.

    `sample`: all usable answers of the area; `parts`: those of the domain, at most
    one part per place. Sources: M48 (Hajek 1971), M49 to M53 (Sarndal and others
    1992; Deville and Sarndal 1992), M54 (Korn and Graubard 1998), M55 (Kish 1965),
    M59.
    """
    level = float(method.interval_level)
    m = sum(part.n for part in parts)
    if not m:
        return Estimate.nothing(domain=domain, level=level)
    weights = [sample.places[part.place].weight for part in parts]
    mean, about = _moments(parts, weights)
    seen = sample.spread(parts, mean)
    is_census, df = seen.is_census, seen.df
    raw = seen.raw if m > 1 else None
    s2 = m / (m - 1) * about if m > 1 else None
    no_spread = _is_flat(raw, s2, m) and not is_census
    variance = None if no_spread else _cleaned(raw, is_census=is_census)
    deff = variance * m / s2 if s2 and variance is not None else None
    kish = kish_factor([part.n for part in parts], weights)
    return Estimate(
        domain=domain,
        m=m,
        score=_on_the_scale(centre + mean),
        variance=variance,
        se=None if variance is None else sqrt(variance),
        df=df,
        s2=s2,
        deff=deff,
        m_eff=_effective(m, variance, deff, no_spread=no_spread),
        kish=kish,
        is_census=is_census and m > 1,
        level=level,
        reason=_reason(m, raw, df, no_spread=no_spread, is_census=is_census),
        cautions=cautions + _kish_caution(kish, method),
        joined=joined,
        raked=raked,
    )


def _on_the_scale(score: float) -> float:
    """A mean of zeros may end a rounding below 0 in binary: that is 0."""
    nearest = min(max(score, 0.0), 100.0)
    return nearest if abs(score - nearest) < _ROUNDING else score


def _moments(parts: Sequence[Part], weights: Sequence[float]) -> tuple[float, float]:
    """Weighted mean and mean square about it, of the centred values (M48, M55)."""
    weighted = list(zip(weights, parts, strict=True))
    whole = fsum(w * part.n for w, part in weighted)
    mean = fsum(w * part.total for w, part in weighted) / whole
    about = fsum(w * squares_about(part, mean) for w, part in weighted)
    return mean, max(0.0, about / whole)


def _is_flat(raw: float | None, s2: float | None, m: int) -> bool:
    """All answers equal, or equal inside every stratum: a sample cannot prove that.

    The specification names the first case; the second is treated alike, because a
    standard error of 0 from a sample would claim a certainty that nobody has.
    """
    return raw is not None and s2 is not None and raw <= _NO_SPREAD * s2 / m


def _cleaned(raw: float | None, *, is_census: bool) -> float | None:
    if raw is None:
        return None
    return 0.0 if is_census or raw < _NO_VARIANCE else raw


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
