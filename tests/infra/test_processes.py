import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.launcher.processes import (
    Child,
    LauncherError,
    start,
    stop_together,
    wait_until,
)

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('ready', flush=True); time.sleep(60)"
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def python(stack: ExitStack, folder: Path, code: str, *, grace: float = 5.0) -> Child:
    child = start(
        "python",
        [sys.executable, "-c", code],
        log=folder / "python.log",
        env=dict(os.environ),
        grace=grace,
    )
    stack.callback(child.stop)
    return child


def test_child_is_stopped_politely(stack: ExitStack, tmp_path: Path) -> None:
    child = python(stack, tmp_path, SLEEP)
    child.stop()
    assert child.process.returncode == -signal.SIGTERM


def test_child_that_refuses_is_killed(stack: ExitStack, tmp_path: Path) -> None:
    child = python(stack, tmp_path, STUBBORN, grace=0.2)
    wait_until(lambda: child.log_tail() == "ready", child=child)
    child.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_children_stop_in_the_time_of_the_slowest(
    stack: ExitStack, tmp_path: Path
) -> None:
    children = [python(stack, tmp_path, STUBBORN, grace=0.5) for _ in range(4)]
    time.sleep(0.5)
    before = time.monotonic()
    stop_together(children)
    assert time.monotonic() - before < 1.5
    assert all(child.has_ended() for child in children)


def test_child_leads_its_own_process_group(stack: ExitStack, tmp_path: Path) -> None:
    """Ctrl-C goes to the group at the terminal: it must not reach the children."""
    child = python(stack, tmp_path, SLEEP)
    assert os.getpgid(child.pid) == child.pid


def test_waiting_for_a_child_that_died_quotes_its_log(
    stack: ExitStack, tmp_path: Path
) -> None:
    child = python(stack, tmp_path, "print('no such host'); raise SystemExit(3)")
    with pytest.raises(LauncherError) as refusal:
        wait_until(lambda: False, child=child)
    assert str(refusal.value) == (
        f"python ended at once; {tmp_path}/python.log:\nno such host"
    )


def test_waiting_for_a_silent_child_ends(stack: ExitStack, tmp_path: Path) -> None:
    child = python(stack, tmp_path, SLEEP)
    with pytest.raises(LauncherError, match="did not answer"):
        wait_until(lambda: False, child=child, timeout=0.1)


def test_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys, time\n"
            "from pathlib import Path\n"
            "from config.launcher.processes import start\n"
            f"child = start('c', [sys.executable, '-c', {SLEEP!r}],"
            " log=Path(sys.argv[1]), env=dict(os.environ))\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(60)\n",
            str(tmp_path / "log"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        orphan = Path(f"/proc/{int(parent.stdout.readline())}/cmdline")
        assert b"time.sleep(60)" in orphan.read_bytes()
        parent.kill()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and orphan.exists() and orphan.read_bytes():
        time.sleep(0.02)  # a zombie keeps its entry, with an empty command line
    assert not orphan.exists() or orphan.read_bytes() == b""
