"""Accounts and grants as the administrators' pages list them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts import places
from accounts.models import RoleGrant, User
from accounts.prefixes import Scopes

SOON_DAYS = 30


def accounts_within(scopes: Scopes, *, on: dt.date) -> QuerySet[User]:
    """Accounts whose living roles all lie inside; a new one, without any, is anywhere.

    An account has no place of its own: whoever also works outside belongs to the
    administrator who covers both.
    """
    if not scopes:
        return User.objects.none()
    living = RoleGrant.objects.living(on=on).filter(user=OuterRef("pk"))
    return User.objects.exclude(Exists(living.exclude(scopes.q("scope"))))


def found_by(accounts: QuerySet[User], words: str) -> QuerySet[User]:
    """Every word stands in the name or in the account name."""
    for word in words.split():
        accounts = accounts.filter(
            Q(name__icontains=word) | Q(username__icontains=word)
        )
    return accounts


def with_living(accounts: QuerySet[User], *, on: dt.date) -> QuerySet[User]:
    """Each with `living_grants`, in one more query for all of them."""
    living = RoleGrant.objects.living(on=on).order_by("scope", "role")
    return accounts.prefetch_related(
        Prefetch("grants", queryset=living, to_attr="living_grants")
    )


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant in the words of a page."""

    grant: RoleGrant
    place: str
    standing: str
    days_left: int
    is_soon: bool


def grant_lines(grants: Iterable[RoleGrant], *, on: dt.date) -> list[GrantLine]:
    """With the names of their places, in one query."""
    found = list(grants)
    names = places.names_of([grant.scope for grant in found])
    return [_line(grant, names, on) for grant in found]


def _line(grant: RoleGrant, names: dict[str, str], on: dt.date) -> GrantLine:
    standing = grant.standing_on(on)
    left = (grant.ends_on - on).days
    return GrantLine(
        grant=grant,
        place=names.get(grant.scope, ""),
        standing=standing,
        days_left=left,
        is_soon=standing == "in_force" and left <= SOON_DAYS,
    )


PARTS = ("in_force", "soon", "later", "over")


def grants_of_part(
    grants: QuerySet[RoleGrant], part: str, *, on: dt.date
) -> QuerySet[RoleGrant]:
    """In force, ending soon, promised for later, or over (ended or revoked)."""
    if part == "soon":
        return grants.filter(  # what ends first stands first
            pk__in=RoleGrant.objects.ending(on=on, days=SOON_DAYS).values("pk")
        ).order_by("ends_on", "pk")
    if part == "later":
        later = RoleGrant.objects.standing().filter(starts_on__gt=on)
        return grants.filter(pk__in=later.values("pk")).order_by("starts_on", "pk")
    if part == "over":
        living = RoleGrant.objects.living(on=on)
        return grants.exclude(pk__in=living.values("pk")).order_by("-ends_on", "-pk")
    in_force = RoleGrant.objects.in_force(on=on)
    return grants.filter(pk__in=in_force.values("pk")).order_by("scope", "role", "pk")
