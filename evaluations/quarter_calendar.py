"""Months and quarters of regular assessment as dates; no clock."""

import datetime as dt

from evaluations.scoring.window import Month

ONE_DAY = dt.timedelta(days=1)


def quarter_of(month: str) -> str:
    """ "2026-10" -> "2026Q4"."""
    parsed = Month.parse(month)
    return f"{parsed.year:04d}Q{parsed.quarter}"


def months_of(quarter: str) -> tuple[str, str, str]:
    """ "2026Q4" -> its three months in order; ValueError for anything else."""
    year, q, number = quarter.partition("Q")
    if not q or number not in ("1", "2", "3", "4"):
        raise ValueError(f"{quarter!r} is not a quarter like 2026Q4")
    first = Month(int(year), 3 * int(number) - 2)
    return str(first), str(first.plus(1)), str(first.plus(2))


def quarters_of(year: int) -> tuple[str, str, str, str]:
    one, two, three, four = (f"{year:04d}Q{number}" for number in range(1, 5))
    return one, two, three, four


def previous_quarter(quarter: str) -> str:
    return quarter_of(str(Month.parse(months_of(quarter)[0]).plus(-1)))


def span(month: str) -> tuple[dt.date, dt.date]:
    """First day, and the first day after."""
    parsed = Month.parse(month)
    return _first(parsed), _first(parsed.plus(1))


def quarter_span(quarter: str) -> tuple[dt.date, dt.date]:
    months = months_of(quarter)
    return span(months[0])[0], span(months[2])[1]


def month_of(day: dt.date) -> str:
    return str(Month(day.year, day.month))


def days_within(
    start: dt.date, end: dt.date | None, *, first: dt.date, after: dt.date
) -> int:
    """Days of [start, end) inside [first, after); an open end lasts."""
    begun = max(start, first)
    ended = min(end or after, after)
    return max((ended - begun).days, 0)


def _first(month: Month) -> dt.date:
    return dt.date(month.year, month.month, 1)
