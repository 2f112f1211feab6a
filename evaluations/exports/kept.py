"""Written exports on the disk: random names in a folder that nobody else may enter."""

import datetime as dt
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

FOLDER = "figure-exports"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is being written."""

    name: str
    target: BinaryIO

    def settle(self) -> None:
        """On the disk before the database says that it is there."""
        self.target.flush()
        os.fsync(self.target.fileno())


def folder() -> Path:
    place = settings.VAR / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


@contextmanager
def new_file() -> Iterator[Stored]:
    """A file for its owner only; it stays when the block ends well."""
    # mkstemp makes it with mode 0600.
    handle, name = tempfile.mkstemp(dir=folder(), prefix="")
    path = Path(name)
    try:
        with open(handle, "w+b") as target:
            yield Stored(path.name, cast(BinaryIO, target))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def opened(name: str) -> BinaryIO:
    """FileNotFoundError when somebody has taken it away."""
    return (folder() / name).open("rb")


def discard(name: str) -> None:
    """A file that is gone already is no fault."""
    (folder() / name).unlink(missing_ok=True)


def discard_left(known: Collection[str], *, before: dt.datetime) -> int:
    """Take away what killed workers have left: files of no row, older than that."""
    left = [
        path
        for path in folder().iterdir()
        if path.name not in known and _changed_at(path) < before.timestamp()
    ]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _changed_at(path: Path) -> float:
    """A file that goes away meanwhile counts as new: it is nobody's business here."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
