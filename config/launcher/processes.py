"""Child processes that never outlive the one that started them."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
TAIL_LINES = 15


class LauncherError(Exception):
    """Something the operator can mend; the text says what, without a traceback."""


@dataclass(frozen=True)
class Account:
    """The system user a server runs as when we are root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        entry = pwd.getpwnam(name)
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)

    @classmethod
    def owner_of(cls, folder: Path) -> "Account":
        return cls.named(pwd.getpwuid(folder.stat().st_uid).pw_name)


def as_account(account: Account | None) -> dict[str, Any]:
    """Keyword arguments of `subprocess` that drop root's rights."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def dies_with_parent(orphan_signal: signal.Signals) -> Callable[[], None]:
    """What the child does before exec: ask the kernel to end it with its parent."""
    parent = os.getpid()

    def ask() -> None:
        if LIBC is None:
            return
        LIBC.prctl(PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died between fork and here
            os._exit(1)

    return ask


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    grace: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ask_to_stop(self) -> None:
        if not self.has_ended():
            self.process.send_signal(self.stop_signal)

    def wait_or_kill(self, *, grace: float | None = None) -> None:
        """Wait for a polite end; after `grace` seconds the whole group is killed."""
        try:
            self.process.wait(self.grace if grace is None else grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_or_kill()

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path = Path("/"),
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    orphan_signal: signal.Signals = signal.SIGTERM,
    grace: float = 10.0,
) -> Child:
    """Start a child in its own process group, so that Ctrl-C does not reach it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            process_group=0,
            preexec_fn=dies_with_parent(orphan_signal),
            **as_account(account),
        )
    return Child(name, process, log, stop_signal, grace)


def stop_together(children: Sequence[Child]) -> None:
    """Ask all at once, then wait for each: the slowest sets the time, not the sum."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + max((child.grace for child in children), default=0)
    for child in children:
        child.wait_or_kill(grace=max(0.1, deadline - time.monotonic()))


def wait_until(
    is_ready: Callable[[], bool], *, child: Child, timeout: float = 30.0
) -> None:
    """Poll until the child answers; say why when it ends or stays silent."""
    deadline = time.monotonic() + timeout
    while not is_ready():
        if child.has_ended():
            message = f"{child.name} ended at once; {child.log}:\n{child.log_tail()}"
            raise LauncherError(message)
        if time.monotonic() > deadline:
            message = f"{child.name} did not answer in {timeout:.0f} s; see {child.log}"
            raise LauncherError(message)
        time.sleep(0.02)
