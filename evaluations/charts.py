"""Geometry of the charts: released values in, coordinates out, no database, no markup.

Templates draw what stands here, so a chart can be tested as numbers. Coordinates are
text with one decimal: a template would print a float by the rules of the language.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Self, TypeGuard

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from evaluations.publication import Released, StarSteps, Withheld

Figure = Released | Withheld | None
Points = Sequence[tuple[int, Released]]
TOP = 100.0
SPAN_MIN = 30
STEP = 10


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale: values `low`..`high` on pixels `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float | Decimal) -> float:
        """Pixels of a value; values outside are drawn at the edge."""
        inside = min(max(float(value), self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, step: int = STEP) -> list[int]:
        first = math.ceil(self.low / step) * step
        return list(range(first, int(self.high) + 1, step))

    @classmethod
    def over(cls, figures: Iterable[Figure], *, start: float, end: float) -> Self:
        """A scale that holds every interval: whole tens, up to 100, 30 at least."""
        lows = [float((f.low or f.score).value) for f in figures if _is_shown(f)]
        least = math.floor(min(lows, default=TOP - SPAN_MIN) / STEP) * STEP
        return cls(max(0.0, min(least, TOP - SPAN_MIN)), TOP, start, end)


@dataclass(frozen=True, slots=True)
class Line:
    """A grid line or cut point with its label."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class IntervalBar:
    """A score with its interval on a scale shared by all rows of a table."""

    width: str
    height: str
    middle: str
    low: str
    span: str
    score: str
    has_interval: bool
    cuts: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One month of a trend. `label` is for those who read instead of look."""

    x: str
    y: str
    month: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """The interval of a month that stands alone, where a band has no width."""

    x: str
    top: str
    bottom: str


@dataclass(frozen=True, slots=True)
class Run:
    """Months in a row with the same star."""

    x: str
    width: str
    middle: str
    star: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A line of scores in its band of intervals, over a strip of stars."""

    width: str
    height: str
    left: str
    right: str
    bottom: str
    strip: str
    bands: tuple[str, ...]
    lines: tuple[str, ...]
    medians: tuple[str, ...]
    dots: tuple[Dot, ...]
    whiskers: tuple[Whisker, ...]
    grid: tuple[Line, ...]
    cuts: tuple[Line, ...]
    months: tuple[Line, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """The part of the scale that gives one star."""

    x: str
    width: str
    middle: str
    star: int
    is_given: bool


@dataclass(frozen=True, slots=True)
class ScorePicture:
    """One score with its interval on the scale of the stars."""

    width: str
    height: str
    low: str
    span: str
    score: str
    label: str
    zones: tuple[Zone, ...]
    cuts: tuple[Line, ...]
    has_interval: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar from 0, with the interval as a whisker."""

    width: str
    low: str
    high: str
    has_interval: bool


def bar_axis(figures: Iterable[Figure], *, width: int = 240) -> Axis:
    """The common scale of a table of interval bars."""
    return Axis.over(figures, start=10, end=width - 10)


def axis_from(least: Decimal | None, *, width: int = 240) -> Axis:
    """The same scale from the lowest bound of a whole group, pages included."""
    lowest = TOP - SPAN_MIN if least is None else float(least)
    tens = math.floor(lowest / STEP) * STEP
    return Axis(max(0.0, min(tens, TOP - SPAN_MIN)), TOP, 10, width - 10)


def interval_bar(
    figure: Released, *, axis: Axis, cuts: Sequence[Decimal] = (), height: int = 26
) -> IntervalBar:
    low = axis.at((figure.low or figure.score).value)
    high = axis.at((figure.high or figure.score).value)
    return IntervalBar(
        width=px(axis.end + axis.start),
        height=px(height),
        middle=px(height / 2),
        low=px(low),
        span=px(max(high - low, 1)),
        score=px(axis.at(figure.score.value)),
        has_interval=figure.low is not None,
        cuts=lines_at(axis, cuts),
    )


def lines_at(axis: Axis, values: Iterable[Decimal | int]) -> tuple[Line, ...]:
    """Lines where the values lie; those outside the scale are left out."""
    return tuple(
        Line(px(axis.at(value)), f"{Decimal(value).normalize():f}")
        for value in values
        if axis.low <= value <= axis.high
    )


def trend(
    months: Sequence[str],
    figures: Sequence[Figure],
    *,
    cuts: Sequence[Decimal] = (),
    medians: Sequence[Decimal | None] = (),
    width: int = 720,
    height: int = 300,
    labels_every: int = 1,
) -> Trend:
    """A trend over `months`; a month without a figure is a gap, never a zero.

    `figures` and `medians` (of a group) match `months`; `labels_every`: every how many
    months a label stands, counted from the last.
    """
    left, right, top, bottom = 34, width - 12, 12, height - 62
    across = Axis(0, max(len(months) - 1, 1), left + 14, right - 14)
    up = Axis.over(figures, start=bottom, end=top)
    runs = _unbroken(figures)
    return Trend(
        width=px(width),
        height=px(height),
        left=px(left),
        right=px(right),
        bottom=px(bottom),
        strip=px(height - 26),
        bands=tuple(_band(run, across, up) for run in runs),
        lines=tuple(_path(run, across, up) for run in runs),
        medians=tuple(_median_paths(medians, across, up)),
        dots=tuple(_dot(i, f, across, up) for run in runs for i, f in run),
        whiskers=tuple(_whisker(*run[0], across, up) for run in runs if len(run) == 1),
        grid=lines_at(up, up.ticks()),
        cuts=lines_at(up, cuts),
        months=tuple(
            Line(px(across.at(i)), month_label(month))
            for i, month in enumerate(months)
            if (len(months) - 1 - i) % labels_every == 0
        ),
        runs=tuple(_runs(figures, across)),
    )


def score_picture(
    figure: Released, cuts: Sequence[Decimal], *, width: int = 360, height: int = 118
) -> ScorePicture:
    """Zones of one to five stars from the cut points, the interval above them."""
    return _on_scale(
        figure.score.value,
        figure.low.value if figure.low else None,
        figure.high.value if figure.high else None,
        cuts=cuts,
        star=figure.star,
        width=width,
        height=height,
    )


def star_picture(
    steps: StarSteps,
    cuts: Sequence[Decimal],
    star: int | None,
    *,
    width: int = 360,
    height: int = 118,
) -> ScorePicture:
    """The figure that a star rests on, and h standard errors either way (M75)."""
    return _on_scale(
        steps.score,
        steps.low,
        steps.high,
        cuts=cuts,
        star=star,
        width=width,
        height=height,
    )


def _on_scale(
    score: Decimal,
    low: Decimal | None,
    high: Decimal | None,
    *,
    cuts: Sequence[Decimal],
    star: int | None,
    width: int,
    height: int,
) -> ScorePicture:
    lowest = min(float(score if low is None else low), float(min(cuts)) - STEP)
    axis = Axis(max(0.0, math.floor(lowest / STEP) * STEP), TOP, 8, width - 8)
    edges = [axis.low, *(float(cut) for cut in cuts), axis.high]
    zones = [
        Zone(
            x=px(axis.at(start)),
            width=px(axis.at(end) - axis.at(start)),
            middle=px((axis.at(start) + axis.at(end)) / 2),
            star=number,
            # The star itself, which may lag behind the score (M75).
            is_given=number == star,
        )
        for number, (start, end) in enumerate(pairwise(edges), start=1)
    ]
    left = axis.at(score if low is None else low)
    right = axis.at(score if high is None else high)
    return ScorePicture(
        width=px(width),
        height=px(height),
        low=px(left),
        span=px(max(right - left, 1)),
        score=px(axis.at(score)),
        # The number stays inside the picture at either end.
        label=px(min(max(axis.at(score), 30), width - 30)),
        zones=tuple(zones),
        cuts=lines_at(axis, cuts),
        has_interval=low is not None,
    )


def bar(value: Decimal, low: Decimal | None, high: Decimal | None) -> Bar:
    """A value of 0..100 in hundredths of the width."""
    return Bar(
        width=px(float(value)),
        low=px(float(value if low is None else low)),
        high=px(float(value if high is None else high)),
        has_interval=low is not None,
    )


def px(value: float) -> str:
    return f"{value:.1f}"


def month_label(month: str) -> str:
    """2026-10 → 10月; January carries its year, so that the eye finds it."""
    first = dt.date.fromisoformat(f"{month}-01")
    return month if first.month == 1 else date_format(first, _("n月"))


def _is_shown(figure: Figure) -> TypeGuard[Released]:
    return isinstance(figure, Released)


def _unbroken(figures: Sequence[Figure]) -> list[Points]:
    """Places and figures in runs: no line bridges a month without a figure.

    A month in which the last figure stays (M86) has no point of its own and does not
    break the line.
    """
    runs: list[Points] = []
    for is_shown, group in groupby(enumerate(figures), key=lambda p: _is_shown(p[1])):
        if is_shown:
            run = [(i, f) for i, f in group if _is_shown(f) and not f.is_kept]
            runs.append(run)
    return [run for run in runs if run]


def _path(run: Points, across: Axis, up: Axis) -> str:
    return " ".join(
        f"{px(across.at(i))},{px(up.at(figure.score.value))}" for i, figure in run
    )


def _median_paths(
    medians: Sequence[Decimal | None], across: Axis, up: Axis
) -> list[str]:
    """Lines of the months that have one; a month without is a gap."""
    known = groupby(enumerate(medians), key=lambda pair: pair[1] is None)
    return [
        " ".join(
            f"{px(across.at(i))},{px(up.at(value))}"
            for i, value in run
            if value is not None
        )
        for is_gap, run in known
        if not is_gap
    ]


def _band(run: Points, across: Axis, up: Axis) -> str:
    upper = [(i, (f.high or f.score).value) for i, f in run]
    lower = [(i, (f.low or f.score).value) for i, f in run]
    edge = [*upper, *reversed(lower)]
    return " ".join(f"{px(across.at(i))},{px(up.at(value))}" for i, value in edge)


def _dot(index: int, figure: Released, across: Axis, up: Axis) -> Dot:
    return Dot(px(across.at(index)), px(up.at(figure.score.value)), figure.month)


def _whisker(index: int, figure: Released, across: Axis, up: Axis) -> Whisker:
    return Whisker(
        x=px(across.at(index)),
        top=px(up.at((figure.high or figure.score).value)),
        bottom=px(up.at((figure.low or figure.score).value)),
    )


def _runs(figures: Sequence[Figure], across: Axis) -> list[Run]:
    stars = [f.star if isinstance(f, Released) else None for f in figures]
    half = (across.end - across.start) / (across.high - across.low) / 2
    runs = []
    for star, group in groupby(enumerate(stars), key=lambda pair: pair[1]):
        places = [index for index, _ in group]
        if star is None:
            continue
        start, end = across.at(places[0]) - half, across.at(places[-1]) + half
        runs.append(Run(px(start), px(end - start), px((start + end) / 2), star))
    return runs
