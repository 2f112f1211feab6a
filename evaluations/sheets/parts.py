"""What a regular scheme is made of: thresholds with unit and basis, and their reading.

Pure. Every refusal names its field, as in `sets.街道组.indicators.gdp.weight`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from evaluations.scoring.fields import exact_decimal, plain

Words = TypeVar("Words", bound=StrEnum)
Part = TypeVar("Part")

_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")
LONGEST_TEXT = 300


class Problem(StrEnum):
    """Why a field is refused; the words for a person are in `sheets/words.py`."""

    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    NOT_A_LIST = "not_a_list"
    NOT_A_MAPPING = "not_a_mapping"
    NOT_A_TEXT = "not_a_text"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    NOT_ONE_OF = "not_one_of"
    NOT_A_QUARTER = "not_a_quarter"
    NOT_DECREASING = "not_decreasing"
    TWICE = "twice"
    WRONG_UNIT = "wrong_unit"
    FORMULA_AGAINST_DIRECTION = "formula_against_direction"
    QUARTERS_ONLY_FOR_SPECIAL = "quarters_only_for_special"
    SPECIAL_WITHOUT_QUARTER = "special_without_quarter"
    RESIDENT_NOT_BY_SURVEY = "resident_not_by_survey"
    INDICATOR_UNKNOWN = "indicator_unknown"
    # Of a whole that may be kept as a draft and not come into force.
    NO_INDICATORS = "no_indicators"
    WEIGHTS_NOT_100 = "weights_not_100"
    BASIS_MISSING = "basis_missing"
    RESIDENTS_MISSING = "residents_missing"
    RESIDENT_SHARE_TOO_SMALL = "resident_share_too_small"
    EVIDENCE_MISSING = "evidence_missing"
    ABSENT_WITHOUT_REASON = "absent_without_reason"


class RuleError(ValueError):
    """A scheme cannot be read: `field`, `problem`, and what was found."""

    def __init__(self, field: str, problem: Problem, found: object = "") -> None:
        super().__init__(f"{field}: {problem.value} {found}".rstrip())
        self.field = field
        self.problem = problem
        self.found = str(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps a draft from coming into force: `field`, `problem`, `found`."""

    field: str
    problem: Problem
    found: str = ""


class Unit(StrEnum):
    """What a threshold counts."""

    POINTS = "points"
    SHARE = "share"
    QUARTERS = "quarters"
    MONTHS = "months"
    WORKING_DAYS = "working_days"
    HOUSEHOLDS = "households"
    APPOINTMENTS = "appointments"
    GRADE_STEP = "grade_step"
    RAW = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number with its unit and the code of the document that it rests on.

    `basis` is empty in a draft only (G12).
    """

    value: Decimal
    unit: Unit
    basis: str = ""

    def as_mapping(self) -> dict[str, object]:
        return {
            "value": plain(self.value),
            "unit": self.unit.value,
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How a threshold is read: `unit`, the ends of its range, whole numbers or not."""

    unit: Unit
    low: str
    high: str
    is_whole: bool = False
    default: str | None = None

    def parse(self, raw: object, field: str, *, basis: str = "") -> Threshold:
        """From `{"value", "unit", "basis"}`, or from a bare number.

        `basis`: of the whole scheme, where the threshold names none of its own.
        """
        if isinstance(raw, Mapping):
            known = known_fields(raw, field, ("value", "unit", "basis"))
            unit = known.get("unit", self.unit.value)
            if unit != self.unit:
                raise RuleError(f"{field}.unit", Problem.WRONG_UNIT, unit)
            basis = text(known.get("basis", ""), f"{field}.basis") or basis
            raw = required(known, "value", field)
        return Threshold(value=self._number(raw, field), unit=self.unit, basis=basis)

    def _number(self, raw: object, field: str) -> Decimal:
        value = number(raw, field)
        if not Decimal(self.low) <= value <= Decimal(self.high):
            span = f"{value} ({self.low}..{self.high})"
            raise RuleError(field, Problem.OUT_OF_RANGE, span)
        if self.is_whole and value != int(value):
            raise RuleError(field, Problem.NOT_WHOLE, value)
        return value


def number(raw: object, field: str) -> Decimal:
    """An exact decimal."""
    try:
        return exact_decimal(raw)
    except ValueError:
        raise RuleError(field, Problem.NOT_A_NUMBER, raw) from None


def text(raw: object, field: str) -> str:
    """A text without blanks at its ends; an empty one is allowed."""
    if not isinstance(raw, str) or len(raw) > LONGEST_TEXT:
        raise RuleError(field, Problem.NOT_A_TEXT, raw if isinstance(raw, str) else "")
    return raw.strip()


def needed_text(raw: object, field: str) -> str:
    found = text(raw, field)
    if not found:
        raise RuleError(field, Problem.MISSING)
    return found


def word(raw: object, options: type[Words], field: str) -> Words:
    """One of the words of an enumeration."""
    try:
        return options(raw if isinstance(raw, str) else "")
    except ValueError:
        raise RuleError(field, Problem.NOT_ONE_OF, raw) from None


def flag(raw: object, field: str) -> bool:
    if not isinstance(raw, bool):
        raise RuleError(field, Problem.NOT_ONE_OF, raw)
    return raw


def quarter(raw: object, field: str) -> str:
    """As in "2026Q4"."""
    if not isinstance(raw, str) or not _QUARTER.fullmatch(raw):
        raise RuleError(field, Problem.NOT_A_QUARTER, raw)
    return raw


def listed(raw: object, field: str) -> Sequence[object]:
    if not isinstance(raw, list | tuple):
        raise RuleError(field, Problem.NOT_A_LIST, raw)
    return raw


def several(
    raw: object, field: str, parse: Callable[[object, str], Part]
) -> tuple[Part, ...]:
    """A list whose members are read one by one, none of them twice."""
    found = tuple(
        parse(part, f"{field}.{place}")
        for place, part in enumerate(listed(raw, field), start=1)
    )
    refuse_twice(found, field)
    return found


def refuse_twice(values: Iterable[object], field: str) -> None:
    seen: list[object] = []
    for value in values:
        if value in seen:
            raise RuleError(field, Problem.TWICE, value)
        seen.append(value)


def known_fields(raw: object, field: str, names: Iterable[str]) -> Mapping[str, object]:
    """A mapping with no other names than these: a misspelt field is no silent one."""
    if not isinstance(raw, Mapping):
        raise RuleError(field, Problem.NOT_A_MAPPING, raw)
    for name in raw:
        if name not in names:
            raise RuleError(_joined(field, name), Problem.UNKNOWN_FIELD)
    return raw


def required(raw: Mapping[str, object], name: str, field: str) -> object:
    if name not in raw:
        raise RuleError(_joined(field, name), Problem.MISSING)
    return raw[name]


def _joined(field: str, name: object) -> str:
    return f"{field}.{name}" if field else str(name)
