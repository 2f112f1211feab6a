"""How gunicorn serves this house; read by itself when it is started in this folder."""

from typing import Any

worker_class = "gthread"
workers = 2
threads = 4
# Loaded once, before the fork: all workers then count wrong codes under the same key,
# which is random, in memory and nowhere else (T108).
preload_app = True
graceful_timeout = 3
loglevel = "warning"
# No access log: it would know who voted when (T62).
accesslog = None
control_socket_disable = True


def on_starting(server: Any) -> None:
    if server.cfg.accesslog or server.cfg.statsd_host:
        server.log.error(
            "访问日志必须关闭。An access log would know who voted when: leave out"
            " --access-logfile and --statsd-host (docs/deployment.md)."
        )
        raise SystemExit(1)
