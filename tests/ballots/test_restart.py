"""The database falls over in the middle of an opening, and is started again (T143)."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings

from config.launcher import postgres
from config.launcher.postgres import Postgres
from config.launcher.processes import Child
from tests.ballots.test_crash import CLOSED, OPENED, Opener
from tests.services import FAST, temporary_folder


class Server:
    """A PostgreSQL of this test alone; the others must not notice."""

    def __init__(self, cleanup: contextlib.ExitStack) -> None:
        folder = temporary_folder(cleanup)
        account = postgres.account_for(folder)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
        self.server = Postgres(
            installation=postgres.installed_by_debian(),
            folder=folder,
            sockets=folder,
            log=folder / "postgres.log",
            account=account,
            options=FAST,
        )
        self.server.initialise(sync=False)
        self.child: Child = self.server.start()

    def crash_and_start_again(self) -> None:
        """Immediate shutdown: no checkpoint, no goodbye; then recovery from the log."""
        os.kill(self.child.pid, signal.SIGQUIT)
        self.child.process.wait(timeout=60)
        self.child = self.server.start()

    def stop(self) -> None:
        self.child.stop()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with contextlib.ExitStack() as cleanup:
        server = Server(cleanup)
        cleanup.callback(server.stop)
        monkeypatch.setenv("DATABASE_URL", server.server.url)
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings_test")
        run("manage.py", "migrate", "--no-input", "-v", "0")
        yield server


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.ROOT,
        env={**os.environ, "PYTHONPATH": str(settings.ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=300,
    )
    return done.stdout


def act(name: str, *arguments: str) -> str:
    return run("-m", "tests.ballots.restart_process", name, *arguments)


def test_database_that_falls_over_leaves_nothing_or_everything(server: Server) -> None:
    """Also where the server is told not to wait for the disk, as this one is."""
    box = SimpleNamespace(pk=UUID(act("build")))
    with contextlib.closing(Opener(url=server.server.url)) as opener:
        for point, expected in (("written 2", CLOSED), ("committed 1", OPENED)):
            opener.stop_at(box, point)
            server.crash_and_start_again()
            opener.kill()
            found = tuple(json.loads(act("look", str(box.pk))))
            assert (point, found) == (point, expected)
        opener.run_to_the_end(box)
    act("complete", str(box.pk))
