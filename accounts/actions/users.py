"""Accounts: who was let in, and who is let in no longer (T88)."""

import datetime as dt
import secrets

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record

# No 0 O 1 l I: a first password is read from a slip and typed once.
LOWER, UPPER, DIGITS = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
SIGNS = "-+="
FIRST_LENGTH = 16


class AccountRefused(Exception):
    """Every refusal of an account's verbs."""


class OwnAccount(AccountRefused):
    """Nobody switches off the account they are signed in with."""


class NothingChanges(AccountRefused):
    """The account is like that already."""


def first_password() -> str:
    """Random, about 90 bits, of all four classes: it passes every rule of T89."""
    kinds = (LOWER, UPPER, DIGITS, SIGNS)
    signs = [secrets.choice(kind) for kind in kinds]
    rest = LOWER + UPPER + DIGITS
    signs += [secrets.choice(rest) for _ in range(FIRST_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


@transaction.atomic
def create_user(
    *, username: str, name: str, password: str, by: Actor, at: dt.datetime
) -> User:
    user = User.objects.create_user(username, name=name, password=password, at=at)
    record("user.created", target=user, by=by, at=at, data={"username": username})
    return user


@transaction.atomic
def set_password(*, user: User, password: str, by: Actor, at: dt.datetime) -> None:
    """Ends every session of the user: the session key hangs on the password."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record("user.password_set", target=user, by=by, at=at)


@transaction.atomic
def rename_user(*, user: User, name: str, by: Actor, at: dt.datetime) -> None:
    """Another name on the pages; the account name, which the trail keeps, stays."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if held.name == name:
        raise NothingChanges(held.username)
    before, held.name = held.name, name
    held.save(update_fields=["name"])
    data = {"username": held.username, "before": before, "after": name}
    record("user.renamed", target=held, by=by, at=at, data=data)


@transaction.atomic
def deactivate_user(*, user: User, reason: str, by: Actor, at: dt.datetime) -> None:
    """The account opens no page from now on; nothing of it is deleted."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if held == by:
        raise OwnAccount(held.username)
    _switch(held, is_active=False)
    data = {"username": held.username, "reason": reason}
    record("user.deactivated", target=held, by=by, at=at, data=data)


@transaction.atomic
def activate_user(*, user: User, reason: str, by: Actor, at: dt.datetime) -> None:
    held = User.objects.select_for_update().get(pk=user.pk)
    _switch(held, is_active=True)
    data = {"username": held.username, "reason": reason}
    record("user.activated", target=held, by=by, at=at, data=data)


def _switch(user: User, *, is_active: bool) -> None:
    if user.is_active == is_active:
        raise NothingChanges(user.username)
    user.is_active = is_active
    user.save(update_fields=["is_active"])


@transaction.atomic
def note_sign_in(*, user: User, at: dt.datetime, address: str) -> None:
    record("user.signed_in", target=user, by=user, at=at, address=address)
