"""Roles: what somebody may do where, and until when (T83, T84)."""

import datetime as dt

from django.db import transaction

from accounts.models import RoleGrant, User
from accounts.roles import ROLES, Role
from audit.actions import Actor, record


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
