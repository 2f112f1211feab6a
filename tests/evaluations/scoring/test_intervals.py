"""Interval formulas (M56, M59, M91) at their edges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.intervals import clopper_pearson, logit_t, wilson

LEVELS = st.floats(0.80, 0.99)


def test_logit_interval_of_the_worked_example():
    """M115; the rejected y -/+ t SE would be 51.140 to 81.468."""
    found = logit_t(0.6630434782608695, 0.06575862374893119, 8, level=0.95)
    assert found == pytest.approx((0.49953921, 0.79504633), abs=6e-9)


@settings(deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), st.floats(0, 0.5), st.integers(1, 500), LEVELS)
def test_logit_interval_stays_in_range_and_holds_the_mean(p, se, df, level):
    lower, upper = logit_t(p, se, df, level=level)
    assert 0 <= lower <= p <= upper <= 1


def test_logit_interval_is_not_defined_at_the_ends():
    for p in (0, 1):
        with pytest.raises(ValueError, match="strictly in"):
            logit_t(p, 0.1, 8, level=0.95)
    with pytest.raises(ValueError, match=r"cannot be negative: -0\.1"):
        logit_t(0.5, -0.1, 8, level=0.95)


def test_clopper_pearson_at_none_and_at_all():
    lower, upper = clopper_pearson(0, 10, level=0.95)
    assert (lower, upper) == (0, pytest.approx(0.30849711, abs=5e-9))
    lower, upper = clopper_pearson(10, 10, level=0.95)
    assert (lower, upper) == (pytest.approx(0.69150289, abs=5e-9), 1)


@settings(deadline=None)
@given(st.integers(1, 2000), st.floats(0, 1), LEVELS)
def test_clopper_pearson_holds_the_share(m, share, level):
    x = min(m * share, m)
    lower, upper = clopper_pearson(x, m, level=level)
    assert 0 <= lower <= x / m <= upper <= 1


@pytest.mark.parametrize(("x", "m"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_not_a_share_is_refused(x, m):
    with pytest.raises(ValueError, match=f"{x} of {m} is not a share"):
        clopper_pearson(x, m, level=0.95)
    with pytest.raises(ValueError, match=f"{x} of {m} is not a rate"):
        wilson(x, m, level=0.95)


def test_wilson_interval_of_the_closing_of_requests():
    """M120: 187 of 196, and none of 12."""
    found = wilson(187, 196, level=0.95)
    assert found == pytest.approx((0.915049, 0.975657), abs=5e-7)
    assert pytest.approx(0.954082, abs=5e-7) == 187 / 196
    lower, upper = wilson(0, 12, level=0.95)
    assert (lower, upper) == (0, pytest.approx(0.242494, abs=5e-7))
    assert wilson(12, 12, level=0.95)[1] == 1


@settings(deadline=None)
@given(st.integers(1, 5000), st.floats(0, 1), LEVELS)
def test_wilson_interval_holds_the_rate(n, share, level):
    k = round(n * share)
    lower, upper = wilson(k, n, level=level)
    assert 0 <= lower <= k / n <= upper <= 1
