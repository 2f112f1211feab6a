"""`script/server` and `script/manage` as a newcomer meets them, without the demo."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.launcher.folders import ROOT
from config.launcher.postgres import installed_by_debian
from config.launcher.redis_server import free_port

LAUNCHER = [sys.executable, "-P", "-m", "config.launcher"]
STARTED = "Press Ctrl-C to stop"


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descendants(pid: int) -> dict[int, str]:
    """Every process below `pid`, with its command line."""
    found: dict[int, str] = {}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            found[child] = b" ".join(words).decode()
            found |= descendants(child)
    return found


def wait_for_the_end(pids: dict[int, str], *, seconds: float) -> dict[int, str]:
    """What is still alive after so many seconds."""
    deadline = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {pid: name for pid, name in left.items() if is_alive(pid)}
    return left


@dataclass
class Installation:
    var: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "MINPING_VAR": str(self.var),
            "MINPING_PORT": str(self.port),
            "MINPING_DEMO": "0",
            "PYTHONPATH": str(ROOT),
        }
        foreign = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
        kept = {name: text for name, text in os.environ.items() if name not in foreign}
        return kept | ours

    def manage(
        self, *arguments: str, stdin: str = "", given: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LAUNCHER, "manage", *arguments],
            input=stdin,
            env=self.environment | (given or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Made once: a new cluster costs more than all that is tried on it."""
    var = tmp_path_factory.mktemp("installation")
    yield Installation(var, free_port())
    shutil.rmtree((var / "postgres").resolve(), ignore_errors=True)


@dataclass
class Server:
    process: subprocess.Popen[str]
    said: list[str]

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return
        pytest.fail(f"the server ended without {words!r}:\n{''.join(self.said)}")

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.said += self.process.stdout.readlines()
        return code

    def pid_of(self, words: str) -> int:
        mine = descendants(self.process.pid)
        return next(pid for pid, name in mine.items() if words in name)


@pytest.fixture
def server(installation: Installation) -> Iterator[Server]:
    process = subprocess.Popen(
        [*LAUNCHER, "serve"],
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Server(process, [])
    with process:
        running.read_until(STARTED)
        yield running
        process.kill()


def fetch(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_server_answers_and_ctrl_c_ends_all_of_it(
    installation: Installation, server: Server
) -> None:
    assert fetch(installation.port) == 200
    family = descendants(server.process.pid)
    assert len(family) >= 10
    server.process.send_signal(signal.SIGINT)
    assert server.end() == 0
    assert wait_for_the_end(family, seconds=0.5) == {}


def test_killed_server_leaves_nothing_behind(server: Server) -> None:
    family = descendants(server.process.pid)
    server.process.kill()
    server.process.wait()
    assert wait_for_the_end(family, seconds=10) == {}


@pytest.mark.parametrize(
    ("words", "name", "log"),
    [
        ("config.celery worker", "worker", "worker.log"),
        ("config.celery beat", "beat", "beat.log"),
        ("postgres -D", "PostgreSQL", "postgres.log"),
        ("redis-server", "Redis", "redis.log"),
    ],
)
def test_dying_child_ends_the_server_and_is_named(
    installation: Installation, server: Server, words: str, name: str, log: str
) -> None:
    family = descendants(server.process.pid)
    os.kill(server.pid_of(words), signal.SIGKILL)
    assert server.end() == 1
    said = f"{name} ended unexpectedly, see {installation.var}/log/{log}:\n"
    assert said in "".join(server.said)
    assert wait_for_the_end(family, seconds=0.5) == {}


def test_second_server_is_refused_with_the_address_of_the_first(
    installation: Installation, server: Server
) -> None:
    second = subprocess.run(
        [*LAUNCHER, "serve"],
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    address = f"http://127.0.0.1:{installation.port}/ (pid {server.process.pid})."
    assert second.returncode == 1
    assert second.stderr.endswith(f"running already at {address}\n")


def test_command_beside_the_server_uses_its_database(
    installation: Installation, server: Server
) -> None:
    before = set(descendants(server.process.pid))
    done = installation.manage("migrate", "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {server.pid_of("postgres -D"), server.pid_of("redis-server")} <= before


def test_command_without_a_server_has_its_database_and_its_exit_code(
    installation: Installation,
) -> None:
    program = "import sys; print(sys.stdin.read()[::-1])\nraise SystemExit(7)"
    done = installation.manage("shell", "-v", "0", "-c", program, stdin="abc")
    assert (done.returncode, done.stdout, done.stderr) == (7, "cba\n", "")


def test_command_in_a_new_installation_finds_its_tables(tmp_path: Path) -> None:
    fresh = Installation(tmp_path / "var", 0)
    try:
        done = fresh.manage("migrate", "--check")
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        shutil.rmtree((fresh.var / "postgres").resolve(), ignore_errors=True)


def test_servers_named_in_the_environment_are_used_and_none_is_started(
    tmp_path: Path,
) -> None:
    elsewhere = Installation(tmp_path / "var", 0)
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    program = (
        "import os; from django.db import connection as c; c.ensure_connection();"
        " print(os.environ['REDIS_URL'], c.pg_version // 10000)"
    )
    done = elsewhere.manage("shell", "-v", "0", "-c", program, given=given)
    major = installed_by_debian().major
    assert (done.stdout, done.stderr) == (f"{given['REDIS_URL']} {major}\n", "")
    assert not (elsewhere.var / "postgres").exists()
