"""Each Redis the launcher may find really serves, and remembers nothing."""

import os
from pathlib import Path

import pytest
import redis

from config.launcher.redis_server import (
    RedisServer,
    free_port,
    installed_by_system,
    installed_by_wheel,
)


def write_and_read(server: RedisServer) -> str:
    """Start it, use it, stop it; what was read."""
    child = server.start()
    try:
        client = redis.Redis.from_url(server.url, decode_responses=True)
        client.set("round", "open")
        answer = client.get("round")
        client.close()
    finally:
        child.stop()
    return str(answer)


@pytest.mark.parametrize("program", [installed_by_system(), installed_by_wheel()])
def test_redis_of_this_machine_serves_and_remembers_nothing(
    program: Path | None, tmp_path: Path
) -> None:
    """`None` where no wheel exists; the one written in Python is locked there."""
    port = 0 if program else free_port()
    server = RedisServer(program, sockets=tmp_path, log=tmp_path / "log", port=port)
    assert write_and_read(server) == "open"
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_redis_of_the_system_goes_first(tmp_path: Path) -> None:
    best = RedisServer.best(sockets=tmp_path, log=tmp_path / "log")
    assert best.program == installed_by_system()


def test_redis_of_the_wheel_serves_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    best = RedisServer.best(sockets=tmp_path, log=tmp_path / "log")
    assert best.program == installed_by_wheel()


def test_address_names_the_socket(tmp_path: Path) -> None:
    server = RedisServer(Path("redis-server"), sockets=tmp_path, log=tmp_path)
    assert server.url == f"unix://{tmp_path}/redis.sock?db=0"
