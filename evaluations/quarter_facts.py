"""What the colour of a quarter is judged by, and what its sheet may carry (G9, M29)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from evaluations.models import ColorWarning
from evaluations.quarter_calendar import previous_quarter
from evaluations.scoring.grades import Grade
from evaluations.sheets.colors import Facts

Warnings = ColorWarning.State
# How far back a row of warned quarters is followed: the largest threshold (8).
FOLLOWED = 8


def bears_consequences(contents: Mapping[str, Any]) -> bool:
    """No residents' part in the record, or one whose window met its target (M29)."""
    resident = contents.get("resident")
    return resident is None or bool(resident["is_valid"])


def facts_of(
    contents: Mapping[str, Any],
    *,
    total: Decimal | None,
    grade: Grade | None,
    last_places: int,
    warned_quarters: int,
) -> Facts:
    """The facts of one sheet; `contents`: its record, stored or only computed.

    Where the residents' window missed its target, the total and the grade are left out.
    """
    lines = list(contents["office"]["lines"])
    is_borne = bears_consequences(contents)
    if contents["resident"] is not None and is_borne:
        lines.append(contents["resident"]["line"])
    return Facts(
        total=total if is_borne else None,
        scores={
            line["code"]: Decimal(line["score"])
            for line in lines
            if line["score"] is not None
        },
        names={line["code"]: line["name"] for line in lines},
        grade=grade if is_borne else None,
        last_places=last_places,
        warned_quarters=warned_quarters,
    )


def warned_before(quarter: str, appointments: Iterable[int]) -> dict[int, int]:
    """Appointment -> quarters in a row before this one with a card that was decided."""
    cards = ColorWarning.objects.filter(
        appointment_id__in=list(appointments),
        period__code__lt=quarter,
        state__in=(Warnings.DECIDED, Warnings.LIFTED),
    ).exclude(lifted_because=ColorWarning.Lifted.APPEAL)
    by_person: dict[int, set[str]] = defaultdict(set)
    for pk, code in cards.values_list("appointment_id", "period__code"):
        by_person[pk].add(code)
    return {pk: _in_a_row(codes, quarter) for pk, codes in by_person.items()}


def _in_a_row(codes: set[str], quarter: str) -> int:
    length, code = 0, previous_quarter(quarter)
    while code in codes and length < FOLLOWED:
        length, code = length + 1, previous_quarter(code)
    return length
