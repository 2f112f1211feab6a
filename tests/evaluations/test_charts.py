"""Charts as numbers: places, gaps, clamps. No database, no browser."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations import charts, tables
from evaluations.charts import Axis
from evaluations.publication import Audience, Released, Shown, release
from tests.evaluations.made import rating

CUTS = tuple(Decimal(cut) for cut in (60, 70, 80, 90))


def shown(value: str) -> Shown:
    return Shown(Decimal(value), value)


def figure(
    score: str = "80.0", low: str = "75.0", high: str = "84.0", **fields: object
) -> Released:
    one = release(rating(120), Audience.OFFICE)
    assert isinstance(one, Released)
    changed = {"score": shown(score), "low": shown(low), "high": shown(high), **fields}
    return replace(one, **changed)  # type: ignore[arg-type]


def test_an_axis_maps_its_ends_and_stops_at_them() -> None:
    axis = Axis(50, 100, 10, 110)
    assert [axis.at(v) for v in (50, 75, 100, 40, 120)] == [10, 60, 110, 10, 110]
    assert axis.ticks() == [50, 60, 70, 80, 90, 100]


@pytest.mark.parametrize(
    ("low", "expected"), [("91.0", 70), ("69.0", 60), ("12.3", 10), ("3.0", 0)]
)
def test_a_common_scale_holds_every_interval(low: str, expected: float) -> None:
    axis = Axis.over([figure(low=low), None, figure()], start=0, end=100)
    assert (axis.low, axis.high) == (expected, 100)


def test_an_interval_bar_lies_between_its_bounds() -> None:
    axis = Axis(50, 100, 0, 100)
    bar = charts.interval_bar(figure(), axis=axis, cuts=CUTS)
    assert (bar.low, bar.span, bar.score) == ("50.0", "18.0", "60.0")
    assert [(cut.at, cut.label) for cut in bar.cuts] == [
        ("20.0", "60"),
        ("40.0", "70"),
        ("60.0", "80"),
        ("80.0", "90"),
    ]


def test_a_score_without_an_interval_has_no_band() -> None:
    bare = replace(figure(), low=None, high=None)
    bar = charts.interval_bar(bare, axis=Axis(50, 100, 0, 100))
    assert not bar.has_interval


def figure_or_gap(shape: str) -> list[charts.Figure]:
    """ "x" a figure, "k" one that stays, "." none, "w" withheld."""
    kinds = {
        "x": figure(),
        "k": figure(is_kept=True),
        ".": None,
        "w": release(rating(5, refreshed=False), Audience.OFFICE),
    }
    return [kinds[letter] for letter in shape]


@pytest.mark.parametrize(
    ("shape", "lines", "dots"),
    [
        ("xxxx", [4], 4),
        ("xx.x", [2, 1], 3),
        ("xxwx", [2, 1], 3),
        ("xkxkx", [3], 3),
        ("kkk", [], 0),
        ("....", [], 0),
    ],
)
def test_a_trend_bridges_a_kept_month_and_no_gap(
    shape: str, lines: list[int], dots: int
) -> None:
    year = [f"2026-{number:02d}" for number in range(1, len(shape) + 1)]
    trend = charts.trend(year, figure_or_gap(shape), cuts=CUTS)
    assert [len(line.split()) for line in trend.lines] == lines
    assert [len(band.split()) for band in trend.bands] == [2 * n for n in lines]
    assert len(trend.dots) == dots


def test_months_with_the_same_star_are_one_run() -> None:
    stars = [None, 3, 3, 4]
    figures = [figure(star=star) for star in stars]
    trend = charts.trend([f"2026-0{n}" for n in range(1, 5)], figures)
    assert [run.star for run in trend.runs] == [3, 4]
    widths = [float(run.width) for run in trend.runs]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)


def test_labels_count_from_the_last_month() -> None:
    year = [f"2026-{number:02d}" for number in range(1, 11)]
    trend = charts.trend(year, [None] * 10, labels_every=3)
    assert [line.label for line in trend.months] == ["2026-01", "4月", "7月", "10月"]


@pytest.mark.parametrize(("star", "marked"), [(3, [3]), (4, [4]), (None, [])])
def test_the_picture_marks_the_star_that_was_given(
    star: int | None, marked: list[int]
) -> None:
    picture = charts.score_picture(figure(star=star), CUTS)
    assert [zone.star for zone in picture.zones] == [1, 2, 3, 4, 5]
    assert [zone.star for zone in picture.zones if zone.is_given] == marked


def test_a_month_alone_shows_its_interval_as_a_whisker() -> None:
    trend = charts.trend(["2026-09", "2026-10"], [None, figure()])
    assert [float(w.top) < float(w.bottom) for w in trend.whiskers] == [True]


@given(
    st.lists(st.decimals(0, 100, places=1), min_size=1, max_size=12),
    st.decimals(0, 20, places=1),
)
def test_everything_drawn_stays_inside_the_picture(
    scores: list[Decimal], reach: Decimal
) -> None:
    figures = [
        figure(
            str(score),
            str(max(Decimal(0), score - reach)),
            str(min(Decimal(100), score + reach)),
        )
        for score in scores
    ]
    months = [f"2026-{number:02d}" for number in range(1, len(scores) + 1)]
    trend = charts.trend(months, figures, width=360, height=260)
    for shape in (*trend.lines, *trend.bands):
        for point in shape.split():
            x, y = (float(part) for part in point.split(","))
            assert 0 <= x <= 360
            assert 0 <= y <= float(trend.bottom)
    axis = charts.bar_axis(figures)
    for one in figures:
        bar = charts.interval_bar(one, axis=axis)
        assert 0 <= float(bar.low) <= float(bar.score) + 0.1
        assert float(bar.low) + float(bar.span) <= 240


@pytest.mark.parametrize(
    ("scores", "ses", "close"),
    [
        (("80.0", "83.0"), ("1.6", "1.7"), True),
        (("80.0", "93.0"), ("1.6", "1.0"), False),
        (("80.0", "84.6"), ("1.66", "1.66"), True),
        (("80.0", "84.7"), ("1.66", "1.66"), False),
    ],
)
def test_two_scores_are_close_within_their_errors(
    scores: tuple[str, str], ses: tuple[str, str], close: bool
) -> None:
    one, other = (
        figure(score, se=Decimal(se)) for score, se in zip(scores, ses, strict=True)
    )
    assert tables.is_close(one, other, level=0.95) == close
