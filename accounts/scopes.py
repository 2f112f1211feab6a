"""Where a user may use a permission: code prefixes (T84). No scope, no grant."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from accounts.models import User
from accounts.permissions import Permission
from accounts.roles import ROLES, roles_with

# Whoever asks for a page; a lazy user of a request is an instance of its class.
Visitor = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Scopes:
    """Division codes whose subtrees are open to a user for one permission."""

    prefixes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def cover(self, code: str) -> bool:
        """True when the division is inside one of the scopes."""
        return any(code.startswith(prefix) for prefix in self.prefixes)

    def q(self, field: str) -> Q:
        """The condition for a query set; `field` holds a division code.

        "code", or "community__code" over a foreign key (no join: the code is the key).
        """
        condition = Q(pk__in=[])
        for prefix in self.prefixes:
            condition |= Q(**{f"{field}__startswith": prefix})
        return condition


def scopes_of(user: Visitor, permission: Permission, *, on: dt.date) -> Scopes:
    if not isinstance(user, User) or not user.is_active:
        return Scopes(())
    grants = user.grants.in_force(on=on).filter(role__in=roles_with(permission))
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
