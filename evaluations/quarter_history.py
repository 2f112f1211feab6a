"""Quarters of an appointment that are settled: rows of last places (4.4, M81)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from evaluations.models import AssessmentPeriod, ScoreSheet
from evaluations.scoring.last_place import (
    Outcome,
    Quarter,
    Row,
    last_places_in_a_row,
)
from evaluations.sheets.rules import RegularRules

SETTLED = (ScoreSheet.State.FINAL, ScoreSheet.State.WITHDRAWN)


def settled_quarters(
    appointments: Iterable[int], *, until: str
) -> dict[int, list[ScoreSheet]]:
    """Appointment -> its final and withdrawn quarters up to `until`, oldest first."""
    sheets = ScoreSheet.objects.current().filter(
        appointment_id__in=list(appointments),
        period__kind=AssessmentPeriod.Kind.QUARTER,
        period__code__lte=until,
        state__in=SETTLED,
    )
    found: dict[int, list[ScoreSheet]] = defaultdict(list)
    related = sheets.select_related("period", "group_rank", "appointment")
    for sheet in related.order_by("period__code"):
        found[sheet.appointment_id].append(sheet)
    return found


def last_places(sheets: Iterable[ScoreSheet], *, rules: RegularRules) -> Row:
    """The row of last places of one appointment."""
    return last_places_in_a_row(
        [quarter_result(sheet) for sheet in sheets], method=rules.method
    )


def row_if_last(
    history: Iterable[ScoreSheet], sheet: ScoreSheet, *, rules: RegularRules
) -> int:
    """Last places in a row if the quarter of `sheet` were one of them (M81)."""
    quarter = sheet.period.code
    earlier = [quarter_result(one) for one in history if one.period.code < quarter]
    last = replace(quarter_result(sheet), outcome=Outcome.LAST, is_withdrawn=False)
    return last_places_in_a_row([*earlier, last], method=rules.method).length


def quarter_result(sheet: ScoreSheet) -> Quarter:
    year, _, number = sheet.period.code.partition("Q")
    return Quarter(
        year=int(year),
        quarter=int(number),
        appointment=sheet.appointment.code,
        outcome=_outcome(sheet),
        is_withdrawn=sheet.state == ScoreSheet.State.WITHDRAWN,
    )


def _outcome(sheet: ScoreSheet) -> Outcome:
    rank = getattr(sheet, "group_rank", None)
    if rank is None:
        return Outcome.NOT_RANKED
    return Outcome.LAST if rank.is_last else Outcome.NOT_LAST
