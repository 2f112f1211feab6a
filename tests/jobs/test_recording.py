"""What a worker does is in the ledger, whatever becomes of the work's transaction."""

import logging
from collections.abc import Callable

import pytest
from celery import Task, shared_task
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM, record
from audit.models import AuditEvent
from config.celery import app
from jobs import recording
from jobs.models import Run
from jobs.recording import JobFailed, Recorded, part, tell
from officials.models import Division

NAME = "tests.work"


class Away(BaseException):
    """Stands for the end of a process that Python still notices."""


@pytest.fixture
def work() -> Callable[[Callable[[], object]], Task]:
    """A task of the real application that does what the test says."""

    def make(function: Callable[[], object]) -> Task:
        @app.task(name=NAME)
        def task() -> object:
            return function()

        return task

    yield make
    app.tasks.pop(NAME, None)


def run_by_worker(task: Task) -> object:
    """As a worker runs it: the request is there, and errors come back."""
    return task.apply(throw=True)


@pytest.mark.django_db
def test_a_task_that_is_called_leaves_no_entry(
    work: Callable[..., Task],
) -> None:
    assert work(lambda: None)() is None
    assert Run.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_task_that_a_worker_runs_is_entered(work: Callable[..., Task]) -> None:
    seen = []
    run_by_worker(work(lambda: seen.append(Run.objects.get().state)))
    run = Run.objects.get()
    assert seen == ["running"]
    assert (run.kind, run.state, run.key) == (NAME, "done", "")
    assert run.worker == recording.process_name()


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_kept_although_the_work_is_rolled_back(
    work: Callable[..., Task], caplog: pytest.LogCaptureFixture
) -> None:
    @transaction.atomic
    def write_and_fail() -> None:
        record("test.written", by=SYSTEM, at=timezone.now())
        message = "张三 13812345678"
        raise ValueError(message)

    with caplog.at_level(logging.ERROR), pytest.raises(JobFailed) as told:
        run_by_worker(work(write_and_fail))
    run = Run.objects.get()
    assert AuditEvent.objects.count() == 0
    assert (run.state, run.error) == ("failed", "ValueError")
    assert str(told.value) == f"ValueError, reference {run.reference}"
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert [run.reference in line.getMessage() for line in caplog.records] == [True]


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_work_is_in_its_transaction(
    work: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LOOK", 0.02)
    written = []
    plain = recording.Pulse._write

    def watch(pulse: recording.Pulse, told: tuple[str, int, int]) -> None:
        plain(pulse, told)
        written.append(Run.objects.values_list("step", "done", "total").get())

    monkeypatch.setattr(recording.Pulse, "_write", watch)

    @transaction.atomic
    def count() -> None:
        record("test.written", by=SYSTEM, at=timezone.now())
        tell("count", 3, 11)
        while not written:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.02)")

    run_by_worker(work(count))
    assert written[0] == ("count", 3, 11)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_inside_loses_its_run(work: Callable[..., Task]) -> None:
    def leave() -> None:
        raise Away

    with pytest.raises(Away), Recorded(NAME):
        leave()
    assert Run.objects.get().state == Run.State.LOST


@pytest.mark.django_db(transaction=True)
def test_a_run_taken_for_lost_that_lives_is_shown_as_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Recorded(NAME) as recorded:
        Run.objects.update(state=Run.State.LOST, ended_at=timezone.now())
        recorded.pulse._write(("count", 1, 2))
        assert Run.objects.get().state == Run.State.RUNNING
    assert Run.objects.get().state == Run.State.DONE


@pytest.mark.django_db(transaction=True)
def test_looking_in_vain_leaves_no_entry(work: Callable[..., Task]) -> None:
    run_by_worker(work(recording.never_mind))
    assert Run.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_last_word_of_a_run_stays_with_it(work: Callable[..., Task]) -> None:
    def wait() -> None:
        tell("count", 3, 11)
        recording.conclude("city")

    run_by_worker(work(wait))
    assert list(Run.objects.values_list("state", "step")) == [("done", "city")]


@pytest.mark.django_db(transaction=True)
def test_parts_of_a_sweep_are_entered_inside_a_task_only(
    heping: Division, work: Callable[..., Task], clerk: User
) -> None:
    def sweep() -> None:
        with part("tests.part", "120101"):
            pass

    sweep()
    assert Run.objects.count() == 0
    run_by_worker(work(sweep))
    assert list(Run.objects.order_by("pk").values_list("kind", "key")) == [
        (NAME, ""),
        ("tests.part", "120101"),
    ]


def test_a_shared_task_of_any_room_has_the_recording_base() -> None:
    @shared_task(name="tests.shared")
    def shared() -> None: ...

    try:
        assert isinstance(app.tasks["tests.shared"], recording.RecordedTask)
        assert hasattr(app.tasks["residents.parse_roster"], "delay_on_commit")
    finally:
        app.tasks.pop("tests.shared")
