"""What a finding can carry (M29, M88)."""

import pytest

from evaluations.scoring.consequences import Finding, support
from evaluations.scoring.ladder import Consequence
from evaluations.scoring.method import Method
from evaluations.scoring.window import Month, Validity


def window(last, m, *, months=12):
    month = Month.parse(last)
    return Finding(first=month.plus(1 - months), last=month, m=m)


NOW = window("2026-12", 60)


def found(finding, earlier, method, validity=Validity.VALID):
    return support(finding, earlier, validity=validity, method=method)


def test_a_hundred_answers_carry_a_finding_alone(method):
    hundred = window("2026-12", 100)
    result = found(hundred, [], method)
    assert (result.is_enough, result.rests_on) == (True, (hundred,))
    assert (result.is_valid, result.consequence) == (True, Consequence.YES)


@pytest.mark.parametrize(
    ("last", "m", "enough"),
    [
        ("2025-12", 30, True),
        ("2025-12", 29, False),
        ("2026-01", 99, False),
        ("2024-06", 99, True),
    ],
)
def test_two_disjoint_windows_of_thirty_carry_it_together(last, m, enough, method):
    earlier = window(last, m)
    result = found(NOW, [earlier], method)
    assert result.is_enough is enough
    assert result.rests_on == ((earlier, NOW) if enough else ())
    assert result.consequence is Consequence.TWO_PERIODS


def test_the_latest_disjoint_window_counts(method):
    earlier = [window("2024-12", 90), window("2025-12", 40), window("2026-09", 99)]
    for order in (earlier, earlier[::-1]):
        assert found(NOW, order, method).rests_on == (earlier[1], NOW)


def test_a_later_window_is_no_earlier_finding(method):
    assert not found(NOW, [window("2027-12", 99)], method).is_enough


def test_twenty_nine_answers_carry_nothing(method):
    result = found(window("2026-12", 29), [window("2025-12", 99)], method)
    assert (result.is_enough, result.consequence) == (False, Consequence.NONE)


@pytest.mark.parametrize("mark", [Validity.INCOMPLETE, Validity.BELOW_TARGET])
def test_a_window_that_is_not_valid_carries_nothing(mark, method):
    result = found(window("2026-12", 400), [window("2025-12", 400)], method, mark)
    assert (result.is_enough, result.rests_on, result.is_valid) == (False, (), False)


def test_floors_come_from_the_scheme():
    strict = Method.from_mapping({"publish.consequence": 150, "publish.public": 50})
    assert not found(window("2026-12", 149), [], strict).is_enough
    assert not found(NOW, [window("2025-12", 49)], strict).is_enough
    assert found(NOW, [window("2025-12", 50)], strict).is_enough
