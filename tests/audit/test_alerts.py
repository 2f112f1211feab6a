"""Who reads very many names in a day is shown to the auditor, once a day (T77)."""

import datetime as dt
import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from accounts.models import User
from audit import alerts
from audit.actions import SYSTEM, record
from audit.models import AuditEvent
from config import env

NOON = dt.datetime(2026, 4, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))
READ = ("test.read", "test.seen")


def read(count: int, *, by: Any = SYSTEM, at: dt.datetime = NOON) -> int:
    """One page with so many persons on it; how many alerts it has raised."""
    with transaction.atomic():
        record("test.read", by=by, at=at, data={"count": count})
        told = alerts.watch(alerts.REVEALS, counted=READ, limit=200, by=by, at=at)
    return int(told is not None)


def test_alert_comes_above_the_limit_and_once_a_day(db: None) -> None:
    assert [read(count) for count in (150, 50, 1, 500)] == [0, 0, 1, 0]
    event = AuditEvent.objects.get(verb=alerts.REVEALS)
    assert (event.actor, json.loads(event.data)) == (
        "SYSTEM",
        {"count": 201, "limit": 200},
    )


def test_each_day_and_each_person_is_counted_for_itself(
    street_admin: User, approver: User
) -> None:
    midnight = NOON.replace(hour=0)
    just_before = midnight - dt.timedelta(seconds=1)
    assert read(200, by=street_admin, at=just_before) == 0
    assert read(200, by=street_admin, at=midnight) == 0
    assert read(200, by=approver, at=midnight) == 0
    assert read(1, by=street_admin, at=NOON) == 1
    assert read(201, by=street_admin, at=NOON + dt.timedelta(days=1)) == 1


def test_other_events_of_the_day_are_not_counted(db: None) -> None:
    with transaction.atomic():
        record("roster.parsed", by=SYSTEM, at=NOON, data={"count": 13168})
        record("test.seen", by=SYSTEM, at=NOON, data={"count": 199})
    assert [read(1), read(1)] == [0, 1]


def test_latest_alerts_are_found_by_their_own_index(db: None) -> None:
    found = alerts.latest(since=NOON).order_by("-seq")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = found.explain()
    assert plan.count("audit_alert") == 1


@pytest.mark.parametrize("value", ["19", "2001", "-20", "many", "20.5", ""])
def test_limit_outside_its_range_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MINPING_AUDIT_REVEALS", value)
    with pytest.raises(ImproperlyConfigured, match="a whole number, 20 to 2000"):
        env.integer("MINPING_AUDIT_REVEALS", default=200, lowest=20, highest=2000)


@pytest.mark.parametrize(("value", "limit"), [("20", 20), ("2000", 2000), (None, 200)])
def test_limit_inside_its_range_is_taken(
    monkeypatch: pytest.MonkeyPatch, value: str | None, limit: int
) -> None:
    monkeypatch.delenv("MINPING_AUDIT_REVEALS", raising=False)
    if value is not None:
        monkeypatch.setenv("MINPING_AUDIT_REVEALS", value)
    found = env.integer("MINPING_AUDIT_REVEALS", default=200, lowest=20, highest=2000)
    assert found == limit
