"""How many calls a minute, remembered for a minute (the manner of T108).

Counters lie in Redis without persistence, under an HMAC whose key is new with every
start and every day and is nowhere else. Without Redis nothing is counted and everybody
reads (T116).
"""

import datetime as dt
import hmac
import secrets
from functools import lru_cache

import redis
from django.conf import settings

from surveys.ballot_limits import client_of

MINUTE = 60
PER_CLIENT, PER_TOKEN = 120, 600
PREFIX = "calls"
# A store that does not answer must not keep a reader waiting.
PATIENCE = 0.5

_secret = secrets.token_bytes(32)


@lru_cache(maxsize=2)
def _day_key(day: dt.date) -> bytes:
    return hmac.digest(_secret, day.isoformat().encode(), "sha256")


@lru_cache(maxsize=1)
def _store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
    )


def too_many_of_token(token: bytes, *, on: dt.date) -> bool:
    """Count a call of a token; True when it is one too many in this minute."""
    return _count(b"token:" + token, on=on) > PER_TOKEN


def too_many_of_client(address: str, *, on: dt.date) -> bool:
    """Count a call without a token; an address of our own proxy is nobody's."""
    client = client_of(address)
    return bool(client) and _count(b"client:" + client, on=on) > PER_CLIENT


def _count(who: bytes, *, on: dt.date) -> int:
    """How often in the running minute, this time included; 0 when not known."""
    mac = hmac.digest(_day_key(on), who, "sha256")
    key = f"{PREFIX}:{mac[:16].hex()}"
    steps = _store().pipeline()
    steps.set(key, 0, ex=MINUTE, nx=True)
    steps.incr(key)
    try:
        return int(steps.execute()[1])
    except redis.RedisError:
        return 0
