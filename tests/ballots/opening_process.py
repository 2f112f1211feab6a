"""Openings in processes of their own, so that they can be killed (T54, T143).

Reads orders `box moment point` line by line and forks a child for each, which opens the
box and stops when it comes to the point: it says who it is and waits to be killed. The
point `end` is never come to; the child says `done`. Its sink writes into a table of the
test.
"""

import datetime as dt
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402

from audit.actions import SYSTEM  # noqa: E402
from ballots import actions, custody, opening, reconcile, sealing  # noqa: E402
from ballots.models import BallotBox, Opening  # noqa: E402

TABLE = "opened_in_the_test"
BATCH = 20


def say(what: str) -> None:
    os.write(sys.stdout.fileno(), f"{what}\n".encode())


class Points:
    """Where an opening can be stopped; each is passed in this order."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.counts: dict[str, int] = {}

    def pass_by(self, name: str) -> None:
        """The n-th time at a place is the point `name n`."""
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.wanted == f"{name} {self.counts[name]}":
            say(f"{os.getpid()} {self.wanted}")
            signal.pause()

    def before(self, module: Any, function: str, name: str) -> None:
        self._wrap(module, function, lambda: self.pass_by(name), lambda: None)

    def after(self, module: Any, function: str, name: str) -> None:
        self._wrap(module, function, lambda: None, lambda: self.pass_by(name))

    def _wrap(
        self,
        module: Any,
        function: str,
        first: Callable[[], None],
        last: Callable[[], None],
    ) -> None:
        real = getattr(module, function)

        def around(*arguments: Any, **named: Any) -> Any:
            first()
            result = real(*arguments, **named)
            last()
            return result

        setattr(module, function, around)


class Writing:
    """Writes what it gets, and passes points on the way."""

    def __init__(self, points: Points) -> None:
        self.points = points

    def papers(self, batch: Sequence[opening.OpenedPaper]) -> int:
        self.points.pass_by("papers")
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {TABLE} VALUES (%s, %s)",
                [(paper.id, str(paper.items)) for paper in batch],
            )
        self.points.pass_by("written")
        return 0

    def words(self, batch: Sequence[opening.OpenedWords]) -> None:
        self.points.pass_by("words")

    def finish(self, _opening: Opening) -> None:
        self.points.pass_by("finish")


def run(box_id: UUID, at: dt.datetime, wanted: str) -> None:
    points = Points(wanted)
    opening.BATCH = BATCH
    points.before(custody, "recover", "locked")
    points.after(reconcile, "row_mac", "walk")
    points.before(reconcile, "apply_void_list", "checked")
    points.after(sealing, "open_paper", "decrypted")
    points.before(opening, "_write_turnout", "balanced")
    points.before(opening, "_record_opening", "deleted")
    points.after(custody, "destroy_half_key", "key gone")
    points.pass_by("start")
    opening.open_box(box_id=box_id, sink=Writing(points), by=SYSTEM, at=at)
    points.pass_by("committed")
    box = BallotBox.objects.get(pk=box_id)
    actions.finish_opened(box=box, by=SYSTEM, at=at)
    say("done")


def main() -> None:
    for order in sys.stdin:
        box, moment, point = order.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            # A connection must not be shared: the parent has none.
            run(UUID(box), dt.datetime.fromisoformat(moment), point)
            os._exit(0)
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main()
