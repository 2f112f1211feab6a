"""Killed at any point: closed and complete, or opened and complete (T54, T143)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from ballots import casting, custody
from ballots.casting import BulkBallot
from ballots.models import BallotBox, Envelope, Opening, Turnout
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO

TABLE = "opened_in_the_test"
HOUSEHOLDS = 2500
# What the process says on its way, in order; it is killed when it has said that.
POINTS = [
    ("start", 1),
    ("papers", 1),
    ("papers written", 1),
    ("papers", 2),
    ("papers written", 3),
    ("words", 1),
    ("words", 3),
    ("finish", 1),
]
AFTER_COMMIT = [("opened", 1), ("finished", 1)]
RANDOM_KILLS = 4


@pytest.fixture
def table(transactional_db: None) -> Iterator[None]:
    world.sql(f"CREATE TABLE {TABLE} (id uuid PRIMARY KEY, items text)")
    yield
    world.sql(f"DROP TABLE {TABLE}")


@pytest.fixture
def box(table: None) -> BallotBox:
    box, issued = world.open_with(*[KAIFENGDAO] * HOUSEHOLDS)
    ballots = [
        BulkBallot(
            code.code_id,
            world.marks(n % 100, n // 100, words="说" if n % 5 else ""),
            "web",
            world.NOON.date(),
        )
        for n, code in enumerate(issued)
    ]
    casting.cast_many(box=box, ballots=ballots, by=world.CLERK, at=world.NOON)
    return world.close(box)


def start(box: BallotBox) -> subprocess.Popen[str]:
    # The server of this run, and in it the database of the tests.
    server = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(server._replace(path=f"/{connection.settings_dict['NAME']}"))
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.ballots.opening_process",
            str(box.pk),
            world.TECHNICAL_CLOSE.isoformat(),
        ],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_at(box: BallotBox, said: str, times: int) -> None:
    process = start(box)
    for line in process.stdout:
        times -= line.strip() == said
        if times == 0:
            break
    end(process)
    assert times == 0


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    wait_for_rollback()


def wait_for_rollback() -> None:
    """The server notices a dead client when it next reads from it."""
    for _moment in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    pytest.fail("the connection of a killed process does not end")


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT items) FROM {TABLE}")
        (count,) = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        assert cursor.fetchone() == (count,)
    return count


def picture(box: BallotBox) -> tuple[str, int, int, int, int, bool]:
    state = world.fresh(box).state
    turnout = sum(Turnout.objects.values_list("count", flat=True))
    half_key = any(path.exists() for path in custody.half_key_paths(box.pk))
    openings = Opening.objects.count()
    return state, Envelope.objects.count(), rows(), openings, turnout, half_key


CLOSED = ("closed", HOUSEHOLDS, 0, 0, 0, True)
OPENED = ("opened", 0, HOUSEHOLDS, 1, HOUSEHOLDS, True)
DESTROYED = ("destroyed", 0, HOUSEHOLDS, 1, HOUSEHOLDS, False)


@pytest.mark.django_db(transaction=True)
def test_killed_opening_leaves_nothing_or_everything(box: BallotBox):
    for said, times in POINTS:
        kill_at(box, said, times)
        assert picture(box) == CLOSED, said
    dice = random.Random()
    for _kill in range(RANDOM_KILLS):
        process = start(box)
        assert process.stdout.readline() == "start\n"
        time.sleep(dice.uniform(0, 2))
        end(process)
        assert picture(box) in (CLOSED, OPENED, DESTROYED)
    for (said, times), expected in zip(AFTER_COMMIT, (OPENED, DESTROYED), strict=True):
        if picture(box) != DESTROYED:
            kill_at(box, said, times)
            assert picture(box) == expected, said
    assert picture(box) == DESTROYED
    assert Opening.objects.get().papers == HOUSEHOLDS
    spool = settings.VAR / "spool"
    assert list(spool.iterdir()) == []
