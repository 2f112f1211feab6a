"""Household scores against the worked examples of the method (M30-M33, M41)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.scores import (
    ScoreRule,
    Usability,
    household_score,
    linear_points,
    usability,
)

FIVE = (1, 1, 1, 1, 1)
LEVELS = st.one_of(st.none(), st.integers(0, 5))


@pytest.mark.parametrize(
    ("levels", "score", "worth"),
    [
        ((5, 4, 4, None, 3), 750_000, Usability.COMPLETE),
        ((5, 4, 4, None, None), 833_333, Usability.PARTIAL),
        ((2, 4, 4, None, None), 583_333, Usability.PARTIAL),
        ((5, 4, None, None, None), None, Usability.BREAK_OFF),
        ((5, 4, 5, 3, 4), 800_000, Usability.COMPLETE),
    ],
)
def test_household_scores_of_the_worked_example(levels, score, worth):
    """M114."""
    assert household_score(levels, weights=FIVE) == score
    assert usability(levels, weights=FIVE) is worth


def test_not_sure_counts_as_missing_and_never_as_the_middle():
    assert household_score((5, 5, 5, 0, 0), weights=FIVE) == 1_000_000
    assert usability((5, 5, 0, 0, 0), weights=FIVE) is Usability.BREAK_OFF


def test_half_a_ten_thousandth_is_rounded_up():
    # 25/2 + 1/20000 of a point lies exactly between two stored integers.
    rule = ScoreRule(weights=(1, 1), points=(0, Fraction(250_001, 10_000)))
    assert rule.score((1, 2)) == 125_001


def test_weights_are_renormalised_over_what_was_answered():
    weights = (Decimal("0.5"), 2, 1)
    assert household_score((5, 1, None), weights=weights) == 200_000
    assert household_score((5, None, 1), weights=weights) == 333_333


def test_a_question_of_weight_zero_is_not_scored():
    weights = (1, 1, 0, 1, 1)
    assert household_score((4, 4, 1, 4, 4), weights=weights) == 750_000
    # Two of the four scored questions are half of them.
    assert usability((4, 4, 1, None, None), weights=weights) is Usability.PARTIAL
    assert usability((4, None, 1, None, None), weights=weights) is Usability.BREAK_OFF


def test_eight_questions_need_four_answers_and_seven_to_be_complete():
    answered = [5] * 8
    found = [
        usability(answered[:n] + [None] * (8 - n), weights=(1,) * 8) for n in range(9)
    ]
    assert (
        found
        == [Usability.BREAK_OFF] * 4
        + [Usability.PARTIAL] * 3
        + [Usability.COMPLETE] * 2
    )


def test_a_reversed_question_uses_six_minus_the_level():
    score = household_score((1, 4, 5), weights=(1, 1, 1), reversed_items={0})
    assert score == household_score((5, 4, 5), weights=(1, 1, 1))


def test_minimum_share_is_exact():
    # 0.6 of 5 is 3; the binary number 0.6000000000000001 would ask for 4.
    share = Decimal("0.6")
    assert household_score((5, 5, 5, 0, 0), weights=FIVE, min_share=share) == 1_000_000


def test_no_answer_at_all_is_a_break_off_under_any_minimum():
    assert household_score((None, 0), weights=(1, 1), min_share=0) is None
    assert usability((None, 0), weights=(1, 1), min_share=0) is Usability.BREAK_OFF


def test_four_levels_give_the_published_points():
    """M125: 0, 33 1/3, 66 2/3, 100."""
    assert linear_points(4) == (0, Fraction(100, 3), Fraction(200, 3), 100)
    assert linear_points(5) == (0, 25, 50, 75, 100)
    assert household_score((2,), weights=(1,), points=linear_points(4)) == 333_333


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((5, 4, 4, 4), "4 levels for 5 questions"),
        ((5, 4, 4, 4, 6), "level 6 of question 5 is not a level"),
        ((5, 4, 4, -1, 4), "level -1 of question 4 is not a level"),
    ],
)
def test_levels_that_do_not_fit_are_named(levels, message):
    with pytest.raises(ValueError, match=message):
        household_score(levels, weights=FIVE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": ()}, "weights"),
        ({"weights": (0, 0)}, "weights"),
        ({"weights": (1, -1)}, "weights"),
        ({"weights": (1,), "points": (0,)}, "points"),
        ({"weights": (1,), "points": (0, 50, 50)}, "points"),
        ({"weights": (1,), "reversed_items": (1,)}, "reversed position 1"),
        ({"weights": (1,), "min_share": Fraction(3, 2)}, "share"),
    ],
)
def test_a_rule_without_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ScoreRule(**settings)


def test_a_scale_of_one_level_is_refused():
    with pytest.raises(ValueError, match="two levels"):
        linear_points(1)


@settings(deadline=None)
@given(st.lists(LEVELS, min_size=1, max_size=16))
def test_score_is_the_rounded_mean_of_the_answered(levels):
    score = household_score(levels, weights=(1,) * len(levels))
    answered = [25 * (level - 1) for level in levels if level]
    if 2 * len(answered) < len(levels):
        assert score is None
    else:
        exact = Fraction(10_000 * sum(answered), len(answered))
        assert score == int(exact + Fraction(1, 2))


@settings(deadline=None)
@given(
    st.lists(st.tuples(LEVELS, st.integers(1, 100)), min_size=1, max_size=16),
    st.integers(2, 50),
)
def test_scaling_all_weights_changes_no_score(pairs, factor):
    levels = [level for level, _ in pairs]
    weights = [Fraction(weight, 10) for _, weight in pairs]
    larger = [weight * factor for weight in weights]
    assert household_score(levels, weights=weights) == household_score(
        levels, weights=larger
    )


@settings(deadline=None)
@given(st.lists(LEVELS, min_size=1, max_size=16))
def test_mirrored_levels_mirror_the_score(levels):
    """M109: x -> 6 - x turns s into 100 - s, up to the rounding of a half."""
    weights = (1,) * len(levels)
    mirrored = [6 - level if level else level for level in levels]
    score = household_score(levels, weights=weights)
    other = household_score(mirrored, weights=weights)
    if score is None:
        assert other is None
    else:
        assert other is not None
        assert 0 <= score + other - 1_000_000 <= 1
