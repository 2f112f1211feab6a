"""An opening in a process of its own, so that it can be killed (T54, T143).

Says on standard output where it is and waits a moment there: the one who kills reads
along. Its sink writes rows into a table of the test.
"""

import datetime as dt
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402

from audit.actions import SYSTEM  # noqa: E402
from ballots import actions, opening  # noqa: E402
from ballots.models import BallotBox, Opening  # noqa: E402

TABLE = "opened_in_the_test"
PAUSE = 0.15


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()
    time.sleep(PAUSE)


class Writing:
    """Writes what it gets, and says so."""

    def papers(self, batch: Sequence[opening.OpenedPaper]) -> int:
        say("papers")
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {TABLE} VALUES (%s, %s)",
                [(paper.id, str(paper.items)) for paper in batch],
            )
        say("papers written")
        return 0

    def words(self, batch: Sequence[opening.OpenedWords]) -> None:
        say("words")

    def finish(self, _opening: Opening) -> None:
        say("finish")


def main(box_id: UUID, at: dt.datetime) -> None:
    say("start")
    opening.open_box(box_id=box_id, sink=Writing(), by=SYSTEM, at=at)
    say("opened")
    box = BallotBox.objects.get(pk=box_id)
    actions.finish_opened(box=box, by=SYSTEM, at=at)
    say("finished")


if __name__ == "__main__":
    main(UUID(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2]))
