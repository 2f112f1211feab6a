"""Figures as files: released values only, typed, counted, hashed, in flat memory."""

import csv
import datetime as dt
import io
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.models import AuditEvent
from evaluations.exports import Asked, Exported, FileDisagrees, Format, export_figures
from evaluations.exports import files as export_files
from evaluations.exports.columns import COLUMNS
from evaluations.models import MonthlyRating, MonthlyRollup
from evaluations.publication import Audience
from evaluations.rollup import RolledUp
from evaluations.scoring.window import Month
from officials.models import Appointment, Official, Organization, Post
from tests.conftest import HEPING, signed_in
from tests.evaluations import made
from tests.evaluations.world import KAIFENGDAO, SHUDELI, TAIANDAO, World, mixed, same

MONTH = "2026-10"
KEYS = [column.key for column in COLUMNS]
RollUp = Callable[[str], RolledUp]


@pytest.fixture
def rolled(world: World, roll_up: RollUp) -> World:
    """Three communities: 40, 12 and 9 usable households."""
    world.tally(
        MONTH,
        {
            KAIFENGDAO: mixed(40, seed="a", level=4.6),
            TAIANDAO: mixed(12, seed="b"),
            SHUDELI: same(2, 9),
        },
    )
    roll_up(MONTH)
    return world


def asked(world: World, form: Format = Format.CSV, **other: Any) -> Asked:
    values: dict[str, Any] = {
        "district": world.district,
        "first": MONTH,
        "last": MONTH,
        "audience": Audience.OFFICE,
        "form": form,
        "reason": "常委会材料",
    }
    return Asked(**{**values, **other})


def export(what: Asked, by: User, at: dt.datetime) -> tuple[bytes, Exported]:
    target = io.BytesIO()
    written = export_figures(what, by=by, at=at, target=target)
    return target.getvalue(), written


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def by_community(lines: list[list[str]]) -> dict[str, dict[str, str]]:
    rows = [dict(zip(KEYS, line, strict=True)) for line in lines[2:-1]]
    return {row["community_code"]: row for row in rows}


def test_office_gets_what_the_office_may_see(rolled: World) -> None:
    content, written = export(asked(rolled), rolled.clerk, rolled.now)
    lines = lines_of(content)
    rows = by_community(lines)
    assert lines[1] == KEYS
    assert rows[KAIFENGDAO]["households"] == "40"
    assert rows[TAIANDAO]["households"] == "12"
    few = rows[SHUDELI]
    assert (few["households"], few["score"], few["low"]) == ("", "", "")
    assert few["withheld"] == "样本不足"
    assert written.rows == 3


def test_public_file_holds_published_figures_only(rolled: World) -> None:
    public = asked(rolled, audience=Audience.PUBLIC)
    content, written = export(public, rolled.clerk, rolled.now)
    assert (written.rows, len(lines_of(content))) == (0, 3)


def test_last_line_counts_and_proves_the_rows(rolled: World) -> None:
    content, written = export(asked(rolled), rolled.clerk, rolled.now)
    before, _, last = content.rstrip(b"\r\n").rpartition(b"\r\n")
    assert last.decode() == f"end,{written.rows},{written.rows_sha256}"
    assert sha256(before + b"\r\n").hexdigest() == written.rows_sha256
    assert sha256(content).hexdigest() == written.sha256


def test_workbook_holds_the_same_rows_as_numbers(rolled: World) -> None:
    plain, csv_written = export(asked(rolled), rolled.clerk, rolled.now)
    content, written = export(asked(rolled, Format.WORKBOOK), rolled.clerk, rolled.now)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("评价").to_python()
    told = by_community(lines_of(plain))[KAIFENGDAO]
    found = next(row for row in rows if row[2] == KAIFENGDAO)
    cell = dict(zip(KEYS, found, strict=True))
    assert (written.rows, written.rows_sha256) == (
        csv_written.rows,
        csv_written.rows_sha256,
    )
    assert cell["score"] == float(told["score"])
    assert isinstance(cell["community_code"], str)
    about = {str(row[0]): row[1] for row in book.get_sheet_by_name("说明").to_python()}
    assert about["各行 SHA-256"] == written.rows_sha256
    assert about["行数"] == str(written.rows)


@pytest.mark.parametrize("form", Format)
def test_text_is_harmless_in_a_spreadsheet(rolled: World, form: Format) -> None:
    official = rolled.appointments[KAIFENGDAO].official
    Official.objects.filter(pk=official.pk).update(name='=HYPERLINK("x")')
    content, _ = export(asked(rolled, form), rolled.clerk, rolled.now)
    if form == Format.CSV:
        name = by_community(lines_of(content))[KAIFENGDAO]["official"]
    else:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_name("评价").to_python()
        name = str(next(row for row in rows if row[2] == KAIFENGDAO)[4])
    assert name == '\'=HYPERLINK("x")'


