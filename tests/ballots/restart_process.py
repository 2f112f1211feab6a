"""Fills a database that will be restarted, and tells what lies in it (T143).

`build` prints the id of a closed box; `look ID` its picture, `complete ID` nothing when
everything is as it should be.
"""

import json
import sys
from uuid import UUID

import django

django.setup()

from ballots.models import BallotBox  # noqa: E402
from tests.ballots import test_crash, world  # noqa: E402


def main(act: str, box_id: str = "") -> None:
    if act == "build":
        world.sql(f"CREATE TABLE {test_crash.TABLE} (id uuid PRIMARY KEY, items text)")
        sys.stdout.write(str(test_crash.closed_box().pk))
        return
    box = BallotBox.objects.get(pk=UUID(box_id))
    if act == "look":
        sys.stdout.write(json.dumps(test_crash.picture(box)))
    else:
        test_crash.complete(box)


if __name__ == "__main__":
    main(*sys.argv[1:])
