"""Working days: weekends, holidays, make-up days, and years without a table (4.5)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.actions import SYSTEM
from audit.models import AuditEvent
from officials import workday_actions as actions
from officials.known_holidays import KNOWN, days_of
from officials.models import WorkdayException
from officials.working_days import (
    WorkCalendar,
    add_working_days,
    is_working_day,
    missing_years,
)

AT = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
DAYS = st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2030, 12, 31))
CALENDARS = st.dictionaries(DAYS, st.booleans(), max_size=30).map(WorkCalendar)
WEEKENDS = WorkCalendar({})
KNOWN_YEARS = WorkCalendar(
    {on: is_worked for year in KNOWN for on, is_worked, _name in days_of(year)}
)


@pytest.mark.parametrize(
    ("start", "days", "on"),
    [
        # Five days over the long holiday of October 2025, with the Saturday worked.
        ("2025-09-30", 5, "2025-10-14"),
        # Over 春节 2026, both make-up Saturdays counted.
        ("2026-02-12", 5, "2026-02-26"),
        # A Friday before an ordinary week.
        ("2026-11-06", 5, "2026-11-13"),
        ("2026-11-06", 0, "2026-11-06"),
        # The Sunday that is worked for the New Year holiday.
        ("2025-12-31", 1, "2026-01-04"),
    ],
)
def test_days_are_counted_over_holidays_and_make_up_days(
    start: str, days: int, on: str
) -> None:
    due = KNOWN_YEARS.add_working_days(dt.date.fromisoformat(start), days)
    assert (due.on.isoformat(), due.is_certain) == (on, True)


def test_every_announced_year_balances_holidays_against_make_up_days() -> None:
    """By law thirteen days a year, of which some fall on a weekend."""
    for year in KNOWN:
        exceptions = list(days_of(year))
        off = sum(not worked and on.weekday() < 5 for on, worked, _ in exceptions)
        worked = sum(worked for _, worked, _ in exceptions)
        on_a_weekend = sum(worked and on.weekday() > 4 for on, worked, _ in exceptions)
        assert (worked, 11 <= off - worked <= 13) == (on_a_weekend, True)


@given(CALENDARS, DAYS, st.integers(min_value=1, max_value=60))
def test_the_last_counted_day_is_worked_and_the_number_fits(
    calendar: WorkCalendar, start: dt.date, days: int
) -> None:
    due = calendar.add_working_days(start, days)
    between = [
        start + dt.timedelta(days=n) for n in range(1, (due.on - start).days + 1)
    ]
    assert sum(map(calendar.is_working_day, between)) == days
    assert calendar.is_working_day(due.on)


@given(CALENDARS, DAYS, st.integers(0, 30), st.integers(0, 30))
def test_two_terms_after_one_another_are_one_term(
    calendar: WorkCalendar, start: dt.date, first: int, second: int
) -> None:
    halfway = calendar.add_working_days(start, first).on
    there = calendar.add_working_days(halfway, second).on
    assert there == calendar.add_working_days(start, first + second).on


@given(CALENDARS, DAYS, st.integers(1, 30))
def test_a_later_start_never_ends_earlier(
    calendar: WorkCalendar, start: dt.date, days: int
) -> None:
    later = calendar.add_working_days(start + dt.timedelta(days=1), days).on
    assert later >= calendar.add_working_days(start, days).on


def test_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        WEEKENDS.add_working_days(dt.date(2026, 11, 20), -1)


def test_a_date_over_a_year_without_a_table_waits_for_the_arrangement() -> None:
    assert KNOWN_YEARS.add_working_days(dt.date(2026, 12, 30), 1).is_certain
    assert not KNOWN_YEARS.add_working_days(dt.date(2026, 12, 30), 2).is_certain


@pytest.mark.parametrize(
    ("on", "missing"),
    [("2026-11-30", []), ("2026-12-01", [2027]), ("2027-01-01", [2027])],
)
def test_the_next_year_is_asked_for_from_december(on: str, missing: list[int]) -> None:
    assert missing_years(KNOWN, on=dt.date.fromisoformat(on)) == missing


@pytest.mark.django_db
def test_the_office_keeps_its_calendar_with_a_trail() -> None:
    """A year at once, then a day more, then a day less."""
    assert actions.ensure_known_years(by=SYSTEM, at=AT) == [2025, 2026]
    assert actions.ensure_known_years(by=SYSTEM, at=AT) == []
    friday, name = dt.date(2026, 11, 20), "停电"
    actions.set_workday(on=friday, is_workday=False, name=name, by=SYSTEM, at=AT)
    assert (is_working_day(friday), add_working_days(dt.date(2026, 11, 19), 1).on) == (
        False,
        dt.date(2026, 11, 23),
    )
    actions.clear_workday(on=friday, by=SYSTEM, at=AT)
    assert is_working_day(friday)
    verbs = AuditEvent.objects.filter(verb__startswith="workday.")
    assert list(verbs.order_by("seq").values_list("verb", flat=True)) == [
        "workday.year_entered",
        "workday.year_entered",
        "workday.set",
        "workday.cleared",
    ]


@pytest.mark.django_db
def test_a_year_is_entered_once_and_only_if_it_is_known() -> None:
    actions.enter_year(year=2026, by=SYSTEM, at=AT)
    with pytest.raises(actions.YearEntered):
        actions.enter_year(year=2026, by=SYSTEM, at=AT)
    with pytest.raises(actions.YearUnknown):
        actions.enter_year(year=2031, by=SYSTEM, at=AT)
    with pytest.raises(actions.DayUnknown):
        actions.clear_workday(on=dt.date(2026, 11, 20), by=SYSTEM, at=AT)
    assert WorkdayException.objects.count() == len(list(days_of(2026)))
