"""The working-day calendar is kept by the office: every change has its event (4.5)."""

import datetime as dt

from django.db import transaction

from audit.actions import Actor, record
from officials.known_holidays import KNOWN, days_of
from officials.models import WorkdayException


class YearUnknown(Exception):
    """No arrangement of that year came with the program."""


class YearEntered(Exception):
    """The year has a table already; single days are corrected one by one."""


class DayUnknown(Exception):
    """The day is not in the table."""


@transaction.atomic
def set_workday(
    *, on: dt.date, is_workday: bool, name: str, by: Actor, at: dt.datetime
) -> WorkdayException:
    """A day is off, or worked, whatever its weekday says."""
    day, _is_new = WorkdayException.objects.update_or_create(
        on=on, defaults={"is_workday": is_workday, "name": name}
    )
    record(
        "workday.set",
        target=day,
        by=by,
        at=at,
        data={"on": on.isoformat(), "is_workday": is_workday, "name": name},
    )
    return day


@transaction.atomic
def clear_workday(*, on: dt.date, by: Actor, at: dt.datetime) -> None:
    """The day is again what its weekday says."""
    day = WorkdayException.objects.select_for_update().filter(on=on).first()
    if day is None:
        raise DayUnknown(on.isoformat())
    record(
        "workday.cleared",
        target=day,
        by=by,
        at=at,
        data={"on": on.isoformat(), "name": day.name},
    )
    day.delete()


@transaction.atomic
def enter_year(*, year: int, by: Actor, at: dt.datetime) -> int:
    """Enter an announced year as a whole; how many days."""
    days = [
        WorkdayException(on=on, is_workday=is_workday, name=name)
        for on, is_workday, name in days_of(year)
    ]
    if not days:
        raise YearUnknown(str(year))
    if WorkdayException.objects.filter(on__year=year).exists():
        raise YearEntered(str(year))
    WorkdayException.objects.bulk_create(days)
    record(
        "workday.year_entered",
        by=by,
        at=at,
        data={"year": year, "days": len(days)},
    )
    return len(days)


def ensure_known_years(*, by: Actor, at: dt.datetime) -> list[int]:
    """Enter every announced year that has no table yet; harmless twice."""
    entered = {on.year for on in WorkdayException.objects.values_list("on", flat=True)}
    missing = sorted(set(KNOWN) - entered)
    for year in missing:
        enter_year(year=year, by=by, at=at)
    return missing
