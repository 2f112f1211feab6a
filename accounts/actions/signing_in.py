"""Signing in, proving the factor again, signing out (T89 to T91).

A refusal is no exception: the failure must be stored, not rolled back. Whoever is
refused is told nothing of why; the trail knows (T75, T90).
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction

from accounts import factors, lockout, passwords
from accounts.actions.factors import prepare_authenticator
from accounts.actions.locks import pause, shut
from accounts.actions.sessions import end_session, open_session
from accounts.models import SignInFailure, User
from audit.actions import SYSTEM, record


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who, the mark of the new session, and the factor; "" before enrolment."""

    user: User
    mark: uuid.UUID
    factor: str


@dataclass(frozen=True, slots=True)
class Try:
    """One try: whose account, from where, when."""

    user: User | None
    address: str
    at: dt.datetime

    @property
    def client(self) -> str:
        return lockout.client_of(self.address)


@transaction.atomic
def sign_in(
    *, username: str, password: str, answer: str, address: str, at: dt.datetime
) -> SignedIn | None:
    """Let in whoever knows the password and has the factor, or None.

    The account's row is held from the first look to the last write, so tries at the
    same moment come one after the other and none of them is counted for nothing.
    """
    user = hold(User.objects.normalize(username))
    one = Try(user, address, at)
    why = refusal_of(one, password)
    factor = ""
    if user and not why and factors.confirmed_of(user):
        factor = factors.accepted_by(user, answer, at=at)
        why = "" if factor else "factor"
    if user is None or why:
        note_failure(one, why=why)
        return None
    user.last_used_at = at
    user.save(update_fields=["last_used_at"])
    mark = open_session(user)
    if not factor:
        prepare_authenticator(user, at=at)
    data = {"factor": factor or "none"}
    if factor == factors.OnPaper.name:
        data["left"] = str(factors.left_of(user))
    record("user.signed_in", target=user, by=user, at=at, address=address, data=data)
    return SignedIn(user, mark, factor)


@transaction.atomic
def confirm_factor(*, user: User, answer: str, address: str, at: dt.datetime) -> bool:
    """Prove the factor again, for a grave act (T91). A wrong answer is a failure."""
    held = hold(user.username)
    one = Try(held, address, at)
    why = "name" if held is None else "locked" if held.is_locked(at=at) else ""
    factor = ""
    if held and not why:
        factor = factors.accepted_by(held, answer, at=at)
        why = "" if factor else "factor"
    if why:
        note_failure(one, why=why)
        return False
    data = {"factor": factor}
    record("user.factor_proven", target=user, by=user, at=at, data=data)
    return True


@transaction.atomic
def sign_out(*, user: User, at: dt.datetime, address: str) -> None:
    end_session(user, because=User.Ended.SIGNED_OUT)
    record("user.signed_out", target=user, by=user, at=at, address=address)


def hold(username: str) -> User | None:
    """The account, for this transaction alone; rows that point to it may be added."""
    found = User.objects.select_for_update(no_key=True).filter(username=username)
    return found.first()


def refusal_of(one: Try, password: str) -> str:
    """Why not, for the trail; "" when the password is right and nothing is locked.

    The password is checked in every case, so that every refusal takes the same time.
    """
    user = one.user
    is_right = passwords.is_right(user, password)
    if lockout.is_client_blocked(one.client, at=one.at):
        return "client"
    if user is None:
        return "name"
    if user.locked_at is None and lockout.is_unused(user, at=one.at):
        shut(user, because=User.Lock.UNUSED, by=SYSTEM, at=one.at)
    if user.is_locked(at=one.at):
        return "locked"
    if not user.is_active:
        return "inactive"
    return "" if is_right else "password"


def note_failure(one: Try, *, why: str) -> None:
    """Count it, write it down, and lock when it was one too many.

    A blocked client is not counted further: its trail would have no end, and the
    others behind the same address would never get in again. An account that is locked
    is not counted either, so that nobody can keep it locked from outside.
    """
    if why == "client":
        return
    user, at = one.user, one.at
    counted = user if why in ("password", "factor") else None
    SignInFailure.objects.create(user=counted, client=one.client, at=at)
    data = {"why": why}
    record(
        "user.sign_in_failed",
        target=user,
        by=SYSTEM,
        at=at,
        address=one.address,
        data=data,
    )
    if lockout.is_client_blocked(one.client, at=at):
        record("user.client_blocked", by=SYSTEM, at=at, address=one.address)
    if counted is None:
        return
    if lockout.failures_of(counted, within=lockout.DAY, at=at) >= lockout.MANY:
        shut(counted, because=User.Lock.FAILURES, by=SYSTEM, at=at)
    elif lockout.failures_of(counted, within=lockout.WINDOW, at=at) >= lockout.SOON:
        pause(counted, at=at)
