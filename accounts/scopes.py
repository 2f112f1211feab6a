"""Where a user may use a permission: code prefixes (T84). No scope, no grant."""

import datetime as dt
from collections.abc import Collection

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.permissions import Permission
from accounts.prefixes import Scopes
from accounts.roles import ROLES, roles_with

__all__ = [
    "Scopes",
    "Visitor",
    "any_scope_of",
    "permissions_of",
    "scopes_of",
    "scopes_of_any",
]

# Whoever asks for a page; a lazy user of a request is an instance of its class.
Visitor = User | AnonymousUser


def scopes_of(user: Visitor, permission: Permission, *, on: dt.date) -> Scopes:
    return scopes_of_any(user, (permission,), on=on)


def scopes_of_any(
    user: Visitor, permissions: Collection[Permission], *, on: dt.date
) -> Scopes:
    """Where the user holds at least one of the permissions."""
    if not isinstance(user, User) or not user.is_active:
        return Scopes(())
    roles = {code for each in permissions for code in roles_with(each)}
    grants = user.grants.in_force(on=on).filter(role__in=roles)
    return Scopes(tuple(sorted(set(grants.values_list("scope", flat=True)))))


def permissions_of(user: Visitor, *, on: dt.date) -> frozenset[Permission]:
    """All that the user may do somewhere: what the menu shows."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    roles = set(user.grants.in_force(on=on).values_list("role", flat=True))
    return frozenset().union(*(ROLES[role].permissions for role in roles))


def any_scope_of(user: Visitor, *, on: dt.date) -> Scopes:
    """Every place where the user holds any role: decides between 404 and 403 (T85)."""
    if not isinstance(user, User) or not user.is_active:
        return Scopes(())
    scopes = user.grants.in_force(on=on).values_list("scope", flat=True)
    return Scopes(tuple(sorted(set(scopes))))
