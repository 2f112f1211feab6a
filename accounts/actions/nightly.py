"""What the night does to accounts (T88, T109)."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.sessions.models import Session

from accounts.actions.locks import lock_unused, purge_failures
from audit.actions import Actor


@dataclass(frozen=True, slots=True)
class Tidied:
    """Accounts locked, failures forgotten, dead sessions removed."""

    locked: int
    failures: int
    sessions: int


def tidy_accounts(*, by: Actor, at: dt.datetime) -> Tidied:
    """Lock what nobody uses, forget old failures, remove sessions that are over.

    Three steps, each whole in itself; a second run finds nothing to do.
    """
    locked = lock_unused(by=by, at=at)
    failures = purge_failures(by=by, at=at)
    ended, _ = Session.objects.filter(expire_date__lt=at).delete()
    return Tidied(locked, failures, ended)
