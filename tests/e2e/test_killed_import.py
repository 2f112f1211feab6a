"""A roster whose reader is killed: nothing half-written, and read on by itself."""

from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from config.celery import app
from config.schedule import SCHEDULE
from officials.models import Division
from residents import actions
from residents.models import Dwelling, Household, RosterImport, RosterRow
from tests.conftest import XIAOBAILOU
from tests.e2e.processes import kill, process, wait_until, worker
from tests.residents.conftest import kaifengdao_only

pytestmark = pytest.mark.django_db(transaction=True)
State = RosterImport.State
DWELLINGS = 1787
# Seconds after the reader was seen at work: ten points in all.
WHILE_READING = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7)
WHILE_CONFIRMING = (0.0, 0.05, 0.15, 0.4)


def settled() -> bool:
    """Nobody else is in the middle of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return cursor.fetchone()[0] == 0


def pause(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def state_of(roster_import: RosterImport) -> str:
    return RosterImport.objects.get(pk=roster_import.pk).state


@pytest.fixture
def street(heping: Division) -> Division:
    return Division.objects.get(code=XIAOBAILOU)


def test_killed_reader_leaves_the_roster_alone_and_the_schedule_reads_on(
    street: Division, street_admin: User, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    killed = []
    for moment in WHILE_READING:
        found = actions.upload_roster(
            street=street,
            file_name="名册.csv",
            content=kaifengdao_only(),
            by=street_admin,
            at=timezone.now(),
        )
        with worker(log) as child:
            app.send_task("residents.parse_roster", [str(found.pk)], queue="imports")
            wait_until(
                lambda found=found: RosterImport.objects.get(pk=found.pk).attempts > 0,
                what="reader",
            )
            pause(moment)
            kill(child)
        wait_until(settled, what="end of the killed session")
        assert Household.objects.count() == 0
        stored = RosterRow.objects.filter(roster_import=found).count()
        # The whole preview with every row, or a file that waits to be read again.
        assert state_of(found) != State.PREVIEWED or stored == DWELLINGS
        killed.append(found)
    assert [state_of(found) for found in killed].count(State.PREVIEWED) < len(killed)
    # A worker of tomorrow: the claims of the dead have run out.
    with worker(log, days_ahead=1):
        app.send_task(SCHEDULE["read waiting rosters"]["task"], queue="imports")
        wait_until(
            lambda: {state_of(found) for found in killed} == {State.PREVIEWED},
            what="previews",
        )
    for found in killed:
        assert RosterRow.objects.filter(roster_import=found).count() == DWELLINGS
    assert Household.objects.count() == 0


def test_killed_confirmation_stores_everything_or_nothing(
    street: Division, street_admin: User, approver: User, tmp_path: Path
) -> None:
    path = tmp_path / "名册.csv"
    path.write_bytes(kaifengdao_only().getvalue())
    command = (
        *("django", "import_roster", str(path), "--street", XIAOBAILOU, "--confirm"),
        *("--by", "street_admin", "--approver", "approver"),
    )
    for moment in WHILE_CONFIRMING:
        before = set(RosterImport.objects.values_list("pk", flat=True))
        with process(*command, log=tmp_path / "command.log") as child:
            waiting = RosterImport.objects.exclude(pk__in=before).filter(
                state__in=[State.PREVIEWED, State.CONFIRMED]
            )
            wait_until(waiting.exists, what="preview")
            pause(moment)
            kill(child)
        wait_until(settled, what="end of the killed session")
        confirmed = RosterImport.objects.filter(state=State.CONFIRMED).count()
        stored = (Household.objects.count(), Dwelling.objects.count())
        assert stored == ((DWELLINGS, DWELLINGS) if confirmed else (0, 0))
    with process(*command, log=tmp_path / "command.log") as child:
        assert child.wait(timeout=60) == 0
    assert Household.objects.current().count() == DWELLINGS
