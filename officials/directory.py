"""Names of places for the rooms to the left, which know their codes only."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Q
from django.db.models.functions import Length

from accounts import places
from accounts.prefixes import Scopes
from officials.models import Appointment, Division


def names_of(codes: Collection[str]) -> dict[str, str]:
    found = Division.objects.filter(code__in=set(codes))
    return dict(found.values_list("code", "short_name"))


def within(scopes: Scopes, limit: int) -> list[tuple[str, str]]:
    """Large places first, so that a cut list still holds the streets."""
    found = Division.objects.within(scopes).order_by(Length("code"), "code")
    return list(found.values_list("code", "short_name")[:limit])


def rated_at(user: int, on: dt.date) -> list[str]:
    """Posts that the account's official holds on the day, or from a later one."""
    held = Appointment.objects.rated().filter(
        Q(ends_on=None) | Q(ends_on__gt=on), official__account__user=user
    )
    found = held.values_list("post__organization__division__code", flat=True)
    return sorted(set(found))


places.register(places.Directory(names_of, within, rated_at))
