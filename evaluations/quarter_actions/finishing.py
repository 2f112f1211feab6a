"""Publicity, the day a quarter is final, and a quarter withdrawn on appeal."""

import datetime as dt
from typing import NoReturn

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import Actor, record
from evaluations.models import (
    Appeal,
    AssessmentPeriod,
    ColorWarning,
    Measure,
    ScoreSheet,
)
from evaluations.quarter_actions.consequences import (
    propose_for_grades,
    propose_for_last_places,
)
from evaluations.quarter_actions.errors import (
    AppealsOpen,
    MonthsGoInOrder,
    PublicityRuns,
    WrongState,
)
from evaluations.quarter_actions.persons import needed, refuse_own
from evaluations.quarter_calendar import months_of
from officials.working_days import add_working_days

State = AssessmentPeriod.State
STANDING = (
    ScoreSheet.State.RANKED,
    ScoreSheet.State.PUBLICITY,
    ScoreSheet.State.FINAL,
)


@transaction.atomic
def start_quarter_publicity(
    *, period: AssessmentPeriod, starts_on: dt.date, by: User, at: dt.datetime
) -> dt.date:
    """Ranked -> publicity, for the scheme's working days; the last day of it."""
    until = add_working_days(starts_on, period.rules.whole("publicity.days")).on
    moved = AssessmentPeriod.objects.filter(pk=period.pk, state=State.RANKED).update(
        state=State.PUBLICITY, publicity_from=starts_on, publicity_until=until
    )
    if not moved:
        raise WrongState(str(period))
    sheets = ScoreSheet.objects.filter(period=period, state=ScoreSheet.State.RANKED)
    sheets.update(state=ScoreSheet.State.PUBLICITY)
    record(
        "quarter.publicity_started",
        target=period,
        by=by,
        at=at,
        division=period.division_id,
        data={
            "quarter": period.code,
            "starts_on": starts_on.isoformat(),
            "ends_on": until.isoformat(),
        },
    )
    return until


@transaction.atomic
def finalise_quarter(
    *, period: AssessmentPeriod, by: Actor, at: dt.datetime
) -> list[Measure]:
    """Publicity -> final; the proposals that follow, each of them once (W8).

    1. the publicity period is over, the quarter before is final, and no rating whose
       figure is in a sheet is under appeal;
    2. sheets become final;
    3. 一般 and 较差 propose their measure, and a third last place in a row exactly one
       organizational adjustment, today and not before.
    """
    held = AssessmentPeriod.objects.quarters().select_for_update(
        of=("self",), no_key=True
    )
    quarter = held.select_related("scheme").get(pk=period.pk)
    _refuse_early(quarter, on=timezone.localdate(at))
    ScoreSheet.objects.filter(period=quarter, state=ScoreSheet.State.PUBLICITY).update(
        state=ScoreSheet.State.FINAL
    )
    AssessmentPeriod.objects.filter(pk=quarter.pk).update(
        state=State.FINAL, final_at=at
    )
    final = ScoreSheet.objects.filter(period=quarter, state=ScoreSheet.State.FINAL)
    sheets = list(final.select_related("period", "grade"))
    measures = propose_for_grades(sheets, rules=quarter.rules, at=at)
    measures += propose_for_last_places(
        [sheet.appointment_id for sheet in sheets],
        until=quarter.code,
        rules=quarter.rules,
        at=at,
    )
    record(
        "quarter.final",
        target=quarter,
        by=by,
        at=at,
        division=quarter.division_id,
        data={
            "quarter": quarter.code,
            "sheets": len(sheets),
            "measures": len(measures),
        },
    )
    return measures


