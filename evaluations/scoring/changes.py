"""The change of a score between two windows that share no month (M58)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from evaluations.scoring.quantiles import two_sided_t
from evaluations.scoring.results import Estimate
from evaluations.scoring.window import Window


class WindowsOverlap(ValueError):
    """Windows share months, and so do their answers: no change can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The later score minus the earlier one, points -100..100.

    `se`, `df`, `lower`, `upper`: None where one of the two has no standard error or
    no interval (M7, M59); the bounds lie in -100..100 and hold the difference.
    """

    difference: float
    se: float | None
    df: int | None
    lower: float | None
    upper: float | None
    level: float

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        if self.lower is None or self.upper is None:
            return False
        return self.lower > 0 or self.upper < 0


def change(
    earlier: Estimate,
    later: Estimate,
    *,
    earlier_window: Window,
    later_window: Window,
) -> Change | None:
    """y2 - y1 -/+ t_(df1 + df2) sqrt(V1 + V2); None if one of the scores is None.

    WindowsOverlap if a month stands in both windows: neighbouring months share most
    of their data. ValueError if the windows are in the wrong order, or the estimates
    are not of one domain at one confidence. Two censuses differ exactly. Source: M58;
    Cochran (1977), for independent samples.
    """
    if not earlier_window.is_disjoint(later_window):
        raise WindowsOverlap(
            f"{earlier_window.first} to {earlier_window.last} and "
            f"{later_window.first} to {later_window.last} share months"
        )
    if later_window.last < earlier_window.first:
        raise ValueError("the later window comes before the earlier one")
    if (earlier.domain, earlier.level) != (later.domain, later.level):
        raise ValueError("a change is that of one domain at one confidence")
    if earlier.score is None or later.score is None:
        return None
    return _told(earlier, later, later.score - earlier.score)


def _told(earlier: Estimate, later: Estimate, difference: float) -> Change:
    se, df = _error(earlier, later)
    reach = _reach(se, df, earlier.level)
    return Change(
        difference=difference,
        se=se,
        df=df,
        lower=None if reach is None else max(-100.0, difference - reach),
        upper=None if reach is None else min(100.0, difference + reach),
        level=earlier.level,
    )


def _error(earlier: Estimate, later: Estimate) -> tuple[float | None, int | None]:
    """sqrt(V1 + V2) and df1 + df2, where both have an interval of their own."""
    both = (earlier, later)
    if any(one.variance is None or one.reason is not None for one in both):
        return None, None
    squares = sum(one.variance or 0.0 for one in both)
    return sqrt(squares), sum(one.df or 0 for one in both)


def _reach(se: float | None, df: int | None, level: float) -> float | None:
    if se is None or df is None:
        return None
    if se == 0:
        return 0.0
    return two_sided_t(level, df) * se
