"""How the ledger comes to know: every task of the application is recorded (R17).

The start and the end of a run are written on the worker's own connection, before and
after the work, so in transactions of their own. What the work tells on its way is
written by a second thread on a connection of its own: others see it although the
work's one transaction is still open, and a rollback leaves it as it is.
"""

import logging
import os
import socket
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs import actions, kinds
from jobs.kinds import Argument
from jobs.models import Run

logger = logging.getLogger(__name__)
# How often the second thread looks for news, and how often it says that it lives.
LOOK = 0.5
BEAT = 5.0


class JobFailed(Exception):
    """What the queue is told of a failure: a class and a reference, never a value."""


class Pulse(threading.Thread):
    """Writes how far a run has come, and every few seconds that it lives."""

    def __init__(self, run: Run) -> None:
        super().__init__(name=f"pulse of run {run.pk}", daemon=True)
        self.run_id = run.pk
        self.told: tuple[str, int, int] = ("", 0, 0)
        self.is_idle = False
        self.outcome = ""
        self._over = threading.Event()

    def tell(self, step: str, done: int, total: int) -> None:
        self.told = (step, done, total)

    def finish(self) -> None:
        self._over.set()
        self.join(timeout=10)

    def run(self) -> None:
        written, last = self.told, time.monotonic()
        try:
            while not self._over.wait(LOOK):
                told = self.told
                if told != written or time.monotonic() - last >= BEAT:
                    self._write(told)
                    written, last = told, time.monotonic()
        finally:
            connection.close()

    def _write(self, told: tuple[str, int, int]) -> None:
        """A run that was taken for lost and lives after all is shown as running."""
        step, done, total = told
        try:
            Run.objects.filter(
                pk=self.run_id, state__in=(Run.State.RUNNING, Run.State.LOST)
            ).update(
                state=Run.State.RUNNING,
                ended_at=None,
                next_at=None,
                seen_at=timezone.now(),
                step=step,
                done=done,
                total=total,
            )
        except DatabaseError as error:
            # The work goes on; the next look tries again on a new connection.
            logger.warning("Sign of life not written (%s)", type(error).__name__)
            connection.close()


_pulse: ContextVar[Pulse | None] = ContextVar("pulse", default=None)


def tell(step: str, done: int = 0, total: int = 0) -> None:
    """Let others see how far this work is; nothing when nobody records it."""
    pulse = _pulse.get()
    if pulse is not None:
        pulse.tell(step, done, total)


def never_mind() -> None:
    """Somebody else is at this work: leave no entry of having looked."""
    pulse = _pulse.get()
    if pulse is not None:
        pulse.is_idle = True


def conclude(step: str) -> None:
    """Come to an end that is worth a word: the step stays with the ended run."""
    pulse = _pulse.get()
    if pulse is not None:
        pulse.outcome = step


class Recorded(AbstractContextManager["Recorded"]):
    """Enter the work inside the block into the ledger; exceptions pass through."""

    def __init__(self, name: str, arguments: tuple[Argument, ...] = ()) -> None:
        self.kind = kinds.of(name)
        self.arguments = arguments
        self.failure: actions.Failure | None = None

    def __enter__(self) -> "Recorded":
        self.row = actions.start_run(
            kind=self.kind,
            unit=self.kind.unit(*self.arguments),
            worker=process_name(),
            at=timezone.now(),
        )
        self.pulse = Pulse(self.row)
        self.pulse.start()
        self._token: Token[Pulse | None] = _pulse.set(self.pulse)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _pulse.reset(self._token)
        self.pulse.finish()
        try:
            self._leave(error)
        except DatabaseError as unwritten:
            # Without its end the run falls silent and is looked after like any other.
            logger.warning("End not written (%s)", type(unwritten).__name__)

    def _leave(self, error: BaseException | None) -> None:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        if error is None and self.pulse.is_idle:
            actions.drop_run(run=self.row)
        elif error is None:
            actions.end_run(run=self.row, at=timezone.now(), outcome=self.pulse.outcome)
        elif isinstance(error, Exception):
            self.failure = actions.failure_of(self.kind, error)
            logger.error(
                "%s failed, reference %s",
                self.row,
                self.failure.reference,
                exc_info=error,
            )
            actions.fail_run(run=self.row, failure=self.failure, at=timezone.now())
        else:
            actions.lose_run(run=self.row, at=timezone.now())


def part(name: str, *arguments: Argument) -> AbstractContextManager[object]:
    """One row of a sweep as work of its own, inside a recorded task."""
    return Recorded(name, arguments) if _pulse.get() else nullcontext()


class RecordedTask(DjangoTask):
    """The base of every task: run by a worker it is recorded, called it is plain."""

    abstract = True
    throws = (JobFailed,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return self.run(*args, **kwargs)
        with _Told(self.name, args):
            return self.run(*args, **kwargs)


class _Told(Recorded):
    """The queue logs what it is given, so it is given nothing of a value."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.failure is not None:
            message = f"{self.failure.error}, reference {self.failure.reference}"
            raise JobFailed(message) from None


def process_name() -> str:
    """Machine and process, as the operator finds them."""
    return f"{socket.gethostname()} {os.getpid()}"
