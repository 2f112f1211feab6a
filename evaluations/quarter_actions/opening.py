"""Open a month, or whatever months are due (W1)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from audit.actions import Actor, record
from evaluations.models import AssessmentPeriod, AssessmentScheme, ScoreSheet
from evaluations.quarter_actions.errors import (
    AssessedTwice,
    MonthIsOpen,
    MonthsGoInOrder,
    NotInForce,
)
from evaluations.quarter_calendar import month_of, quarter_of
from evaluations.quarter_members import Member, members_of
from evaluations.scoring.window import Month
from officials.models import Appointment, Division

Kind, State = AssessmentPeriod.Kind, AssessmentPeriod.State


@dataclass(frozen=True, slots=True)
class Opened:
    """`without_group`: posts of the scheme that no peer group takes (W3)."""

    period: AssessmentPeriod
    sheets: int
    without_group: tuple[Appointment, ...]


@transaction.atomic
def open_month(
    *,
    scheme: AssessmentScheme,
    division: Division,
    month: str,
    by: Actor,
    at: dt.datetime,
) -> Opened:
    """Open a month of a scheme in a district, and close the one before it.

    1. months go forward, each once;
    2. the quarter keeps the version that it began with: a scheme changed meanwhile
       counts from the next quarter on, and past months stay as they were (W1);
    3. the month before is closed, so that everybody has exactly one open month;
    4. a sheet for everybody in a post of the scheme.
    """
    _refuse_out_of_order(scheme, division, month)
    quarter = _quarter(scheme, division, month, at=at)
    close_open_month(scheme_code=scheme.code, division=division, at=at)
    period = _make(quarter.scheme, division, month, Kind.MONTH, quarter, at=at)
    members = members_of(quarter.scheme, division=division, month=month)
    add_sheets(period, members.found)
    record(
        "period.opened",
        target=period,
        by=by,
        at=at,
        division=division.pk,
        data={
            "month": month,
            "scheme": quarter.scheme.ref,
            "sheets": len(members.found),
            "without_group": len(members.without_group),
        },
    )
    return Opened(period, len(members.found), members.without_group)


def close_open_month(*, scheme_code: str, division: Division, at: dt.datetime) -> int:
    """Open -> closed: entries may still come, and review may begin. 0 or 1."""
    periods = AssessmentPeriod.objects.months().filter(
        scheme_code=scheme_code, division=division, state=State.OPEN
    )
    # First the sheets: a period that is closed no longer says which they were.
    ScoreSheet.objects.filter(period__in=periods).update(open_slot=None)
    return periods.update(state=State.CLOSED, open_slot=None, closed_at=at)


@transaction.atomic
def join_month(*, period: AssessmentPeriod, by: Actor, at: dt.datetime) -> int:
    """Sheets for who came into office since the month was opened; how many."""
    held = AssessmentPeriod.objects.select_for_update(of=("self",), no_key=True)
    found = held.select_related("scheme", "division").filter(
        pk=period.pk, kind=Kind.MONTH, state=State.OPEN
    )
    running = found.first()
    if running is None:
        return 0
    members = members_of(running.scheme, division=running.division, month=running.code)
    known = set(running.sheets.values_list("appointment_id", flat=True))
    new = [one for one in members.found if one.appointment.pk not in known]
    if not new:
        return 0
    add_sheets(running, new)
    record(
        "period.joined",
        target=running,
        by=by,
        at=at,
        division=running.division_id,
        data={"month": running.code, "sheets": len(new)},
    )
    return len(new)


def add_sheets(period: AssessmentPeriod, members: Iterable[Member]) -> None:
    """AssessedTwice if somebody has an open month already (W1)."""
    listed = list(members)
    slots = {str(one.appointment.pk): one for one in listed}
    taken = ScoreSheet.objects.filter(open_slot__in=list(slots))
    if clash := sorted(taken.values_list("open_slot", flat=True)):
        raise AssessedTwice([str(slots[slot].appointment) for slot in clash if slot])
    sheets = [
        ScoreSheet(
            period=period,
            appointment=one.appointment,
            division=one.appointment.division,
            group=one.group,
            open_slot=str(one.appointment.pk),
        )
        for one in listed
    ]
    try:
        with transaction.atomic():
            ScoreSheet.objects.bulk_create(sheets, batch_size=1000)
    except IntegrityError as error:
        raise AssessedTwice([str(period)]) from error


def due_months(*, on: dt.date) -> list[tuple[AssessmentScheme, Division, str]]:
    """Months that have begun and are not open, oldest first, for schemes in force.

    A scheme that was never used begins with the month of the day; after that every
    month follows by itself, also those that passed while nobody looked.
    """
    current = Month.parse(month_of(on))
    schemes = AssessmentScheme.objects.in_force().select_related("division")
    due: list[tuple[AssessmentScheme, Division, str]] = []
    for scheme in schemes.filter(kind=AssessmentScheme.Kind.REGULAR):
        if scheme.division is None:
            continue
        last = _last_month(scheme.code, scheme.division)
        month = Month.parse(last).plus(1) if last else current
        while month <= current:
            due.append((scheme, scheme.division, str(month)))
            month = month.plus(1)
    return sorted(due, key=lambda one: (one[2], one[0].code))


def open_due_months(
    *, on: dt.date, by: Actor, at: dt.datetime
) -> tuple[list[Opened], list[str]]:
    """Open what is due; harmless twice, also at once.

    A month that clashes with another scheme is named and stops no other scheme.
    """
    opened: list[Opened] = []
    refused: list[str] = []
    for scheme, division, month in due_months(on=on):
        try:
            opened.append(
                open_month(scheme=scheme, division=division, month=month, by=by, at=at)
            )
        except (MonthIsOpen, MonthsGoInOrder):
            # Another worker was faster.
            continue
        except AssessedTwice as error:
            refused.append(f"{scheme.ref} {month}: {error}")
    return opened, refused


def _refuse_out_of_order(
    scheme: AssessmentScheme, division: Division, month: str
) -> None:
    wrong_kind = scheme.kind != AssessmentScheme.Kind.REGULAR
    if wrong_kind or scheme.status != AssessmentScheme.Status.IN_FORCE:
        raise NotInForce(scheme.ref)
    last = _last_month(scheme.code, division)
    if last == month:
        raise MonthIsOpen(month)
    if last is not None and last > month:
        raise MonthsGoInOrder(last)


def _last_month(scheme_code: str, division: Division) -> str | None:
    periods = AssessmentPeriod.objects.months().filter(
        scheme_code=scheme_code, division=division
    )
    return periods.order_by("-code").values_list("code", flat=True).first()


def _quarter(
    scheme: AssessmentScheme, division: Division, month: str, *, at: dt.datetime
) -> AssessmentPeriod:
    code = quarter_of(month)
    known = AssessmentPeriod.objects.select_related("scheme").filter(
        scheme_code=scheme.code, division=division, code=code
    )
    found = known.first()
    return found or _make(scheme, division, code, Kind.QUARTER, None, at=at)


def _make(
    scheme: AssessmentScheme,
    division: Division,
    code: str,
    kind: str,
    parent: AssessmentPeriod | None,
    *,
    at: dt.datetime,
) -> AssessmentPeriod:
    """MonthIsOpen if another session was faster."""
    slot = f"{scheme.code}|{division.pk}" if kind == Kind.MONTH else None
    try:
        with transaction.atomic():
            return AssessmentPeriod.objects.create(
                scheme=scheme,
                scheme_code=scheme.code,
                division=division,
                kind=kind,
                code=code,
                parent=parent,
                open_slot=slot,
                opened_at=at,
            )
    except IntegrityError as error:
        raise MonthIsOpen(code) from error
