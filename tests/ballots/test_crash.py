"""Killed at any point: closed and complete, or opened and complete (T54, T143)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from ballots import casting, custody, verifying
from ballots.casting import BulkBallot
from ballots.models import BallotBox, Envelope, Opening, Turnout
from tests.ballots import world
from tests.ballots.opening_process import TABLE
from tests.ballots.world import KAIFENGDAO

HOUSEHOLDS = 50
KILLS = 10
# In the order in which an opening passes them; batches are of twenty.
BEFORE_COMMIT = [
    "start 1",
    "locked 1",
    "walk 1",
    "walk 30",
    "checked 1",
    "decrypted 25",
    "papers 1",
    "written 2",
    "words 1",
    "balanced 1",
    "finish 1",
    "deleted 1",
]
AFTER_COMMIT = ["committed 1", "key gone 1"]


class Opener:
    """The process that forks an opening for every order; see opening_process."""

    def __init__(self, url: str) -> None:
        self.child = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ballots.opening_process"],
            cwd=settings.ROOT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings_test",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def kill_at(self, box: BallotBox, point: str) -> None:
        self.stop_at(box, point)
        self.kill()
        wait_for_rollback()

    def stop_at(self, box: BallotBox, point: str) -> None:
        self._order(box, point)
        child, reached = self._read().split(" ", 1)
        assert reached == point
        self.child = int(child)

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        assert self._read() == "gone"

    def run_to_the_end(self, box: BallotBox) -> None:
        self._order(box, "end")
        assert [self._read(), self._read()] == ["done", "gone"]

    def _order(self, box: BallotBox, point: str) -> None:
        moment = world.TECHNICAL_CLOSE.isoformat()
        self.process.stdin.write(f"{box.pk} {moment} {point}\n")
        self.process.stdin.flush()

    def _read(self) -> str:
        return self.process.stdout.readline().rstrip("\n")

    def close(self) -> None:
        """A failed test may leave a child waiting at its point."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def table(transactional_db: None) -> Iterator[None]:
    world.sql(f"CREATE TABLE {TABLE} (id uuid PRIMARY KEY, items text)")
    yield
    world.sql(f"DROP TABLE {TABLE}")


@pytest.fixture
def opener(table: None) -> Iterator[Opener]:
    # The server of this run, and in it the database of the tests.
    server = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    opener = Opener(urlunsplit(server._replace(path=f"/{name}")))
    yield opener
    opener.close()
    wait_for_rollback()


def closed_box() -> BallotBox:
    box, issued = world.open_with(*[KAIFENGDAO] * HOUSEHOLDS)
    ballots = [
        BulkBallot(
            code.code_id,
            world.marks(n, words="说" if n % 5 else ""),
            "web",
            world.NOON.date(),
        )
        for n, code in enumerate(issued)
    ]
    casting.cast_many(box=box, ballots=ballots, by=world.CLERK, at=world.NOON)
    world.sql(f"TRUNCATE {TABLE}")
    return world.close(box)


def wait_for_rollback() -> None:
    """The server notices a dead client when it next reads from it."""
    for _moment in range(1200):
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
        cursor.execute(f"SELECT count(DISTINCT items), count(*) FROM {TABLE}")
        different, count = cursor.fetchone()
    assert different == count
    return count


def picture(box: BallotBox) -> tuple[str, int, int, int, int, bool]:
    state = world.fresh(box).state
    turnout = sum(Turnout.objects.filter(box=box).values_list("count", flat=True))
    half_key = any(path.exists() for path in custody.half_key_paths(box.pk))
    openings = Opening.objects.filter(box=box).count()
    envelopes = Envelope.objects.filter(box=box).count()
    return state, envelopes, rows(), openings, turnout, half_key


CLOSED = ("closed", HOUSEHOLDS, 0, 0, 0, True)
OPENED = ("opened", 0, HOUSEHOLDS, 1, HOUSEHOLDS, True)
KEY_GONE = ("opened", 0, HOUSEHOLDS, 1, HOUSEHOLDS, False)
DESTROYED = ("destroyed", 0, HOUSEHOLDS, 1, HOUSEHOLDS, False)


def complete(box: BallotBox) -> None:
    """One Opening, final roots equal counts, nothing left on the disk."""
    assert picture(box) == DESTROYED
    assert Opening.objects.get(box=box).papers == HOUSEHOLDS
    assert verifying.verify_box(world.fresh(box)).faults == ()
    assert list((settings.VAR / "spool").iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_opening_killed_before_its_commit_leaves_everything_closed(opener: Opener):
    """Twelve points, ten times each, then run again (T143)."""
    for point in BEFORE_COMMIT:
        box = closed_box()
        for _kill in range(KILLS):
            opener.kill_at(box, point)
            assert (point, picture(box)) == (point, CLOSED)
        opener.run_to_the_end(box)
        complete(box)


@pytest.mark.django_db(transaction=True)
def test_opening_killed_after_its_commit_is_finished_by_the_next_run(opener: Opener):
    for point, expected in zip(AFTER_COMMIT, (OPENED, KEY_GONE), strict=True):
        box = closed_box()
        for _kill in range(KILLS):
            opener.kill_at(box, point)
            assert (point, picture(box)) == (point, expected)
        opener.run_to_the_end(box)
        complete(box)
