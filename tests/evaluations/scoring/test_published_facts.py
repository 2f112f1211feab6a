"""What the HCAHPS star ratings publish about themselves, with our functions (M125)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from evaluations.scoring.ladder import Step, rung
from evaluations.scoring.method import Method
from evaluations.scoring.rounding import rounded
from evaluations.scoring.stars import mean_star, overall_star, star_of
from surveys.scores import linear_points

COMPOSITES = (4, 4, 3, 4, 3, 3)


def test_four_levels_lie_at_thirds():
    """Never, sometimes, usually, always: 100 (x - a)/(b - a)."""
    assert linear_points(4) == (0, Fraction(100, 3), Fraction(200, 3), 100)
    assert linear_points(5) == (0, 25, 50, 75, 100)


@pytest.mark.parametrize(
    ("surveys", "step", "star"), [(99, Step.RELIABLE, False), (100, Step.FULL, True)]
)
def test_stars_need_a_hundred_surveys_and_scores_stand_without(surveys, step, star):
    found = rung(surveys, method=Method())
    assert (found.step, found.star, found.public) == (step, star, True)


def test_the_summary_star_is_the_mean_of_composites_and_pairs():
    clean_quiet, rating_recommend = Fraction(3 + 4, 2), Fraction(4 + 5, 2)
    stars = [*COMPOSITES, clean_quiet, rating_recommend]
    assert sum(map(Fraction, stars)) / 8 == Fraction("3.625")
    assert mean_star(stars) == 4
    by_mean = Method.from_mapping({"star.overall": "mean"})
    assert overall_star(None, stars, method=by_mean) == 4


def test_a_mean_of_three_and_a_half_is_four():
    assert mean_star([3, 4]) == 4


def test_linear_scores_are_rounded_to_whole_numbers_half_up():
    assert [int(rounded(score, 0)) for score in (87.5, 86.49, 200 / 3)] == [88, 86, 67]


def test_five_groups_have_no_quota():
    """Everybody may have five stars, and everybody one."""
    cuts = Method().star_cuts
    assert {star_of(Decimal(score), cuts) for score in (90, 95, 100)} == {5}
    assert {star_of(Decimal(score), cuts) for score in (0, 30, 59)} == {1}
