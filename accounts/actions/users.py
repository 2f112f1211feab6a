"""Accounts: who was let in, and who is let in no longer (T88)."""

import datetime as dt

from django.db import transaction

from accounts import passwords
from accounts.actions.passwords import write_password
from accounts.actions.sessions import end_session
from accounts.models import User
from audit.actions import Actor, record


class AccountRefused(Exception):
    """Every refusal of an account's verbs."""


class OwnAccount(AccountRefused):
    """Not for the account that somebody is signed in with."""


class NothingChanges(AccountRefused):
    """The account is like that already."""


@transaction.atomic
def create_user(
    *,
    username: str,
    name: str,
    password: str,
    by: Actor,
    at: dt.datetime,
    must_change: bool = True,
) -> User:
    """A first password is to be changed; a person's own choice is not."""
    user = User.objects.create_user(
        username, name=name, password=password, at=at, must_change=must_change
    )
    passwords.remember(user, at=at)
    record("user.created", target=user, by=by, at=at, data={"username": username})
    return user


@transaction.atomic
def set_password(
    *,
    user: User,
    password: str,
    by: Actor,
    at: dt.datetime,
    must_change: bool = True,
) -> None:
    """By somebody else: to be changed at sign-in. Ends every session of the user."""
    write_password(user, password, must_change=must_change, at=at)
    end_session(user, because=User.Ended.PASSWORD)
    record("user.password_set", target=user, by=by, at=at)


@transaction.atomic
def give_first_password(
    *, user: User, password: str, by: Actor, at: dt.datetime
) -> None:
    """For who has forgotten theirs: handed over on paper, to be changed at once."""
    if user == by:
        raise OwnAccount(user.username)
    set_password(user=user, password=password, by=by, at=at)


@transaction.atomic
def rename_user(*, user: User, name: str, by: Actor, at: dt.datetime) -> None:
    """Another name on the pages; the account name, which the trail keeps, stays."""
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if held.name == name:
        raise NothingChanges(held.username)
    before, held.name = held.name, name
    held.save(update_fields=["name"])
    data = {"username": held.username, "before": before, "after": name}
    record("user.renamed", target=held, by=by, at=at, data=data)


@transaction.atomic
def deactivate_user(*, user: User, reason: str, by: Actor, at: dt.datetime) -> None:
    """The account opens no page from now on; nothing of it is deleted."""
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if held == by:
        raise OwnAccount(held.username)
    _switch(held, is_active=False)
    data = {"username": held.username, "reason": reason}
    record("user.deactivated", target=held, by=by, at=at, data=data)


@transaction.atomic
def activate_user(*, user: User, reason: str, by: Actor, at: dt.datetime) -> None:
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _switch(held, is_active=True)
    data = {"username": held.username, "reason": reason}
    record("user.activated", target=held, by=by, at=at, data=data)


def _switch(user: User, *, is_active: bool) -> None:
    if user.is_active == is_active:
        raise NothingChanges(user.username)
    user.is_active = is_active
    user.save(update_fields=["is_active"])
