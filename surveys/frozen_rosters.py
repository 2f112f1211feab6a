"""The frozen rosters behind rounds, as digests only: no household leaves here."""

from collections.abc import Iterable
from dataclasses import dataclass

from residents.models import RosterSnapshot
from residents.proofs import has_households, is_unchanged


@dataclass(frozen=True, slots=True)
class FrozenRoster:
    """`keeps_households` is True as well where the snapshot alone is kept."""

    sha256: str
    keeps_households: bool


def frozen_rosters(ids: Iterable[str]) -> dict[str, FrozenRoster]:
    """By id, those that are there; their households are read again for it."""
    return {
        str(snapshot.pk): FrozenRoster(
            sha256=snapshot.digest_hex,
            keeps_households=not has_households(snapshot) or is_unchanged(snapshot),
        )
        for snapshot in RosterSnapshot.objects.filter(pk__in=list(ids))
    }
