"""Signs of life of workers and of the clock, in the database (not in the queue).

With Redis gone the operator still sees who is there. A worker is signed for by a thread
of its main process; the clock signs at each of its own ticks, so a clock that hangs is
seen to be silent.
"""

import datetime as dt
import logging
import threading
import time
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs import actions
from jobs.models import Process
from jobs.recording import process_name

logger = logging.getLogger(__name__)
EVERY = 10.0


def sign(*, name: str, kind: str, queues: str, started_at: dt.datetime) -> None:
    """One sign; a database that is away for a while stops nobody."""
    try:
        actions.sign_life(
            name=name,
            kind=kind,
            queues=queues,
            started_at=started_at,
            at=timezone.now(),
        )
    except DatabaseError as error:
        logger.warning("Sign of life not written (%s)", type(error).__name__)
    finally:
        # A connection kept open here would be inherited by the next forked process.
        connection.close()


class WorkerSigns(threading.Thread):
    def __init__(self, queues: str) -> None:
        super().__init__(name="signs of life", daemon=True)
        self.queues = queues
        self.label = f"worker {process_name()}"
        self.started_at = timezone.now()
        self._over = threading.Event()

    def run(self) -> None:
        while True:
            sign(
                name=self.label,
                kind=Process.Kind.WORKER,
                queues=self.queues,
                started_at=self.started_at,
            )
            if self._over.wait(EVERY):
                return

    def finish(self) -> None:
        self._over.set()
        self.join(timeout=10)
        try:
            actions.sign_off(name=self.label)
        except DatabaseError as error:
            logger.warning("Sign-off not written (%s)", type(error).__name__)
        finally:
            connection.close()


class WorkerStep(bootsteps.StartStopStep):
    """Starts with a worker's pool and ends with it."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.signs: WorkerSigns | None = None

    def start(self, parent: Any) -> None:
        queues = parent.app.amqp.queues.consume_from
        self.signs = WorkerSigns(" ".join(sorted(queues)))
        self.signs.start()

    def stop(self, parent: Any) -> None:
        if self.signs is not None:
            self.signs.finish()
            self.signs = None

    terminate = stop


class SignedScheduler(PersistentScheduler):
    """The usual clock, which also says that it ticks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label = f"beat {process_name()}"
        self.began_at = timezone.now()
        self._signed: float | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if self._signed is None or time.monotonic() - self._signed >= EVERY:
            self._signed = time.monotonic()
            sign(
                name=self.label,
                kind=Process.Kind.BEAT,
                queues="",
                started_at=self.began_at,
            )
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        super().close()
        try:
            actions.sign_off(name=self.label)
        except DatabaseError as error:
            logger.warning("Sign-off not written (%s)", type(error).__name__)
        finally:
            connection.close()