def test_export_is_told_in_the_trail(rolled: World) -> None:
    _, written = export(asked(rolled), rolled.clerk, rolled.now)
    event = AuditEvent.objects.get(verb="figures.exported")
    data = json.loads(event.data)
    assert (event.division, data["rows"], data["sha256"], data["reason"]) == (
        HEPING,
        written.rows,
        written.sha256,
        "常委会材料",
    )


@pytest.mark.parametrize("form", Format)
def test_file_that_lost_a_row_is_not_given_out(
    rolled: World, form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = {Format.CSV: "_rows_in_csv", Format.WORKBOOK: "_rows_in_workbook"}[form]
    count = getattr(export_files, counter)
    monkeypatch.setattr(export_files, counter, lambda target: count(target) - 1)
    with pytest.raises(FileDisagrees):
        export(asked(rolled, form), rolled.clerk, rolled.now)
    assert not AuditEvent.objects.filter(verb="figures.exported").exists()


def test_page_gives_the_file(rolled: World) -> None:
    client: Client = signed_in(rolled.clerk)
    address = reverse("evaluations:figures-export", args=[HEPING])
    assert client.get(address).status_code == 200
    typed = {"first": MONTH, "last": MONTH, "audience": "office", "form": "csv"}
    refused = client.post(address, typed)
    assert refused.status_code == 422
    answer: Any = client.post(address, {**typed, "reason": "常委会材料"})
    content = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert lines_of(content)[-1][:2] == ["end", "3"]


def test_months_in_the_wrong_order_are_refused(rolled: World, roll_up: RollUp) -> None:
    rolled.tally("2026-11", {KAIFENGDAO: mixed(12, seed="c")})
    roll_up("2026-11")
    client: Client = signed_in(rolled.clerk)
    address = reverse("evaluations:figures-export", args=[HEPING])
    typed = {"first": "2026-11", "last": MONTH, "audience": "office", "form": "csv"}
    answer = client.post(address, {**typed, "reason": "常委会材料"})
    assert answer.status_code == 422
    assert "结束的月份在开始的月份之前" in answer.content.decode()


MANY, MONTHS = 200, 20


def test_many_rows_are_complete_in_flat_memory(world: World) -> None:
    """Complete, counted, hashed; four times the rows take no more memory.

    `script/bench export_figures` does the same with 100,000.
    """
    months = many_ratings(world)
    whole = asked(world, first=months[0], last=months[-1])
    content, written = export(whole, world.clerk, world.now)
    assert written.rows == MANY * MONTHS
    assert len(lines_of(content)) == MANY * MONTHS + 3
    small = asked(world, first=months[0], last=months[0])
    large = asked(world, first=months[0], last=months[3])
    assert peak(large, world) < 1.2 * peak(small, world)


def many_ratings(world: World) -> list[str]:
    """Two hundred appointments with twenty rolled-up months each."""
    months = [str(Month.parse("2016-01").plus(number)) for number in range(MONTHS)]
    organization = Organization.objects.get(division_id=KAIFENGDAO)
    posts = Post.objects.bulk_create(
        Post(organization=organization, kind="x", title=f"岗位{number}")
        for number in range(MANY)
    )
    official = Official.objects.create(name="岑桂兰")
    appointments = Appointment.objects.bulk_create(
        Appointment(official=official, post=post, starts_on="2010-01-01")
        for post in posts
    )
    MonthlyRollup.objects.bulk_create(
        MonthlyRollup(
            division=world.district, month=month, state="done", done_at=world.now
        )
        for month in months
    )
    for month in months:
        MonthlyRating.objects.bulk_create(ratings_of(world, appointments, month))
    # What autovacuum does by itself a minute after so many rows came in.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return months


def ratings_of(
    world: World, appointments: list[Appointment], month: str
) -> Iterator[MonthlyRating]:
    for appointment in appointments:
        yield made.rating(
            40,
            appointment=appointment,
            community_id=KAIFENGDAO,
            month=month,
            scheme=world.scheme,
            state=MonthlyRating.State.COMPUTED,
            pool_id=None,
            record="{}",
            computed_at=world.now,
        )


def peak(what: Asked, world: World) -> int:
    """Bytes of Python at the highest; the file itself is on the disk."""
    with tempfile.TemporaryFile() as target:
        tracemalloc.start()
        export_figures(what, by=world.clerk, at=world.now, target=target)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return highest
