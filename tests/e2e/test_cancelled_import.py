"""A long reading seen from the page: cancelled by its clerk, or read on by another."""

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.models import AuditEvent
from config.celery import app
from config.schedule import SCHEDULE
from officials.models import Division
from residents import actions
from residents.models import Household, RosterImport, RosterRow
from tests.conftest import XIAOBAILOU
from tests.e2e.processes import kill, wait_until, worker
from tests.e2e.roster_browser import DESK, OpenPage, signed_in
from tests.residents.conftest import SMALL, as_csv

pytestmark = pytest.mark.django_db(transaction=True)
app.set_default()
State = RosterImport.State
HEADER = "社区,小区名称,楼栋,单元,房号,户主姓名,联系电话,居住人数,居住状态"
# To be cancelled, and to be read to its end.
LONG, SHORTER = 200_000, 120_000
# Longer than one batch of rows takes, however slow the machine.
SECONDS_TO_STOP = 10


def roster(path: Path, rows: int) -> Path:
    """Dwellings that keep a worker busy for a while: every room needs a correction."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER.split(","))
    writer.writerows(
        (
            *("开封道社区", f"小区{number // 10_000}", f"{number // 100 % 100}号楼"),
            *("一门", f"{100 + number % 100}室", "王 小明", f"199{number:08}"),
            *("3人", "自住"),
        )
        for number in range(rows)
    )
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@pytest.fixture
def street(heping: Division) -> Division:
    return Division.objects.get(code=XIAOBAILOU)


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, street_admin_client: Client
) -> Iterator[OpenPage]:
    clients = {"street_admin": street_admin_client}
    with signed_in(browser, live_server.url, clients) as make:
        yield make


def bring(page: Page, path: Path) -> RosterImport:
    """Upload on the page; the worker is told by the page itself."""
    page.goto(reverse("residents:import-upload"))
    page.get_by_label("名册文件").set_input_files(path)
    page.get_by_role("button", name="上传并预检").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(path.name)
    return RosterImport.objects.get(file_name=path.name)


def progress(page: Page) -> Locator:
    """The line that says how many rows are read, and how fast."""
    return page.get_by_role("status").filter(has_text="每秒")


def rows_of(found: RosterImport) -> int:
    return RosterRow.objects.filter(roster_import=found).count()


def test_clerk_cancels_a_long_reading_and_the_worker_stops(
    open_page: OpenPage, street: Division, street_admin: User, tmp_path: Path
) -> None:
    page = open_page(DESK)
    with worker(tmp_path / "worker.log"):
        found = bring(page, roster(tmp_path / "长名册.csv", LONG))
        expect(progress(page)).to_be_visible(timeout=30_000)
        name = found.stored_as
        assert default_storage.exists(name)
        page.reload()
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.get_by_role("button", name="取消这次导入").click()
        expect(page.get_by_role("status").first).to_have_text(
            "已取消，文件和读出的内容都已删去。"
        )
        found.refresh_from_db()
        assert (found.state, found.stored_as) == (State.CANCELLED, "")
        # The same worker is free for the next file, long before the first was read.
        began = time.monotonic()
        small = actions.upload_roster(
            street=street,
            file_name="小.csv",
            content=as_csv(list(SMALL)),
            by=street_admin,
            at=timezone.now(),
        )
        app.send_task("residents.parse_roster", [str(small.pk)], queue="imports")
        wait_until(
            lambda: RosterImport.objects.get(pk=small.pk).state == State.PREVIEWED,
            what="preview of the next file",
        )
        assert time.monotonic() - began < SECONDS_TO_STOP
    found.refresh_from_db()
    assert (found.state, rows_of(found)) == (State.CANCELLED, 0)
    assert 0 < found.rows_done < LONG
    assert AuditEvent.objects.filter(verb="roster.parsed").count() == 1
    page.goto(reverse("residents:import-detail", args=[found.pk]))
    expect(page.get_by_text("已取消", exact=True)).to_be_visible()
    assert [default_storage.exists(file) for file in (name, small.stored_as)] == [
        False,
        True,
    ]


def test_progress_outlives_the_worker_and_another_reads_on(
    open_page: OpenPage, street: Division, tmp_path: Path
) -> None:
    page = open_page(DESK)
    log = tmp_path / "worker.log"
    with worker(log) as child:
        found = bring(page, roster(tmp_path / "名册.csv", SHORTER))
        expect(progress(page)).to_be_visible(timeout=30_000)
        kill(child)
    page.reload()
    expect(progress(page)).to_contain_text("%")
    # A worker of tomorrow: the claim of the dead one has run out.
    with worker(log, days_ahead=1):
        app.send_task(SCHEDULE["read waiting rosters"]["task"], queue="imports")
        # The page looks again by itself, without script and without a hand.
        expect(page.get_by_text("还没有写入。")).to_be_visible(timeout=120_000)
    assert (rows_of(found), Household.objects.count()) == (SHORTER, 0)
