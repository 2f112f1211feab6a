"""Whether a frozen roster is still what was frozen."""

import hashlib
from collections import Counter, defaultdict

from residents.models import RosterSnapshot, SnapshotHousehold
from residents.queries import BATCH


def is_unchanged(snapshot: RosterSnapshot) -> bool:
    """Its households give its digest, its counts and its size again.

    The digest is made as `take_snapshot` says: SHA-256 over the lines
    `household|community|status` in the order of the household ids.
    """
    households = (
        SnapshotHousehold.objects.filter(snapshot=snapshot)
        .order_by("household_id")
        .values_list("household_id", "community_id", "residence_status")
    )
    lines, counts = hashlib.sha256(), defaultdict[str, Counter[str]](Counter)
    for household, community, status in households.iterator(chunk_size=BATCH):
        lines.update(f"{household}|{community}|{status}\n".encode())
        counts[community][status] += 1
    return (lines.digest(), snapshot.counts, snapshot.size) == (
        bytes(snapshot.digest),
        {community: dict(found) for community, found in counts.items()},
        sum(found.total() for found in counts.values()),
    )


def has_households(snapshot: RosterSnapshot) -> bool:
    """False where only the snapshot itself is kept."""
    return SnapshotHousehold.objects.filter(snapshot=snapshot).exists()
