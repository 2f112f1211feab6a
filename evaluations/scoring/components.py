"""Components beside the residents' score, and the combined index (M43-M45).

Forms of a meeting hall and undercover visits 暗访 are published under their own names
with their own counts; nothing here ever enters y.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum, sqrt
from typing import Self

from evaluations.scoring.intervals import clopper_pearson, logit_t
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate, Formula, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component. `name`: as in `component.weights`; `count`: what it rests on.

    `score`: S_k, points 0..100, None without data; `variance`: V_k, points^2, None
    without uncertainty; `interval`: None with it. ValueError for a negative variance
    or a score outside 0..100.
    """

    name: str
    count: int
    score: float | None
    variance: float | None = None
    interval: Interval | None = None

    def __post_init__(self) -> None:
        wrong = self.score is not None and not 0 <= self.score <= 100
        if wrong or self.count < 0 or (self.variance or 0.0) < 0:
            raise ValueError(f"no component has these figures: {self}")

    @classmethod
    def from_estimate(cls, name: str, result: Estimate) -> Self:
        """The residents' score as a component."""
        return cls(
            name=name,
            count=result.m,
            score=result.score,
            variance=result.variance,
            interval=result.interval(),
        )


def component_of_visits(
    name: str, scores: Sequence[float], *, visitors: int, method: Method
) -> Component:
    """The mean of undercover visits; `scores`: points, one for each visit.

    Fewer than `component.min_visits` visits or `component.min_visitors` visitors: no
    variance, no interval, no star. Otherwise V = s^2/n without a finite population,
    and the interval of M56 with n - 1 degrees of freedom; equal scores have no
    variance and the interval of M59. Sources: M44, M56, M59.
    """
    n = len(scores)
    if visitors < 0 or (n and not visitors) or visitors > n:
        raise ValueError(f"{n} visits by {visitors} visitors")
    if not n:
        return Component(name=name, count=0, score=None)
    mean = fsum(scores) / n
    if n < method.component_min_visits or visitors < method.component_min_visitors:
        return Component(name=name, count=n, score=mean)
    level = float(method.interval_level)
    if min(scores) == max(scores):
        low, high = clopper_pearson(n * mean / 100, n, level=level)
        formula, variance = Formula.CLOPPER_PEARSON, None
    else:
        variance = fsum((s - mean) ** 2 for s in scores) / (n - 1) / n
        low, high = logit_t(mean / 100, sqrt(variance) / 100, n - 1, level=level)
        formula = Formula.LOGIT_T
    interval = Interval(min(100 * low, mean), max(100 * high, mean), level, formula)
    return Component(
        name=name, count=n, score=mean, variance=variance, interval=interval
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A component with its weight a_k in an index, 0..1."""

    component: Component
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A combined index or a total score sheet that contains the resident score.

    `score`: S, points, None if a component with a weight has none; `variance`: of the
    components that have one, points^2, None if none has; `without_variance`: names of
    the others, which must be listed "no variance"; `shares`: in the order of names.
    """

    score: float | None
    variance: float | None
    without_variance: tuple[str, ...]
    shares: tuple[Share, ...]

    @property
    def se(self) -> float | None:
        """sqrt(Var S), points."""
        return None if self.variance is None else sqrt(self.variance)


def combined_index(components: Iterable[Component], *, method: Method) -> Index | None:
    """S = sum a_k S_k, Var S = sum a_k^2 V_k over components that have a variance.

    The a_k are `component.weights`; None if the scheme sets none. Components without
    a weight are left out. ValueError for a component twice or a weight without its
    component. Source: M45.
    """
    if method.component_weights is None:
        return None
    listed = list(components)
    by_name = {component.name: component for component in listed}
    weights = dict(method.component_weights)
    missing = sorted(set(weights) - set(by_name))
    if missing or len(by_name) < len(listed):
        raise ValueError(f"components {sorted(by_name)} for weights {sorted(weights)}")
    shares = tuple(Share(by_name[name], weights[name]) for name in sorted(weights))
    # A weight of 0 asks for nothing and leaves nothing open.
    counted = [share for share in shares if share.weight]
    scores = [s.component.score for s in counted]
    known = [score for score in scores if score is not None]
    variances = [
        (float(s.weight) ** 2) * s.component.variance
        for s in counted
        if s.component.variance is not None
    ]
    pairs = zip(counted, known, strict=False)
    is_whole = len(known) == len(counted)
    return Index(
        score=fsum(float(s.weight) * y for s, y in pairs) if is_whole else None,
        variance=fsum(variances) if variances and is_whole else None,
        without_variance=tuple(
            s.component.name for s in counted if s.component.variance is None
        ),
        shares=shares,
    )
