"""An act is refused by a trail that cannot be written, and changes nothing (T153).

It runs once for each event that it records, each time with that event failing; the
digest of all tables must be the same as before.
"""

import contextlib
import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

# In one test; the same verb again tells little that is new.
TIMES = 25
# No verb of ours tells of more than this in one transaction, but for long lists.
MOST = 6


class TrailIsFull(BaseException):
    """No `except` of a verb catches it."""

    def __init__(self, verb: str) -> None:
        super().__init__(verb)
        self.verb = verb


class Guard:
    """What is under way, and what was found."""

    def __init__(self) -> None:
        self.is_busy = False
        self.test = ""
        self.times: Counter[str] = Counter()
        self.refused: dict[str, str] = {}
        self.broken: list[str] = []
        self.before = self.after = ""

    def run(self, verb: Callable[..., Any], act: Callable[..., Any], *given: Any):
        args, kwargs = given
        name = f"{verb.__module__}.{verb.__qualname__}"
        again = self.times[name + self.test] >= TIMES
        if self.is_busy or again or not self.test or not connection.in_atomic_block:
            return act(*args, **kwargs)
        if any(map(is_spent, [*args, *kwargs.values()])):
            return act(*args, **kwargs)
        self.is_busy = True
        try:
            self.times[name + self.test] += 1
            return self._refuse_each(name, act, args, kwargs)
        finally:
            self.is_busy = False

    def _refuse_each(self, name: str, act: Callable[..., Any], args: Any, kwargs: Any):
        for number in range(1, MOST + 1):
            verb = self._refuse(number, act, args, kwargs)
            if verb is None:
                break
            self.refused.setdefault(verb, self.test)
            if self.after != self.before:
                self.broken.append(f"{name} {verb} {self.test}")
        return act(*args, **kwargs)

    def _refuse(
        self, number: int, act: Callable[..., Any], args: Any, kwargs: Any
    ) -> str | None:
        """The verb whose event failed; None when there are not so many, or a refusal.

        Nothing is taken back after a failing event: that is what the verb must do. A
        run that came to its end is undone.
        """
        mark, hooks = transaction.savepoint(), list(connection.run_on_commit)
        files = [(one, one.tell()) for one in (*args, *kwargs.values()) if is_file(one)]
        self.before = digest_of_all()
        try:
            with full_at(number):
                act(*map(again_of, args), **{k: again_of(v) for k, v in kwargs.items()})
        except TrailIsFull as full:
            self.after = digest_of_all()
            return full.verb
        except Exception:  # noqa: BLE001 - the test will meet it in the real run
            return None
        finally:
            transaction.savepoint_rollback(mark)
            connection.run_on_commit = hooks
            for file, place in files:
                as_before(file, place)
        return None


@contextlib.contextmanager
def full_at(number: int) -> Iterator[None]:
    """The event of that number cannot be written."""
    events = apps.get_model("audit", "AuditEvent")
    save, count = events.save, itertools.count(1)

    def fail(event: Any, *args: Any, **kwargs: Any) -> None:
        if next(count) == number:
            raise TrailIsFull(event.verb)
        save(event, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "save", fail)
        yield


def again_of(value: Any) -> Any:
    """A row that may be written on without the caller seeing it."""
    return copy.copy(value) if isinstance(value, models.Model) else value


def is_spent(value: Any) -> bool:
    """Can be read once only."""
    return isinstance(value, Iterator) and not is_file(value)


def is_file(value: Any) -> bool:
    return hasattr(value, "read") and hasattr(value, "seek")


def as_before(file: Any, place: int) -> None:
    file.seek(place)
    if file.writable():
        file.truncate()


def digest_of_all() -> str:
    """Of every row of every table, in one statement."""
    tables = sorted(model._meta.db_table for model in apps.get_models())
    parts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY"
        f' t::text COLLATE "C"), \'\')) AS made FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(made, ' ' ORDER BY name) FROM ({parts}) a")
        return cursor.fetchone()[0]
