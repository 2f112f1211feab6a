"""Eight districts and two workers: each is rolled up once, and both do some."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from accounts.models import User
from audit.models import AuditEvent
from config.celery import app
from evaluations.models import CountedRound, MonthlyRating, MonthlyRollup
from evaluations.rollup import JOB
from jobs.models import Process, Run
from officials.models import Division
from tests.e2e.districts import HEGANG, codes_under, load_divisions, open_district
from tests.e2e.processes import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-10"
EACH = 6


@pytest.fixture
def districts(clerk: User, head: User) -> list[str]:
    load_divisions(HEGANG)
    found = Division.objects.filter(level=Division.Level.DISTRICT).order_by("code")
    codes = list(found.values_list("code", flat=True))
    for code in codes:
        open_district(
            code, month=MONTH, communities=codes_under(code)[:EACH], answers=12
        )
    return codes


def test_two_workers_roll_up_each_of_eight_districts_once(
    districts: list[str], tmp_path: Path
) -> None:
    assert len(districts) == 8
    with ExitStack() as stack:
        for number in (1, 2):
            stack.enter_context(worker(tmp_path / f"worker-{number}.log"))
        assert Process.objects.filter(kind=Process.Kind.WORKER).count() == 2
        # The clock may strike twice before the first message is worked off.
        for _ in range(2):
            app.send_task("evaluations.roll_up_due", queue="rollup")
        wait_until(
            lambda: (
                MonthlyRollup.objects.filter(state=MonthlyRollup.State.DONE).count()
                == len(districts)
            ),
            what="eight districts",
        )
        wait_until(lambda: not Run.objects.running().exists(), what="the last word")
    told = AuditEvent.objects.filter(verb="month.rolled_up")
    assert Counter(told.values_list("division", flat=True)) == Counter(districts)
    assert MonthlyRating.objects.count() == 8 * EACH
    assert CountedRound.objects.values("round").distinct().count() == (
        CountedRound.objects.count()
    )
    done = Run.objects.filter(kind=JOB)
    assert set(done.values_list("division", flat=True)) == set(districts)
    assert set(done.values_list("state", flat=True)) == {Run.State.DONE}
    assert done.order_by().values("worker").distinct().count() == 2
    # An orderly end is signed off.
    assert Process.objects.count() == 0
