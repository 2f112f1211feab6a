"""Accounts: who was let in (T88)."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record


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
def note_sign_in(*, user: User, at: dt.datetime, address: str) -> None:
    record("user.signed_in", target=user, by=user, at=at, address=address)
