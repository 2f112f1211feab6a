"""Locks: by failures, by disuse, by the security administrator (T88, T90)."""

import datetime as dt

from django.db import transaction

from accounts import lockout
from accounts.models import SignInFailure, User
from audit.actions import SYSTEM, Actor, record


@transaction.atomic
def lock(*, user: User, by: Actor, at: dt.datetime) -> None:
    """Shut an account until it is unlocked, and end its session."""
    shut(user, because=User.Lock.ADMINISTRATOR, by=by, at=at)


@transaction.atomic
def unlock(*, user: User, by: Actor, at: dt.datetime) -> None:
    """Open an account again; failures and days without use count anew."""
    user.failures.all().delete()
    user.locked_until = user.locked_at = None
    user.locked_because = ""
    user.last_used_at = at
    user.save(
        update_fields=["locked_until", "locked_at", "locked_because", "last_used_at"]
    )
    record("user.unlocked", target=user, by=by, at=at)


@transaction.atomic
def lock_unused(*, by: Actor, at: dt.datetime) -> int:
    """Lock what nobody has used for sixty days; how many (T88)."""
    unused = User.objects.select_for_update(no_key=True).filter(
        locked_at=None, is_active=True, last_used_at__lt=at - lockout.UNUSED
    )
    found = list(unused.order_by("pk"))
    for user in found:
        shut(user, because=User.Lock.UNUSED, by=by, at=at)
    return len(found)


@transaction.atomic
def purge_failures(*, by: Actor, at: dt.datetime) -> int:
    """Forget failures that count no more (T109); how many."""
    old = SignInFailure.objects.filter(at__lte=at - lockout.DAY)
    number = old.delete()[0]
    if number:
        record("user.failures_purged", by=by, at=at, data={"count": number})
    return number


# --- parts of other verbs -------------------------------------------------------------


def shut(user: User, *, because: User.Lock, by: Actor, at: dt.datetime) -> None:
    user.locked_at, user.locked_because = at, because
    _without_session(user, "locked_at", "locked_because")
    record("user.locked", target=user, by=by, at=at, data={"because": because.value})


def pause(user: User, *, at: dt.datetime) -> None:
    user.locked_until = at + lockout.PAUSE
    _without_session(user, "locked_until")
    record("user.paused", target=user, by=SYSTEM, at=at)


def _without_session(user: User, *fields: str) -> None:
    """In one statement: a locked account with a live session cannot be stored."""
    user.session_mark, user.session_ended = None, User.Ended.LOCKED
    user.save(update_fields=[*fields, "session_mark", "session_ended"])
