"""Shrunken scores against the worked example, and their properties (M67-M72, M117)."""

from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Stratum
from evaluations.scoring.estimate import estimate
from evaluations.scoring.method import Method
from evaluations.scoring.shrinkage import (
    Unit,
    needed_answers,
    paule_mandel,
    shrink,
)

SCORES = st.floats(0, 100)
VARIANCES = st.floats(0.01, 400)


def unit(code, score, variance, *, m=200, s2=400.0, kish=1.0, frame=1000, census=False):
    return Unit(
        code=code,
        m=m,
        score=float(score),
        variance=variance,
        s2=s2,
        kish=kish,
        frame=frame,
        is_census=census,
    )


def group(scores, variances, method):
    pairs = zip("abcdefgh", scores, variances, strict=False)
    return shrink([unit(code, y, v) for code, y, v in pairs], method=method)


def figures(fit, name):
    return [getattr(one, name) for one in fit.units]


# M117


def test_equal_variances_of_the_worked_example(method):
    fit = group((70, 76, 82), (9.0, 9.0, 9.0), method)
    assert fit.tau2 == pytest.approx(27, abs=1e-9)
    assert fit.mean == pytest.approx(76)
    assert fit.mean_variance == pytest.approx(12)
    assert figures(fit, "reliability") == pytest.approx([0.75] * 3)
    assert figures(fit, "eb") == pytest.approx([71.5, 76, 80.5])
    assert figures(fit, "se_eb") == pytest.approx([2.738613] * 3, abs=5e-7)
    assert (fit.count, fit.shows_differences) == (3, True)


def test_different_variances_of_the_worked_example(method):
    fit = group((70, 76, 82), (4.0, 9.0, 16.0), method)
    assert fit.tau2 == pytest.approx(26.336419, abs=5e-7)
    assert fit.mean == pytest.approx(75.339563, abs=5e-7)
    assert figures(fit, "reliability") == pytest.approx(
        [0.868145, 0.745305, 0.622075], abs=5e-7
    )
    assert figures(fit, "eb") == pytest.approx(
        [70.704047, 75.831790, 79.482853], abs=5e-7
    )
    assert figures(fit, "se_eb") == pytest.approx(
        [1.917655, 2.733490, 3.411133], abs=5e-7
    )


def test_no_difference_was_measured_in_the_worked_example(method):
    fit = group((75, 76, 77), (9.0, 9.0, 9.0), method)
    assert (fit.tau2, fit.shows_differences) == (0.0, False)
    assert figures(fit, "reliability") == [0.0] * 3
    assert figures(fit, "eb") == pytest.approx([76.0] * 3)
    assert fit.needed_answers(Decimal("0.70")) is None


@pytest.mark.parametrize(
    ("reliability", "answers"), [("0.70", 58), ("0.80", 100), ("0.90", 225)]
)
def test_answers_needed_for_a_reliability(reliability, answers):
    """M70: s = 20, tau = 4."""
    assert needed_answers(Decimal(reliability), s2=400.0, tau2=16.0) == answers


@pytest.mark.parametrize("reliability", ["0", "1", "-0.1"])
def test_a_reliability_that_no_number_reaches_is_refused(reliability):
    with pytest.raises(ValueError, match="no answers reach"):
        needed_answers(Decimal(reliability), s2=400.0, tau2=16.0)


def test_a_group_tells_the_answers_it_needs(method):
    fit = group((70, 76, 82), (9.0, 9.0, 9.0), method)
    expected = round(0.8 / 0.2 * 400 / 27)
    assert fit.needed_answers(Decimal("0.80")) == expected


# M68


def test_few_answers_take_the_variance_of_the_group(method):
    units = [
        unit("a", 70, 5.0, m=29, s2=100.0, kish=1.2, frame=290),
        unit("b", 80, 6.0, m=30, s2=300.0),
        unit("c", 90, 7.0, m=101, s2=500.0),
    ]
    fit = shrink(units, method=method)
    s2_pool = (28 * 100 + 29 * 300 + 100 * 500) / 157
    assert fit.s2_pool == pytest.approx(s2_pool)
    assert figures(fit, "variance") == pytest.approx(
        [0.9 * 1.2 * s2_pool / 29, 6.0, 7.0]
    )
    assert figures(fit, "is_smoothed") == [True, False, False]
    assert figures(fit, "se")[1] == sqrt(6.0)


@pytest.mark.parametrize("variance", [None, 0.0])
def test_equal_answers_of_a_sample_never_reach_full_reliability(variance, method):
    units = [unit("a", 100, variance, s2=0.0), unit("b", 80, 6.0), unit("c", 60, 6.0)]
    fit = shrink(units, method=method)
    first = fit.units[0]
    assert first.is_smoothed
    assert first.variance == pytest.approx(0.8 * fit.s2_pool / 200)
    assert 0 < first.reliability < 1


def test_a_census_is_fully_reliable_where_officials_differ(method):
    units = [
        unit("a", 70, 0.0, m=20, frame=20, census=True),
        unit("b", 80, 6.0),
        unit("c", 90, 6.0),
    ]
    fit = shrink(units, method=method)
    first = fit.units[0]
    assert (first.variance, first.is_smoothed, first.reliability) == (0.0, False, 1.0)
    assert (first.eb, first.se_eb) == (70.0, 0.0)
    assert fit.tau2 > 0


