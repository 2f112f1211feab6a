"""Shares: three intervals and the decision to show (M57, M59)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.estimate import Area
from evaluations.scoring.intervals import korn_graubard, korn_graubard_size
from evaluations.scoring.method import Method
from evaluations.scoring.results import Reason
from evaluations.scoring.shares import Hidden, share_of

WIDE = Stratum("A", "a", frame=100_000, drawn=20_000)


def satisfied(yes, no, *, stratum=WIDE, method=None):
    """The share of `yes` among yes + no answers of one stratum."""
    n = yes + no
    cell = Cell("j", "R1", "A", "paper", n, 0, 0, items=((1, (no, 0, 0, 0, yes)),))
    area = Area([cell], [stratum], method=method or Method())
    return area.question(1, "j").satisfied


@pytest.mark.parametrize(
    ("yes", "no", "hidden"),
    [
        (28, 1, Hidden.TOO_FEW),
        (15, 15, Hidden.TOO_WIDE),
        (60, 60, None),
        (1, 149, None),
        (2, 88, Hidden.TOO_WIDE_FOR_ITS_SIZE),
        (0, 150, None),
        (0, 40, Hidden.TOO_WIDE_FOR_ITS_SIZE),
        (40, 0, None),
        (3000, 3000, None),
    ],
)
def test_a_share_is_shown_if_it_is_precise(yes, no, hidden):
    share = satisfied(yes, no)
    width = share.exact_high - share.exact_low
    assert share.hidden == hidden, width
    assert share.is_shown == (hidden is None)


def test_widths_are_those_of_the_scheme():
    assert satisfied(60, 60).is_shown
    tight = Method.from_mapping({"share.widths": ["0.01", "0.10", "1.30"]})
    assert satisfied(60, 60, method=tight).hidden is Hidden.TOO_WIDE
    many = Method.from_mapping({"share.min_n": 100})
    assert satisfied(60, 39, method=many).hidden is Hidden.TOO_FEW


def test_a_width_at_the_limit_is_withheld_and_at_the_lower_shown():
    share = satisfied(60, 60)
    width = share.exact_high - share.exact_low
    for widths, hidden in (
        (["0.01", repr(width - 1e-9), "9"], Hidden.TOO_WIDE),
        (["0.01", repr(width + 1e-9), "9"], None),
        (["0.01", repr(width + 1e-9), repr(width + 1)], None),
        (["0.001", "0.3", "0.31"], Hidden.TOO_WIDE_FOR_ITS_SIZE),
    ):
        method = Method.from_mapping({"share.widths": widths})
        assert satisfied(60, 60, method=method).hidden == hidden


def test_a_strong_design_effect_is_as_good_as_few_answers(method):
    """100 answers that are worth fewer than 30."""
    buildings = Method(sampling_cluster="building")
    cells = [
        Cell(
            "j",
            "R1",
            "A",
            "paper",
            20,
            0,
            0,
            building=str(number),
            items=((1, (20 - yes, 0, 0, 0, yes)),),
        )
        for number, yes in enumerate((20, 20, 18, 2, 0))
    ]
    strata = [replace(WIDE, buildings=900)]
    share = Area(cells, strata, method=buildings).question(1, "j").satisfied
    assert (share.m, share.df) == (100, 4)
    assert share.m_eff < 30
    assert share.hidden is Hidden.TOO_FEW


def test_a_share_of_all_or_none_has_the_bounds_of_clopper_and_pearson():
    for yes, no, low, high in ((10, 0, 0.69150289, 1), (0, 10, 0, 0.30849711)):
        share = satisfied(yes, no)
        assert (share.low, share.high) == pytest.approx((low, high), abs=5e-9)
        exact = (share.exact_low, share.exact_high)
        assert exact == pytest.approx((share.low, share.high))
        assert (share.size, share.se, share.reason) == (10, None, Reason.NO_SPREAD)


def test_the_share_of_a_census_is_exact():
    share = satisfied(30, 10, stratum=Stratum("A", "a", frame=40, drawn=40))
    assert (share.share, share.se) == (0.75, 0)
    bounds = (share.low, share.high, share.exact_low, share.exact_high)
    assert bounds == (0.75,) * 4
    assert (share.size, share.is_shown) == (40, True)


def test_one_answer_and_a_lonely_answer_have_no_interval():
    share = satisfied(1, 0)
    assert (share.share, share.low, share.size, share.exact_low) == (
        1,
        None,
        None,
        None,
    )
    assert share.hidden is Hidden.TOO_FEW
    few = satisfied(60, 60)
    assert few.is_shown


def test_without_degrees_of_freedom_nothing_is_shown(method):
    """Thirty strata of one answer each."""
    strata = [Stratum(f"{k:02d}", "a", 50, 5) for k in range(30)]
    cells = [
        Cell(
            "j",
            "R1",
            s.code,
            "paper",
            1,
            0,
            0,
            items=((1, (k % 2, 0, 0, 0, 1 - k % 2)),),
        )
        for k, s in enumerate(strata)
    ]
    share = Area(cells, strata, method=method).question(1, "j").satisfied
    assert (share.m, share.df, share.reason) == (30, 0, Reason.NO_DEGREES_OF_FREEDOM)
    assert (share.exact_low, share.hidden) == (None, Hidden.NO_INTERVAL)


def test_size_of_a_share_never_exceeds_its_answers():
    assert korn_graubard_size(0.5, 0.0, m=40, df=39, level=0.95) == 40
    assert korn_graubard_size(0.5, 0.01, m=40, df=39, level=0.95) == 40
    small = korn_graubard_size(0.5, 0.25, m=40, df=39, level=0.95)
    assert small == pytest.approx(4)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1), st.floats(0.5, 500), st.floats(0.80, 0.99))
def test_korn_graubard_bounds_hold_the_share(p, size, level):
    low, high = korn_graubard(p, size, level=level)
    assert 0 <= low <= p * (1 + 1e-12)
    assert p * (1 - 1e-12) <= high <= 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 200), st.integers(0, 200))
def test_every_share_lies_in_its_intervals(yes, no):
    if yes + no == 0:
        return
    share = satisfied(yes, no)
    assert share.share == pytest.approx(yes / (yes + no))
    if share.low is not None:
        assert 0 <= share.low <= share.share + 1e-12
        assert share.share - 1e-12 <= share.high <= 1
        assert share.exact_low <= share.share + 1e-12
        assert share.share - 1e-12 <= share.exact_high


def test_a_share_needs_a_variable_of_percent(method):
    result = share_of(
        Area(
            [Cell("j", "R1", "A", "paper", 2, 1_000_000, 10**12)], [WIDE], method=method
        ).estimate("j"),
        method=method,
    )
    assert result.share == 0.5


def test_a_share_that_ends_below_nought_in_binary_is_nought():
    """With weights as far apart as a raking that failed can leave them."""
    strata = [
        Stratum("A", "a", frame=5, drawn=5),
        Stratum("B", "b", frame=19 * 10**19 + 1, drawn=50),
    ]
    yes, no = (0, 0, 0, 0, 1), (1, 0, 0, 0, 0)
    cells = [
        Cell("j", "R1", "A", "paper", 1, 0, 0, items=((1, yes),)),
        Cell("j", "R1", "B", "paper", 1, 0, 0, items=((1, no),)),
    ]
    share = Area(cells, strata, method=Method()).question(1, "j").satisfied
    assert share.share == 0.0
