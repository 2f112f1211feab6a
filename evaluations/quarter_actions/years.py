"""The annual sheet takes the four quarters as they are (W5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import record
from evaluations.models import AssessmentPeriod, ScoreSheet
from evaluations.quarter_actions.errors import MonthIsOpen, NotFinal
from evaluations.quarter_calendar import quarters_of
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.grades import Grade
from evaluations.sheets.annual import AnnualSheet, QuarterResult, annual_sheet
from officials.models import Division

Kind, State = AssessmentPeriod.Kind, AssessmentPeriod.State
SETTLED = (ScoreSheet.State.FINAL, ScoreSheet.State.WITHDRAWN)


@transaction.atomic
def compose_year(
    *, scheme_code: str, division: Division, year: int, by: User, at: dt.datetime
) -> AssessmentPeriod:
    """One sheet per appointment from its final quarters; nothing is typed again.

    NotFinal unless all four quarters are; MonthIsOpen if the year stands already. Who
    is excellent is decided by people: the sheet says who may be.
    """
    quarters = _final_quarters(scheme_code, division, year)
    period = _make(quarters[-1], str(year), at=at)
    found = _results(quarters)
    sheets = [
        _sheet(period, latest, annual, by=by, at=at)
        for latest, annual in _annual(year, found)
    ]
    ScoreSheet.objects.bulk_create(sheets, batch_size=1000)
    record(
        "year.composed",
        target=period,
        by=by,
        at=at,
        division=division.pk,
        data={"year": year, "scheme": scheme_code, "sheets": len(sheets)},
    )
    return period


def _final_quarters(
    scheme_code: str, division: Division, year: int
) -> list[AssessmentPeriod]:
    wanted = quarters_of(year)
    periods = (
        AssessmentPeriod.objects.quarters()
        .select_related("scheme")
        .filter(
            scheme_code=scheme_code,
            division=division,
            code__in=wanted,
            state=State.FINAL,
        )
    )
    found = {period.code: period for period in periods}
    if missing := [code for code in wanted if code not in found]:
        raise NotFinal(", ".join(missing))
    return [found[code] for code in wanted]


def _make(last: AssessmentPeriod, code: str, *, at: dt.datetime) -> AssessmentPeriod:
    try:
        with transaction.atomic():
            return AssessmentPeriod.objects.create(
                scheme=last.scheme,
                scheme_code=last.scheme_code,
                division_id=last.division_id,
                kind=Kind.YEAR,
                code=code,
                state=State.FINAL,
                opened_at=at,
                final_at=at,
            )
    except IntegrityError as error:
        raise MonthIsOpen(code) from error


def _results(quarters: Iterable[AssessmentPeriod]) -> dict[int, list[ScoreSheet]]:
    """Appointment -> its settled quarters, in order."""
    sheets = ScoreSheet.objects.current().filter(
        period__in=list(quarters), state__in=SETTLED
    )
    found: dict[int, list[ScoreSheet]] = defaultdict(list)
    related = sheets.select_related("period", "grade", "appointment", "group")
    for sheet in related.order_by("period__code"):
        found[sheet.appointment_id].append(sheet)
    return found


def _annual(
    year: int, found: Mapping[int, list[ScoreSheet]]
) -> Iterable[tuple[ScoreSheet, AnnualSheet]]:
    for _, sheets in sorted(found.items()):
        results = [_result(sheet) for sheet in sheets]
        code = sheets[-1].appointment.code
        yield (
            sheets[-1],
            annual_sheet(year=year, appointment=code, quarters=results),
        )


def _result(sheet: ScoreSheet) -> QuarterResult:
    grade = getattr(sheet, "grade", None)
    return QuarterResult(
        period=sheet.period.code,
        total=sheet.total,
        grade=Grade(grade.grade) if grade else None,
        resident_points=sheet.resident_points,
        office_points=sheet.office_points,
        is_withdrawn=sheet.state == ScoreSheet.State.WITHDRAWN,
        sha256=sheet.record_sha256,
    )


def _sheet(
    period: AssessmentPeriod,
    latest: ScoreSheet,
    annual: AnnualSheet,
    *,
    by: User,
    at: dt.datetime,
) -> ScoreSheet:
    contents = canonical_json(annual.as_record())
    return ScoreSheet(
        period=period,
        appointment=latest.appointment,
        division_id=latest.division_id,
        group=latest.group,
        state=ScoreSheet.State.REVIEWED,
        total=annual.total,
        completeness=annual.completeness,
        office_points=annual.office_points,
        resident_points=annual.resident_points,
        record=contents.decode(),
        record_sha256=sha256(contents).hexdigest(),
        reviewed_by=by,
        reviewed_at=at,
    )
