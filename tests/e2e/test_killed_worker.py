"""A worker that is killed leaves nothing or everything, and the schedule mends it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit.actions import SYSTEM
from ballots.models import BallotBox, Envelope
from config.celery import app
from config.schedule import SCHEDULE
from demo import rounds, story
from demo.calendar import Term, month_of
from demo.places import make_places
from surveys import actions
from surveys.models import OpenedResponse, Round
from tests.e2e.processes import kill, wait_until, worker
from tests.surveys.conftest import HOUSEHOLDS, make_roster

pytestmark = pytest.mark.django_db(transaction=True)
# Seconds after the job was handed out: before, inside and after its transaction.
MOMENTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.2)


def hand_out(job: str) -> None:
    """What beat does when the clock says so."""
    app.send_task(SCHEDULE[job]["task"], queue="celery")


@pytest.fixture
def setting() -> rounds.Setting:
    at = timezone.now() - dt.timedelta(days=60)
    district = make_places(starts_on=at.date(), at=at)
    list(story.make_accounts(at=at))
    make_roster(HOUSEHOLDS)
    return story.make_setting(district, at=at)


@pytest.fixture
def closed_round(setting: rounds.Setting) -> Round:
    """A round of last month whose box waits to be opened."""
    ends = timezone.now() - dt.timedelta(days=5)
    term = Term(month_of(ends.date()), ends - dt.timedelta(days=20), ends)
    survey_round, codes = rounds.start_round(setting, term)
    rounds.cast_share(survey_round, codes, share=1.0, until=ends.date())
    box = BallotBox.objects.get(pk=survey_round.box_id)
    return actions.close_round(
        survey_round=survey_round, by=SYSTEM, at=box.technical_close
    )


def killed_at_every_moment(
    log: Path, job: str, *, whole: Callable[[], bool], finished: Callable[[], bool]
) -> None:
    """Kill a worker at each moment, look, and at last let one live."""
    for moment in MOMENTS:
        with worker(log) as child:
            hand_out(job)
            if moment:
                wait_until_moment(moment)
            kill(child)
        wait_until(lambda: sessions() == 0, what="end of the killed session")
        assert whole(), f"half-written after a kill at {moment} s"
    with worker(log):
        hand_out(job)
        wait_until(finished, what=job)
    assert whole()


def wait_until_moment(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def sessions() -> int:
    """Other sessions of the test database that are in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return cursor.fetchone()[0]


def test_killed_opening_leaves_nothing_or_everything(
    closed_round: Round, tmp_path: Path
) -> None:
    box = closed_round.box_id
    envelopes = Envelope.objects.filter(box=box).count()
    assert envelopes > 150

    def whole() -> bool:
        state = Round.objects.get(pk=closed_round.pk).state
        left = Envelope.objects.filter(box=box).count()
        opened = OpenedResponse.objects.filter(round=closed_round).count()
        return (state, left, opened) in {
            (Round.State.CLOSED, envelopes, 0),
            (Round.State.TALLIED, 0, envelopes),
        }

    def finished() -> bool:
        return Round.objects.get(pk=closed_round.pk).state == Round.State.TALLIED

    killed_at_every_moment(
        tmp_path / "worker.log", "open due boxes", whole=whole, finished=finished
    )
