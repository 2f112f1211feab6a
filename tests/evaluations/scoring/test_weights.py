"""Joining of neighbours and the Kish factor (M35, M40, M59)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.joining import join_short
from evaluations.scoring.weights import kish_factor


def is_below_two(run):
    return sum(run) < 2


@pytest.mark.parametrize(
    ("counts", "runs"),
    [
        ([], []),
        ([5, 4], [[5], [4]]),
        ([0, 3, 4], [[0, 3], [4]]),
        ([3, 1, 4], [[3], [1, 4]]),
        ([3, 4, 1], [[3], [4, 1]]),
        ([1, 0, 0, 1, 2], [[1, 0, 0, 1], [2]]),
        ([4, 0, 1], [[4, 0, 1]]),
        ([0, 1], [[0, 1]]),
        ([1], [[1]]),
    ],
)
def test_short_items_join_the_next_and_the_last_the_previous(counts, runs):
    assert join_short(counts, is_below_two) == runs


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=20))
def test_joining_keeps_every_item_in_order(counts):
    runs = join_short(counts, is_below_two)
    assert [count for run in runs for count in run] == counts
    if sum(counts) >= 2:
        assert not any(is_below_two(run) for run in runs)


def test_kish_factor_is_one_for_equal_weights():
    assert kish_factor([4, 6], [2.5, 2.5]) == pytest.approx(1)
    assert kish_factor([1, 1], [1, 3]) == pytest.approx(2 * 10 / 16)
    assert kish_factor([], []) is None
