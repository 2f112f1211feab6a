"""Private PostgreSQL and Redis for one test run, started before settings are read.

A plugin, not a conftest: pytest-django reads the settings before any conftest.py
(`addopts = -p tests.services`). Under pytest-xdist the controller starts PostgreSQL
and each process has its own Redis and its own folder of runtime files.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from config.catalogues import compile_stale
from config.launcher import postgres
from config.launcher.postgres import Postgres
from config.launcher.processes import LauncherError
from config.launcher.redis_server import RedisServer, installed_by_system

# A test database may be lost with the power: no waiting for the disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
HEADER = pytest.StashKey[str]()


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def temporary_folder(cleanup: contextlib.ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="minping-test-"))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def start_postgres(cleanup: contextlib.ExitStack) -> Postgres:
    folder = temporary_folder(cleanup)
    account = postgres.account_for(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    server = Postgres(
        installation=postgres.installed_by_debian(),
        folder=folder,
        sockets=folder,
        log=folder / "postgres.log",
        account=account,
        options=FAST,
    )
    server.initialise(sync=False)
    cleanup.callback(server.start().stop)
    return server


def start_redis(cleanup: contextlib.ExitStack) -> RedisServer:
    folder = temporary_folder(cleanup)
    program = installed_by_system()
    if program is None:
        message = "Redis is missing: apt-get install redis-server"
        raise LauncherError(message)
    server = RedisServer(program, sockets=folder, log=folder / "redis.log")
    cleanup.callback(server.start().stop)
    return server


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    cleanup = contextlib.ExitStack()
    early_config.add_cleanup(cleanup.close)
    try:
        redis_server = start_redis(cleanup)
        os.environ["REDIS_URL"] = redis_server.url
        os.environ["MINPING_VAR"] = str(temporary_folder(cleanup))
        if is_worker():
            return
        compile_stale()
        database = start_postgres(cleanup)
    except LauncherError as missing:
        raise pytest.UsageError(str(missing)) from missing
    os.environ["DATABASE_URL"] = database.url
    early_config.stash[HEADER] = (
        f"services: PostgreSQL {database.installation.version},"
        f" Redis {redis_server.version}"
    )


def pytest_report_header(config: pytest.Config) -> str:
    return config.stash.get(HEADER, "services: those of the controller")
