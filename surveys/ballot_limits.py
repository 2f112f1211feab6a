"""Limits that slow guessing and remember nobody (T108).

Counters live in the memory of one process, under a key that is random and new every
day; no address and no code is kept. A right code is never refused because others
guessed (T20), so only wrong ones are counted.
"""

import datetime as dt
import hmac
import ipaddress
import logging
import secrets

from django.core.cache import caches

logger = logging.getLogger(__name__)

TEN_MINUTES, HOUR = 600, 3600
WRONG_PER_PREFIX, WRONG_PER_CLIENT, WRONG_ALARM = 5, 30, 200
REPLACEMENTS_PER_CODE = 6
LOOK_UPS_PER_CLIENT = 60
PREFIX_SYMBOLS = 4

_day_keys: dict[dt.date, bytes] = {}


def _day_key(day: dt.date) -> bytes:
    """Random, in memory, gone the next day and with the process."""
    if day not in _day_keys:
        _day_keys.clear()
        _day_keys[day] = secrets.token_bytes(32)
    return _day_keys[day]


def forget() -> None:
    """Start from nothing, as a new process does."""
    _day_keys.clear()
    caches["limits"].clear()


def _count(kind: str, who: bytes, *, on: dt.date, seconds: int) -> int:
    """How often this happened in the period, this time included."""
    mac = hmac.digest(_day_key(on), kind.encode() + b":" + who, "sha256")
    key = f"{kind}:{mac[:16].hex()}"
    cache = caches["limits"]
    if cache.add(key, 1, timeout=seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two lines
        cache.set(key, 1, timeout=seconds)
        return 1


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
    if _count("all", b"", on=on, seconds=TEN_MINUTES) == WRONG_ALARM + 1:
        logger.warning("More than %s wrong codes in ten minutes", WRONG_ALARM)
    return prefix > WRONG_PER_PREFIX or client > WRONG_PER_CLIENT


def too_many_replacements(code_id: bytes, *, on: dt.date) -> bool:
    return _count("replace", code_id, on=on, seconds=HOUR) > REPLACEMENTS_PER_CODE


def too_many_look_ups(address: str, *, on: dt.date) -> bool:
    client = _count_client("look-up", address, on=on, seconds=HOUR)
    return client > LOOK_UPS_PER_CLIENT
