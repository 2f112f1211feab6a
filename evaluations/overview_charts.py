"""Geometry of the overview: a gauge against a target, and a bar of states."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from evaluations.charts import Axis, px
from evaluations.models import MonthlyRating
from evaluations.queries import TENS, AreaRow, MonthRow

WIDTH, HEIGHT = 260, 18
# The gauge ends at one and a half times the target.
MOST = 1.5
BAR = 560
# Smaller parts of a bar could not be seen.
LEAST_PART = 14


@dataclass(frozen=True, slots=True)
class Gauge:
    """Households against the target; `value`: to the ten where that is all we tell."""

    width: str
    height: str
    value: str
    target: str
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """The ratings of a month in one state."""

    state: str
    label: str | Promise
    number: int
    x: str
    width: str
    middle: str


def gauge(area: AreaRow) -> Gauge:
    axis = Axis(0, MOST * max(area.target, 1), 0, WIDTH)
    return Gauge(
        width=px(WIDTH),
        height=px(HEIGHT),
        value=px(axis.at(area.about)),
        target=px(axis.at(area.target)),
        is_reached=area.about >= area.target // TENS * TENS,
    )


def segments(month: MonthRow, *, width: int = BAR) -> Sequence[Segment]:
    """States in the order of their walk (domain 3.9), each wide enough to be seen."""
    numbers = [
        (state, getattr(month, state.value))
        for state in MonthlyRating.State
        if getattr(month, state.value)
    ]
    total = sum(number for _, number in numbers)
    free = width - LEAST_PART * len(numbers)
    found, at = [], 0.0
    for state, number in numbers:
        part = LEAST_PART + free * number / total
        found.append(
            Segment(
                state=state.value,
                label=state.label,
                number=number,
                x=px(at),
                width=px(part),
                middle=px(at + part / 2),
            )
        )
        at += part
    return tuple(found)
