"""Freezing the roster."""

import datetime as dt
import hashlib
from collections import Counter, defaultdict

from django.db import transaction

from audit.actions import Actor, record
from audit.vendor_sql import copy_rows
from officials.models import Division
from residents.actions.confirming import lock_district
from residents.models import Dwelling, Household, RosterSnapshot, SnapshotHousehold
from residents.queries import BATCH, in_batches

COLUMNS = ("snapshot_id", "household_id", "community_id", "residence_status")


class RosterEmpty(Exception):
    """Nothing to freeze: no roster has been confirmed here yet."""


@transaction.atomic
def take_snapshot(*, division: Division, by: Actor, at: dt.datetime) -> RosterSnapshot:
    """Freeze the current households of a division and all below it.

    The digest is SHA-256 over the lines `household|community|status` in the order of
    the household ids: whoever has the list can recompute it. One query reads all, so
    a confirmation that happens meanwhile is in it wholly or not at all.
    """
    lock_district(division.code)
    snapshot = RosterSnapshot(division=division, taken_at=at, taken_by=by.audit_name)
    suspended = set(
        Dwelling.objects.filter(status=Dwelling.Status.SUSPENDED)
        .under(division.code)
        .values_list("pk", flat=True)
    )
    households = (
        Household.objects.current()
        .under(division.code)
        .order_by("pk")
        .values_list("pk", "community_id", "residence_status", "dwelling_id")
        .iterator(chunk_size=BATCH)
    )
    lines, counts = hashlib.sha256(), defaultdict[str, Counter[str]](Counter)
    for batch in in_batches(households, BATCH):
        rows = [row[:3] for row in batch if row[3] not in suspended]
        for household, community, status in rows:
            lines.update(f"{household}|{community}|{status}\n".encode())
            counts[community][status] += 1
        copy_rows(SnapshotHousehold, COLUMNS, ((snapshot.pk, *row) for row in rows))
    if not counts:
        raise RosterEmpty(division.code)
    snapshot.digest = lines.digest()
    snapshot.counts = {code: dict(counts[code]) for code in sorted(counts)}
    snapshot.size = sum(sum(by_status.values()) for by_status in counts.values())
    snapshot.save()
    record(
        "snapshot.taken",
        target=snapshot,
        by=by,
        at=at,
        division=division.code,
        data={
            "digest": snapshot.digest_hex,
            "households": snapshot.size,
            "counts": snapshot.counts,
        },
    )
    return snapshot
