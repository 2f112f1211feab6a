"""Grade bands and the quota of 好 (M81; domain, 4.4)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.grades import Grade, Total, grade_group
from evaluations.scoring.method import Method

METHOD = Method()
GOOD, FAIRLY, FAIR, POOR = Grade


def graded(*totals, method=METHOD):
    found = grade_group(
        [
            Total(code=f"{k:02}", total=None if total is None else Decimal(str(total)))
            for k, total in enumerate(totals)
        ],
        method=method,
    )
    return found, [one.grade for one in found.graded]


def test_bands_include_their_lower_bound():
    every = Method.from_mapping({"grade.quota_good": 1})
    _, grades = graded(100, 90, "89.99", 80, "79.9", 60, "59.9", 0, method=every)
    assert grades == [GOOD, GOOD, FAIRLY, FAIRLY, FAIR, FAIR, POOR, POOR]


def test_forty_per_cent_rounded_down_may_be_good():
    found, grades = graded(99, 98, 97, 96, 95, 94, 93)
    assert (found.of, found.places) == (7, 2)
    assert grades == [GOOD, GOOD, *[FAIRLY] * 5]
    assert [one.is_moved for one in found.graded] == [False, False, *[True] * 5]


def test_the_quota_is_exact():
    """0.40 x 5 is 2, though in binary 0.4 is a little more and others a little less."""
    found, grades = graded(99, 98, 97, 70, 50)
    assert found.places == 2
    assert grades == [GOOD, GOOD, FAIRLY, FAIR, POOR]


def test_those_tied_across_the_limit_all_move_down():
    found, grades = graded(99, 95, 95, 95, 70)
    assert found.places == 2
    assert grades == [GOOD, FAIRLY, FAIRLY, FAIRLY, FAIR]


def test_a_tie_inside_the_limit_stays():
    _, grades = graded(99, 99, 95, 70, 70)
    assert grades == [GOOD, GOOD, FAIRLY, FAIR, FAIR]


def test_free_places_lift_nobody():
    _, grades = graded(91, 89, 89, 70, 50)
    assert grades == [GOOD, FAIRLY, FAIRLY, FAIR, POOR]


def test_what_is_not_ranked_has_no_grade_and_takes_no_place():
    found = grade_group(
        [
            Total(code="a", total=Decimal(99), resident_m=29),
            Total(code="b", total=Decimal(98), resident_m=30),
            Total(code="c", total=None, resident_m=200),
            Total(code="d", total=Decimal(97)),
            Total(code="e", total=Decimal(50), resident_m=100),
        ],
        method=METHOD,
    )
    assert (found.of, found.places) == (3, 1)
    assert [one.grade for one in found.graded] == [None, GOOD, None, FAIRLY, POOR]
    assert [one.is_moved for one in found.graded] == [False, False, False, True, False]


def test_nobody_is_graded_in_an_empty_group():
    assert grade_group([], method=METHOD).graded == ()


def test_a_total_listed_twice_is_refused():
    with pytest.raises(ValueError, match="listed twice"):
        grade_group([Total(code="a", total=Decimal(1))] * 2, method=METHOD)


@given(
    st.lists(st.integers(500, 1000).map(lambda k: Decimal(k) / 10), max_size=30),
    st.integers(0, 100).map(lambda k: Decimal(k) / 100),
)
def test_the_quota_holds_and_equal_totals_have_equal_grades(totals, quota):
    method = Method.from_mapping({"grade.quota_good": quota})
    found, grades = graded(*totals, method=method)
    good = [one.total for one in found.graded if one.grade is GOOD]
    assert len(good) <= found.places == int(quota * len(totals))
    assert all(total >= 90 for total in good)
    by_total = {}
    for one, grade in zip(found.graded, grades, strict=True):
        assert by_total.setdefault(one.total, grade) is grade
    if good:
        assert not [
            one for one in found.graded if one.is_moved and one.total >= max(good)
        ]
