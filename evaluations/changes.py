"""What changed since the last window that shares no month, from released figures (M58).

Pure. Either side withheld, and nothing is told; a score that is printed as a bound has
no difference either (M85).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from evaluations.publication import Question, Released, Sheet, Shown, Withheld
from evaluations.scoring.quantiles import two_sided_t
from evaluations.scoring.rounding import rounded

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Points of the later figure minus the earlier one, one place.

    `since`: last month of the earlier window; `low`, `high`: None where one of the two
    has no interval.
    """

    since: str
    difference: Decimal
    low: Decimal | None
    high: Decimal | None

    @property
    def direction(self) -> int:
        """1 has risen, -1 has fallen, 0 cannot be told apart from no change."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def text(self) -> str:
        return f"{self.difference:+.1f}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A rating as it may be told, with the workings; None where it may not."""

    figure: Released | Withheld
    sheet: Sheet | None


def score_change(earlier: Reading, later: Reading) -> Change | None:
    """y2 - y1 -/+ t_(df1 + df2) sqrt(SE1^2 + SE2^2), from the printed decimals (M58).

    None unless both are told and their windows share no month.
    """
    one, other = earlier.figure, later.figure
    if not isinstance(one, Released) or not isinstance(other, Released):
        return None
    if one.window_to >= other.window_from or one.is_clamped or other.is_clamped:
        return None
    difference = other.score.value - one.score.value
    reach = _reach(earlier, later)
    if reach is None:
        return Change(since=one.month, difference=difference, low=None, high=None)
    return Change(
        since=one.month,
        difference=difference,
        low=max(-HUNDRED, rounded(difference - reach, 1)),
        high=min(HUNDRED, rounded(difference + reach, 1)),
    )


def question_changes(earlier: Reading, later: Reading) -> Mapping[int, Change]:
    """Question number -> its change; missing where it may not be told.

    A question is released with its bounds and without a standard error, so the bounds
    of the difference come from the four printed bounds: y2 - y1 minus
    sqrt((y2 - l2)^2 + (u1 - y1)^2), and likewise upwards. Source: Zou and Donner
    (2008), Statistics in Medicine 27, 1693-1702, for independent samples.
    """
    if score_change(earlier, later) is None or not earlier.sheet or not later.sheet:
        return {}
    first = earlier.sheet.questions
    found = {
        number: _question_change(first.get(number), question)
        for number, question in later.sheet.questions.items()
    }
    return {number: one for number, one in found.items() if one is not None}


def _reach(earlier: Reading, later: Reading) -> Decimal | None:
    one, other = earlier.figure, later.figure
    if not isinstance(one, Released) or not isinstance(other, Released):
        return None
    if not earlier.sheet or not later.sheet or one.se is None or other.se is None:
        return None
    degrees = (earlier.sheet.precision.df or 0) + (later.sheet.precision.df or 0)
    if not degrees or one.level != other.level:
        return None
    spread = sqrt(float(one.se) ** 2 + float(other.se) ** 2)
    return Decimal(two_sided_t(float(other.level) / 100, degrees) * spread)


def _question_change(
    one: Question | Withheld | None, other: Question | Withheld
) -> Change | None:
    if not isinstance(one, Question) or not isinstance(other, Question):
        return None
    if is_bound(one.score) or is_bound(other.score):
        return None
    # A figure that stays may come from a window that shares months (M86).
    if one.is_kept or other.is_kept:
        return None
    y1, y2 = one.score.value, other.score.value
    bounds = (one.low, one.high, other.low, other.high)
    if any(bound is None for bound in bounds):
        return Change(since=one.month, difference=y2 - y1, low=None, high=None)
    low1, high1, low2, high2 = (bound.value for bound in bounds if bound is not None)
    return Change(
        since=one.month,
        difference=y2 - y1,
        low=rounded(y2 - y1 - ((y2 - low2) ** 2 + (high1 - y1) ** 2).sqrt(), 1),
        high=rounded(y2 - y1 + ((high2 - y2) ** 2 + (y1 - low1) ** 2).sqrt(), 1),
    )


def is_bound(shown: Shown) -> bool:
    """Whether only a bound is printed (M85)."""
    return shown.text != str(shown.value)
