"""The differencing guard against the months that the method names (M86, M122)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.guard import Span, may_be_told, still_told
from evaluations.scoring.window import Month

FIRST = Month(2026, 1)
FLOOR, PUBLIC, WINDOW = 10, 30, 12


def told_months(counts: list[int], *, public: int = PUBLIC) -> list[int]:
    """Months (1, 2, ...) whose window is told and has enough households to show."""
    by_month = {str(FIRST.plus(k)): n for k, n in enumerate(counts)}
    told: list[Span] = []
    shown = []
    for k in range(len(counts)):
        first = max(0, k - WINDOW + 1)
        span = (str(FIRST.plus(first)), str(FIRST.plus(k)))
        told = still_told(told, span)
        m = sum(counts[first : k + 1])
        if m >= FLOOR and may_be_told(span, told, by_month, floor=FLOOR):
            told.append(span)
            if m >= public:
                shown.append(k + 1)
    return shown


@pytest.mark.parametrize(
    ("a_month", "expected"),
    [
        (9, [4, 6, 8, 10, 12, 14]),
        (5, [6, 8, 10, 12]),
        (10, list(range(3, 15))),
        (25, list(range(2, 15))),
    ],
)
def test_windows_are_told_in_the_months_of_the_method(
    a_month: int, expected: list[int]
) -> None:
    found = told_months([a_month] * 14)
    assert found[: len(expected)] == expected


def test_an_empty_month_hides_nothing() -> None:
    assert told_months([40, 0, 0, 0]) == [1, 2, 3, 4]


def test_one_new_answer_waits() -> None:
    assert told_months([40, 1, 9]) == [1, 3]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_no_segment_between_told_windows_is_small(counts: list[int]) -> None:
    by_month = {str(FIRST.plus(k)): n for k, n in enumerate(counts)}
    told: list[Span] = []
    for k in range(len(counts)):
        first = max(0, k - WINDOW + 1)
        span = (str(FIRST.plus(first)), str(FIRST.plus(k)))
        if may_be_told(span, told, by_month, floor=FLOOR):
            told.append(span)
    for one in told:
        for other in told:
            only_one = months_of(one) - months_of(other)
            assert not 0 < sum(by_month[month] for month in only_one) < FLOOR


@given(st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_forgetting_old_windows_changes_no_decision(counts: list[int]) -> None:
    by_month = {str(FIRST.plus(k)): n for k, n in enumerate(counts)}
    every: list[Span] = []
    recent: list[Span] = []
    for k in range(len(counts)):
        span = (str(FIRST.plus(max(0, k - WINDOW + 1))), str(FIRST.plus(k)))
        recent = still_told(recent, span)
        whole = may_be_told(span, every, by_month, floor=FLOOR)
        assert may_be_told(span, recent, by_month, floor=FLOOR) == whole
        if whole:
            every.append(span)
            recent.append(span)
        assert len(recent) <= 2 * WINDOW


def months_of(span: Span) -> set[str]:
    first, last = (Month.parse(month) for month in span)
    return {str(first.plus(k)) for k in range(last.since(first) + 1)}
