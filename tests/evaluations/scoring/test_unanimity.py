"""What is printed near the ends (M28, M83, M85)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.method import Method
from evaluations.scoring.results import Formula, Interval
from evaluations.scoring.unanimity import (
    printed_count,
    printed_interval,
    printed_score,
    printed_shares,
)

METHOD = Method()


@pytest.mark.parametrize(
    ("value", "text", "drawn"),
    [
        (100, ">99.0", "99.0"),
        (99.04, ">99.0", "99.0"),
        (99.000001, ">99.0", "99.0"),
        (99.0, "99.0", "99.0"),
        (99.00000000000001, "99.0", "99.0"),
        (66.25, "66.3", "66.3"),
        (1.0, "1.0", "1.0"),
        (0.96, "<1.0", "1.0"),
        (0, "<1.0", "1.0"),
        (Decimal("79.504633"), "79.5", "79.5"),
    ],
)
def test_scores_near_the_ends_are_bounds(value, text, drawn):
    found = printed_score(value, method=METHOD)
    assert (str(found), found.value) == (text, Decimal(drawn))


def test_the_clamp_comes_from_the_scheme():
    strict = Method.from_mapping({"publish.clamp": "95"})
    assert printed_score(96.0, method=strict).text == ">95.0"
    assert printed_score(95.0, method=strict).text == "95.0"


def test_bounds_of_an_interval_are_clamped_alike():
    """M120: ten of 100, and ten of 0."""
    ends = [(69.150289, 100.0), (0.0, 30.849711)]
    texts = [
        [
            str(bound)
            for bound in printed_interval(
                Interval(low, high, 0.95, Formula.CLOPPER_PEARSON), method=METHOD
            )
        ]
        for low, high in ends
    ]
    assert texts == [["69.2", ">99.0"], ["<1.0", "30.8"]]


@pytest.mark.parametrize("value", [-0.1, 100.1])
def test_what_is_no_score_is_refused(value):
    with pytest.raises(ValueError, match="no score"):
        printed_score(value, method=METHOD)


@pytest.mark.parametrize(
    ("shares", "texts"),
    [
        ((0.95, 0.05), ["95.0 %", "5.0 %"]),
        ((0.951, 0.049), [">95 %", None]),
        ((1.0, 0.0), [">95 %", None]),
        ((0.0, 0.02, 0.0, 0.02, 0.96), [None, None, None, None, ">95 %"]),
        ((0.2, 0.3, 0.5), ["20.0 %", "30.0 %", "50.0 %"]),
        ((0.9500000000000001, 0.05), ["95.0 %", "5.0 %"]),
    ],
)
def test_a_share_above_the_cap_hides_the_rest(shares, texts):
    found = printed_shares(shares, method=METHOD)
    assert [None if one is None else one.text for one in found] == texts


def test_the_cap_comes_from_the_scheme():
    strict = Method.from_mapping({"publish.cap": "0.80"})
    found = printed_shares((0.81, 0.19), method=strict)
    assert found[0].text == ">80 %"
    assert (found[0].value, found[1]) == (Decimal("80.0"), None)


def test_what_is_no_share_is_refused():
    with pytest.raises(ValueError, match="shares must lie"):
        printed_shares((1.2, -0.2), method=METHOD)


@given(st.floats(0, 1))
def test_nothing_printed_tells_more_than_the_cap(share):
    found = printed_shares((share, 1 - share), method=METHOD)
    values = [one.value for one in found if one is not None]
    assert values
    assert all(5 <= value <= 95 for value in values)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "<10"), (9, "<10"), (10, "10"), (1138, "1138")]
)
def test_small_counts_are_not_told(count, text):
    assert printed_count(count) == text


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        printed_count(-1)
