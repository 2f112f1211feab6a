"""What the operator's page shows: due, running, failed, ended, and who is there."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.db.models import Max

from accounts.scopes import Scopes
from jobs import kinds
from jobs.kinds import Argument, Kind, Unit, key_of
from jobs.models import Process, Run, RunQuerySet


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work that is due and that nobody is at; with its last failure, if it has one."""

    kind: Kind
    unit: Unit
    failure: Run | None

    @property
    def rests_until(self) -> dt.datetime | None:
        return self.failure.next_at if self.failure else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed run that nothing has settled; `next_at` by the ledger or the clock."""

    run: Run
    next_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the schedule: what the clock starts next, and how it went last."""

    kind: Kind
    next_at: dt.datetime
    last: Run | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything of the page at one moment, inside somebody's scopes."""

    due: list[Waiting]
    running: list[Run]
    failed: list[Failure]
    at: dt.datetime

    @property
    def silent(self) -> list[Run]:
        """Said to run, but not heard of for too long."""
        return [run for run in self.running if not run.lives(at=self.at)]

    @property
    def is_moving(self) -> bool:
        return bool(self.running or self.due)


def board(scopes: Scopes, *, at: dt.datetime, kind: str = "") -> Board:
    chosen = [one for one in kinds.everything().values() if kind in ("", one.name)]
    runs = Run.objects.within(scopes).filter(kind__in=[one.name for one in chosen])
    running = list(runs.running().order_by("started_at", "pk"))
    taken = {(run.kind, run.key) for run in running if run.lives(at=at)}
    failures = {(run.kind, run.key): run for run in runs.unsettled()}
    due = [
        Waiting(one, unit, failures.get((one.name, unit.key)))
        for one in chosen
        for unit in one.waiting(at=at)
        if (one.name, unit.key) not in taken
        and (not unit.division or scopes.cover(unit.division))
    ]
    wanted = {(waiting.kind.name, waiting.unit.key) for waiting in due}
    failed = [
        Failure(run, next_try(run, at=at))
        for place, run in failures.items()
        if place not in taken and (run.sort.due is None or place in wanted)
    ]
    return Board(due, running, failed, at)


def ended_runs(scopes: Scopes, *, kind: str = "") -> RunQuerySet:
    """What came to an end, newest first."""
    ended = Run.objects.within(scopes).ended().order_by("-ended_at", "-pk")
    return ended.filter(kind=kind) if kind else ended


def next_try(run: Run, *, at: dt.datetime) -> dt.datetime | None:
    """When a failure is tried again: its own moment, or the clock's next tick."""
    if run.next_at is not None:
        return run.next_at
    task = run.sort.sweep or run.kind
    return next((tick for name, tick in _clock(at) if name == task), None)


def newest_run(kind: str, *arguments: Argument) -> Run | None:
    """The last run of one piece of work, or the one that is under way."""
    return Run.objects.of_unit(kind, key_of(arguments)).first()


def schedule(*, at: dt.datetime) -> list[Tick]:
    """What the clock starts, soonest first."""
    by_kind = Run.objects.filter(key="").order_by().values_list("kind")
    newest = dict(by_kind.annotate(newest=Max("pk")))
    runs = Run.objects.in_bulk(list(newest.values()))
    ticks = [
        Tick(kinds.of(name), moment, runs.get(newest.get(name, 0)))
        for name, moment in _clock(at)
    ]
    return sorted(ticks, key=lambda tick: tick.next_at)


def processes(kind: str, *, at: dt.datetime) -> tuple[list[Process], list[Process]]:
    """Those that live, and those that fell silent within the last day."""
    signed = Process.objects.filter(kind=kind, seen_at__gte=at - dt.timedelta(days=1))
    living = [process for process in signed if process.lives(at=at)]
    return living, [process for process in signed if process not in living]


def _clock(at: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Task and next moment of every line of the schedule."""
    entries: dict[str, Any] = current_app.conf.beat_schedule or {}
    return [(entry["task"], _tick(entry["schedule"], at)) for entry in entries.values()]


def _tick(crontab: Any, at: dt.datetime) -> dt.datetime:
    start, delta, _now = crontab.remaining_delta(at)
    moment: dt.datetime = start + delta
    return moment
