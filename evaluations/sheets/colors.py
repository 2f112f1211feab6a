"""Which colour a final quarter proposes, and every reason for it (G9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from evaluations.scoring.fields import plain
from evaluations.scoring.grades import Grade
from evaluations.sheets.reactions import Color, ColorRule, Condition, Figure
from evaluations.sheets.rules import RegularRules

HEAVIEST_FIRST = tuple(reversed(Color))
STEP = {grade: step for step, grade in enumerate(Grade, start=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one appointment in one final quarter.

    `total`: None if incomplete; `scores`: indicator code -> 0..100, those with a
    figure; `names`: indicator code -> name; `grade`: None if not ranked;
    `last_places`: in a row, this quarter the last of them, else 0; `warned_quarters`:
    final quarters in a row with a decided colour before this one.
    """

    total: Decimal | None
    scores: Mapping[str, Decimal]
    names: Mapping[str, str]
    grade: Grade | None
    last_places: int = 0
    warned_quarters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A condition that held: what was found against which threshold."""

    color: Color
    condition: Condition
    found: Decimal
    name: str
    basis: str

    def as_record(self) -> dict[str, object]:
        return {
            "color": self.color.value,
            "figure": self.condition.figure.value,
            "indicator": self.condition.indicator,
            "name": self.name,
            "found": plain(self.found),
            "threshold": plain(self.condition.threshold.value),
            "unit": self.condition.threshold.unit.value,
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The heaviest colour that a rule proposes, with the reasons of that colour."""

    color: Color
    reasons: tuple[Reason, ...]


def judge(facts: Facts, *, rules: RegularRules) -> Verdict | None:
    """None if no rule holds, or the scheme sets no conditions at all (its default).

    All conditions of a rule must hold; a figure that is missing holds none, because a
    gap in the records accuses nobody. All rules of the heaviest colour speak.
    """
    for color in HEAVIEST_FIRST:
        reasons = [
            reason
            for rule in rules.colors_of(color)
            for reason in _reasons(rule, facts)
        ]
        if reasons:
            return Verdict(color=color, reasons=tuple(reasons))
    return None


def _reasons(rule: ColorRule, facts: Facts) -> Iterable[Reason]:
    found = [(condition, _found(condition, facts)) for condition in rule.conditions]
    if not all(_holds(condition, value) for condition, value in found):
        return []
    return [
        Reason(
            color=rule.color,
            condition=condition,
            found=value,
            name=facts.names.get(condition.indicator, ""),
            basis=condition.threshold.basis or rule.basis,
        )
        for condition, value in found
        if value is not None
    ]


def _found(condition: Condition, facts: Facts) -> Decimal | None:
    figure = condition.figure
    if figure is Figure.TOTAL_BELOW:
        return facts.total
    if figure is Figure.INDICATOR_BELOW:
        return facts.scores.get(condition.indicator)
    if figure is Figure.GRADE_FROM:
        return None if facts.grade is None else Decimal(STEP[facts.grade])
    if figure is Figure.LAST_PLACES:
        return Decimal(facts.last_places)
    return Decimal(facts.warned_quarters)


def _holds(condition: Condition, value: Decimal | None) -> bool:
    if value is None:
        return False
    if condition.figure in (Figure.TOTAL_BELOW, Figure.INDICATOR_BELOW):
        return value < condition.threshold.value
    return value >= condition.threshold.value
