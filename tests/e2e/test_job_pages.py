"""The operator and the clerk watch real workers: failed, tried again, killed, done."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import models
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.models import AuditEvent
from config.celery import app
from evaluations.models import MonthlyRating
from evaluations.rollup import JOB
from jobs import actions, kinds
from jobs.models import Process, Run
from surveys.models import Round
from tests.conftest import HEPING, KAIFENGDAO
from tests.e2e.districts import codes_under, load_divisions, open_district
from tests.e2e.processes import kill, wait_until, worker
from tests.e2e.test_staff_pages import SIZES, faults, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-10"
JOBS, RESULTS = "/desk/jobs/", f"/desk/ratings/{HEPING}/{MONTH}/"
Open = Callable[..., Page]


@pytest.fixture
def staff(make_staff: Callable[..., User]) -> None:
    load_divisions(HEPING)
    make_staff("operator", roles.SYSTEM_ADMINISTRATOR, HEPING)
    make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING)
    make_staff("head", roles.DEPARTMENT_HEAD, HEPING)


@pytest.fixture
def page_of(staff: None, browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Sign somebody in on a screen of that size and open an address."""
    contexts = []

    def start(username: str, address: str, size: object = SIZES[1]) -> Page:
        context = browser.new_context(viewport=size)
        contexts.append(context)
        page = signed_in(context.new_page(), live_server, username)
        page.goto(live_server.url + address)
        return page

    yield start
    for context in contexts:
        context.close()


def due(job: str = "evaluations.roll_up_due") -> None:
    """What beat does when the clock says so."""
    app.send_task(job, queue="rollup")


def test_a_failed_roll_up_says_why_and_is_tried_again_from_the_page(
    page_of: Open, tmp_path: Path
) -> None:
    open_district(HEPING, month=MONTH, communities=[KAIFENGDAO], answers=20)
    survey_round = Round.objects.get()
    frozen = bytes(survey_round.scheme_digest)
    rounds = models.QuerySet(Round)
    rounds.update(scheme_digest=bytes(32))
    operator, clerk = page_of("operator", JOBS), page_of("clerk", RESULTS)
    expect(clerk.locator("main")).to_contain_text("排队等候汇总")
    with worker(tmp_path / "worker.log"):
        due()
        wait_until(lambda: Run.objects.filter(state="failed").exists(), what="failure")
        run = Run.objects.get(kind=JOB)
        operator.reload()
        expect(operator.locator("#failed + article")).to_contain_text(
            "测评用的考核办法在系统里找不到"
        )
        clerk.reload()
        expect(clerk.locator("main")).to_contain_text("汇总没有完成")
        expect(clerk.locator("main")).to_contain_text("自动再试")
        # While it rests, the clock does not send it again.
        due()
        rounds.update(scheme_digest=frozen)
        operator.get_by_role("button", name="现在重试").click()
        expect(operator.locator("main")).to_contain_text("已安排重试")
        wait_until(MonthlyRating.objects.exists, what="rating")
        wait_until(lambda: not Run.objects.running().exists(), what="the last word")
    assert list(Run.objects.filter(kind=JOB).values_list("state", "attempt")) == [
        ("done", 2),
        ("failed", 1),
    ]
    told = AuditEvent.objects.get(verb="job.retried")
    assert (told.actor, told.target_id) == ("operator", str(run.pk))
    log = (tmp_path / "worker.log").read_text()
    # Class and reference are in the log, the text of the exception is not.
    assert f"failed, reference {run.reference} [SchemeUnknown at " in log
    assert survey_round.scheme_ref not in log
    operator.reload()
    expect(operator.locator("#failed + p")).to_have_text("没有失败的任务。")
    clerk.reload()
    expect(clerk.locator("main")).to_contain_text("汇总完成")


def test_the_work_of_a_killed_worker_is_seen_as_lost_and_taken_up(
    page_of: Open, tmp_path: Path
) -> None:
    open_district(HEPING, month=MONTH, communities=codes_under(HEPING), answers=20)
    with worker(tmp_path / "worker.log") as child:
        due()
        wait_until(Run.objects.filter(kind=JOB).exists, what="roll-up")
        kill(child)
    # The queue vanishes too: nothing but the database knows of the work.
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    killed = Run.objects.get(kind=JOB)
    assert (killed.state, MonthlyRating.objects.count()) == ("running", 0)
    operator = page_of("operator", JOBS)
    expect(operator.locator("#running + article")).to_contain_text("月度汇总 和平区")
    # A worker of tomorrow: the dead one has been silent for long.
    with worker(tmp_path / "worker.log", days_ahead=1):
        due("jobs.look_after")
        wait_until(MonthlyRating.objects.exists, what="ratings")
        done = Run.objects.filter(kind=JOB, state="done")
        wait_until(done.exists, what="the last word")
    assert MonthlyRating.objects.count() == 64
    killed.refresh_from_db()
    assert (killed.state, killed.next_at) == ("lost", None)
    assert done.get().attempt == 2
    operator.reload()
    history = operator.locator("#ended ~ .scroll")
    expect(history).to_contain_text("失去联系")
    expect(history).to_contain_text("做这件事的工作进程没有了声息")


@pytest.fixture
def busy_board(staff: None) -> None:
    """Every state at once: due, running, failed, lost, silent machines."""
    at = timezone.now()
    open_district(HEPING, month=MONTH, communities=[KAIFENGDAO], answers=20)
    roll_up, sweep = kinds.of(JOB), kinds.of("surveys.close_due_rounds")
    for month, kind, error in (
        ("2026-07", roll_up, None),
        (MONTH, roll_up, ValueError("x")),
        ("", sweep, KeyError("y")),
    ):
        unit = kind.unit(*((HEPING, month) if month else ()))
        run = actions.start_run(kind=kind, unit=unit, worker="民评一号 4711", at=at)
        if error is None:
            actions.end_run(run=run, at=at)
        else:
            failure = actions.failure_of(kind, error)
            actions.fail_run(run=run, failure=failure, at=at)
    running = roll_up.unit(HEPING, "2026-11")
    actions.start_run(kind=roll_up, unit=running, worker="民评二号 12", at=at)
    Run.objects.running().update(step="count", done=3, total=11)
    for name, kind in (("worker vm-1 4711", "worker"), ("beat vm-1 4712", "beat")):
        actions.sign_life(
            name=name,
            kind=Process.Kind(kind),
            queues="ballots celery exports imports rollup",
            started_at=at,
            at=at,
        )


@pytest.mark.usefixtures("busy_board")
def test_the_pages_of_jobs_have_no_fault(page_of: Open, tmp_path: Path) -> None:
    found, number = [], 0
    for size in SIZES:
        for username, address in (
            ("operator", f"{JOBS}?still=1"),
            ("operator", f"{JOBS}?still=1&part=failed"),
            ("clerk", RESULTS),
            ("clerk", f"/desk/ratings/{HEPING}/2026-11/"),
        ):
            Run.objects.running().update(seen_at=timezone.now())
            page = page_of(username, address, size)
            found += faults(page, address, size["width"])
            number += 1
            name = f"{number}-{username}-{size['width']}.png"
            page.screenshot(path=tmp_path / name, full_page=True)
            page.locator("header button[name=language]").click()
            found += faults(page, f"{address} in English", size["width"])
            page.screenshot(path=tmp_path / f"en-{name}", full_page=True)
    assert found == []
