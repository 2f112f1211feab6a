"""Limits that slow guessing and remember nobody (T108).

Counters live for an hour at most in a store without persistence (T63), named by an HMAC
under a key that is new every day and in memory only: the parent of all web processes
makes it before it forks, so they count together and nobody else can name a counter.
A right code is never refused because others guessed (T20), so only wrong ones count.
Without the store nothing is counted and residents still vote (T116).
"""

import datetime as dt
import hmac
import ipaddress
import logging
import secrets
from functools import lru_cache

import redis
from django.conf import settings
from django.db import transaction

from audit.actions import SYSTEM, record

logger = logging.getLogger(__name__)

TEN_MINUTES, HOUR = 600, 3600
WRONG_PER_PREFIX, WRONG_PER_CLIENT, WRONG_ALARM = 5, 30, 200
REPLACEMENTS_PER_CODE = 6
LOOK_UPS_PER_CLIENT = 60
REPORTS_PER_CLIENT = 10
PREFIX_SYMBOLS = 4
# Seconds, told to a browser that guesses.
PAUSE = 3
# A store that does not answer must not keep a resident waiting.
PATIENCE = 0.5
PREFIX = "limits"

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


def forget() -> None:
    """Start from nothing, as a new server does."""
    store = _store()
    for key in store.scan_iter(f"{PREFIX}:*"):
        store.delete(key)


def _count(kind: str, who: bytes, *, on: dt.date, seconds: int) -> int:
    """How often this happened in the period, this time included; 0 when not known."""
    mac = hmac.digest(_day_key(on), kind.encode() + b":" + who, "sha256")
    key = f"{PREFIX}:{kind}:{mac[:16].hex()}"
    steps = _store().pipeline()
    steps.set(key, 0, ex=seconds, nx=True)
    steps.incr(key)
    try:
        return int(steps.execute()[1])
    except redis.RedisError:
        return 0


def client_of(address: str) -> bytes:
    """An IPv6 household has a whole /64. Empty when it is only our own proxy."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return b""
    if known.is_loopback:
        return b""
    return known.packed[:8] if known.version == 6 else known.packed


def _count_client(kind: str, address: str, *, on: dt.date, seconds: int) -> int:
    client = client_of(address)
    return _count(kind, client, on=on, seconds=seconds) if client else 0


def wrong_code(code: str, address: str, *, on: dt.date) -> bool:
    """Count a code that was never issued; True when it is time for the help page."""
    prefix = _count("prefix", code[:PREFIX_SYMBOLS].encode(), on=on, seconds=HOUR)
    client = _count_client("client", address, on=on, seconds=TEN_MINUTES)
    return prefix > WRONG_PER_PREFIX or client > WRONG_PER_CLIENT


def is_attack(*, on: dt.date) -> bool:
    """Count a wrong code of anybody; True once, when it is time for the alarm."""
    return _count("all", b"", on=on, seconds=TEN_MINUTES) == WRONG_ALARM + 1


@transaction.atomic
def raise_alarm(*, at: dt.datetime) -> None:
    """Told to the operator and to the auditor: how many, not where from or what."""
    logger.warning("More than %s wrong codes in ten minutes", WRONG_ALARM)
    record(
        "alert.wrong_codes",
        by=SYSTEM,
        at=at,
        data={"limit": WRONG_ALARM, "minutes": TEN_MINUTES // 60},
    )


def too_many_replacements(code_id: bytes, *, on: dt.date) -> bool:
    return _count("replace", code_id, on=on, seconds=HOUR) > REPLACEMENTS_PER_CODE


def too_many_look_ups(address: str, *, on: dt.date) -> bool:
    client = _count_client("look-up", address, on=on, seconds=HOUR)
    return client > LOOK_UPS_PER_CLIENT


def too_many_reports(address: str, *, on: dt.date) -> bool:
    client = _count_client("report", address, on=on, seconds=HOUR)
    return client > REPORTS_PER_CLIENT
