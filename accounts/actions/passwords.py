"""Changing one's own password (T89)."""

import datetime as dt
import uuid

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts import passwords
from accounts.actions.sessions import open_session
from accounts.actions.signing_in import Try, hold, note_failure
from accounts.models import User
from audit.actions import record

PASSWORD_FIELDS = ("password", "password_set_at", "must_change_password")


@transaction.atomic
def change_password(
    *, user: User, old: str, new: str, address: str, at: dt.datetime
) -> uuid.UUID | None:
    """The mark of the session that goes on; None, and one failure, for a wrong `old`.

    Raises ValidationError for a new password against the rules. Every other session
    ends with the password (T91).
    """
    held = hold(user.username)
    one = Try(held, address, at)
    why = "name" if held is None else "locked" if held.is_locked(at=at) else ""
    if held and not why and not passwords.is_right(held, old):
        why = "password"
    if held is None or why:
        note_failure(one, why=why)
        return None
    validate_password(new, held)
    write_password(held, new, must_change=False, at=at)
    mark = open_session(held)
    record("user.password_changed", target=held, by=held, at=at)
    return mark


def write_password(
    user: User, password: str, *, must_change: bool, at: dt.datetime
) -> None:
    user.set_password(password)
    user.password_set_at, user.must_change_password = at, must_change
    user.save(update_fields=PASSWORD_FIELDS)
    passwords.remember(user, at=at)
