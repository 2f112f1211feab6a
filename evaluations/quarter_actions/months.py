"""Close a month, review its sheets (W5: 每月审核)."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from audit.actions import record
from evaluations.models import AssessmentPeriod, ScoreSheet
from evaluations.quarter_actions.errors import MonthIsRunning, WrongState
from evaluations.quarter_actions.opening import close_open_month
from evaluations.quarter_actions.persons import refuse_own
from evaluations.quarter_sheets import computed, figures_of, scheme_of

State = AssessmentPeriod.State


@transaction.atomic
def close_month(*, period: AssessmentPeriod, by: User, at: dt.datetime) -> None:
    """Open -> closed by hand, before the next month begins by itself."""
    closed = close_open_month(
        scheme_code=period.scheme_code, division=period.division, at=at
    )
    if not closed:
        raise WrongState(str(period))
    record(
        "period.closed",
        target=period,
        by=by,
        at=at,
        division=period.division_id,
        data={"month": period.code},
    )


@transaction.atomic
def review_month_sheets(
    *,
    period: AssessmentPeriod,
    sheets: Iterable[ScoreSheet],
    by: User,
    at: dt.datetime,
    note: str = "",
) -> int:
    """Collecting -> reviewed: the figures are written down; how many.

    A sheet that somebody else reviewed meanwhile stays theirs and is not counted. When
    the last one is reviewed the month is. MonthIsRunning before the month is closed.
    """
    held = AssessmentPeriod.objects.months().select_for_update(
        of=("self",), no_key=True
    )
    found = held.select_related("scheme", "parent", "division").get(pk=period.pk)
    if found.state == State.OPEN:
        raise MonthIsRunning(found.code)
    waiting = _waiting(found, [sheet.pk for sheet in sheets])
    refuse_own({sheet.appointment_id for sheet in waiting}, by=by)
    _settle(found, waiting, by=by, at=at, note=note)
    left = found.sheets.current().filter(state=ScoreSheet.State.COLLECTING)
    if not left.exists():
        AssessmentPeriod.objects.filter(pk=found.pk).update(state=State.REVIEWED)
    if not waiting:
        return 0
    record(
        "sheets.reviewed",
        target=found,
        by=by,
        at=at,
        division=found.division_id,
        data={
            "month": found.code,
            "ids": [sheet.appointment_id for sheet in waiting],
            "note": note,
        },
    )
    return len(waiting)


def _waiting(period: AssessmentPeriod, pks: list[int]) -> list[ScoreSheet]:
    sheets = period.sheets.current().filter(
        pk__in=pks, state=ScoreSheet.State.COLLECTING
    )
    # Locked in one order: neither two reviewers nor an entry gets in between.
    locked = sheets.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(locked.select_related("appointment", "group"))


def _settle(
    period: AssessmentPeriod,
    sheets: list[ScoreSheet],
    *,
    by: User,
    at: dt.datetime,
    note: str,
) -> None:
    found = computed(
        sheets,
        period=period,
        quarter=period.parent.code if period.parent else "",
        months=[period.pk],
        last_month=period.code,
    )
    for sheet in sheets:
        ScoreSheet.objects.filter(pk=sheet.pk).settle(
            **figures_of(found[sheet.appointment_id], scheme=scheme_of(period)),
            state=ScoreSheet.State.REVIEWED,
            reviewed_by=by,
            reviewed_at=at,
            review_note=note,
        )
