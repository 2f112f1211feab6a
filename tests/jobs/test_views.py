"""The operator's page: who may see it, what it says, what a click does."""

import datetime as dt

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from audit.models import AuditEvent
from config.celery import app
from evaluations.windows import SchemeUnknown
from jobs import actions, queues
from jobs.models import SILENCE, Process, Run
from tests.evaluations.world import TAIANDAO, World, same
from tests.jobs.conftest import Start

pytestmark = pytest.mark.django_db
MONTH = "2026-10"
LIST = reverse("jobs:run-list")


@pytest.fixture
def world(heping: object, clerk: User, head: User) -> World:
    world = World(clerk=clerk, head=head, communities=[TAIANDAO])
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    return world


@pytest.fixture
def failed(world: World, start: Start) -> Run:
    """The roll-up of 2026-10 failed a moment ago, and is still due."""
    run = start("120101", MONTH)
    failure = actions.failure_of(run.sort, SchemeUnknown("x"))
    actions.fail_run(run=run, failure=failure, at=timezone.now())
    run.refresh_from_db()
    return run


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")


def retry(run: Run) -> str:
    return reverse("jobs:run-retry", args=[run.pk])


def messages_in_queue() -> int:
    found = queues.look()
    assert found is not None
    return found.waiting["rollup"]


@pytest.fixture
def empty_queue() -> None:
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge("rollup")


def test_everybody_else_on_the_desk_is_refused(
    failed: Run, clerk_client: Client, auditor_client: Client, client: Client
) -> None:
    for other in (clerk_client, auditor_client):
        assert other.get(LIST).status_code == 403
        assert other.post(retry(failed)).status_code == 403
    assert client.get(LIST).status_code == 302
    assert client.post(retry(failed)).status_code == 302
    assert AuditEvent.objects.filter(verb="job.retried").count() == 0


def test_another_district_is_not_there_and_the_wrong_method_neither(
    failed: Run, operator_client: Client, operator_elsewhere_client: Client
) -> None:
    assert operator_elsewhere_client.get(LIST).status_code == 200
    assertNotContains(operator_elsewhere_client.get(LIST), "和平区")
    assert operator_elsewhere_client.post(retry(failed)).status_code == 404
    assert operator_client.get(retry(failed)).status_code == 405
    assert operator_client.post(LIST).status_code == 405
    gone = reverse("jobs:run-retry", args=[failed.pk + 4711])
    assert operator_client.post(gone).status_code == 404


def test_work_of_no_place_is_everybodys(
    start: Start, operator_elsewhere_client: Client, clerk_client: Client
) -> None:
    run = start(kind="jobs.purge")
    failure = actions.failure_of(run.sort, ValueError("x"))
    actions.fail_run(run=run, failure=failure, at=timezone.now())
    assertContains(operator_elsewhere_client.get(LIST), "程序出错（ValueError）")
    assert clerk_client.post(retry(run)).status_code == 403
    assertRedirects(operator_elsewhere_client.post(retry(run)), LIST)
    assert AuditEvent.objects.filter(verb="job.retried").count() == 1


def test_the_menu_shows_the_page_to_operators_only(
    operator_client: Client, clerk_client: Client
) -> None:
    home = reverse("accounts:home")
    assertContains(operator_client.get(home), LIST)
    assertNotContains(clerk_client.get(home), LIST)


def test_a_failure_says_why_how_often_and_when_next(
    failed: Run, operator_client: Client
) -> None:
    page = operator_client.get(LIST)
    assertContains(page, "测评用的考核办法在系统里找不到")
    assertContains(page, f"编号 {failed.reference}。")
    assert failed.next_at is not None
    moment = timezone.localtime(failed.next_at)
    assertContains(page, f"{moment:%Y-%m-%d %H:%M} 自动再试。")
    assertContains(page, f"上次失败，{moment:%Y-%m-%d %H:%M} 再试。")
    operator_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assertContains(operator_client.get(LIST), "The assessment scheme of the round")


@pytest.mark.usefixtures("empty_queue")
def test_a_retry_sends_a_message_and_leaves_a_trail(
    failed: Run, operator_client: Client
) -> None:
    page = operator_client.post(retry(failed), follow=True)
    assertContains(page, "已安排重试，很快开始。")
    assert messages_in_queue() == 1
    event = AuditEvent.objects.get(verb="job.retried")
    assert (event.actor, event.target_id) == ("operator", str(failed.pk))


@pytest.mark.usefixtures("no_queue")
def test_without_redis_the_page_says_so_and_a_retry_waits_for_it(
    failed: Run, operator_client: Client
) -> None:
    assertContains(operator_client.get(LIST), "队列（Redis）连不上")
    page = operator_client.post(retry(failed), follow=True)
    assertContains(page, "已登记重试。队列现在连不上")
    failed.refresh_from_db()
    assert failed.next_at is not None
    assert failed.next_at <= timezone.now()
    assert actions.take_up(at=timezone.now()) == [failed]


