"""What a result may lead to, as data: colours (G9) and consequences (W8).

Every one of them is a proposal; a named person decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from evaluations.sheets.parts import (
    Limit,
    Obstacle,
    Problem,
    RuleError,
    Threshold,
    Unit,
    known_fields,
    refuse_twice,
    required,
    several,
    text,
    word,
)


class Color(StrEnum):
    """黄, 橙, 红: in the order of weight."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class Figure(StrEnum):
    """What a colour condition looks at.

    `grade_from`: the grade is this step or a lower one (1 好, 2 较好, 3 一般, 4 较差);
    `last_places`: last places in a row, this quarter the last of them;
    `warned_quarters`: final quarters in a row with a decided colour before this one.
    """

    TOTAL_BELOW = "total_below"
    INDICATOR_BELOW = "indicator_below"
    GRADE_FROM = "grade_from"
    LAST_PLACES = "last_places"
    WARNED_QUARTERS = "warned_quarters"


_LIMITS = {
    Figure.TOTAL_BELOW: Limit(unit=Unit.POINTS, low="0", high="100"),
    Figure.INDICATOR_BELOW: Limit(unit=Unit.POINTS, low="0", high="100"),
    Figure.GRADE_FROM: Limit(unit=Unit.GRADE_STEP, low="2", high="4", is_whole=True),
    Figure.LAST_PLACES: Limit(unit=Unit.QUARTERS, low="1", high="8", is_whole=True),
    Figure.WARNED_QUARTERS: Limit(unit=Unit.QUARTERS, low="1", high="8", is_whole=True),
}


class Trigger(StrEnum):
    """What a consequence follows from."""

    GRADE_FAIR = "grade_fair"
    GRADE_POOR = "grade_poor"
    LAST_PLACES = "last_places"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class MeasureKind(StrEnum):
    """谈话提醒, 批评教育, 诫勉, 组织调整, 清退, 问责."""

    REMINDER_TALK = "reminder_talk"
    CRITICISM = "criticism"
    ADMONITION = "admonition"
    ADJUSTMENT = "adjustment"
    REMOVAL = "removal"
    ACCOUNTABILITY = "accountability"


# Nobody is removed by one signature or unheard (G9); no scheme can change it.
NEEDS_TWO_AND_A_HEARING = frozenset({MeasureKind.REMOVAL})
EFFECT = Limit(unit=Unit.MONTHS, low="1", high="60", is_whole=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison. `indicator`: the code for `indicator_below`, else empty."""

    figure: Figure
    threshold: Threshold
    indicator: str = ""

    def as_mapping(self) -> dict[str, object]:
        return {
            "figure": self.figure.value,
            "threshold": self.threshold.as_mapping(),
            "indicator": self.indicator,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorRule:
    """All of `conditions` together propose `color`; several rules are alternatives."""

    color: Color
    conditions: tuple[Condition, ...]
    basis: str

    def as_mapping(self) -> dict[str, object]:
        return {
            "color": self.color.value,
            "conditions": [one.as_mapping() for one in self.conditions],
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceRule:
    """`trigger` proposes `measure`; `further`: what the decider may add if necessary.

    `effect`: how long the measure has effect, None without an end of its own.
    """

    trigger: Trigger
    measure: MeasureKind
    further: tuple[MeasureKind, ...]
    effect: Threshold | None
    basis: str

    def as_mapping(self) -> dict[str, object]:
        return {
            "trigger": self.trigger.value,
            "measure": self.measure.value,
            "further": [kind.value for kind in self.further],
            "effect": None if self.effect is None else self.effect.as_mapping(),
            "basis": self.basis,
        }


# 一般 → reminder talk; 较差 → criticism, admonition if necessary; last place three
# quarters running → organizational adjustment (W8). Colours: the talk and the removal
# that their names say (G9); the yellow card is itself the reminder.
DEFAULT_CONSEQUENCES = (
    (Trigger.GRADE_FAIR, MeasureKind.REMINDER_TALK, ()),
    (Trigger.GRADE_POOR, MeasureKind.CRITICISM, (MeasureKind.ADMONITION,)),
    (Trigger.LAST_PLACES, MeasureKind.ADJUSTMENT, ()),
    (Trigger.ORANGE, MeasureKind.REMINDER_TALK, ()),
    (Trigger.RED, MeasureKind.REMOVAL, ()),
)


def default_consequences(*, basis: str) -> tuple[ConsequenceRule, ...]:
    return tuple(
        ConsequenceRule(
            trigger=trigger, measure=measure, further=further, effect=None, basis=basis
        )
        for trigger, measure, further in DEFAULT_CONSEQUENCES
    )


def parse_color_rule(raw: object, field: str, *, basis: str) -> ColorRule:
    known = known_fields(raw, field, ("color", "conditions", "basis"))
    own = text(known.get("basis", ""), f"{field}.basis") or basis
    at = f"{field}.conditions"
    conditions = several(
        required(known, "conditions", field),
        at,
        lambda part, place: _condition(part, place, basis=own),
    )
    if not conditions:
        raise RuleError(at, Problem.MISSING)
    return ColorRule(
        color=word(required(known, "color", field), Color, f"{field}.color"),
        conditions=conditions,
        basis=own,
    )


def _condition(raw: object, field: str, *, basis: str) -> Condition:
    known = known_fields(raw, field, ("figure", "threshold", "indicator"))
    figure = word(required(known, "figure", field), Figure, f"{field}.figure")
    indicator = text(known.get("indicator", ""), f"{field}.indicator")
    if (figure is Figure.INDICATOR_BELOW) != bool(indicator):
        raise RuleError(f"{field}.indicator", Problem.INDICATOR_UNKNOWN, indicator)
    at = f"{field}.threshold"
    threshold = _LIMITS[figure].parse(
        required(known, "threshold", field), at, basis=basis
    )
    return Condition(figure=figure, threshold=threshold, indicator=indicator)


def parse_consequences(
    raw: object, field: str, *, basis: str
) -> tuple[ConsequenceRule, ...]:
    """At most one rule per trigger."""
    found = several(
        raw, field, lambda part, place: _consequence(part, place, basis=basis)
    )
    refuse_twice((one.trigger.value for one in found), field)
    return found


def _consequence(raw: object, field: str, *, basis: str) -> ConsequenceRule:
    names = ("trigger", "measure", "further", "effect", "basis")
    known = known_fields(raw, field, names)
    own = text(known.get("basis", ""), f"{field}.basis") or basis
    effect = known.get("effect")
    at = f"{field}.measure"
    return ConsequenceRule(
        trigger=word(required(known, "trigger", field), Trigger, f"{field}.trigger"),
        measure=word(required(known, "measure", field), MeasureKind, at),
        further=several(
            known.get("further", ()),
            f"{field}.further",
            lambda part, place: word(part, MeasureKind, place),
        ),
        effect=None
        if effect is None
        else EFFECT.parse(effect, f"{field}.effect", basis=own),
        basis=own,
    )


def basis_obstacles(
    colors: Iterable[ColorRule], consequences: Iterable[ConsequenceRule]
) -> list[Obstacle]:
    """Rules without a document; their thresholds inherit what they name."""
    problem = Problem.BASIS_MISSING
    found = [
        Obstacle(field=f"colors.{place}.basis", problem=problem)
        for place, rule in enumerate(colors, start=1)
        if not rule.basis
    ]
    found += [
        Obstacle(field=f"consequences.{rule.trigger.value}.basis", problem=problem)
        for rule in consequences
        if not rule.basis
    ]
    return found
