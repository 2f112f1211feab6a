"""Names of places for the rooms to the left, which know their codes only."""

from collections.abc import Collection

from django.db.models.functions import Length

from accounts import places
from accounts.prefixes import Scopes
from officials.models import Division


def names_of(codes: Collection[str]) -> dict[str, str]:
    found = Division.objects.filter(code__in=set(codes))
    return dict(found.values_list("code", "short_name"))


def within(scopes: Scopes, limit: int) -> list[tuple[str, str]]:
    """Large places first, so that a cut list still holds the streets."""
    found = Division.objects.within(scopes).order_by(Length("code"), "code")
    return list(found.values_list("code", "short_name")[:limit])


places.register(places.Directory(names_of, within))
