"""Changes between disjoint windows, and only those (M58)."""

from math import sqrt

import pytest

from evaluations.scoring.cells import Stratum
from evaluations.scoring.changes import Change, WindowsOverlap, change
from evaluations.scoring.estimate import estimate
from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import two_sided_t
from evaluations.scoring.window import ClosedRound, Month, Window


def window(*months):
    return Window(tuple(ClosedRound(f"R{m}", Month.parse(m), "b") for m in months))


SPRING = window("2026-01", "2026-02", "2026-03")
SUMMER = window("2026-04", "2026-06")
STRATA = [Stratum("A", "a", frame=400, drawn=60)]


@pytest.fixture
def score(make_cell, method):
    def estimated(scores, *, strata=STRATA, domain="j", method=method):
        cells = [make_cell(scores)] if scores else []
        return estimate(cells, strata, domain=domain, method=method)

    return estimated


def test_a_change_has_the_error_of_both(score):
    first, second = score([50, 75, 25, 50]), score([100, 75, 75, 100, 50])
    found = change(first, second, earlier_window=SPRING, later_window=SUMMER)
    assert found.difference == 80 - 50
    assert found.se == pytest.approx(sqrt(first.variance + second.variance))
    assert found.df == 3 + 4
    reach = two_sided_t(0.95, 7) * found.se
    assert (found.lower, found.upper) == pytest.approx((30 - reach, 30 + reach))
    assert found.level == 0.95
    assert found.is_told_apart == (reach < 30)


def test_windows_that_share_a_month_are_refused_by_name(score):
    one = score([50, 75])
    for other in (SPRING, window("2026-03", "2026-05"), window("2025-12", "2026-08")):
        with pytest.raises(WindowsOverlap, match=r"2026-01 to 2026-03 and .* share"):
            change(one, one, earlier_window=SPRING, later_window=other)


def test_a_change_runs_forward(score):
    one = score([50, 75])
    with pytest.raises(ValueError, match="comes before the earlier"):
        change(one, one, earlier_window=SUMMER, later_window=SPRING)


def test_a_change_is_that_of_one_domain_at_one_confidence(score):
    windows = {"earlier_window": SPRING, "later_window": SUMMER}
    one = score([50, 75])
    with pytest.raises(ValueError, match="one domain at one confidence"):
        change(one, score([], domain="k"), **windows)
    narrow = Method.from_mapping({"interval.level": "0.80"})
    with pytest.raises(ValueError, match="one domain at one confidence"):
        change(one, score([50, 75], method=narrow), **windows)


def test_a_change_without_a_score_is_none(score):
    windows = {"earlier_window": SPRING, "later_window": SUMMER}
    nothing = score([], domain="j")
    assert change(score([50, 75]), nothing, **windows) is None
    assert change(nothing, score([50, 75]), **windows) is None


def test_a_change_without_a_standard_error_has_no_bounds(score):
    windows = {"earlier_window": SPRING, "later_window": SUMMER}
    for flat in ([75], [75, 75, 75]):
        found = change(score(flat), score([50, 100, 25]), **windows)
        assert found == Change(
            difference=pytest.approx(-50 / 3),
            se=None,
            df=None,
            lower=None,
            upper=None,
            level=0.95,
        )
        assert not found.is_told_apart


def test_two_censuses_differ_exactly(score):
    full = [Stratum("A", "a", frame=2, drawn=2)]
    found = change(
        score([50, 75], strata=full),
        score([100, 75], strata=full),
        earlier_window=SPRING,
        later_window=SUMMER,
    )
    assert (found.difference, found.se) == (25, 0)
    assert (found.lower, found.upper, found.is_told_apart) == (25, 25, True)


def test_bounds_of_a_change_stay_on_the_scale(score):
    found = change(
        score([0, 0, 50]),
        score([100, 100, 25]),
        earlier_window=SPRING,
        later_window=SUMMER,
    )
    assert -100 <= found.lower <= found.difference <= found.upper == 100
