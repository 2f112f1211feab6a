"""Verbs of the ledger: a run starts, ends, fails, is lost, is tried again.

Start and end are written outside of the work's own transaction (`recording`), so that
a failure is kept when everything that failed is rolled back.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import translation

from audit.actions import Actor, record
from jobs.kinds import Kind, Unit
from jobs.models import Process, Run

KEPT = dt.timedelta(days=30)
REASON_LENGTH = 400
# How long a failed piece of work rests before the next attempt; the last is repeated.
RESTS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))


class RetryRefused(Exception):
    """Nothing to try again."""


class StillRunning(RetryRefused):
    """Somebody is at it."""


class NothingDue(RetryRefused):
    """Done in the meantime, or not wanted any more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failed run leaves: no text of the exception, which may quote a value."""

    error: str
    reason: dict[str, str]
    reference: str


def failure_of(kind: Kind, error: BaseException) -> Failure:
    """A refusal in every language, or the class of a fault; a number for the logs."""
    return Failure(
        error=type(error).__name__[:60],
        reason=_sentences(kind, error) if isinstance(error, kind.refusals) else {},
        reference=secrets.token_hex(4),
    )


def _sentences(kind: Kind, error: Exception) -> dict[str, str]:
    sentences = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            sentences[code] = kind.told(error)[:REASON_LENGTH]
    return sentences


def start_run(*, kind: Kind, unit: Unit, worker: str, at: dt.datetime) -> Run:
    before = Run.objects.of_unit(kind.name, unit.key).unsettled().first()
    return Run.objects.create(
        kind=kind.name,
        key=unit.key,
        arguments=list(unit.arguments),
        subject=unit.subject[:80],
        division=unit.division,
        attempt=before.attempt + 1 if before else 1,
        since=before.since if before else at,
        worker=worker[:80],
        started_at=at,
        seen_at=at,
    )


@transaction.atomic
def end_run(*, run: Run, at: dt.datetime, outcome: str = "") -> None:
    """Done. Of work that returns by the clock only the newest good end is kept."""
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE, ended_at=at, seen_at=at, next_at=None, step=outcome
    )
    if not run.key:
        same = Run.objects.of_unit(run.kind, "").filter(state=Run.State.DONE)
        same.filter(pk__lt=run.pk).delete()


def drop_run(*, run: Run) -> None:
    """Nothing was done, because somebody else does it."""
    Run.objects.filter(pk=run.pk).delete()


@transaction.atomic
def fail_run(*, run: Run, failure: Failure, at: dt.datetime) -> None:
    """Failed; tried again after a rest that grows with the failures in a row.

    The earlier failure of the same sort goes: `attempt` and `since` tell of it.
    """
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.FAILED,
        ended_at=at,
        seen_at=at,
        error=failure.error,
        reason=failure.reason,
        reference=failure.reference,
        next_at=_next(run, at),
    )
    same = Run.objects.of_unit(run.kind, run.key).filter(error=failure.error)
    same.filter(state=Run.State.FAILED, pk__lt=run.pk, since=run.since).delete()


def lose_run(*, run: Run, at: dt.datetime) -> None:
    """Nobody is at it any more: its worker was stopped or has died."""
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        state=Run.State.LOST, ended_at=at, next_at=_next(run, at, rests=run.attempt > 1)
    )


def lose_silent_runs(*, at: dt.datetime) -> int:
    """Find the runs of dead workers; they are due again at once, then after rests."""
    silent = list(Run.objects.silent(at=at))
    for run in silent:
        lose_run(run=run, at=at)
    return len(silent)


def _next(run: Run, at: dt.datetime, *, rests: bool = True) -> dt.datetime | None:
    """The clock brings a sweep again; a message must be sent anew."""
    if not (run.sort.has_message and run.key):
        return None
    return at + RESTS[min(run.attempt, len(RESTS)) - 1] if rests else at


def take_up(*, at: dt.datetime) -> list[Run]:
    """Failures whose rest is over and whose work is still due: to be sent again."""
    rested = Run.objects.unsettled().filter(next_at__lte=at).order_by("next_at", "pk")
    due: dict[str, set[str]] = {}
    taken = []
    for run in rested:
        if run.kind not in due:
            due[run.kind] = {unit.key for unit in run.sort.waiting(at=at)}
        mine = Run.objects.filter(pk=run.pk, next_at=run.next_at).update(next_at=None)
        if mine and (run.sort.due is None or run.key in due[run.kind]):
            taken.append(run)
    return taken


@transaction.atomic
def retry_run(*, run: Run, by: Actor, at: dt.datetime) -> Run:
    """A person asks for another attempt now: the ledger says that it is due again.

    Sending the message is the caller's; without it the next look of the schedule does.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if not run.is_troubled:
        raise NothingDue(run.kind)
    if Run.objects.of_unit(run.kind, run.key).living(at=at).exists():
        raise StillRunning(run.kind)
    if not Run.objects.unsettled().filter(pk=run.pk).exists():
        raise NothingDue(run.kind)
    if run.sort.due and run.key not in {u.key for u in run.sort.waiting(at=at)}:
        raise NothingDue(run.kind)
    run.next_at = at
    run.save(update_fields=["next_at"])
    record(
        "job.retried",
        target=run,
        by=by,
        at=at,
        division=run.division,
        data={"kind": run.kind, "key": run.key, "attempt": run.attempt},
    )
    return run


@transaction.atomic
def purge_runs(*, by: Actor, at: dt.datetime) -> int:
    """Forget what ended more than 30 days ago, and processes long gone."""
    number, _ = Run.objects.ended().filter(ended_at__lt=at - KEPT).delete()
    Process.objects.filter(seen_at__lt=at - dt.timedelta(days=1)).delete()
    if number:
        record("jobs.purged", by=by, at=at, data={"number": number})
    return number


def sign_life(
    *, name: str, kind: str, queues: str, started_at: dt.datetime, at: dt.datetime
) -> None:
    """A worker or the clock says that it is there."""
    fields = {"kind": kind, "queues": queues[:200], "seen_at": at}
    Process.objects.update_or_create(
        name=name[:80],
        defaults=fields,
        create_defaults={**fields, "started_at": started_at},
    )


def sign_off(*, name: str) -> None:
    """An orderly end: nobody will wonder where it is."""
    Process.objects.filter(name=name[:80]).delete()
