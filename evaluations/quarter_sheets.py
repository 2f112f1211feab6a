"""From stored entries to computed sheets, for any number of appointments at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from evaluations.models import AssessmentPeriod, IndicatorScore, ScoreSheet
from evaluations.quarter_residents import residents_of
from evaluations.scoring.canonical import canonical_json
from evaluations.sheets.indicators import IndicatorSet
from evaluations.sheets.rules import RegularRules
from evaluations.sheets.sheet import (
    Reading,
    Residents,
    Sheet,
    Why,
    compute_sheet,
)

Readings = Mapping[int, list[Reading]]


def computed(
    sheets: Iterable[ScoreSheet],
    *,
    period: AssessmentPeriod,
    quarter: str,
    months: Iterable[int],
    last_month: str,
    tried: RegularRules | None = None,
) -> dict[int, Sheet]:
    """Appointment -> its sheet, from the entries of `months` (ids of periods).

    `sheets`: with `appointment` and `group`; the residents' figure is that of
    `last_month`; `tried`: the rules of a draft in the place of the period's own. Two
    queries for any number.
    """
    listed = list(sheets)
    rules = tried or period.rules
    readings = readings_of(months)
    lists = {one.group.name: _list_of(rules, one.group.name) for one in listed}
    asked = [one for one in listed if lists[one.group.name].residents]
    residents = residents_of(
        [one.appointment_id for one in asked],
        month=last_month,
        figure=rules.resident_figure,
    )
    nothing = Residents(month=last_month, why=Why.NO_RATING)
    found = {}
    for one in listed:
        chosen = lists[one.group.name]
        found[one.appointment_id] = compute_sheet(
            indicators=chosen,
            period=period.code,
            quarter=quarter,
            appointment=one.appointment.code,
            readings=readings.get(one.appointment_id, ()),
            residents=residents.get(one.appointment_id, nothing),
            redistribution=rules.redistribution,
        )
    return found


def _list_of(rules: RegularRules, group: str) -> IndicatorSet:
    chosen = rules.set_of(group)
    if chosen is None:
        raise ValueError(f"{group}: no indicators")
    return chosen


def readings_of(months: Iterable[int]) -> Readings:
    """Appointment -> the current entries of these months."""
    scores = IndicatorScore.objects.current().filter(period_id__in=list(months))
    found: dict[int, list[Reading]] = defaultdict(list)
    for score in scores.select_related("period").order_by("pk"):
        found[score.appointment_id].append(
            Reading(
                indicator=score.indicator,
                month=score.period.code,
                raw=score.raw,
                kinds=score.kinds,
                ref=str(score.pk),
            )
        )
    return found


def figures_of(sheet: Sheet, **more: Any) -> dict[str, Any]:
    """The columns of a stored sheet; `more`: what its record says besides."""
    record = canonical_json({**sheet.as_record(), **more})
    return {
        "total": sheet.total,
        "completeness": sheet.completeness,
        "office_points": sheet.office_points,
        "resident_points": sheet.resident_points,
        "resident_m": sheet.resident_m,
        "record": record.decode(),
        "record_sha256": sha256(record).hexdigest(),
    }


def scheme_of(period: AssessmentPeriod) -> dict[str, str]:
    """How a record names its scheme."""
    return {"ref": period.scheme.ref, "sha256": period.rules.digest()}


def may_be_last(sheet: Sheet, residents: Residents) -> bool:
    """Whether the answers carry a last place (M29; M81 on residents alone)."""
    if sheet.resident is None:
        return True
    if sheet.rests_on_residents_alone:
        return residents.may_be_last
    return residents.is_valid
