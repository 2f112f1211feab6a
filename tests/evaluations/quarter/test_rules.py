"""What a regular scheme can say, and what it refuses by the name of the field."""

import json
from decimal import Decimal
from typing import Any

import pytest

from evaluations.sheets.parts import Problem, RuleError, Unit
from evaluations.sheets.reactions import MeasureKind, Trigger
from evaluations.sheets.rules import LIMITS, RegularRules, parsed_rules
from evaluations.sheets.words import PROBLEMS, THRESHOLDS, UNITS
from tests.evaluations.quarter.made import (
    BASIS,
    PLAIN,
    indicator,
    mapping,
    residents,
    rules,
    with_set,
)


def obstacles(found: RegularRules) -> list[tuple[str, Problem]]:
    return [(one.field, one.problem) for one in found.obstacles()]


def refusal(raw: dict[str, Any]) -> tuple[str, Problem]:
    with pytest.raises(RuleError) as caught:
        RegularRules.from_mapping(raw)
    return caught.value.field, caught.value.problem


def test_plain_scheme_may_come_into_force() -> None:
    assert rules().obstacles() == []


def test_thresholds_have_the_values_of_the_domain() -> None:
    found = rules()
    assert {name: str(found.value(name)) for name in LIMITS} == {
        "grade.good": "90",
        "grade.fairly_good": "80",
        "grade.fair": "60",
        "grade.quota_good": "0.40",
        "rank.group_min": "3",
        "rank.last_quarters": "3",
        "residents.floor": "30",
        "residents.min_share": "0",
        "publicity.days": "5",
        "annual.excellent_share": "0.20",
    }


def test_every_threshold_has_unit_and_basis() -> None:
    found = rules()
    assert {one.basis for one in found.thresholds.values()} == {BASIS}
    assert found.thresholds["grade.good"].as_mapping() == {
        "value": "90",
        "unit": "points",
        "basis": BASIS,
    }


def test_mapping_and_back_is_the_same_scheme() -> None:
    found = rules(
        colors=[
            {
                "color": "yellow",
                "conditions": [
                    {"figure": "total_below", "threshold": {"value": "60.5"}},
                    {
                        "figure": "indicator_below",
                        "indicator": "economy",
                        "threshold": 50,
                    },
                ],
            }
        ]
    )
    again = parsed_rules(found.canonical().decode())
    assert again == found
    assert again.digest() == found.digest()
    assert json.loads(found.canonical()) == found.as_mapping()


def test_a_number_written_differently_is_the_same_scheme() -> None:
    other = rules(thresholds={"grade.quota_good": "0.4"})
    assert other.digest() == rules().digest()


def test_another_threshold_is_another_scheme() -> None:
    other = rules(thresholds={"grade.quota_good": "0.39"})
    assert other.digest() != rules().digest()


def test_consequences_are_those_of_w8() -> None:
    found = rules()
    fair = found.consequence_of(Trigger.GRADE_FAIR)
    poor = found.consequence_of(Trigger.GRADE_POOR)
    last = found.consequence_of(Trigger.LAST_PLACES)
    assert fair is not None
    assert poor is not None
    assert last is not None
    assert (fair.measure, fair.further) == (MeasureKind.REMINDER_TALK, ())
    assert poor.measure is MeasureKind.CRITICISM
    assert poor.further == (MeasureKind.ADMONITION,)
    assert last.measure is MeasureKind.ADJUSTMENT
    assert found.colors == ()


WRONG = {
    "sts": (mapping(sts=[]), Problem.UNKNOWN_FIELD),
    "sets": (mapping(sets={}), Problem.NOT_A_LIST),
    "thresholds.grade.god": (
        mapping(thresholds={"grade.god": 1}),
        Problem.UNKNOWN_FIELD,
    ),
    "thresholds.grade.quota_good": (
        mapping(thresholds={"grade.quota_good": "1.5"}),
        Problem.OUT_OF_RANGE,
    ),
    "thresholds.rank.last_quarters": (
        mapping(thresholds={"rank.last_quarters": "2.5"}),
        Problem.NOT_WHOLE,
    ),
    "thresholds.grade.good": (
        mapping(thresholds={"grade.good": 70}),
        Problem.NOT_DECREASING,
    ),
    "thresholds.grade.fair.unit": (
        mapping(thresholds={"grade.fair": {"value": 60, "unit": "share"}}),
        Problem.WRONG_UNIT,
    ),
    "thresholds.residents.floor": (
        mapping(thresholds={"residents.floor": 29}),
        Problem.OUT_OF_RANGE,
    ),
    "consequences": (
        mapping(
            consequences=[
                {"trigger": "red", "measure": "removal"},
                {"trigger": "red", "measure": "adjustment"},
            ]
        ),
        Problem.TWICE,
    ),
    "colors.1.conditions": (
        mapping(colors=[{"color": "red", "conditions": []}]),
        Problem.MISSING,
    ),
}


