"""Figures near the ends as they may be printed (M6, M28, M85).

"All twelve said 1" names everyone, so a share near 1 and a score near either end are
printed as a bound. Small counts likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluations.scoring.method import Method
from evaluations.scoring.results import Interval
from evaluations.scoring.rounding import STORED_PLACES, rounded

LOWEST = Decimal("1.0")
"""M85: a score or bound below this reads "<1.0"; the clause gives it no field."""

SMALL_COUNT = 10
"""M28, M83: counts below this read "<10"; the clauses give it no field."""

_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as it may be printed. `value`: where a chart draws it, clamped too."""

    value: Decimal
    text: str

    def __str__(self) -> str:
        return self.text


def printed_score(value: float | Decimal, *, method: Method) -> Printed:
    """A score or bound in points, one place; near the ends the bound itself (M85).

    What is compared is the stored figure, not the rounded one: 99.04 is above 99.0.
    ValueError outside 0..100.
    """
    exact = rounded(value, STORED_PLACES)
    if not 0 <= exact <= _HUNDRED:
        raise ValueError(f"no score in points: {value}")
    if exact > method.publish_clamp:
        top = rounded(method.publish_clamp, 1)
        return Printed(top, f">{top}")
    if exact < LOWEST:
        return Printed(LOWEST, f"<{LOWEST}")
    point = rounded(exact, 1)
    return Printed(point, str(point))


def printed_interval(interval: Interval, *, method: Method) -> tuple[Printed, Printed]:
    """Both bounds (M85)."""
    return (
        printed_score(interval.lower, method=method),
        printed_score(interval.upper, method=method),
    )


def printed_shares(
    shares: Sequence[float | Decimal], *, method: Method
) -> tuple[Printed | None, ...]:
    """The shares of one question (sum 1, or one share and its rest) in per cent.

    A share above `publish.cap` reads ">95 %" and the rest of its question is None,
    withheld. For a satisfied share alone give it with 1 - share: the rest of the
    question is what it leaves. ValueError for a share outside 0..1. Source: M85.
    """
    exact = [rounded(share, 9) for share in shares]
    if any(not 0 <= share <= 1 for share in exact):
        raise ValueError(f"shares must lie in 0..1: {shares}")
    cap = method.publish_cap
    if not any(share > cap for share in exact):
        return tuple(_percent(share) for share in exact)
    limit = _HUNDRED * cap
    bound = Printed(rounded(limit, 1), f">{limit.normalize():f} %")
    return tuple(bound if share > cap else None for share in exact)


def _percent(share: Decimal) -> Printed:
    value = rounded(_HUNDRED * share, 1)
    return Printed(value, f"{value} %")


def printed_count(count: int) -> str:
    """A count beside response rates or a turnout: "<10" below ten (M28, M83)."""
    if count < 0:
        raise ValueError(f"a count cannot be negative: {count}")
    return str(count) if count >= SMALL_COUNT else f"<{SMALL_COUNT}"
