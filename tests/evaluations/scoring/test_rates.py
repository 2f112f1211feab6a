"""Response rates (M24-M27, M113, M126)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.rates import Dispositions, Rates

EXAMPLE = {
    "complete": 60,
    "partial": 10,
    "refusal": 15,
    "no_contact": 10,
    "other": 5,
    "unknown_household": 8,
    "unknown_other": 2,
}
DISPOSITIONS = st.builds(
    Dispositions,
    **dict.fromkeys([*EXAMPLE, "not_eligible"], st.integers(0, 300)),
)


def test_rates_of_the_worked_example():
    """M113."""
    rates = Dispositions(**EXAMPLE, not_eligible=25).rates()
    assert rates.rr1 == pytest.approx(0.545455, abs=5e-7)
    assert rates.rr2 == pytest.approx(0.636364, abs=5e-7)
    assert rates.rr3 == pytest.approx(0.555556, abs=5e-7)
    assert rates.rr4 == pytest.approx(0.648148, abs=5e-7)
    assert (rates.rr5, rates.rr6, rates.e) == (0.60, 0.70, 0.8)


def test_fewer_households_that_are_not_eligible_raise_the_share_of_the_unknown():
    """M113, NE = 5."""
    rates = Dispositions(**EXAMPLE, not_eligible=5).rates()
    found = (rates.e, rates.rr3, rates.rr4)
    assert found == pytest.approx((0.952381, 0.547826, 0.639130), abs=5e-7)


def test_rates_of_nobody_are_undefined():
    assert Dispositions().rates() == Rates(None, None, None, None, None, None, None)


def test_rates_where_nobody_was_eligible():
    rates = Dispositions(unknown_other=3, not_eligible=2).rates()
    assert rates == Rates(0, 0, None, None, None, None, 0)


def test_rates_where_everything_is_unknown():
    rates = Dispositions(unknown_other=3).rates()
    assert rates == Rates(0, 0, None, None, None, None, None)


@settings(deadline=None)
@given(DISPOSITIONS)
def test_rates_keep_their_order(dispositions):
    """M126."""
    rates = dispositions.rates()
    known = [rate for rate in (rates.rr1, rates.rr3, rates.rr5) if rate is not None]
    assert known == sorted(known)
    eligible_only = dispositions.unknown_household + dispositions.unknown_other == 0
    if eligible_only and rates.rr5 is not None:
        assert rates.rr1 == rates.rr3 == rates.rr5
    if dispositions.not_eligible == 0 and rates.e is not None:
        assert rates.e == 1
        assert (rates.rr3, rates.rr4) == (rates.rr1, rates.rr2)


def test_codes_must_account_for_every_released_household():
    """M26."""
    dispositions = Dispositions(**EXAMPLE, not_eligible=25)
    assert (dispositions.released, dispositions.usable) == (135, 70)
    assert dispositions.balances(135)
    assert not dispositions.balances(136)


def test_dispositions_of_strata_add_up():
    parts = [Dispositions(complete=3, refusal=1), Dispositions(complete=2, other=4)]
    assert Dispositions.total(parts) == Dispositions(complete=5, refusal=1, other=4)
    assert Dispositions.total([]) == Dispositions()


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        Dispositions(complete=-1)
