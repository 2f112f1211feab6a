"""Targets of the real street: 1,138 of 11,380, split as the office expects."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residents.apportionment import largest_remainder, target
from tests.residents.conftest import ROSTERS

sizes = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 5000))


def test_targets_of_the_street_are_as_expected() -> None:
    path = ROSTERS / "heping_xiaobailou_expected.json"
    communities = json.loads(path.read_text(encoding="utf-8"))["communities"]
    frame = {community["code"]: community["resident"] for community in communities}
    wanted = {community["code"]: community["sample_10pct"] for community in communities}
    total = target(sum(frame.values()), Decimal("0.10"))
    assert total == 1138
    assert largest_remainder(total, frame) == wanted


@pytest.mark.parametrize(
    ("frame", "rate", "wanted"),
    [(0, "0.10", 0), (1, "0.10", 1), (11380, "0.10", 1138), (11381, "0.10", 1139)],
)
def test_target_is_rounded_up(frame: int, rate: str, wanted: int) -> None:
    assert target(frame, Decimal(rate)) == wanted


@given(sizes=sizes, share=st.fractions(0, 1))
def test_parts_sum_to_the_total_and_exceed_no_size(
    sizes: dict[str, int], share: float
) -> None:
    total = int(sum(sizes.values()) * share)
    parts = largest_remainder(total, sizes)
    assert sum(parts.values()) == total
    assert all(parts[code] <= sizes[code] for code in sizes)


def test_more_than_everybody_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot split"):
        largest_remainder(3, {"a": 2})
