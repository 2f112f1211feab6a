"""Changes between windows that share no month, from released figures (M58)."""

from decimal import Decimal
from math import sqrt
from typing import Any

import pytest

from evaluations.changes import Reading, question_changes, score_change
from evaluations.medians import median_of
from evaluations.publication import Audience, release, release_sheet
from evaluations.scoring.quantiles import two_sided_t
from tests.evaluations.made import beside, rating

EARLIER = {
    "month": "2025-12",
    "window_from": "2025-01",
    "window_to": "2025-12",
}
OFFICE = Audience.OFFICE


def reading(usable: int = 120, **fields: Any) -> Reading:
    one = rating(usable, **fields)
    return Reading(release(one, OFFICE), release_sheet(one, OFFICE, beside(one)))


def test_a_change_is_the_difference_of_printed_scores_with_t() -> None:
    before = reading(score=Decimal("60.04"), low=Decimal(50), **EARLIER)
    found = score_change(before, reading())
    assert found is not None
    assert (found.since, found.difference) == ("2025-12", Decimal("6.3"))
    reach = two_sided_t(0.95, 238) * sqrt(2 * 6.58**2)
    assert float(found.low or 0) == pytest.approx(6.3 - reach, abs=0.051)
    assert float(found.high or 0) == pytest.approx(6.3 + reach, abs=0.051)
    assert found.direction == 0


def test_a_change_beyond_the_error_has_a_direction() -> None:
    small = {"se": Decimal("0.5"), "low": Decimal(29), "high": Decimal(31)}
    low = reading(score=Decimal(30), **small, **EARLIER)
    high = reading(se=Decimal("0.5"))
    rise = score_change(low, high)
    assert rise is not None
    assert (rise.direction, rise.text) == (1, "+36.3")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        # The windows share months.
        ({"window_from": "2025-02", "window_to": "2026-01"}, {}),
        # One of the two is withheld.
        ({**EARLIER, "usable": 9}, {}),
        (EARLIER, {"usable": 9}),
        # One of the two is printed as a bound (M85).
        ({**EARLIER, "score": Decimal("99.5"), "high": Decimal(100)}, {}),
    ],
)
def test_nothing_is_told_of_what_may_not_be_compared(
    before: dict[str, Any], now: dict[str, Any]
) -> None:
    one = reading(before.get("usable", 120), **_rest(before))
    other = reading(now.get("usable", 120), **_rest(now))
    assert score_change(one, other) is None
    assert question_changes(one, other) == {}


def _rest(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "usable"}


def test_a_question_changes_by_its_four_printed_bounds() -> None:
    """71.2 with 64.3 and 78.9 on both sides: 0 with 10.3 either way."""
    found = question_changes(reading(**EARLIER), reading())
    assert set(found) == {1}
    reach = sqrt((71.2 - 64.3) ** 2 + (78.9 - 71.2) ** 2)
    assert found[1].difference == 0
    assert float(found[1].low or 0) == pytest.approx(-reach, abs=0.051)
    assert float(found[1].high or 0) == pytest.approx(reach, abs=0.051)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], None),
        (["70.1", "80.2"], None),
        (["70.1", "90.0", "80.2"], "80.2"),
        (["70.1", "80.2", "80.3", "90.0"], "80.3"),
    ],
)
def test_a_median_needs_three_that_may_be_told(
    scores: list[str], expected: str | None
) -> None:
    found = median_of(Decimal(score) for score in scores)
    assert found == (None if expected is None else Decimal(expected))
