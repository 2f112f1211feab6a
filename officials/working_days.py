"""Working days: weekends, but for the days that the office has entered (domain 4.5).

The calendar is passed in or read once; the counting itself knows no clock.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from officials.models import WorkdayException

ONE_DAY = dt.timedelta(days=1)
SATURDAY = 5
# From this month on a missing table of the next year is a warning.
WARN_FROM_MONTH = 12


@dataclass(frozen=True, slots=True)
class DueDate:
    """`days` working days after `start`, which does not count itself.

    `is_certain` is False while a year on the way has no table: then the day is by
    weekends alone, and is said to wait for the arrangement (待节假日安排).
    """

    start: dt.date
    days: int
    on: dt.date
    is_certain: bool


@dataclass(frozen=True)
class WorkCalendar:
    """Day → whether it is worked, for the days that differ or were announced."""

    exceptions: Mapping[dt.date, bool]

    @cached_property
    def years(self) -> frozenset[int]:
        """Those with a table."""
        return frozenset(day.year for day in self.exceptions)

    def is_working_day(self, day: dt.date) -> bool:
        return self.exceptions.get(day, day.weekday() < SATURDAY)

    def add_working_days(self, start: dt.date, days: int) -> DueDate:
        """The last of `days` >= 0 working days that follow `start`.

        The day that starts a term is not counted (民法典第二百零一条). With 0 it is the
        day itself, worked or not. ValueError below 0.
        """
        if days < 0:
            raise ValueError("days are counted forward")
        day, left = start, days
        while left:
            day += ONE_DAY
            left -= self.is_working_day(day)
        known = set(range(start.year, day.year + 1)) <= self.years
        return DueDate(start, days, day, known)


def calendar_in_force() -> WorkCalendar:
    """The calendar as the office keeps it."""
    rows = WorkdayException.objects.values_list("on", "is_workday")
    return WorkCalendar(dict(rows))


def add_working_days(start: dt.date, days: int) -> DueDate:
    return calendar_in_force().add_working_days(start, days)


def is_working_day(day: dt.date) -> bool:
    return calendar_in_force().is_working_day(day)


def missing_years(years: Iterable[int], *, on: dt.date) -> list[int]:
    """Years that need a table on the day `on` and have none: this one, then the next.

    `years`: those with a table. The next year is asked for from 1 December on.
    """
    wanted = [on.year]
    if on.month >= WARN_FROM_MONTH:
        wanted.append(on.year + 1)
    known = set(years)
    return [year for year in wanted if year not in known]
