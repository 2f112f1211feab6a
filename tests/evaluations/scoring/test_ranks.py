"""Rank sets and tiers: the worked example and what must hold (M78-M80, M119)."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import two_sided_z
from evaluations.scoring.ranks import (
    Entrant,
    Tier,
    competition_ranks,
    critical_values,
    rank_group,
    rank_seed,
)
from evaluations.scoring.rounding import rounded

METHOD = Method()
FIGURES = st.tuples(st.floats(40, 100), st.floats(0, 8))
ABOVE, UNCLEAR, BELOW = Tier.ABOVE, Tier.NOT_DISTINGUISHABLE, Tier.BELOW


def entrants(pairs):
    """Codes in the order given; the printed figure is the direct one."""
    return [
        Entrant(code=f"{k:03}", printed=rounded(float(y), 1), score=float(y), se=se)
        for k, (y, se) in enumerate(pairs)
    ]


def ranking(pairs, *, method=METHOD, period="2026Q4", group="G1"):
    return rank_group(entrants(pairs), period=period, group=group, method=method)


def sets(found):
    return [[rank.best, rank.worst] for rank in found.ranks]


def tiers(found):
    return [rank.tier for rank in found.ranks]


# M119


def test_seed_of_the_worked_example():
    assert rank_seed("2026Q4", "G1") == 939787346


def test_three_of_the_worked_example():
    found = ranking([(70, 3), (76, 3), (82, 3)])
    assert (found.seed, found.period, found.group) == (939787346, "2026Q4", "G1")
    crit = [str(rank.crit) for rank in found.ranks]
    assert crit == ["2.207189", "2.208732", "2.215358"]
    assert sets(found) == [[2, 3], [1, 3], [1, 2]]
    assert [rank.rank for rank in found.ranks] == [3, 2, 1]
    assert [rank.difference for rank in found.ranks] == [-6, 0, 6]
    assert [rank.difference_se for rank in found.ranks] == pytest.approx(
        [2.449490] * 3, abs=5e-7
    )
    assert tiers(found) == [BELOW, UNCLEAR, ABOVE]
    assert found.last == found.of("000")
    assert found.last.best > found.last.of / 2


def test_five_of_the_worked_example():
    found = ranking([(70, 3), (76, 3), (82, 3), (88, 2), (60, 2)])
    crit = [str(rank.crit) for rank in found.ranks]
    assert crit == ["2.412934", "2.405796", "2.410085", "2.478684", "2.454991"]
    assert sets(found) == [[3, 4], [2, 4], [1, 3], [1, 2], [5, 5]]
    assert tiers(found) == [BELOW, UNCLEAR, ABOVE, ABOVE, BELOW]


def test_crit_of_three_is_near_its_exact_value():
    """M119 names it: the Tukey range of three, divided by the root of two."""
    crit = critical_values(
        np.array([3.0, 3.0, 3.0]), seed=1, draws=100_000, level=Decimal("0.95")
    )
    assert [float(value) for value in crit] == pytest.approx([2.212] * 3, abs=0.02)


# M78


def test_ties_share_a_rank_and_the_next_is_skipped():
    values = [Decimal(x) for x in ("80.0", "75.0", "80.0", "70.0", "70.0", "90.1")]
    assert competition_ranks(values) == [2, 4, 2, 5, 5, 1]


def test_a_shared_bottom_has_no_last():
    found = ranking([(80, 1), (60.01, 1), (60.04, 1)])
    assert [rank.rank for rank in found.ranks] == [1, 2, 2]
    assert [rank.is_alone for rank in found.ranks] == [True, False, False]
    assert found.last is None


def test_two_are_no_group():
    assert ranking([(80, 1), (60, 1)]) is None
    strict = Method.from_mapping({"rank.group_min": 4})
    assert ranking([(80, 1), (60, 1), (70, 1)], method=strict) is None


def test_who_is_not_ranked_has_no_rank():
    assert ranking([(80, 1), (60, 1), (70, 1)]).of("999") is None


def test_the_printed_rank_rests_on_the_printed_figure():
    """Shrinkage may turn two round; the set is widened to hold the printed rank."""
    pairs = [(90.0, 0.1), (60.0, 0.1), (30.0, 0.1)]
    turned = [
        Entrant(code=one.code, printed=printed, score=one.score, se=one.se)
        for one, printed in zip(
            entrants(pairs), map(Decimal, ("70", "75", "80")), strict=True
        )
    ]
    found = rank_group(turned, period="2026Q4", group="G1", method=METHOD)
    assert [rank.rank for rank in found.ranks] == [3, 2, 1]
    assert sets(found) == [[1, 3], [2, 2], [1, 3]]


# M79


def test_without_errors_the_larger_score_is_better():
    found = ranking([(70, 0.0), (76, 0.0), (82, 0.0), (82, 0.0)])
    assert sets(found) == [[4, 4], [3, 3], [1, 2], [1, 2]]
    assert [rank.crit for rank in found.ranks] == [Decimal("0.000000")] * 4
    assert tiers(found) == [BELOW, BELOW, ABOVE, ABOVE]


def test_one_certain_score_is_compared_with_uncertain_ones():
    found = ranking([(70, 0.0), (70.5, 3.0), (90, 0.0)])
    assert sets(found) == [[2, 3], [2, 3], [1, 1]]
    alone = abs(np.random.RandomState(found.seed).standard_normal((10_000, 3))[:, 1])
    # Against the first only the error of the second counts, and against the third.
    expected = rounded(float(np.quantile(alone, 0.95)), 6)
    assert [rank.crit for rank in found.ranks] == [expected] * 3


@pytest.mark.parametrize("p", [3, 7, 64])
def test_draws_in_blocks_are_those_in_one_piece(p):
    errors = np.linspace(1, 4, p)
    z = np.random.RandomState(5).standard_normal((10_000, p)) * errors
    expected = []
    for j in range(p):
        pair = np.sqrt(errors**2 + errors[j] ** 2)
        largest = np.max(np.abs(z - z[:, [j]]) / pair, axis=1)
        expected.append(rounded(float(np.quantile(largest, 0.95)), 6))
    found = critical_values(errors, seed=5, draws=10_000, level=Decimal("0.95"))
    assert found == expected


def test_another_group_or_period_has_other_draws():
    pairs = [(70, 3), (76, 3), (82, 3)]
    first = ranking(pairs)
    for other in (ranking(pairs, group="G2"), ranking(pairs, period="2027Q1")):
        assert other.seed != first.seed
        assert other.ranks[0].crit != first.ranks[0].crit


@settings(deadline=None, max_examples=25)
@given(st.lists(FIGURES, min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_entrants_changes_no_bit(pairs, random):
    chosen = entrants(pairs)
    shuffled = list(chosen)
    random.shuffle(shuffled)
    first, second = (
        rank_group(order, period="2026Q1", group="G", method=METHOD)
        for order in (chosen, shuffled)
    )
    assert first == second


@settings(deadline=None, max_examples=50)
@given(st.lists(FIGURES, min_size=3, max_size=8))
def test_a_set_holds_the_printed_rank(pairs):
    found = ranking(pairs)
    for rank in found.ranks:
        assert 1 <= rank.best <= rank.rank <= rank.worst <= rank.of == len(pairs)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(40, 100), min_size=3, max_size=6, unique=True),
    st.floats(0.1, 5),
    st.floats(1, 4),
)
def test_more_error_never_narrows_a_set(scores, se, factor):
    """All errors times the same: crit stays, so no comparison becomes clearer."""
    narrow = ranking([(y, se) for y in scores])
    wide = ranking([(y, se * factor) for y in scores])
    for one, other in zip(narrow.ranks, wide.ranks, strict=True):
        assert other.best <= one.best
        assert other.worst >= one.worst


@settings(deadline=None, max_examples=25)
@given(st.lists(FIGURES, min_size=3, max_size=8))
def test_the_tier_follows_from_the_difference_and_its_error(pairs):
    z = two_sided_z(0.95)
    for rank in ranking(pairs).ranks:
        reach = z * rank.difference_se
        expected = (
            ABOVE
            if rank.difference > reach
            else BELOW
            if rank.difference < -reach
            else UNCLEAR
        )
        assert rank.tier is expected


def test_an_appointment_listed_twice_is_refused():
    twice = entrants([(70, 1), (80, 1)]) + entrants([(90, 1)])
    with pytest.raises(ValueError, match="listed twice"):
        rank_group(twice, period="2026Q4", group="G1", method=METHOD)


@pytest.mark.parametrize("se", [-1.0, float("nan")])
def test_an_impossible_standard_error_is_refused(se):
    with pytest.raises(ValueError, match="standard error"):
        entrants([(70, se)])
