"""A part of the country: division codes whose subtrees are meant (T84)."""

from dataclasses import dataclass

from django.db.models import Q


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


def overlap(one: str, other: str) -> bool:
    """True when one division lies inside the other, or they are the same."""
    return one.startswith(other) or other.startswith(one)
