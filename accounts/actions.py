"""Accounts and roles: who was let in, by whom (T88)."""

import datetime as dt

from django.db import transaction

from accounts.models import RoleGrant, User
from accounts.roles import ROLES, Role
from audit.actions import Actor, record


@transaction.atomic
def create_user(
    *, username: str, name: str, password: str, by: Actor, at: dt.datetime
) -> User:
    user = User.objects.create_user(username, name=name, password=password)
    record("user.created", target=user, by=by, at=at, data={"username": username})
    return user


@transaction.atomic
def set_password(*, user: User, password: str, by: Actor, at: dt.datetime) -> None:
    """Ends every session of the user: the session key hangs on the password."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record("user.password_set", target=user, by=by, at=at)


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    scope: str,
    starts_on: dt.date,
    by: Actor,
    at: dt.datetime,
    ends_on: dt.date | None = None,
) -> RoleGrant:
    """Let a user act in a role at a division and everything below it."""
    if role.code not in ROLES:
        raise KeyError(role.code)
    grant = RoleGrant(
        user=user,
        role=role.code,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=by.audit_name,
    )
    grant.full_clean()
    grant.save()
    record(
        "role.granted",
        target=grant,
        by=by,
        at=at,
        division=scope,
        data={"user": user.username, "role": role.code},
    )
    return grant


@transaction.atomic
def note_sign_in(*, user: User, at: dt.datetime, address: str) -> None:
    record("user.signed_in", target=user, by=user, at=at, address=address)
