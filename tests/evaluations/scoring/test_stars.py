"""Stars against the worked example of the method (M72, M73, M75-M77, M118)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Stratum
from evaluations.scoring.estimate import estimate
from evaluations.scoring.method import Method
from evaluations.scoring.rounding import percents
from evaluations.scoring.shrinkage import Unit, shrink
from evaluations.scoring.stars import (
    StarBasis,
    direct_star,
    mean_star,
    overall_star,
    rate_star,
    shrunken_star,
    star_of,
    star_probabilities,
    star_with_hysteresis,
)

CUTS = tuple(map(Decimal, (60, 70, 80, 90)))
SE = Decimal("2.74")
ONE = Decimal("1.0")
TENTHS = st.decimals(0, 100, places=1)
ERRORS = st.decimals(0, 30, places=2)
PREVIOUS = st.one_of(st.none(), st.integers(1, 5))


@pytest.mark.parametrize(
    ("score", "star"),
    [("0", 1), ("59.9", 1), ("60.0", 2), ("71.5", 3), ("89.9", 4), ("90", 5)],
)
def test_a_score_on_a_cut_point_has_passed_it(score, star):
    assert star_of(Decimal(score), CUTS) == star


@pytest.mark.parametrize(
    ("score", "previous", "star"),
    [
        ("71.5", None, 3),
        ("71.5", 1, 2),
        ("71.5", 2, 2),
        ("71.5", 3, 3),
        ("71.5", 4, 3),
        ("71.5", 5, 3),
        ("80.5", None, 4),
        ("80.5", 3, 3),
        ("80.5", 5, 4),
    ],
)
def test_hysteresis_of_the_worked_example(score, previous, star):
    """M118."""
    assert star_with_hysteresis(Decimal(score), SE, CUTS, previous, ONE) == star


def test_a_star_moves_when_the_cut_point_is_passed_by_one_error_exactly():
    """M75: up at c <= y - h SE; down at c >= y + h SE."""
    se = Decimal("2.0")
    moves = {
        (score, previous): star_with_hysteresis(Decimal(score), se, CUTS, previous, ONE)
        for score, previous in [("72.0", 2), ("71.9", 2), ("68.0", 3), ("68.1", 3)]
    }
    assert list(moves.values()) == [3, 2, 2, 3]


def test_without_hysteresis_the_star_is_the_plain_one():
    for previous in (1, 2, 3, 4, 5):
        star = star_with_hysteresis(Decimal("71.5"), SE, CUTS, previous, Decimal(0))
        assert star == 3


@settings(deadline=None)
@given(TENTHS, ERRORS, PREVIOUS, st.decimals(0, 2, places=1))
def test_the_star_stays_between_the_previous_and_the_plain_one(
    score, se, previous, hysteresis
):
    star = star_with_hysteresis(score, se, CUTS, previous, hysteresis)
    plain = star_of(score, CUTS)
    low, high = sorted((plain, previous or plain))
    assert low <= star <= high


@settings(deadline=None)
@given(TENTHS, ERRORS, PREVIOUS)
def test_asking_again_does_not_move_the_star(score, se, previous):
    star = star_with_hysteresis(score, se, CUTS, previous, ONE)
    if previous is not None:
        assert star_with_hysteresis(score, se, CUTS, star, ONE) == star


@pytest.mark.parametrize("previous", [0, 6, -1])
def test_a_previous_star_that_does_not_exist_is_refused(previous):
    with pytest.raises(ValueError, match="is not a star"):
        star_with_hysteresis(Decimal(70), SE, CUTS, previous, ONE)


def test_a_negative_standard_error_is_refused():
    with pytest.raises(ValueError, match="negative"):
        star_with_hysteresis(Decimal(70), -SE, CUTS, 3, ONE)
    with pytest.raises(ValueError, match="negative"):
        star_probabilities(Decimal(70), -SE, CUTS)


def test_probabilities_of_the_worked_example():
    """M118."""
    found = star_probabilities(Decimal("71.5"), SE, CUTS)
    expected = (0.000014, 0.292023, 0.707003, 0.000960, 0.000000)
    assert found == pytest.approx(expected, abs=5e-7)
    other = star_probabilities(Decimal("80.5"), SE, CUTS)
    assert other[2:4] == pytest.approx((0.427539, 0.572135), abs=5e-7)


def test_shown_probabilities_of_the_worked_example():
    """M118: 0, 29, 71, 0, 0 %."""
    found = star_probabilities(Decimal("71.5"), SE, CUTS)
    assert percents(found) == (0, 29, 71, 0, 0)


@settings(deadline=None)
@given(TENTHS, ERRORS)
def test_shown_probabilities_sum_to_a_hundred(score, se):
    assert sum(percents(star_probabilities(score, se, CUTS))) == 100


def test_a_census_is_certain_of_its_star():
    found = star_probabilities(Decimal("70.0"), Decimal(0), CUTS)
    assert found == (0.0, 0.0, 1.0, 0.0, 0.0)


@settings(deadline=None)
@given(TENTHS, ERRORS)
def test_probabilities_sum_to_one(score, se):
    found = star_probabilities(score, se, CUTS)
    assert len(found) == 5
    assert sum(found) == pytest.approx(1)
    assert all(share >= 0 for share in found)


def estimate_of(scores, make_cell, method):
    strata = [Stratum("A", "a", frame=1544, drawn=300)]
    return estimate([make_cell(scores)], strata, domain="j", method=method)


def test_direct_star_rests_on_the_published_figures(make_cell, method):
    result = estimate_of([100, 75, 100, 100] * 25, make_cell, method)
    rating = direct_star(result, method=method, previous=None)
    assert (rating.score, rating.se) == (Decimal("93.8"), Decimal("1.05"))
    assert (rating.star, rating.basis) == (5, StarBasis.DIRECT)
    assert rating.percents == (0, 0, 0, 0, 100)
    assert (rating.cuts, rating.hysteresis) == (CUTS, ONE)
    assert not rating.has_changed


def test_direct_star_remembers_the_star_before(make_cell, method):
    result = estimate_of([100, 75, 100, 100] * 25, make_cell, method)
    rating = direct_star(result, method=method, previous=4)
    assert (rating.star, rating.previous, rating.has_changed) == (5, 4, True)


def test_ninety_nine_answers_get_no_direct_star(make_cell, method):
    result = estimate_of([100, 75, 100] * 33, make_cell, method)
    assert direct_star(result, method=method, previous=5) is None


def test_equal_answers_have_no_error_and_so_no_star(make_cell, method):
    result = estimate_of([100] * 120, make_cell, method)
    assert direct_star(result, method=method, previous=None) is None


def test_cut_points_come_from_the_scheme(make_cell):
    method = Method.from_mapping({"star.cuts": [70, 80, 94, 96]})
    result = estimate_of([100, 75, 100, 100] * 25, make_cell, method)
    assert direct_star(result, method=method, previous=None).star == 3


# M70-M72, the shrunken star


def shrunken_group(scores=(70, 76, 82), *, m=200, variance=9.0, s2=400.0):
    """M117: EB 71.5, 76, 80.5 with SE_EB 2.738613."""
    units = [
        Unit(
            code=code,
            m=m,
            score=float(y),
            variance=variance,
            s2=s2,
            kish=1.0,
            frame=10_000,
        )
        for code, y in zip("abc", scores, strict=True)
    ]
    return shrink(units, method=Method()).units


@pytest.mark.parametrize(("previous", "star"), [(None, 3), (2, 2), (3, 3), (5, 3)])
def test_a_shrunken_star_rests_on_the_published_figures(previous, star, method):
    """M118 from M117, through the real functions."""
    unit = shrunken_group()[0]
    rating = shrunken_star(unit, method=method, previous=previous)
    assert (rating.score, rating.se) == (Decimal("71.5"), SE)
    assert (rating.star, rating.basis) == (star, StarBasis.SHRUNKEN)
    assert rating.percents == (0, 29, 71, 0, 0)
    assert (rating.cuts, rating.hysteresis, rating.previous) == (CUTS, ONE, previous)


def test_fifty_answers_need_seventy_per_cent_reliability_for_a_star(method):
    sure, unsure = shrunken_group(m=50), shrunken_group(m=50, variance=16.0)
    assert sure[0].reliability == pytest.approx(0.75)
    assert unsure[0].reliability == pytest.approx(20 / 36)
    assert shrunken_star(sure[0], method=method, previous=None).star == 3
    assert shrunken_star(unsure[0], method=method, previous=None) is None
    fewer = shrunken_group(m=49)[0]
    assert shrunken_star(fewer, method=method, previous=None) is None


def test_without_measured_differences_nobody_has_a_star(method):
    """M71; a census among them has no reliability at all."""
    for unit in shrunken_group((75, 76, 77)):
        assert shrunken_star(unit, method=method, previous=4) is None
    units = [
        Unit(
            code=code,
            m=200,
            score=75.0,
            variance=0.0,
            s2=400.0,
            kish=1.0,
            frame=200,
            is_census=True,
        )
        for code in "abc"
    ]
    for unit in shrink(units, method=method).units:
        assert shrunken_star(unit, method=method, previous=4) is None


def test_a_star_is_direct_only_without_a_pooling_group(make_cell, method):
    result = estimate_of([100, 75, 100, 100] * 25, make_cell, method)
    direct = rate_star(result, None, method=method, previous=4)
    assert direct == direct_star(result, method=method, previous=4)
    unit = shrunken_group()[0]
    shrunken = rate_star(result, unit, method=method, previous=4)
    assert shrunken == shrunken_star(unit, method=method, previous=4)
    no_difference = shrunken_group((75, 76, 77))[0]
    assert rate_star(result, no_difference, method=method, previous=4) is None


def test_cut_points_of_the_year_stand_in_for_those_of_the_scheme(make_cell, method):
    year = tuple(map(Decimal, ("65", "72", "81", "94")))
    unit = shrunken_group()[0]
    assert shrunken_star(unit, method=method, previous=None, cuts=year).star == 2
    result = estimate_of([100, 75, 100, 100] * 25, make_cell, method)
    rating = direct_star(result, method=method, previous=None, cuts=year)
    assert (rating.star, rating.cuts) == (4, year)


# M77


def test_mean_star_is_rounded_half_up():
    """M77, M125."""
    blocks = [4, 4, 3, 4, 3, 3, Fraction(7, 2), Fraction(9, 2)]
    assert mean_star(blocks) == 4
    assert [mean_star([3, 4]), mean_star([2, 3])] == [4, 3]
    assert mean_star([3, 4, 3]) == 3
    assert mean_star([]) is None


def test_the_one_star_is_that_of_the_score_or_the_mean_of_the_blocks(method):
    by_mean = Method.from_mapping({"star.overall": "mean"})
    assert overall_star(5, [3, 4, 3], method=method) == 5
    assert overall_star(5, [3, 4, 3], method=by_mean) == 3
    assert overall_star(None, [3, 4], method=method) is None
    assert overall_star(4, [], method=by_mean) is None
