"""Months, windows and validity (M29, M58, M61-M66)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.window import (
    ClosedRound,
    Month,
    Validity,
    quarter_reading,
    validity,
    window_ending,
)

MONTHS = st.builds(Month, st.integers(2000, 2100), st.integers(1, 12))


def rounds_of(first, count, *, basis="q1", without=()):
    months = [Month.parse(first).plus(step) for step in range(count)]
    return [
        ClosedRound(f"R{month}", month, basis)
        for month in months
        if str(month) not in without
    ]


def span(window):
    return (str(window.first), str(window.last), len(window.rounds))


def test_month_reads_and_writes_one_form():
    assert str(Month.parse("2026-10")) == "2026-10"
    assert Month.parse("2026-10") == Month(2026, 10)


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-0", "2026-1", "202610", "26-10", "２０２６-10", "2026-10-01"],
)
def test_month_refuses_other_forms(text):
    with pytest.raises(ValueError, match="is not a month"):
        Month.parse(text)


@settings(deadline=None)
@given(MONTHS, st.integers(-300, 300))
def test_months_count_forwards_and_backwards(month, step):
    assert month.plus(step).since(month) == step
    assert (month.plus(step) > month) is (step > 0)


def test_quarters_of_the_year():
    quarters = [Month(2026, month).quarter for month in range(1, 13)]
    assert quarters == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    closing = [month for month in range(1, 13) if Month(2026, month).closes_quarter]
    assert closing == [3, 6, 9, 12]
    assert quarter_reading(2026, 4) == Month(2026, 12)
    with pytest.raises(ValueError, match="5 is not a quarter"):
        quarter_reading(2026, 5)


def test_window_holds_the_last_twelve_months():
    rounds = rounds_of("2025-01", 30)
    window = window_ending(reversed(rounds), ending=Month(2026, 10), months=12)
    assert span(window) == ("2025-11", "2026-10", 12)
    assert window.codes[0] == "R2025-11"
    assert list(window.codes) == sorted(window.codes)


def test_months_without_a_round_are_skipped_and_not_filled():
    rounds = rounds_of("2025-01", 24, without=("2026-02", "2026-10"))
    window = window_ending(rounds, ending=Month(2026, 10), months=12)
    assert span(window) == ("2025-11", "2026-09", 10)


def test_no_round_gives_no_window():
    rounds = rounds_of("2024-01", 3)
    assert window_ending(rounds, ending=Month(2026, 10), months=12) is None
    assert window_ending([], ending=Month(2026, 10), months=12) is None


def test_window_starts_again_when_the_questions_change():
    """M63, also when an old set comes back."""
    rounds = (
        rounds_of("2025-11", 5)
        + rounds_of("2026-04", 3, basis="q2")
        + rounds_of("2026-07", 4)
    )
    window = window_ending(rounds, ending=Month(2026, 10), months=12)
    assert span(window) == ("2026-07", "2026-10", 4)
    earlier = window_ending(rounds, ending=Month(2026, 6), months=12)
    assert span(earlier) == ("2026-04", "2026-06", 3)


def test_a_round_of_full_coverage_stands_alone():
    """M62: no household twice."""
    full = ClosedRound("F", Month(2026, 6), "q1", is_full_coverage=True)
    rounds = [*rounds_of("2025-11", 12, without=("2026-06",)), full]
    alone = window_ending(rounds, ending=Month(2026, 6), months=12)
    assert alone.codes == ("F",)
    after = window_ending(rounds, ending=Month(2026, 8), months=12)
    assert span(after) == ("2026-07", "2026-08", 2)


def test_windows_are_disjoint_only_without_a_common_month():
    rounds = rounds_of("2025-01", 24)
    year, next_year, near = (
        window_ending(rounds, ending=Month.parse(text), months=12)
        for text in ("2025-12", "2026-12", "2026-01")
    )
    assert year.is_disjoint(next_year)
    assert next_year.is_disjoint(year)
    assert not year.is_disjoint(near)


def test_a_window_of_no_months_is_refused():
    with pytest.raises(ValueError, match="not 0"):
        window_ending([], ending=Month(2026, 10), months=0)


@pytest.mark.parametrize(
    ("existing", "usable", "found"),
    [
        (11, 2000, Validity.INCOMPLETE),
        (12, 1137, Validity.BELOW_TARGET),
        (12, 1138, Validity.VALID),
    ],
)
def test_validity_of_a_window(existing, usable, found):
    """M29."""
    assert validity(existing=existing, months=12, usable=usable, target=1138) is found
