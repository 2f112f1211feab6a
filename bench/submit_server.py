"""gunicorn as script/server runs it, and what each process spends of a processor."""

import contextlib
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.database import address
from config.catalogues import compile_stale
from config.launcher.processes import start, wait_until
from config.launcher.serve import web_command

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a processor, user and system, of a process and all its children."""

    web: float
    database: float
    driver: float

    def since(self, before: "Spent") -> "Spent":
        return Spent(
            *(
                getattr(self, one.name) - getattr(before, one.name)
                for one in fields(self)
            )
        )

    @property
    def whole(self) -> float:
        return self.web + self.database + self.driver


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def spent(self) -> Spent:
        driver = resource.getrusage(resource.RUSAGE_SELF)
        return Spent(
            seconds_of(self.pid),
            seconds_of(database_pid()),
            driver.ru_utime + driver.ru_stime,
        )


def database_pid() -> int:
    """The server process of PostgreSQL, when it runs on this machine; else 0."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    found = status_of(backend)
    return int(found[1]) if found and connection.settings_dict["HOST"][:1] in "/" else 0


def status_of(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; [] when the process is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def seconds_of(pid: int) -> float:
    """Of a process, its living children, and those that it has buried."""
    own = status_of(pid)
    if not own:
        return 0.0
    ticks = sum(map(int, own[11:15]))
    for other in PROC.iterdir():
        if other.name.isdecimal() and (child := status_of(int(other.name))):
            ticks += sum(map(int, child[11:13])) if int(child[1]) == pid else 0
    return ticks / TICKS


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """On a free port and the database in use now; the log goes with it."""
    compile_stale()
    call_command("collectstatic", interactive=False, verbosity=0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="minping-bench-") as folder:
        child = start(
            "gunicorn",
            web_command(port),
            log=Path(folder) / "web.log",
            env={
                **os.environ,
                "DATABASE_URL": address(),
                "DJANGO_SETTINGS_MODULE": "bench.submit_settings",
            },
            cwd=settings.ROOT,
        )
        try:
            wait_until(lambda: answers(port), child=child)
            yield Server(port, child.pid)
        finally:
            child.stop()
            sys.stderr.write(child.log.read_text(errors="replace"))


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
