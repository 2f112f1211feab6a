"""`script/manage`: any management command, with the services there for it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from audit.keyring import make_missing
from config.catalogues import compile_stale
from config.launcher import embedded, ownership
from config.launcher.cluster import Cluster
from config.launcher.embedded import Services
from config.launcher.folders import ROOT, Folders
from config.launcher.ownership import Notice, Ownership
from config.launcher.processes import LauncherError, dies_with_parent

PATIENCE = 120.0


def run_command(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """The command in our own place: same terminal, same folder, its exit code.

    Ctrl-C reaches it directly, and we wait for what it makes of it. `-m MODULE` is a
    program of its own instead of a management command.
    """
    program = () if arguments[:1] == ["-m"] else (str(ROOT / "manage.py"),)
    process = subprocess.Popen(
        [sys.executable, *program, *arguments],
        env=environment,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, previous)
    return code if code >= 0 else 128 - code


def migrate_new(cluster: Cluster | None, environment: dict[str, str]) -> None:
    """A database made a moment ago gets its tables, so that any command works."""
    if cluster is None or cluster.migrated.exists():
        return
    code = run_command(["migrate", "--no-input", "-v", "0"], environment)
    if code != 0:
        message = "The new database could not be filled with its tables, see above."
        raise LauncherError(message)
    cluster.migrated.touch()


def run_as_owner(arguments: Sequence[str], folders: Folders, owned: Ownership) -> int:
    with ExitStack() as until_stopped, ExitStack() as stack:
        services = embedded.start_missing(folders, stack)
        environment = embedded.environment(folders, services)
        migrate_new(services.cluster, environment)
        owned.announce(Notice("command", os.getpid(), "", services.environment))
        code = run_command(arguments, environment)
        until_stopped.enter_context(ownership.after_the_last_user(folders.var))
        owned.announce(Notice("command", os.getpid()))
    return code


def run_as_guest(arguments: Sequence[str], folders: Folders) -> int | None:
    """The exit code, or None when the owner's services are not there (any more)."""
    with ownership.using(folders.var):
        notice = ownership.read_notice(folders.var)
        if notice is None or not notice.environment:
            return None
        with ownership.try_to_own(folders.var, kind="command") as owned:
            if owned is not None:  # the owner has gone and its notice is old
                return None
        services = Services(environment=notice.environment)
        return run_command(arguments, embedded.environment(folders, services))


def run(arguments: Sequence[str], folders: Folders) -> int:
    """Own the services, or use those of the process that does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with ownership.try_to_own(folders.var, kind="command") as owned:
            if owned is not None:
                return run_as_owner(arguments, folders, owned)
        code = run_as_guest(arguments, folders)
        if code is not None:
            return code
        time.sleep(0.2)
    message = "数据库一直未就绪。The database did not become ready; try again."
    raise LauncherError(message)


def manage(arguments: Sequence[str]) -> int:
    folders = Folders.from_environment()
    make_missing(folders.keys)
    compile_stale()
    if embedded.all_given():
        return run_command(arguments, embedded.environment(folders, Services()))
    return run(arguments, folders)
