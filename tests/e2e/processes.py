"""Real processes beside the tests: a Celery worker and gunicorn on their database."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

PATIENCE = 120.0


def environment(**changes: str) -> dict[str, str]:
    """That of the tests, with the address of the test database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"/{connection.settings_dict['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        # With an empty host the slashes of postgresql:/// would be lost.
        "DATABASE_URL": urlunsplit(address._replace(path=name)).replace(
            "postgresql:/test", "postgresql:///test"
        ),
        **changes,
    }


@contextlib.contextmanager
def process(
    *command: str, log: Path, **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is ended when the block is left, however it ends."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=settings.ROOT,
            env=environment(**changes),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def worker(
    log: Path, *, days_ahead: int = 0, children: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on all queues, ready when the block begins; its clock may run ahead.

    It works by itself, or by children that it forks.
    """
    pool = ("-P", "prefork", "-c", str(children)) if children else ("-P", "solo")
    before = log.stat().st_size if log.exists() else 0
    queues = "celery,ballots,rollup,imports,exports"
    with process(
        *("tests.e2e.celery_ahead", str(days_ahead), "-A", "config", "worker"),
        *(*pool, "-l", "INFO", "-Q", queues),
        log=log,
        PYTHONWARNINGS="ignore",
    ) as child:
        wait_until(
            lambda: _lives(child, log) and b" ready." in log.read_bytes()[before:],
            what="worker",
        )
        yield child


def _lives(child: subprocess.Popen[bytes], log: Path) -> bool:
    assert child.poll() is None, log.read_text(errors="replace")[-2000:]
    return True


@contextlib.contextmanager
def web(log: Path, **changes: str) -> Iterator[str]:
    """gunicorn on a free loopback port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with process(
        *("gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"),
        log=log,
        **changes,
    ):
        wait_until(lambda: _answers(port), what="gunicorn")
        yield f"http://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(
    reached: Callable[[], bool], *, what: str, patience: float = PATIENCE
) -> None:
    """Look again and again; AssertionError names what never came."""
    end = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < end, f"{what} did not come in {patience:.0f} s"
        time.sleep(0.05)


def kill(child: subprocess.Popen[bytes]) -> None:
    """As a power cut would: no clean-up of any kind."""
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