@transaction.atomic
def withdraw_quarter(
    *, sheet: ScoreSheet, reason: str, by: User, at: dt.datetime
) -> list[Measure]:
    """Set one person's quarter aside after an upheld appeal; what it took with it.

    1. the sheet stays readable and counts for nothing;
    2. measures that rest on it and were not carried out are dropped with the reason,
       its colour is lifted or dropped;
    3. rows of last places are looked at again without it: what still stands, stands.
    The ranks of the others stay: they were computed once (W5).
    """
    refuse_own({sheet.appointment_id}, by=by)
    words = needed(reason)
    held = ScoreSheet.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=sheet.pk,
        state__in=STANDING,
        period__kind=AssessmentPeriod.Kind.QUARTER,
    )
    sheet = held.select_related("period__scheme").first() or _moved_on(sheet)
    was_final = sheet.state == ScoreSheet.State.FINAL
    ScoreSheet.objects.filter(pk=sheet.pk).update(
        state=ScoreSheet.State.WITHDRAWN,
        withdrawn_by=by,
        withdrawn_at=at,
        withdrawn_because=words,
    )
    dropped = _drop_what_rests_on(sheet, words, by=by, at=at)
    if was_final:
        propose_for_last_places(
            [sheet.appointment_id],
            until=_latest_final(sheet),
            rules=sheet.period.rules,
            at=at,
        )
    record(
        "quarter.withdrawn",
        target=sheet,
        by=by,
        at=at,
        division=sheet.division_id,
        data={
            "quarter": sheet.period.code,
            "reason": words,
            "dropped": [measure.pk for measure in dropped],
        },
    )
    return dropped


def _moved_on(sheet: ScoreSheet) -> NoReturn:
    raise WrongState(str(sheet))


def _refuse_early(quarter: AssessmentPeriod, *, on: dt.date) -> None:
    if quarter.state != State.PUBLICITY or quarter.publicity_until is None:
        raise WrongState(str(quarter))
    if on <= quarter.publicity_until:
        raise PublicityRuns(quarter.publicity_until)
    earlier = AssessmentPeriod.objects.quarters().filter(
        scheme_code=quarter.scheme_code,
        division=quarter.division_id,
        code__lt=quarter.code,
        state__in=(State.RANKED, State.PUBLICITY),
    )
    if waiting := sorted(earlier.values_list("code", flat=True)):
        raise MonthsGoInOrder(", ".join(waiting))
    _refuse_under_appeal(quarter)


def _refuse_under_appeal(quarter: AssessmentPeriod) -> None:
    """A figure that may still change proposes nothing."""
    assessed = ScoreSheet.objects.filter(
        period=quarter, state=ScoreSheet.State.PUBLICITY, resident_m__isnull=False
    )
    appeals = Appeal.objects.open().filter(
        rating__month__in=months_of(quarter.code),
        rating__appointment__in=assessed.values("appointment"),
    )
    if open_ones := sorted(appeals.values_list("rating__community", flat=True)):
        raise AppealsOpen(open_ones)


def _drop_what_rests_on(
    sheet: ScoreSheet, reason: str, *, by: User, at: dt.datetime
) -> list[Measure]:
    open_ones = Measure.objects.select_for_update(of=("self",), no_key=True).filter(
        grounds__sheet=sheet,
        state__in=(Measure.State.PROPOSED, Measure.State.APPROVED),
    )
    dropped = list(open_ones.order_by("pk"))
    Measure.objects.filter(pk__in=[one.pk for one in dropped]).update(
        state=Measure.State.DROPPED, decided_by=by, decided_at=at, decision=reason
    )
    warnings = ColorWarning.objects.filter(sheet=sheet)
    warnings.filter(state=ColorWarning.State.PROPOSED).update(
        state=ColorWarning.State.DROPPED, decided_by=by, decided_at=at, decision=reason
    )
    warnings.filter(state=ColorWarning.State.DECIDED).update(
        state=ColorWarning.State.LIFTED,
        lifted_at=at,
        lifted_because=ColorWarning.Lifted.APPEAL,
    )
    return dropped


def _latest_final(sheet: ScoreSheet) -> str:
    final = ScoreSheet.objects.filter(
        appointment=sheet.appointment_id,
        period__kind=AssessmentPeriod.Kind.QUARTER,
        state=ScoreSheet.State.FINAL,
    )
    latest = final.order_by("-period__code").values_list("period__code", flat=True)
    return latest.first() or sheet.period.code
