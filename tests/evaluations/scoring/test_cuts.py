"""Yearly cut points against the worked example and brute force (M74, M122)."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cuts import (
    CutBasis,
    cluster,
    star_shares,
    tukey_fences,
    type_7,
    yearly_cuts,
)
from evaluations.scoring.method import Method, MethodError

LAST = tuple(map(Decimal, (60, 70, 80, 90)))
EXAMPLE = [Decimal(x) for x in (60, 61, 62, 70, 71, 80, 81, 82, 90, 95)]
SMALL = st.lists(
    st.integers(0, 12).map(lambda k: Decimal(k) / 2), min_size=1, max_size=11
)
TENTHS = st.integers(0, 1000).map(lambda k: Decimal(k) / 10)


def spread(values):
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return sum((value - mean) ** 2 for value in exact)


def every_partition(values, groups):
    """(within sum of squares, lowest values) of all partitions that split no tie."""
    distinct = sorted(set(values))
    for starts in combinations(range(1, len(distinct)), groups - 1):
        bounds = [0, *starts, len(distinct)]
        parts = [
            [v for v in values if v in distinct[low:high]]
            for low, high in pairwise(bounds)
        ]
        yield sum(map(spread, parts)), tuple(min(part) for part in parts)


def test_clusters_of_the_worked_example():
    """M122: 4.5, next best 15.5."""
    found = cluster(EXAMPLE, 5)
    assert found.lows == tuple(map(Decimal, (60, 70, 80, 90, 95)))
    assert found.within == Fraction(9, 2)
    assert sorted(w for w, _ in every_partition(EXAMPLE, 5))[:2] == [
        Fraction(9, 2),
        Fraction(31, 2),
    ]


def test_fences_of_the_worked_example():
    """M122."""
    assert tukey_fences(EXAMPLE) == (Decimal("10.75"), Decimal(135))


def test_cut_points_of_the_worked_example():
    """M122, with as many appointments as a year needs and no guardrail in the way."""
    last = [Decimal(x) for x in (70, 80, 90, 95)]
    found = yearly_cuts(EXAMPLE * 5, last=last, method=Method())
    assert found.cuts == tuple(map(Decimal, ("70.0", "80.0", "90.0", "95.0")))
    assert (found.basis, found.is_new, found.is_guarded) == (
        CutBasis.CLUSTERED,
        True,
        False,
    )
    assert (found.count, found.dropped) == (50, ())
    assert found.within == Decimal("22.500000")
    assert found.clustered == found.cuts


@settings(deadline=None)
@given(SMALL, st.integers(1, 5))
def test_clusters_are_those_of_brute_force(values, groups):
    if len(set(values)) < groups:
        with pytest.raises(ValueError, match="distinct values"):
            cluster(values, groups)
        return
    found = cluster(values, groups)
    assert (found.within, found.lows) == min(every_partition(values, groups))


@settings(deadline=None)
@given(
    st.lists(TENTHS, min_size=5, max_size=80, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_order_of_scores_does_not_matter(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert cluster(shuffled, 5) == cluster(values, 5)


def test_ties_go_to_the_lowest_lower_bounds():
    """0 1 2 in two clusters: {0} {1 2} and {0 1} {2} are equally good."""
    found = cluster([Decimal(k) for k in (0, 1, 2)], 2)
    assert found.lows == (Decimal(0), Decimal(1))


def test_every_tenth_of_a_point_once_is_done_exactly():
    found = cluster([Decimal(k) / 10 for k in range(1001)], 5)
    sizes = [200, 200, 200, 200, 201]
    expected = sum(Fraction(n * (n * n - 1), 12) for n in sizes) / 100
    assert found.within == expected
    assert found.lows[1:] == tuple(Decimal(k) for k in (20, 40, 60, 80))


def test_the_guardrail_holds_each_cut_near_the_last_one():
    found = yearly_cuts(EXAMPLE * 5, last=LAST, method=Method())
    assert found.clustered == tuple(map(Decimal, (70, 80, 90, 95)))
    assert found.cuts == tuple(map(Decimal, (65, 75, 85, 95)))
    assert found.is_guarded


def test_too_few_appointments_keep_the_last_cut_points():
    found = yearly_cuts(EXAMPLE[:9] * 5, last=LAST, method=Method())
    assert (found.cuts, found.basis) == (LAST, CutBasis.TOO_FEW_UNITS)
    assert (found.count, found.is_new, found.clustered) == (45, False, None)


def test_too_few_values_keep_the_last_cut_points():
    found = yearly_cuts(EXAMPLE[:4] * 20, last=LAST, method=Method())
    assert (found.cuts, found.basis) == (LAST, CutBasis.TOO_FEW_VALUES)


def test_close_cut_points_keep_the_last_ones():
    close = [Decimal(k) / 10 for k in range(750, 800)]
    found = yearly_cuts(close, last=(74, 76, 78, 80), method=Method())
    assert found.clustered == tuple(map(Decimal, (76, 77, 78, 79)))
    assert (found.cuts, found.basis) == (
        tuple(map(Decimal, (74, 76, 78, 80))),
        CutBasis.GAPS_TOO_SMALL,
    )


def test_outliers_make_no_cut_point():
    scores = [Decimal(k) for k in range(70, 90)] * 3 + [Decimal(0), Decimal(1)]
    found = yearly_cuts(scores, last=LAST, method=Method())
    assert found.dropped == (Decimal(0), Decimal(1))
    assert found.clustered == tuple(map(Decimal, (74, 78, 82, 86)))
    assert found.fences[0] > 1


def test_last_cut_points_must_be_cut_points():
    with pytest.raises(MethodError, match=r"star\.cuts"):
        yearly_cuts(EXAMPLE, last=(60, 61, 80, 90), method=Method())


def test_quartiles_are_of_type_7():
    assert type_7(EXAMPLE, Decimal("0.25")) == 64
    assert type_7(EXAMPLE, Decimal("0.75")) == Decimal("81.75")
    assert [type_7(EXAMPLE, Decimal(k)) for k in (0, 1)] == [60, 95]
    with pytest.raises(ValueError, match="no quantile"):
        type_7([], Decimal("0.5"))


def test_how_many_each_star_would_hold():
    assert star_shares(LAST, EXAMPLE) == (0, 3, 2, 3, 2)
