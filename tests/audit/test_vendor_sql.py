"""Vendor SQL lives in one module, and that module does what it says."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import BinaryField, F, Value
from django.utils import timezone

from audit import vendor_sql
from audit.models import AuditEvent
from audit.vendor_sql import (
    PACKED_FLAGS,
    PACKED_NULL,
    Remembered,
    as_hex,
    copy_packed,
    copy_rows,
    digests_of,
    insert_from,
    packed,
    packed_count,
    packed_day,
    packed_number,
)
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


class SourceBroke(Exception):
    """What a source of lines raises in these tests."""


def posts(*titles: str) -> list[bytes]:
    """Posts of one organization, packed in the order of COLUMNS."""
    organization = packed_number(Organization.objects.get().pk, size=8)
    texts = Remembered[str](lambda text: packed(text.encode()))
    no = PACKED_FLAGS[False]
    return [
        b"".join(
            (packed_count(COLUMNS), organization, texts[title], texts["y"], no, no)
        )
        for title in titles
    ]


@pytest.fixture
def organization(heping: Division) -> Organization:
    return Organization.objects.create(division=heping, name="部", kind="x")


COLUMNS = ("organization_id", "title", "kind", "is_head", "rated_by_residents")


def test_packed_rows_come_back_as_they_went(organization: Organization) -> None:
    titles = ['a"b', "", "第一\n第二", "a,b", "\\N", "𠮷"]
    assert copy_packed(Post, COLUMNS, iter(posts(*titles))) == 6
    assert list(Post.objects.order_by("pk").values_list("title", flat=True)) == titles


def test_no_packed_row_is_a_copy_of_nothing(db: None) -> None:
    assert copy_packed(Post, COLUMNS, []) == 0


def test_more_rows_than_one_piece_are_all_copied(organization: Organization) -> None:
    titles = [f"{number:060}" for number in range(3000)]
    assert copy_packed(Post, COLUMNS, posts(*titles)) == 3000
    assert list(Post.objects.order_by("pk").values_list("title", flat=True)) == titles


@pytest.mark.parametrize("day", [dt.date(9999, 12, 31), dt.date(2026, 11, 21), None])
def test_days_and_nothing_are_packed(heping: Division, day: dt.date | None) -> None:
    columns = ("code", "level", "kind", "name", "short_name", "parent_id")
    columns += ("valid_from", "valid_to")
    texts = [packed(text.encode()) for text in ("99", "province", "x", "某省", "某")]
    opened = packed_day(dt.date(1949, 10, 1))
    row = [packed_count(columns), *texts, PACKED_NULL, opened, packed_day(day)]
    copy_packed(Division, columns, [b"".join(row)])
    found = Division.objects.get(code="99")
    assert (found.parent_id, found.valid_from, found.valid_to) == (
        None,
        dt.date(1949, 10, 1),
        day,
    )


def test_few_texts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_sql, "REMEMBERED", 3)
    texts = Remembered[str](lambda text: packed(text.encode()))
    packs = [texts[str(number)] for number in range(10)]
    assert packs == [b"\0\0\0\1" + str(number).encode() for number in range(10)]
    assert len(texts) <= 3


def test_source_that_breaks_is_heard_and_nothing_is_copied(
    organization: Organization,
) -> None:
    before = posts("书记")

    def rows() -> Iterator[bytes]:
        yield from before
        raise SourceBroke

    with pytest.raises(SourceBroke), transaction.atomic():
        copy_packed(Post, COLUMNS, rows())
    assert Post.objects.count() == 0


def test_row_that_the_table_refuses_is_a_database_error(
    organization: Organization,
) -> None:
    short = packed_count(COLUMNS) + packed(b"1")
    with pytest.raises(DatabaseError), transaction.atomic():
        copy_packed(Post, COLUMNS, [short])


def test_rows_are_inserted_from_a_query_without_leaving(
    organization: Organization,
) -> None:
    copy_packed(Post, COLUMNS, list(posts("甲", "乙")))
    found = Post.objects.filter(title="乙").values_list(
        "organization_id", Value("丙"), "kind", "is_head", "rated_by_residents"
    )
    assert insert_from(Post, COLUMNS, found) == 1
    assert list(Post.objects.order_by("pk").values_list("title", flat=True)) == [
        *("甲", "乙", "丙"),
    ]


def test_lines_of_each_group_are_hashed_in_their_order(
    organization: Organization,
) -> None:
    copy_packed(Post, COLUMNS, list(posts("丙", "甲", "乙")))
    Post.objects.filter(title="甲").update(kind="z")
    found = digests_of(
        Post.objects.annotate(line=F("title")), groups=["kind"], order="id", line="line"
    )
    assert list(found) == [
        (2, hashlib.sha256("丙\n乙".encode()).digest()),
        (1, hashlib.sha256("甲".encode()).digest()),
    ]


def test_bytes_are_shown_as_hexadecimal(organization: Organization) -> None:
    moment = Value(b"\x0f\xa0", output_field=BinaryField())
    found = Organization.objects.annotate(mark=moment).values_list(as_hex("mark"))
    assert list(found) == [("0fa0",)]
