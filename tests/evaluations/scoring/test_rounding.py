"""Rounding rules (M6) and canonical bytes (M106)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.rounding import percents, rounded, stored


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (66.304348, 1, "66.3"),
        (66.25, 1, "66.3"),
        (66.24999999999999, 1, "66.3"),
        (66.2499, 1, "66.2"),
        (2.675, 2, "2.68"),
        (0.5, 0, "1"),
        (-0.04, 1, "0.0"),
        (-0.25, 1, "-0.3"),
        (Decimal("83.625"), 1, "83.6"),
        (83.65, 1, "83.7"),
        (100, 1, "100.0"),
    ],
)
def test_rounding_is_half_up_after_nine_decimals(value, places, text):
    assert str(rounded(value, places)) == text


def test_rounding_refuses_what_is_no_figure():
    for value, places in [(float("nan"), 1), (float("inf"), 1), (1.0, 10), (1.0, -1)]:
        with pytest.raises(ValueError, match="cannot round"):
            rounded(value, places)


def test_stored_figures_have_six_places_and_undefined_stays_undefined():
    assert stored(66.30434782608695) == "66.304348"
    assert stored(-1e-12) == "0.000000"
    assert stored(0) == "0.000000"
    assert stored(None) is None


def test_percents_of_the_worked_example():
    """M118."""
    assert percents((0.000014, 0.292023, 0.707003, 0.000960, 0.0)) == (0, 29, 71, 0, 0)


def test_equal_remainders_go_to_the_earlier_share():
    assert percents((0.125, 0.125, 0.75)) == (13, 12, 75)
    assert percents((1.0, 0.0)) == (100, 0)
    # As a binary number 100 x 0.29 lies below 29.
    assert percents((0.29, 0.71)) == (29, 71)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_percents_sum_to_one_hundred(counts):
    shares = [count / sum(counts) for count in counts]
    whole = percents(shares)
    assert sum(whole) == 100
    assert all(abs(a - 100 * b) < 1.000001 for a, b in zip(whole, shares, strict=True))


def test_percents_refuse_what_is_not_a_distribution():
    for shares in [(0.5, 0.4), (1.5, -0.5)]:
        with pytest.raises(ValueError, match="sum to 1"):
            percents(shares)


def test_canonical_json_has_one_form():
    record = {"b": [1, "2.500000", None], "a": {"街道": True}}
    assert canonical_json(record) == (
        '{"a":{"街道":true},"b":[1,"2.500000",null]}'.encode()
    )
    assert canonical_json(dict(reversed(record.items()))) == canonical_json(record)


@pytest.mark.parametrize("record", [{"a": 0.5}, [[1, (2, 0.5)]], {1: "a"}])
def test_canonical_json_refuses_what_platforms_write_differently(record):
    with pytest.raises(TypeError, match="canonical record"):
        canonical_json(record)
