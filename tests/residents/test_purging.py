"""What is promised to go, goes: files nobody confirms, households that have left."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from residents import actions, privacy
from residents.actions import purging
from residents.models import (
    PERSONAL_FIELDS,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
)
from residents.places import ZONE
from tests.residents.conftest import SMALL, Import, as_csv

OTHERS = (*SMALL[0][:5], "赵新", "19900000099", *SMALL[0][7:])


def at_noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=ZONE)


@pytest.fixture
def left(confirm: Import) -> Household:
    """王小明 has moved out today; 赵新 lives there now."""
    confirm(as_csv(list(SMALL)))
    confirm(as_csv([OTHERS, *SMALL[1:]]))
    return Household.objects.exclude(until=None).get()


def personal(household: Household) -> list[bytes]:
    names = (*PERSONAL_FIELDS, "fingerprint", "head_mark", "contact_mark")
    return [bytes(getattr(household, name)) for name in names]


def test_household_is_forgotten_twelve_months_after_it_left(left: Household) -> None:
    until = left.until
    assert until is not None
    due = dt.date(until.year + 1, until.month, min(until.day, 28))
    early = at_noon(due - dt.timedelta(days=5))
    assert actions.purge_left_households(by=SYSTEM, at=early) == 0
    assert privacy.of_household(left).head_name == "王小明"
    late = at_noon(due + dt.timedelta(days=5))
    assert actions.purge_left_households(by=SYSTEM, at=late) == 1
    left.refresh_from_db()
    assert personal(left) == [b""] * 8
    assert (left.phone_index, left.resident_count, left.residence_status) == (
        None,
        None,
        "unverified",
    )
    changes = RosterChange.objects.filter(household=left)
    assert [change.before for change in changes] == [{}]
    event = AuditEvent.objects.get(verb="roster.households_purged")
    assert event.data.count('"households":1') == 1
    assert actions.purge_left_households(by=SYSTEM, at=late) == 0


def test_whoever_lives_there_now_is_kept(left: Household) -> None:
    actions.purge_left_households(by=SYSTEM, at=timezone.now() + dt.timedelta(days=900))
    now = Household.objects.current().get(dwelling__room="101")
    assert privacy.of_household(now).head_name == "赵新"
    assert Household.objects.current().filter(fingerprint=b"").count() == 0


def test_household_withdrawn_by_an_undo_is_forgotten_too(
    confirm: Import, street_admin: User, approver: User
) -> None:
    done = confirm(as_csv(list(SMALL)))
    undo = actions.propose_undo(roster_import=done, by=street_admin, at=timezone.now())
    actions.confirm_undo(
        undo=undo, digest=bytes(undo.digest or b""), by=approver, at=timezone.now()
    )
    later = timezone.now() + dt.timedelta(days=370)
    assert actions.purge_left_households(by=SYSTEM, at=later) == 4
    opened = {str(privacy.of_household(h)) for h in Household.objects.all()}
    assert opened == {str(privacy.Person("", "", "", "", ""))}


def test_file_that_nobody_confirms_goes_after_thirty_days(
    preview: Import, django_capture_on_commit_callbacks: object
) -> None:
    waiting = preview(as_csv(list(SMALL)))
    path = Path(default_storage.path(waiting.stored_as))
    early = waiting.uploaded_at + purging.KEPT - dt.timedelta(minutes=1)
    actions.purge_imports(by=SYSTEM, at=early)
    assert (RosterRow.objects.count(), path.exists()) == (4, True)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        actions.purge_imports(by=SYSTEM, at=waiting.uploaded_at + purging.KEPT)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.stored_as) == (RosterImport.State.CANCELLED, "")
    assert (RosterRow.objects.count(), path.exists()) == (0, False)
    assert AuditEvent.objects.get(verb="roster.cancelled").actor == SYSTEM.audit_name


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 36))
def test_months_before_keep_the_day_where_the_month_has_it(
    day: dt.date, months: int
) -> None:
    before = purging.months_before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day == day.day or (before + dt.timedelta(days=1)).day == 1
