"""Reads that join or count: frames, addresses, what a roster looks like."""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, QuerySet

from residents.models import (
    Household,
    ResidenceStatus,
    RosterSnapshot,
    SnapshotHousehold,
)

FRAME_STATUSES = (ResidenceStatus.RESIDENT.value,)
BATCH = 5000
NUMBER = re.compile(r"(\d+)")


def frame_of(
    snapshot: RosterSnapshot, statuses: Iterable[str] = FRAME_STATUSES
) -> QuerySet[SnapshotHousehold]:
    """The households of a snapshot that may be drawn; 常住 unless told otherwise."""
    return SnapshotHousehold.objects.filter(
        snapshot=snapshot, residence_status__in=list(statuses)
    )


def frame_counts(
    snapshot: RosterSnapshot, statuses: Iterable[str] = FRAME_STATUSES
) -> dict[str, int]:
    """Community code -> households of the frame, in ascending code.

    Read from the counts that were frozen with the snapshot; communities without one
    household of these statuses have 0.
    """
    wanted = set(statuses)
    return {
        code: sum(count for status, count in by_status.items() if status in wanted)
        for code, by_status in sorted(snapshot.counts.items())
    }


@dataclass(frozen=True, slots=True)
class Address:
    """Where a letter goes. Printed, never stored beside an answer."""

    community_code: str
    community: str
    compound: str
    building: str
    unit: str
    room: str

    @property
    def line(self) -> str:
        return f"{self.community}{self.compound}{self.building}{self.unit}{self.room}"

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """The order of a carrier's walk: building, entrance, floor, room."""
        places = (self.compound, self.building, self.unit, self.room)
        return (self.community_code, *(natural(place) for place in places))


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that puts 2号楼 before 10号楼 and 902 before 1203."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in NUMBER.split(text)
        if part
    )


def addresses_of(household_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Address]:
    """Addresses by household, 5,000 per query; unknown ids are left out."""
    found: dict[uuid.UUID, Address] = {}
    for ids in in_batches(household_ids, BATCH):
        rows = Household.objects.filter(pk__in=ids).values_list(
            "pk",
            "community_id",
            "community__short_name",
            "dwelling__compound",
            "dwelling__building",
            "dwelling__unit",
            "dwelling__room",
        )
        found.update({row[0]: Address(*row[1:]) for row in rows})
    return found


def in_batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size`, from anything that can be walked once."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def status_counts(households: QuerySet[Household]) -> dict[str, dict[str, int]]:
    """Community code -> residence status -> households."""
    counted: dict[str, dict[str, int]] = {}
    groups = households.values_list("community_id", "residence_status").annotate(
        number=Count("pk")
    )
    for community, status, number in groups.order_by("community_id"):
        counted.setdefault(community, {})[status] = number
    return counted
