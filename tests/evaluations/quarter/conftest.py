"""The district of the quarter."""

import pytest

from accounts.models import User
from officials.models import Division
from tests.evaluations.quarter.world import QuarterWorld


@pytest.fixture
def quarter_world(heping: Division, clerk: User, head: User) -> QuarterWorld:
    return QuarterWorld(district=heping, clerk=clerk, head=head)