def test_a_census_where_nothing_differs_has_no_reliability(method):
    """0/0 is null, M7; Q never reaches J - 1, so nothing was measured."""
    units = [unit(code, 75, 0.0, m=20, frame=20, census=True) for code in "abc"]
    fit = shrink(units, method=method)
    assert (fit.tau2, fit.shows_differences) == (0.0, False)
    assert (fit.mean, fit.mean_variance) == (75.0, 0.0)
    assert figures(fit, "reliability") == [None] * 3
    assert (figures(fit, "eb"), figures(fit, "se_eb")) == ([None] * 3, [None] * 3)


def test_one_certain_score_among_close_ones_is_no_difference(method):
    """The root lies below every positive t: tau2 is 0 and not 2^-200."""
    assert paule_mandel([75.0, 75.1, 75.2], [0.0, 9.0, 9.0]) == 0.0


def test_unknown_spread_everywhere_is_refused(method):
    with pytest.raises(ValueError, match="nothing in its group"):
        shrink([unit("a", 75, None, m=1, s2=None)], method=method)


# M69


@pytest.mark.parametrize(
    ("scores", "variances"), [([], []), ([70.0], []), ([70.0, 80.0], [1.0, -1.0])]
)
def test_scores_without_their_variances_are_refused(scores, variances):
    with pytest.raises(ValueError, match="needs a variance"):
        paule_mandel(scores, variances)


def test_one_score_alone_differs_from_nothing():
    assert paule_mandel([70.0], [9.0]) == 0.0


@settings(deadline=None)
@given(st.lists(st.tuples(SCORES, VARIANCES), min_size=2, max_size=30))
def test_the_root_solves_its_equation(pairs):
    scores, variances = [y for y, _ in pairs], [v for _, v in pairs]
    tau2 = paule_mandel(scores, variances)
    weights = [1 / (v + tau2) for v in variances]
    mean = sum(w * y for w, y in zip(weights, scores, strict=True)) / sum(weights)
    q = sum(w * (y - mean) ** 2 for w, y in zip(weights, scores, strict=True))
    if tau2:
        assert q == pytest.approx(len(pairs) - 1, rel=1e-9)
    else:
        assert q <= (len(pairs) - 1) * (1 + 1e-6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(SCORES, VARIANCES), min_size=2, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_units_changes_no_bit(pairs, random):
    units = [unit(code, y, v) for code, (y, v) in zip("abcdefgh", pairs, strict=False)]
    shuffled = list(units)
    random.shuffle(shuffled)
    method = Method()
    assert shrink(units, method=method) == shrink(shuffled, method=method)


@settings(deadline=None)
@given(st.lists(st.tuples(SCORES, VARIANCES), min_size=2, max_size=8))
def test_a_shrunken_score_lies_between_score_and_mean(pairs):
    units = [unit(code, y, v) for code, (y, v) in zip("abcdefgh", pairs, strict=False)]
    fit = shrink(units, method=Method())
    for one in fit.units:
        low, high = sorted((one.score, fit.mean))
        assert low - 1e-9 <= one.eb <= high + 1e-9
        assert 0 <= one.reliability < 1
        assert one.se_eb >= 0


@settings(deadline=None)
@given(st.lists(st.tuples(SCORES, VARIANCES), min_size=3, max_size=8), st.floats(1, 50))
def test_more_spread_between_officials_never_lowers_reliability(pairs, factor):
    scores, variances = [y for y, _ in pairs], [v for _, v in pairs]
    centre = sum(scores) / len(scores)
    wider = [centre + factor * (y - centre) for y in scores]
    assert paule_mandel(wider, variances) >= paule_mandel(scores, variances) - 1e-9


@pytest.mark.parametrize("units", [[], [unit("a", 1, 1.0), unit("a", 2, 1.0)]])
def test_an_empty_group_or_a_code_twice_is_refused(units, method):
    with pytest.raises(ValueError, match="cannot pool"):
        shrink(units, method=method)


@pytest.mark.parametrize("wrong", [{"m": 0}, {"frame": 0}, {"kish": 0.0}, {"s2": -1.0}])
def test_figures_that_no_estimate_has_are_refused(wrong):
    with pytest.raises(ValueError, match="no estimate has these figures"):
        unit("a", 70, 1.0, **wrong)


# From estimates


def test_a_unit_takes_its_figures_from_the_estimate(make_cell, method):
    strata = [Stratum("A", "a", frame=1544, drawn=300)]
    result = estimate(
        [make_cell([100, 75, 50] * 40)], strata, domain="j", method=method
    )
    found = Unit.from_estimate(result, code="j", frame=1544)
    assert (found.code, found.m, found.score) == ("j", 120, 75.0)
    assert (found.variance, found.s2) == (result.variance, result.s2)
    adjusted = Unit.from_estimate(result, code="j", frame=1544, score=71.0)
    assert adjusted.score == 71.0


def test_nobody_who_answered_nothing_can_pool(method):
    strata = [Stratum("A", "a", frame=1544, drawn=300)]
    result = estimate([], strata, domain="j", method=method)
    with pytest.raises(ValueError, match="no answers to pool"):
        Unit.from_estimate(result, code="j", frame=1544)
