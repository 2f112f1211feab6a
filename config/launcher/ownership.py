"""Who runs the embedded services, so that two commands share them in peace.

One process owns the services: it holds `owner.lock` from before the start until after
the stop and writes their addresses into it. Others use them under a shared lock on
`users.lock`, and an owner that is only a command waits for these before it stops.
The kernel lets go of both locks when a process dies, however it dies.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Notice:
    """What the owner tells the others."""

    kind: str  # "server" or "command"
    pid: int
    page: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Ownership:
    """A held lock; `announce` replaces the notice."""

    file: IO[str]

    def announce(self, notice: Notice) -> None:
        self.file.seek(0)
        self.file.truncate()
        json.dump(asdict(notice), self.file)
        self.file.flush()


@contextlib.contextmanager
def try_to_own(var: Path, *, kind: str) -> Iterator[Ownership | None]:
    """The ownership, or None when another process has it."""
    with (var / "owner.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        ownership = Ownership(file)
        ownership.announce(Notice(kind, os.getpid()))
        yield ownership


def read_notice(var: Path) -> Notice | None:
    """What the owner announced last; None while it is being written."""
    try:
        return Notice(**json.loads((var / "owner.lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def using(var: Path) -> Iterator[None]:
    with (var / "users.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def after_the_last_user(var: Path) -> Iterator[None]:
    with (var / "users.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
