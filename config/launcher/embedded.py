"""The database and the broker of an installation that names no others."""

import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from config.launcher import postgres
from config.launcher.cluster import Cluster
from config.launcher.folders import Folders
from config.launcher.postgres import Postgres
from config.launcher.processes import Child, LauncherError
from config.launcher.redis_server import RedisServer

# Enough for the web's 8 threads, the worker and a few commands on a laptop.
OPTIONS = {"max_connections": "60"}


@dataclass
class Services:
    """Addresses for the environment, and the children to watch."""

    environment: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    cluster: Cluster | None = None


def given(name: str) -> bool:
    return bool(os.environ.get(name))


def all_given() -> bool:
    return given("DATABASE_URL") and given("REDIS_URL")


def database_folder(folders: Folders) -> Path:
    """The cluster's folder; as root behind a link, where another user may go."""
    plain = folders.postgres
    if os.geteuid() != 0:
        plain.mkdir(mode=0o700, exist_ok=True)
        return plain
    if plain.is_dir() and not plain.is_symlink():
        message = (
            f"{plain} 属于另一个用户，请用该用户运行。"
            f"{plain} was made by another user: run as that user."
        )
        raise LauncherError(message)
    if not plain.is_dir():
        plain.unlink(missing_ok=True)
        plain.symlink_to(tempfile.mkdtemp(dir=postgres.root_home(), prefix="data-"))
    return plain.resolve()


def database(folders: Folders) -> Postgres:
    folder = database_folder(folders)
    account = postgres.account_for(folder)
    installation = postgres.installed_by_wheel()
    sockets = folders.sockets
    if account is not None:
        installation = postgres.copied_for_others(installation)
        os.chown(folder, account.uid, account.gid)
        sockets = folder
    log = folders.logs / "postgres.log"
    return Postgres(installation, folder, sockets, log, account, OPTIONS)


def start_database(folders: Folders, services: Services, stack: ExitStack) -> None:
    server = database(folders)
    server.wait_for_predecessor()
    cluster = Cluster(server.data)
    if cluster.set_aside_unfinished():
        print(
            "上次装入演示数据时中断，重新装入。"
            "Loading the demo was interrupted last time: starting afresh.",
            file=sys.stderr,
        )
    server.initialise()
    child = server.start()
    stack.callback(child.stop)
    services.children.append(child)
    services.environment["DATABASE_URL"] = server.url
    services.cluster = cluster


def start_broker(folders: Folders, services: Services, stack: ExitStack) -> None:
    server = RedisServer.best(sockets=folders.sockets, log=folders.logs / "redis.log")
    child = server.start()
    stack.callback(child.stop)
    services.children.append(child)
    services.environment["REDIS_URL"] = server.url


def start_missing(folders: Folders, stack: ExitStack) -> Services:
    """Start what the environment does not name; `stack` stops it again."""
    services = Services()
    if not given("DATABASE_URL"):
        start_database(folders, services, stack)
    if not given("REDIS_URL"):
        start_broker(folders, services, stack)
    return services


def environment(folders: Folders, services: Services) -> dict[str, str]:
    """What every program of this installation sees."""
    return {
        **os.environ,
        **services.environment,
        "MINPING_VAR": str(folders.var),
        "MINPING_EMBEDDED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONUNBUFFERED": "1",
    }
