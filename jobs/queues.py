"""How many messages wait in Redis, asked with little patience."""

from dataclasses import dataclass

import redis
from celery import current_app
from django.conf import settings

PATIENCE = 1.0
UNACKED = "unacked"


@dataclass(frozen=True, slots=True)
class Queues:
    """Messages by queue, and those that a worker holds but has not finished."""

    waiting: dict[str, int]
    held: int

    @property
    def total(self) -> int:
        return sum(self.waiting.values())


def names() -> list[str]:
    routes = current_app.conf.task_routes or {}
    routed = {route["queue"] for route in routes.values()}
    return [current_app.conf.task_default_queue, *sorted(routed)]


def look() -> Queues | None:
    """None when Redis does not answer: nothing is lost, the rooms know what is due."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
    )
    try:
        waiting = {name: int(client.llen(name)) for name in names()}
        return Queues(waiting, int(client.hlen(UNACKED)))
    except (redis.ConnectionError, redis.TimeoutError):
        return None
    finally:
        client.close()
