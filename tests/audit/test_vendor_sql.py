"""Vendor SQL lives in one module, and that module does what it says."""

import datetime as dt
import re
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from audit.models import AuditEvent
from audit.vendor_sql import copy_rows
from officials.models import Appointment, Division, Official, Organization, Post

RAW = re.compile(r"connection\.cursor\(|\.raw\(|RawSQL|copy_expert|\.extra\(")
APPS = ("audit", "accounts", "officials", "residents", "ballots", "surveys")


def test_vendor_sql_stands_in_one_module_only() -> None:
    found = {
        str(path.relative_to(settings.ROOT))
        for app in (*APPS, "evaluations")
        for path in (Path(settings.ROOT) / app).rglob("*.py")
        if RAW.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"audit/vendor_sql.py"}


def test_copied_rows_come_back_as_they_went(db: None) -> None:
    words = ['say "yes"', "a,b", "行一\n行二\r\n", "\\N", "\\x41", "", " ", "\\."]
    at = timezone.now()
    columns = ("seq", "at", "actor", "role", "verb", "target_type", "target_id")
    more = ("division", "data", "address", "prev_hash", "hash", "mac")
    rows = [
        (seq, at, "a", "r", "v", "t", "", "", data, "", b"\x00", b"h", b"m", "A", 1)
        for seq, data in enumerate(words)
    ]
    names = (*columns, *more, "algorithm_id", "key_id")
    assert copy_rows(AuditEvent, names, iter(rows)) == len(words)
    stored = AuditEvent.objects.order_by("seq")
    assert [event.data for event in stored] == words
    assert {(event.at, bytes(event.prev_hash)) for event in stored} == {(at, b"\x00")}


def test_none_is_copied_as_null(heping: Division) -> None:
    official = Official.objects.create(name="某人")
    organization = Organization.objects.create(division=heping, name="部", kind="x")
    post = Post.objects.create(organization=organization, title="书记", kind="y")
    copy_rows(
        Appointment,
        ("official_id", "post_id", "kind", "starts_on", "end_reason", "current_slot"),
        [(official.pk, post.pk, "full", dt.date(2026, 1, 1), "", None)],
    )
    appointment = Appointment.objects.get()
    assert (appointment.current_slot, appointment.end_reason) == (None, "")