@pytest.mark.parametrize("field", WRONG)
def test_refusal_names_the_field(field: str) -> None:
    raw, problem = WRONG[field]
    assert refusal(raw) == (field, problem)


IN_SET = {
    "weight": (indicator("a", 101), Problem.OUT_OF_RANGE),
    "source": (indicator("a", 10, source="survey"), Problem.RESIDENT_NOT_BY_SURVEY),
    "quarters": (indicator("a", 10, kind="special"), Problem.SPECIAL_WITHOUT_QUARTER),
    "target": (
        indicator("a", 10, direction="lower", floor=0, target=10),
        Problem.FORMULA_AGAINST_DIRECTION,
    ),
    "floor": (indicator("a", 10, floor=-1), Problem.OUT_OF_RANGE),
    "kind": (indicator("a", 10, kind="other"), Problem.NOT_ONE_OF),
    "full_mark": (indicator("a", 10, full_mark="1e12"), Problem.OUT_OF_RANGE),
    "code": (indicator("a" * 61, 10), Problem.OUT_OF_RANGE),
    "full_marks": (indicator("a", 10, full_marks=100), Problem.UNKNOWN_FIELD),
}


@pytest.mark.parametrize("name", IN_SET)
def test_refusal_names_the_field_of_an_indicator(name: str) -> None:
    part, problem = IN_SET[name]
    raw = mapping(sets=[{"group": "街道组", "indicators": [part]}])
    field, found = refusal(raw)
    assert found is problem
    assert field.rsplit(".", 1)[-1] == name
    assert field.startswith(("sets.街道组.indicators.a.", "sets.街道组.indicators.1."))


def test_weights_that_do_not_sum_to_100_keep_a_scheme_out_of_force() -> None:
    found = with_set(indicator("a", 49), residents(50))
    assert obstacles(found) == [("sets.街道组.indicators", Problem.WEIGHTS_NOT_100)]


def test_one_rating_is_counted_by_one_indicator() -> None:
    raw = mapping(
        sets=[
            {
                "group": "街道组",
                "indicators": [residents(50), {**residents(50), "code": "again"}],
            }
        ]
    )
    assert refusal(raw) == ("sets.街道组.indicators", Problem.TWICE)


def test_a_special_indicator_makes_up_the_sum_in_its_quarter() -> None:
    special = indicator("phase", 10, kind="special", quarters=["2026Q4"])
    found = with_set(indicator("a", 40), residents(50), special)
    assert found.obstacles() == []
    chosen = found.set_of("街道组")
    assert chosen is not None
    assert [one.code for one in chosen.in_quarter("2026Q3")] == ["a", "residents"]


def test_a_scheme_without_basis_or_posts_says_so() -> None:
    found = rules(basis="", posts=[])
    problems = {problem for _, problem in obstacles(found)}
    assert problems == {Problem.BASIS_MISSING, Problem.MISSING}


def test_a_set_of_any_group_serves_groups_without_their_own() -> None:
    found = rules(sets=[*PLAIN["sets"], {"group": "*", "indicators": [residents(100)]}])
    of_any, of_street = found.set_of("一般镇乡组"), found.set_of("街道组")
    assert of_any is not None
    assert of_street is not None
    assert [one.code for one in of_any.indicators] == ["residents"]
    assert len(of_street.indicators) == 3


def test_the_residents_least_share_counts_every_quarter() -> None:
    special = indicator("phase", 50, kind="special", quarters=["2026Q4"])
    found = with_set(
        indicator("a", 20),
        residents(30),
        special,
        thresholds={"residents.min_share": "0.5"},
    )
    assert obstacles(found) == [
        ("sets.街道组.residents", Problem.RESIDENT_SHARE_TOO_SMALL)
    ]


def test_everything_has_its_words() -> None:
    assert set(PROBLEMS) == set(Problem)
    assert set(UNITS) == set(Unit)
    assert set(THRESHOLDS) == set(LIMITS)
    assert rules().value("grade.quota_good") == Decimal("0.40")
