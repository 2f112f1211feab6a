"""When the demo's months open and close, counted from the day it is loaded."""

import calendar
import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from evaluations.scoring.window import Month

CLOSED_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Term:
    """One round: its month, and when it opens and closes."""

    month: Month
    opens_at: dt.datetime
    closes_at: dt.datetime


def month_of(day: dt.date) -> Month:
    return Month(day.year, day.month)


def first_day(month: Month) -> dt.date:
    return dt.date(month.year, month.month, 1)


def closed_terms(today: dt.date, *, number: int = CLOSED_MONTHS) -> list[Term]:
    """The months before this one, oldest first; each closes on the 25th."""
    months = [month_of(today).plus(-back) for back in range(number, 0, -1)]
    return [_term(month, first_day(month).replace(day=25)) for month in months]


def months_for_a_quarter(today: dt.date) -> int:
    """So many that the last quarter reading has a full window of twelve (M66).

    The newest month does not count: it still waits for its review.
    """
    since = 1
    while not month_of(today).plus(-1 - since).closes_quarter:
        since += 1
    return CLOSED_MONTHS + since


def open_term(today: dt.date) -> Term:
    """This month; open for three more days at least."""
    month = month_of(today)
    last = calendar.monthrange(month.year, month.month)[1]
    end = max(first_day(month).replace(day=last), today + dt.timedelta(days=3))
    return _term(month, end)


def _term(month: Month, last_day: dt.date) -> Term:
    zone = timezone.get_default_timezone()
    opens = dt.datetime.combine(first_day(month), dt.time(0, 10), zone)
    closes = dt.datetime.combine(last_day, dt.time(20, 0), zone)
    return Term(month, opens, closes)
