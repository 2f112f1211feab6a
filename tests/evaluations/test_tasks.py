"""What a roll-up hands out when it is done: its own next month, then its neighbours."""

import contextlib
import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone

from config.celery import app
from evaluations import rollup, tasks
from jobs import actions, kinds
from jobs.models import Run
from tests.evaluations.world import HEPING, TAIANDAO, World, same

MONTH = "2026-10"


@pytest.fixture
def sent() -> Callable[[], list[list[str]]]:
    """Read, and take away, the arguments of what lies in the real queue."""

    def take() -> list[list[str]]:
        found = []
        with app.connection_for_read() as connection:
            queue = connection.SimpleQueue("rollup")
            with contextlib.suppress(queue.Empty):
                while True:
                    message = queue.get_nowait()
                    message.ack()
                    found.append(message.payload[0])
            queue.close()
        return found

    take()
    return take


def test_the_own_next_month_goes_first(
    world: World, sent: Callable[[], list[list[str]]]
) -> None:
    for month in ("2026-09", MONTH):
        world.tally(month, {TAIANDAO: same(4, 20)})
    tasks.roll_up_month(HEPING, "2026-09")
    assert sent() == [[HEPING, MONTH]]
    # A second run finds it done and hands out nothing.
    tasks.roll_up_month(HEPING, "2026-09")
    assert sent() == []


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("120102", ["120103", "120104"]),
        ("120105", ["120101", "120103"]),
        ("120104", ["120104"]),
    ],
)
def test_neighbours_of_the_city_go_next_in_turn(done: str, expected: list[str]) -> None:
    due = [(code, MONTH) for code in ("120101", "120103", "120104")]
    assert tasks.due_next(done, due) == [(code, MONTH) for code in expected]
    assert tasks.due_next(done, []) == []


def test_a_district_that_failed_rests_and_the_clock_leaves_it_alone(
    world: World, sent: Callable[[], list[list[str]]]
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    tasks.roll_up_due()
    assert sent() == [[HEPING, MONTH]]
    kind, at = kinds.of(rollup.JOB), timezone.now()
    run = actions.start_run(
        kind=kind, unit=kind.unit(HEPING, MONTH), worker="a 1", at=at
    )
    failure = actions.failure_of(kind, ValueError())
    actions.fail_run(run=run, failure=failure, at=at)
    tasks.roll_up_due()
    assert sent() == []
    Run.objects.update(next_at=at - dt.timedelta(seconds=1))
    tasks.roll_up_due()
    assert sent() == [[HEPING, MONTH]]
