"""How many failures are too many (T90, T109)."""

import datetime as dt
import ipaddress

from django.conf import settings
from django.http import HttpRequest

from accounts.models import SignInFailure, User

WINDOW = dt.timedelta(minutes=15)
DAY = dt.timedelta(days=1)
# Failures of one account inside the window, and then shut for as long.
SOON = 5
PAUSE = dt.timedelta(minutes=15)
# Failures of one account inside a day, and then shut until somebody unlocks it.
MANY = 15
# Failures of one client inside the window, whatever names it tries.
OF_CLIENT = 20
# Unused for so long: locked (T88).
UNUSED = dt.timedelta(days=60)


def address_of(request: HttpRequest) -> str:
    """Where a member of staff sits, as far as the nearest trusted proxy knows.

    The last entries of X-Forwarded-For are written by our own proxies, as many as
    `MINPING_PROXIES` says; everything before them anybody can make up.
    """
    address: str = request.META.get("REMOTE_ADDR") or ""
    if settings.PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        address = forwarded[-min(settings.PROXIES, len(forwarded))].strip() or address
    return address[:45]


def client_of(address: str) -> str:
    """What is counted: the address, and of a version 6 one its network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def is_client_blocked(client: str, *, at: dt.datetime) -> bool:
    return bool(client) and failures_of_client(client, at=at) >= OF_CLIENT


def failures_of_client(client: str, *, at: dt.datetime) -> int:
    recent = SignInFailure.objects.filter(client=client, at__gt=at - WINDOW)
    return recent.count()


def failures_of(user: User, *, within: dt.timedelta, at: dt.datetime) -> int:
    return user.failures.filter(at__gt=at - within).count()


def is_unused(user: User, *, at: dt.datetime) -> bool:
    return at - user.last_used_at > UNUSED
