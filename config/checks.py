"""What `manage.py check --deploy` looks after beside Django's own list."""

import logging
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

ACCESS_LOGGERS = ("gunicorn.access", "django.server")
ACCESS_FLAGS = ("--access-logfile", "--access-logformat", "--enable-stdio-inheritance")
PATIENCE = 2.0
Check = Callable[..., list[CheckMessage]]


def at_deployment(check: Check) -> Check:
    return register(check, Tags.security, deploy=True)


@at_deployment
def access_logs_are_off(**_kwargs: Any) -> list[CheckMessage]:
    """A line per request is a list of who voted when (T62)."""
    given = os.environ.get("GUNICORN_CMD_ARGS", "")
    asked = [flag for flag in ACCESS_FLAGS if flag in given]
    asked += [name for name in ACCESS_LOGGERS if logging.getLogger(name).handlers]
    return [
        Error(
            f"An access log is switched on ({name}).",
            hint="It would know who voted when: take it out of GUNICORN_CMD_ARGS and"
            " LOGGING, and see docs/deployment.md for the lines of the proxy.",
            id="minping.E001",
        )
        for name in asked
    ]


@at_deployment
def redis_forgets(**_kwargs: Any) -> list[CheckMessage]:
    """Caches, brokers and limiters that see residents keep nothing on disk (T63)."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    try:
        told: dict[str, str] = {
            **client.config_get("save"),  # type: ignore[dict-item]
            **client.config_get("appendonly"),  # type: ignore[dict-item]
        }
    except redis.RedisError:
        return []  # away, or a service that does not tell
    finally:
        client.close()
    if not told.get("save") and told.get("appendonly", "no") == "no":
        return []
    return [
        Error(
            "Redis writes to disk.",
            hint='Start it with: --save "" --appendonly no. Nothing in it may outlive'
            " the moment.",
            id="minping.E002",
        )
    ]


@at_deployment
def half_keys_lie_apart(**_kwargs: Any) -> list[CheckMessage]:
    """One folder lost must not be both copies (T38)."""
    folders: Sequence[Path] = settings.HALF_KEYS
    if len(folders) < 2 or len(set(folders)) < len(folders):
        hint = "Name two folders, separated by a comma, on two disks."
        return [Error("MINPING_HALF_KEYS names one folder.", hint, id="minping.E003")]
    return []


@at_deployment
def keys_belong_to_one(**_kwargs: Any) -> list[CheckMessage]:
    """Key files are read by their owner (and at most a group), changed by nobody."""
    loose = stat.S_IWGRP | stat.S_IRWXO
    return [
        Error(
            f"{path} can be read or changed by others.",
            hint=f"chmod 600 {path}",
            id="minping.E004",
        )
        for path in [settings.KEYS, *sorted(settings.KEYS.glob("*.key"))]
        if path.stat().st_mode & loose
    ]


@at_deployment
def notice_names_the_office(**_kwargs: Any) -> list[CheckMessage]:
    """Residents must read who is responsible, not a name of the demo (T104)."""
    return [
        Error(
            f"The notice to residents names {settings.NOTICE[name]}.",
            hint=f"Set MINPING_{name.upper()}: responsible office, its telephone and"
            " the agency stand in the notice, see docs/deployment.md.",
            id="minping.E005",
        )
        for name, demo in settings.NOTICE_OF_DEMO.items()
        if settings.NOTICE[name] == demo
    ]