def test_a_retry_of_what_runs_again_is_refused_with_a_sentence(
    failed: Run, start: Start, operator_client: Client
) -> None:
    start("120101", MONTH)
    page = operator_client.post(retry(failed), follow=True)
    assertContains(page, "这件事正在运行，不用重试。")
    # While somebody is at it, it is neither failed nor due.
    board = page.context["board"]
    assert (board.failed, board.due, len(board.running)) == ([], [], 1)


def test_what_was_done_by_other_means_is_not_failed_any_more(
    failed: Run, operator_client: Client
) -> None:
    Run.objects.update(arguments=["120101", "2026-07"], key="120101 2026-07")
    board = operator_client.get(LIST).context["board"]
    assert board.failed == []
    assert [one.unit.subject for one in board.due] == ["和平区 2026-10"]


def test_a_run_tells_its_step_and_a_silent_one_is_marked(
    start: Start, operator_client: Client, heping: object
) -> None:
    run = start("120101", MONTH)
    Run.objects.update(step="count", done=3, total=11)
    page = operator_client.get(LIST)
    assertContains(page, "正在清点第 3 次测评，共 11 次")
    assertContains(page, '<progress class="progress" max="100" value="27"')
    assertNotContains(page, "没有声息")
    Run.objects.filter(pk=run.pk).update(seen_at=timezone.now() - 2 * SILENCE)
    assertContains(operator_client.get(LIST), "没有声息")


def test_the_page_looks_again_sooner_while_something_moves(
    start: Start, operator_client: Client
) -> None:
    assert operator_client.get(LIST)["Refresh"] == "30"
    start("120101", MONTH)
    assert operator_client.get(LIST)["Refresh"] == "5"
    assert not operator_client.get(LIST, {"still": "1"}).has_header("Refresh")


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("failed", {"failed"}),
        ("running", {"running"}),
        ("due", {"due"}),
        ("ended", {"ended"}),
        ("", {"failed", "running", "due", "ended", "schedule"}),
        ("nonsense", {"failed", "running", "due", "ended", "schedule"}),
    ],
)
def test_a_filter_leaves_one_part(
    failed: Run, operator_client: Client, part: str, shown: set[str]
) -> None:
    page = operator_client.get(LIST, {"part": part}).content.decode()
    parts = ("failed", "running", "due", "ended", "schedule")
    assert {name for name in parts if f'<h2 id="{name}">' in page} == shown


def test_a_filter_leaves_one_kind(
    failed: Run, start: Start, operator_client: Client
) -> None:
    actions.end_run(run=start(kind="jobs.purge"), at=timezone.now())
    answer = operator_client.get(LIST, {"kind": "jobs.purge"})
    assert [run.kind for run in answer.context["page"]] == ["jobs.purge"]
    assert answer.context["board"].failed == []


def test_workers_and_clock_are_shown_with_their_last_sign(
    operator_client: Client,
) -> None:
    at = timezone.now()
    assertContains(operator_client.get(LIST), "没有工作进程在运行")
    for name, kind, age in (
        ("worker alive 1", Process.Kind.WORKER, 0),
        ("worker silent 2", Process.Kind.WORKER, 60),
        ("beat clock 3", Process.Kind.BEAT, 60),
    ):
        seen = at - dt.timedelta(seconds=age)
        actions.sign_life(
            name=name, kind=kind, queues="rollup celery", started_at=seen, at=seen
        )
    page = operator_client.get(LIST)
    assertNotContains(page, "没有工作进程在运行")
    assertNotContains(page, "时间表没有在走")
    assertContains(page, "队列 rollup、celery")
    silent = [process.name for process in page.context["silent_workers"]]
    assert silent == ["worker silent 2"]


def test_the_schedule_names_the_next_moment_of_every_line(
    operator_client: Client, start: Start
) -> None:
    last = start(kind="jobs.purge")
    ticks = operator_client.get(LIST).context["ticks"]
    assert len(ticks) == len(app.conf.beat_schedule)
    purge = next(tick for tick in ticks if tick.kind.name == "jobs.purge")
    moment = timezone.localtime(purge.next_at)
    assert (moment.hour, moment.minute, moment > timezone.now()) == (3, 40, True)
    assert purge.last == last


def test_the_page_costs_the_same_with_one_run_and_with_many(
    start: Start, operator_client: Client
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            operator_client.get(LIST)
        return len(queries)

    for number in range(2):
        actions.end_run(run=start("120101", f"2025-0{number + 1}"), at=timezone.now())
    few = cost()
    for number in range(20):
        actions.end_run(run=start("120101", f"20{number + 30}-01"), at=timezone.now())
    assert cost() == few
