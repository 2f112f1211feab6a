"""kill -9 at twenty random points of a roll-up over 64 communities.

A prefork worker does the work in a child; most kills take the child (as the kernel
does when memory is short), every tenth takes worker and children together (as a power
cut would). Whatever was killed, the rows that come out at last are those of a quiet
run.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from accounts.models import User
from audit.vendor_sql import hold_name
from config.celery import app
from evaluations.models import (
    AssessmentScheme,
    CountedRound,
    MonthlyRating,
    MonthlyRollup,
    ResponseCell,
    StratumCount,
)
from evaluations.rollup import JOB
from jobs.models import Run
from tests.conftest import HEPING
from tests.e2e.districts import codes_under, load_divisions, open_district
from tests.e2e.processes import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-10"
KILLS = 20
WHOLE_WORKER_EVERY = 10
# Celery replaces a killed child every five seconds; meanwhile another takes over.
CHILDREN = 4
TABLES = [
    model
    for model in apps.get_app_config("evaluations").get_models()
    if model is not AssessmentScheme
]
COUNTED = {model.__name__ for model in (CountedRound, ResponseCell, StratumCount)}


@pytest.fixture
def communities(clerk: User, head: User) -> list[str]:
    load_divisions(HEPING)
    codes = codes_under(HEPING)
    open_district(HEPING, month=MONTH, communities=codes, answers=20)
    return codes


class Laboratory:
    """A worker that is killed and started again; what it leaves in the tables."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.last = 0
        self.quiet: dict[str, str] = {}
        self.child: subprocess.Popen[bytes] | None = None

    @contextmanager
    def worker(self) -> Iterator[None]:
        with worker(self.log, children=CHILDREN) as self.child:
            try:
                yield
            finally:
                # After a kill of the worker alone its child would live on.
                if self.child.poll() is not None:
                    kill_group(self.child)

    def next_run(self) -> Run:
        """The next roll-up that is under way; a message is sent until one begins."""
        sent = 0.0

        def begun() -> bool:
            nonlocal sent
            if time.monotonic() - sent > 1:
                # One that nobody watched may have come to its end.
                self.clear()
                app.send_task("evaluations.roll_up_due", queue="rollup")
                sent = time.monotonic()
            return self._newest() is not None

        wait_until(begun, what="roll-up")
        run = self._newest()
        assert run is not None
        self.last = run.pk
        return run

    def reached(self) -> str:
        """How far the tables have come: nothing, counted or everything."""
        found = everything()
        if found == self.quiet:
            return "everything"
        state = found.pop(MonthlyRollup.__name__)
        filled = {name for name, rows in found.items() if rows}
        assert filled in (set(), COUNTED), f"half-written: {filled}"
        assert all(found[name] == self.quiet[name] for name in filled), "other bytes"
        assert bool(state) == bool(filled)
        return "counted" if filled else "nothing"

    def clear(self) -> None:
        """After everything begin anew; what is only counted is gone on from."""
        if self.quiet and self.reached() == "everything":
            wipe()

    def _newest(self) -> Run | None:
        return Run.objects.filter(kind=JOB, pk__gt=self.last).order_by("-pk").first()


def kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    child.wait()


def pause(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@contextmanager
def one_moment() -> Iterator[None]:
    """Several reads that see the same instant, whoever commits meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def rows_of(model: type[models.Model]) -> list[tuple[object, ...]]:
    """Every column but keys that the database counts, and moments of the clock."""
    names = [
        field.attname
        for field in model._meta.concrete_fields
        if not field.primary_key
        and not isinstance(field, models.DateTimeField)
        and field.related_model not in TABLES
    ]
    if model is StratumCount:
        names.append("counted__round_id")
    return sorted(model._base_manager.values_list(*names), key=repr)


def everything() -> dict[str, str]:
    """Table → digest of its rows; "" where there is none."""
    with one_moment():
        found = {model.__name__: rows_of(model) for model in TABLES}
    return {
        name: sha256(repr(rows).encode()).hexdigest() if rows else ""
        for name, rows in found.items()
    }


def wipe() -> None:
    """Empty the tables, once nobody is in the middle of a transaction of the work."""
    names = ", ".join(model._meta.db_table for model in TABLES)
    with transaction.atomic():
        while not hold_name(f"roll up {HEPING}"):
            pause(0.02)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names} CASCADE")


def undisturbed(laboratory: Laboratory) -> float:
    """Keep the rows of a quiet run and empty the tables; its seconds."""
    done = Run.objects.filter(kind=JOB, state=Run.State.DONE)
    laboratory.next_run()
    wait_until(done.exists, what="quiet run")
    run = done.get()
    assert run.ended_at is not None
    assert MonthlyRating.objects.count() == 64
    laboratory.quiet = everything()
    assert {name for name, rows in laboratory.quiet.items() if rows} > COUNTED
    wipe()
    return (run.ended_at - run.started_at).total_seconds()


def kill_inside(laboratory: Laboratory, moment: float, *, whole_worker: bool) -> bool:
    """Kill the roll-up that long after its beginning; False when it had ended."""
    run = laboratory.next_run()
    pause(moment)
    if not Run.objects.running().filter(pk=run.pk).exists():
        return False
    assert laboratory.child is not None
    if whole_worker:
        kill_group(laboratory.child)
    else:
        try:
            os.kill(int(run.worker.split()[-1]), signal.SIGKILL)
        except ProcessLookupError:
            # A child of the pool that had already gone by itself.
            return False
    return True


def killed() -> int:
    """Nobody could tell of the end of a killed run: each still says that it runs."""
    return Run.objects.running().filter(kind=JOB).count()


def kill_until_the_worker_dies(
    laboratory: Laboratory, points: Iterator[float], *, wanted: int
) -> None:
    """Some children and at last the whole worker; nothing is ever half-written."""
    kills = 0
    while kills < wanted:
        is_last = kills + 1 == wanted
        kills += kill_inside(laboratory, next(points), whole_worker=is_last)
        laboratory.clear()
        if kills % 2:
            # Begin with the counting again, wherever the killed one had come to.
            wipe()


def test_a_roll_up_killed_at_twenty_points_ends_with_the_bytes_of_a_quiet_one(
    communities: list[str], tmp_path: Path
) -> None:
    assert len(communities) == 64
    laboratory = Laboratory(tmp_path / "worker.log")
    dice = random.Random(20261121)
    with laboratory.worker():
        seconds = undisturbed(laboratory)
    points = iter(lambda: dice.random() * seconds, None)
    # One that came to its end just before the blow does not count.
    while (missing := KILLS - killed()) > 0:
        wanted = min(missing, WHOLE_WORKER_EVERY)
        with laboratory.worker():
            kill_until_the_worker_dies(laboratory, points, wanted=wanted)
    with laboratory.worker():
        laboratory.next_run()
        wait_until(lambda: laboratory.reached() == "everything", what="the last run")
    assert killed() >= KILLS
