"""A large export of figures with a real worker: in a browser, and after kill -9."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.models import AuditEvent
from config.celery import app
from evaluations import exports
from evaluations.exports import Asked, Format, kept, later
from evaluations.models import FigureExport
from evaluations.publication import Audience
from jobs import actions, sending
from jobs.models import SILENCE, Run
from officials.models import Division
from tests.conftest import HEPING
from tests.e2e.processes import kill, wait_until, worker
from tests.e2e.roster_browser import DESK, PHONE, OpenPage, signed_in
from tests.e2e.test_staff_pages import faults
from tests.evaluations.test_exports import MANY, MONTHS, many_ratings
from tests.evaluations.world import NINE, World

pytestmark = pytest.mark.django_db(transaction=True)
FORM = reverse("evaluations:figures-export", args=[HEPING])


@pytest.fixture
def world(heping: Division, clerk: User, head: User) -> World:
    return World(clerk=clerk, head=head, communities=NINE)


@pytest.fixture
def many(world: World) -> list[str]:
    """4,000 ratings of twenty months."""
    return many_ratings(world)


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, clerk_client: Client
) -> Iterator[OpenPage]:
    with signed_in(browser, live_server.url, {"clerk": clerk_client}) as make:
        yield make


def asked(world: World, months: list[str]) -> FigureExport:
    what = Asked(
        world.district, months[0], months[-1], Audience.OFFICE, Format.CSV, "常委会材料"
    )
    rows, at = what.rows, timezone.now()
    return exports.ask_export(
        what, rows=rows, language="zh-hans", by=world.clerk, at=at
    )


def fill_in(page: Page, months: list[str]) -> None:
    page.goto(FORM)
    page.get_by_label("从哪个月").select_option(months[0])
    page.get_by_label("到哪个月").select_option(months[-1])
    page.get_by_label("用途").fill("常委会材料")
    page.get_by_role("button", name="导出", exact=True).click()


def test_a_clerk_waits_on_a_page_that_looks_again_by_itself(
    many: list[str], open_page: OpenPage, tmp_path: Path
) -> None:
    """Without script, on a telephone; the worker comes late."""
    page = open_page(PHONE, who="clerk")
    fill_in(page, many)
    expect(page.get_by_role("status")).to_have_text("排队等候，很快开始。")
    assert FigureExport.objects.get().expected == MANY * MONTHS
    with worker(tmp_path / "worker.log"):
        ready = page.get_by_role("heading", name="文件写好了")
        expect(ready).to_be_visible(timeout=60_000)
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载").click()
    taken.value.save_as(tmp_path / "file.xlsx")
    done = FigureExport.objects.get()
    content = (tmp_path / "file.xlsx").read_bytes()
    assert sha256(content).hexdigest() == done.sha256
    assert done.rows == MANY * MONTHS
    assert AuditEvent.objects.filter(verb="figures.downloaded").count() == 1


def test_pages_have_no_fault_in_any_state(
    world: World, many: list[str], open_page: OpenPage
) -> None:
    export = asked(world, many)
    address = reverse("evaluations:export-detail", args=[export.pk])
    run = actions.start_run(
        kind=Run(kind=later.JOB).sort,
        unit=Run(kind=later.JOB).sort.unit(str(export.pk)),
        worker="a 1",
        at=timezone.now(),
    )
    found, pictures = [], os.environ.get("EXPORT_PICTURES")

    def look(state: str) -> None:
        for size in (PHONE, DESK):
            page = open_page(size, who="clerk", script=True)
            for place in (address, FORM):
                answer = page.goto(place)
                assert answer is not None
                assert answer.status == 200
                found.extend(faults(page, f"{state} {place}", size["width"]))
                if pictures:
                    name = f"{state}_{place.strip('/')[-12:]}_{size['width']}.png"
                    name = name.replace("/", "_")
                    page.screenshot(path=Path(pictures) / name, full_page=True)

    Run.objects.update(step="write", done=7, total=20, seen_at=timezone.now())
    look("running")
    failure = actions.failure_of(run.sort, OSError())
    actions.fail_run(run=run, failure=failure, at=timezone.now())
    look("failed")
    exports.write_export(export=export, at=timezone.now())
    look("done")
    FigureExport.objects.update(state="gone", stored_as="")
    look("gone")
    assert found == []


def test_what_a_killed_worker_began_another_one_writes(
    world: World, many: list[str], tmp_path: Path
) -> None:
    export, log = asked(world, many), tmp_path / "worker.log"
    running = Run.objects.running().filter(kind=later.JOB)
    with worker(log) as first:
        app.send_task(later.JOB, args=[str(export.pk)])
        wait_until(running.filter(step="write", done__gte=2).exists, what="writing")
        kill(first)
    assert FigureExport.objects.get().state == "asked"
    assert not AuditEvent.objects.filter(verb="figures.exported").exists()
    assert len(list(kept.folder().iterdir())) == 1
    Run.objects.update(seen_at=timezone.now() - SILENCE * 2)
    at = timezone.now()
    actions.lose_silent_runs(at=at)
    for run in actions.take_up(at=at):
        sending.send(run.kind, run.arguments)
    with worker(log):
        done = FigureExport.objects.filter(state="done")
        wait_until(done.exists, what="the file")
    assert AuditEvent.objects.filter(verb="figures.exported").count() == 1
    with exports.take_export(
        export=done.get(), by=world.clerk, at=timezone.now()
    ) as content:
        assert content.read().count(b"\n") == MANY * MONTHS + 3


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    """The workers know the folder of the settings only."""
    yield
    assert kept.folder().is_relative_to(settings.VAR)
    for path in kept.folder().iterdir():
        path.unlink()
