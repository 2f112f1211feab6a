"""How far the roll-up of a month is, for the clerk: asked of the rooms and the ledger.

Rounds say what the month waits for, the month's row says whether it is done, and the
ledger of jobs says who is at it, how far, and why it failed.
"""

import datetime as dt
import enum
from dataclasses import dataclass

from evaluations.groups import CITY_DIGITS
from evaluations.models import MonthlyRollup
from evaluations.rollup import JOB, PENDING, due_months, pending_rounds
from jobs.models import Run
from jobs.queries import newest_run, next_try
from officials.models import Division
from surveys.models import Round


class Stage(enum.StrEnum):
    WAITING = "waiting"
    QUEUED = "queued"
    CITY = "city"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RollupProgress:
    """One month of a district. `rounds` are those whose answers it still waits for."""

    stage: Stage
    rounds: list[Round]
    run: Run | None
    done_at: dt.datetime | None
    next_at: dt.datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether the page should look again by itself."""
        return self.stage not in {Stage.WAITING, Stage.DONE}


def rollup_progress(
    district: Division, month: str, *, at: dt.datetime
) -> RollupProgress | None:
    """None when the month has no round at all."""
    run = newest_run(JOB, district.code, month)
    if run is not None and run.lives(at=at):
        return RollupProgress(Stage.RUNNING, [], run, None, None)
    if (district.code, month) in due_months(district.code):
        if run is not None and run.is_troubled:
            return RollupProgress(Stage.FAILED, [], run, None, next_try(run, at=at))
        others = _others_of_city(district, month)
        if others and _is_counted(district, month):
            return RollupProgress(Stage.CITY, others, None, None, None)
        return RollupProgress(Stage.QUEUED, [], None, None, None)
    if rounds := pending_rounds(district.code, month):
        return RollupProgress(Stage.WAITING, rounds, None, None, None)
    done = MonthlyRollup.objects.filter(
        division=district, month=month, state=MonthlyRollup.State.DONE
    ).first()
    if done is None:
        return None
    return RollupProgress(Stage.DONE, [], run, done.done_at, None)


def _is_counted(district: Division, month: str) -> bool:
    """Every round of the month has its cells; only the rating is left."""
    uncounted = Round.objects.tallied().filter(
        counted=None, division__code__startswith=district.code, period=month
    )
    return not uncounted.exists()


def _others_of_city(district: Division, month: str) -> list[Round]:
    """Rounds of other districts that small groups are pooled with (M67)."""
    city = Round.objects.filter(
        division__code__startswith=district.code[:CITY_DIGITS], period__lte=month
    ).exclude(division__code__startswith=district.code)
    sealed = city.filter(state__in=PENDING)
    return list(
        (sealed | city.tallied().filter(period=month, counted=None))
        .select_related("division")
        .order_by("period", "division_id")
    )
