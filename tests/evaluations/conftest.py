"""Worlds of three and of nine communities, built from opened answers."""

from collections.abc import Callable

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import rollup
from evaluations.rollup import RolledUp
from officials.models import Division
from tests.evaluations.world import NINE, World


@pytest.fixture
def world(heping: Division, clerk: User, head: User) -> World:
    return World(clerk=clerk, head=head, communities=NINE)


@pytest.fixture
def roll_up(world: World) -> Callable[[str], RolledUp]:
    """Roll up a month of 和平区 now."""

    def run(month: str) -> RolledUp:
        return rollup.roll_up(
            division=world.district, month=month, by=SYSTEM, at=world.now
        )

    return run
