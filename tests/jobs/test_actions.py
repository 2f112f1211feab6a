"""The ledger's verbs: attempts are counted, rests grow, settled failures are quiet."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from config.schedule import SCHEDULE
from evaluations.windows import SchemeUnknown
from jobs import actions, kinds
from jobs.models import SILENCE, Process, Run
from tests.evaluations.world import TAIANDAO, World, same
from tests.jobs.conftest import ROLL_UP, Start

pytestmark = pytest.mark.django_db
MONTH = "2026-10"
PLACE = ("120101", MONTH)
SWEEP = "surveys.open_due_rounds"


def fail(run: Run, error: Exception, *, at: dt.datetime | None = None) -> Run:
    failure = actions.failure_of(run.sort, error)
    actions.fail_run(run=run, failure=failure, at=at or timezone.now())
    run.refresh_from_db()
    return run


def end(run: Run) -> Run:
    actions.end_run(run=run, at=timezone.now())
    run.refresh_from_db()
    return run


@pytest.fixture
def due(world: World) -> None:
    """2026-10 waits to be rolled up."""
    world.tally(MONTH, {TAIANDAO: same(4, 20)})


@pytest.fixture
def world(heping: object, clerk: User, head: User) -> World:
    return World(clerk=clerk, head=head, communities=[TAIANDAO])


def test_a_run_is_named_by_place_and_month(heping: object, start: Start) -> None:
    run = start(*PLACE)
    assert (run.key, run.arguments) == ("120101 2026-10", list(PLACE))
    assert (run.subject, run.division) == ("和平区 2026-10", "120101")
    assert (run.state, run.attempt, run.worker) == ("running", 1, "machine 4711")


def test_failures_in_a_row_are_counted_and_rest_longer(start: Start) -> None:
    at = timezone.now()
    rests = []
    for number in range(1, 6):
        run = fail(start(*PLACE), SchemeUnknown("x"), at=at)
        assert run.attempt == number
        assert run.next_at is not None
        rests.append((run.next_at - at) // dt.timedelta(minutes=1))
    assert rests == [1, 5, 15, 60, 60]
    # One line tells of them all.
    assert Run.objects.count() == 1
    assert end(start(*PLACE)).attempt == 6
    assert start(*PLACE).attempt == 1


def test_another_reason_is_kept_beside_the_first(start: Start) -> None:
    fail(start(*PLACE), SchemeUnknown("x"))
    fail(start(*PLACE), ValueError("120101002014 张三"))
    assert list(Run.objects.values_list("error", "attempt")) == [
        ("ValueError", 2),
        ("SchemeUnknown", 1),
    ]


def test_a_refusal_is_told_in_both_languages_and_a_fault_by_number(
    start: Start,
) -> None:
    refused = fail(start(*PLACE), SchemeUnknown("120101-2026-10: secret"))
    assert refused.why.startswith("测评用的考核办法在系统里找不到")
    with translation.override("en"):
        assert refused.why.startswith("The assessment scheme of the round")
    fault = fail(start(*PLACE), ValueError("张三 13812345678"))
    assert fault.why == (
        f"程序出错（ValueError）。请把编号 {fault.reference} 交给技术人员，"
        "凭它可以在日志里查到出错的位置。"
    )
    kept = str([list(row.values()) for row in Run.objects.values()])
    assert "secret" not in kept
    assert "张三" not in kept


def test_a_silent_run_is_lost_and_due_at_once(start: Start) -> None:
    at = timezone.now()
    silent = start(*PLACE, ago=SILENCE + dt.timedelta(seconds=1))
    fresh = start("230402", MONTH)
    assert actions.lose_silent_runs(at=at) == 1
    silent.refresh_from_db()
    assert (silent.state, silent.next_at) == (Run.State.LOST, at)
    assert fresh in Run.objects.living(at=at)


def test_what_is_lost_is_taken_up_once_and_only_while_due(
    due: None, start: Start
) -> None:
    at = timezone.now()
    wanted = start(*PLACE, ago=2 * SILENCE)
    start("120101", "2026-07", ago=2 * SILENCE)
    actions.lose_silent_runs(at=at)
    assert actions.take_up(at=at) == [wanted]
    assert actions.take_up(at=at) == []


def test_a_failure_that_rests_is_not_taken_up(due: None, start: Start) -> None:
    at = timezone.now()
    run = fail(start(*PLACE), SchemeUnknown("x"), at=at)
    assert actions.take_up(at=at) == []
    assert actions.take_up(at=at + dt.timedelta(minutes=1)) == [run]


def test_a_sweep_keeps_its_newest_good_end(start: Start) -> None:
    for _ in range(3):
        newest = end(start(kind=SWEEP))
    fail(start(kind=SWEEP), ValueError())
    assert newest in Run.objects.filter(kind=SWEEP, state=Run.State.DONE)
    assert Run.objects.filter(kind=SWEEP).count() == 2
    # The clock brings it again: no rest of its own.
    assert Run.objects.unsettled().get().next_at is None


def test_a_later_end_settles_a_failure(start: Start) -> None:
    fail(start(*PLACE), SchemeUnknown("x"))
    assert Run.objects.unsettled().count() == 1
    end(start(*PLACE))
    assert Run.objects.unsettled().count() == 0


def test_a_person_tries_again_with_a_trail(
    due: None, start: Start, clerk: User
) -> None:
    at = timezone.now()
    run = fail(start(*PLACE), SchemeUnknown("x"), at=at)
    actions.retry_run(run=run, by=clerk, at=at)
    run.refresh_from_db()
    assert run.next_at == at
    event = AuditEvent.objects.get(verb="job.retried")
    assert (event.actor, event.division) == ("clerk", "120101")
    assert event.data == '{"attempt":1,"key":"120101 2026-10","kind":"' + ROLL_UP + '"}'


def test_without_a_trail_there_is_no_second_attempt(
    due: None, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fail(start(*PLACE), SchemeUnknown("x"))

    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("jobs.actions.record", refuse)
    with pytest.raises(ConnectionError):
        actions.retry_run(run=run, by=SYSTEM, at=timezone.now())
    before = run.next_at
    run.refresh_from_db()
    assert run.next_at == before


def test_work_under_way_is_not_tried_again(due: None, start: Start) -> None:
    run = fail(start(*PLACE), SchemeUnknown("x"))
    start(*PLACE)
    with pytest.raises(actions.StillRunning):
        actions.retry_run(run=run, by=SYSTEM, at=timezone.now())


def test_what_is_not_due_any_more_is_not_tried_again(
    heping: object, start: Start
) -> None:
    run = fail(start(*PLACE), SchemeUnknown("x"))
    with pytest.raises(actions.NothingDue):
        actions.retry_run(run=run, by=SYSTEM, at=timezone.now())
    done = end(start("230402", MONTH))
    with pytest.raises(actions.NothingDue):
        actions.retry_run(run=done, by=SYSTEM, at=timezone.now())


def test_old_ends_are_forgotten_and_running_ones_stay(start: Start) -> None:
    at = timezone.now()
    old, young = end(start(*PLACE)), end(start("230402", MONTH))
    Run.objects.filter(pk=old.pk).update(
        started_at=at - actions.KEPT * 2,
        ended_at=at - actions.KEPT - dt.timedelta(seconds=1),
    )
    running = start("330106", MONTH, ago=actions.KEPT * 2)
    assert actions.purge_runs(by=SYSTEM, at=at) == 1
    assert set(Run.objects.all()) == {young, running}
    assert AuditEvent.objects.get(verb="jobs.purged").data == '{"number":1}'
    assert actions.purge_runs(by=SYSTEM, at=at) == 0
    assert AuditEvent.objects.filter(verb="jobs.purged").count() == 1


def test_a_process_signs_and_signs_off() -> None:
    at = timezone.now()
    first = {"name": "worker a 1", "kind": Process.Kind.WORKER, "queues": "rollup"}
    actions.sign_life(**first, started_at=at, at=at)
    later = at + dt.timedelta(minutes=1)
    actions.sign_life(**first, started_at=later, at=later)
    found = Process.objects.get()
    assert (found.started_at, found.seen_at) == (at, later)
    assert found.lives(at=later + dt.timedelta(seconds=45))
    assert not found.lives(at=later + dt.timedelta(seconds=46))
    actions.sign_off(name="worker a 1")
    assert Process.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"state": "done"}, "job_run_ends_with_moment"),
        ({"state": "failed", "ended": True}, "job_run_failure_has_reference"),
        ({"next": True}, "job_run_next_after_failure"),
        ({"attempt": 0}, "job_run_attempt_from_one"),
    ],
)
def test_the_database_keeps_the_promises_of_a_run(
    start: Start, fields: dict[str, object], name: str
) -> None:
    run = start(*PLACE)
    if fields.pop("ended", False):
        fields["ended_at"] = run.started_at
    if fields.pop("next", False):
        fields["next_at"] = run.started_at
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(**fields)


def test_every_scheduled_task_is_declared() -> None:
    names = {line["task"] for line in SCHEDULE.values()}
    assert names - set(kinds.everything()) == set()
