"""Two workers on one month, and two heads on one publication."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from audit.actions import SYSTEM
from evaluations import actions, rollup
from evaluations.models import CountedRound, MonthlyRating, Publication
from tests.evaluations.world import NINE, NOTICE, World, mixed

MONTH = "2026-10"


def side_by_side(work: Callable[[], object], workers: int = 4) -> list[object]:
    """Run the same thing at once; results, or the exceptions themselves."""
    barrier = threading.Barrier(workers)
    results: list[object] = []

    def run() -> None:
        try:
            barrier.wait(timeout=30)
            results.append(work())
        except (actions.RatingError, rollup.DistrictBusy) as refused:
            results.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
def test_a_month_rolled_up_by_four_workers_is_rolled_up_once(world: World) -> None:
    world.tally(MONTH, {code: mixed(25, seed=code) for code in NINE})
    results = side_by_side(
        lambda: (
            rollup.roll_up(
                division=world.district, month=MONTH, by=SYSTEM, at=world.now
            ).is_new
        )
    )
    # One did it; the others came while it was at it, or afterwards.
    others = [result for result in results if result is not True]
    assert (len(results), len(others)) == (4, 3)
    assert all(r is False or isinstance(r, rollup.DistrictBusy) for r in others)
    assert CountedRound.objects.count() == 1
    assert MonthlyRating.objects.count() == 9


@pytest.mark.django_db(transaction=True)
def test_a_month_published_by_four_at_once_has_one_version(world: World) -> None:
    world.tally(MONTH, {code: mixed(40, seed=code) for code in NINE})
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    world.announce(MONTH, at=world.now - NOTICE)
    results = side_by_side(
        lambda: (
            actions.publish_month(
                division=world.district, month=MONTH, by=world.head, at=world.now
            ).version
        )
    )
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["NothingToPublish"] * 3 + ["int"]
    assert Publication.objects.count() == 1
