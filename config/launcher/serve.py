"""`script/server`: everything in one command, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from audit.keyring import make_missing
from config.launcher import embedded, ownership
from config.launcher.cluster import Cluster
from config.launcher.folders import ROOT, Folders
from config.launcher.ownership import Notice, Ownership
from config.launcher.processes import (
    Child,
    LauncherError,
    dies_with_parent,
    start,
    stop_together,
    wait_until,
)

FIRST_PORT = 8000
QUEUES = "celery,ballots,rollup,imports,exports"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_port() -> int:
    """MINPING_PORT as it stands, else 8000 or the next free one."""
    wanted = os.environ.get("MINPING_PORT")
    if wanted is None:
        return next(filter(is_free, range(FIRST_PORT, FIRST_PORT + 1000)))
    if not is_free(int(wanted)):
        message = f"端口 {wanted} 已被占用。Port {wanted} is taken: set MINPING_PORT."
        raise LauncherError(message)
    return int(wanted)


def page_at(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def web_command(port: int) -> list[str]:
    """Processes, threads and no access log: all in gunicorn.conf.py (T62)."""
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
        *("--config", str(ROOT / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{port}"),
    ]


def worker_command() -> list[str]:
    """Threads: the demo's jobs wait for the database, and memory is dear."""
    return [
        *(sys.executable, "-m", "celery", "-A", "config.celery", "worker"),
        *("-P", "threads", "-c", "2", "-Q", QUEUES, "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def schedule_command(folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "config.celery", "beat"),
        *("--pidfile=", "-s", str(folder / "schedule"), "--loglevel", "WARNING"),
    ]


def prepare(environment: dict[str, str], cluster: Cluster | None) -> str:
    """Migrations, static files, demo; what the reader must keep is returned."""
    if cluster is not None:
        environment = {**environment, "MINPING_CLUSTER": str(cluster.data)}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.launcher.prepare"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
        process_group=0,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    try:
        words, _ = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        message = "启动准备失败，原因见上。Preparing failed, see above."
        raise LauncherError(message)
    return words


def answers(page: str) -> bool:
    """Any answer will do: a redirect and a refusal are answers too."""
    try:
        urllib.request.urlopen(page, timeout=5).close()  # noqa: S310 our own http page
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def start_programs(
    *, port: int, folders: Folders, environment: dict[str, str], stack: ExitStack
) -> list[Child]:
    """Web until it answers, then worker and schedule.

    A killed launcher takes the last two at once: what they were doing is due again,
    says the database.
    """
    children: list[Child] = []
    stack.callback(stop_together, children)

    def add(name: str, command: list[str], orphan_signal: signal.Signals) -> Child:
        child = start(
            name,
            command,
            log=folders.logs / f"{name}.log",
            env=environment,
            cwd=ROOT,
            orphan_signal=orphan_signal,
            grace=5,
        )
        children.append(child)
        return child

    web = add("web", web_command(port), signal.SIGTERM)
    wait_until(lambda: answers(page_at(port)), child=web, timeout=60)
    add("worker", worker_command(), signal.SIGKILL)
    add("beat", schedule_command(folders.beat), signal.SIGKILL)
    return children


def watch(children: list[Child]) -> None:
    """Return never; raise when a child has ended."""
    while True:
        for child in children:
            if child.has_ended():
                message = (
                    f"{child.name} 意外停止，日志 {child.log}。"
                    f"{child.name} ended unexpectedly, see {child.log}:\n"
                    f"{child.log_tail()}"
                )
                raise LauncherError(message)
        time.sleep(0.3)


def stop_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def owning(folders: Folders) -> Iterator[Ownership]:
    """Own the services; wait for a command, refuse beside another server."""
    waited = False
    while True:
        with ownership.try_to_own(folders.var, kind="server") as owned:
            if owned is not None:
                yield owned
                return
        notice = ownership.read_notice(folders.var)
        if notice is not None and notice.kind == "server":
            message = (
                f"服务已在运行 {notice.page}（进程 {notice.pid}）。"
                f"The server is running already at {notice.page} (pid {notice.pid})."
            )
            raise LauncherError(message)
        if not waited:
            print("等待另一条命令结束 … Waiting for another command …", flush=True)
            waited = True
        time.sleep(0.3)


def farewell(page: str, words: str) -> str:
    """The block a newcomer reads; `words` are the accounts and codes of the demo."""
    rule = "─" * 72
    return "\n".join(
        [
            rule,
            *([words.strip(), rule] if words.strip() else []),
            f"  民评已启动：{page}",
            f"  Minping is running: {page}",
            "  按 Ctrl-C 停止。Press Ctrl-C to stop.",
            rule,
        ]
    )


def run(folders: Folders, owned: Ownership, stack: ExitStack) -> None:
    port = choose_port()
    page = page_at(port)
    print("民评正在启动 … Minping is starting …", flush=True)
    owned.announce(Notice("server", os.getpid(), page))
    make_missing(folders.keys)
    services = embedded.start_missing(folders, stack)
    environment = embedded.environment(folders, services)
    environment.setdefault("MINPING_URL", page.rstrip("/"))
    words = prepare(environment, services.cluster)
    owned.announce(Notice("server", os.getpid(), page, services.environment))
    try:
        programs = start_programs(
            port=port, folders=folders, environment=environment, stack=stack
        )
    except BaseException:
        print(words, flush=True)  # the passwords are shown once, come what may
        raise
    print(farewell(page, words), flush=True)
    watch([*programs, *services.children])


def serve() -> int:
    folders = Folders.from_environment()
    stop_on_signals()
    try:
        with owning(folders) as owned, ExitStack() as stack:
            stack.callback(print, "已停止。Stopped.", flush=True)
            try:
                run(folders, owned, stack)
            finally:
                ignore_signals()
                owned.announce(Notice("server", os.getpid()))
                print("\n正在停止 … Stopping …", flush=True)
    except KeyboardInterrupt:
        return 0
    return 0
