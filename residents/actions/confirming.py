"""A second person confirms exactly what was previewed: everything, or nothing."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction

from accounts.models import User
from audit import crypto
from audit.actions import record
from audit.vendor_sql import copy_rows
from officials.models import Division
from residents import doubts, privacy
from residents.difference import Difference, doubts_of
from residents.doubts import Doubts
from residents.models import (
    PERSONAL_FIELDS,
    ChangeKind,
    Dwelling,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
)
from residents.places import ZONE
from residents.queries import BATCH, in_batches

DWELLING_COLUMNS = (
    "id",
    "community_id",
    "compound",
    "building",
    "unit",
    "room",
    "address_key",
    "grid",
    "status",
)
ROW_COLUMNS = (
    "address_key",
    "phone_index",
    "fingerprint",
    "head_mark",
    "contact_mark",
)
UPDATED = (
    *PERSONAL_FIELDS,
    "resident_count",
    "residence_status",
    "moved_in",
    "needs_review",
    "review_codes",
    "settled_codes",
    "phone_index",
    "fingerprint",
    "head_mark",
    "contact_mark",
    "index_algorithm_id",
    "index_key_id",
)
HOUSEHOLD_COLUMNS = (
    "id",
    "dwelling_id",
    "community_id",
    "current_slot",
    "since",
    *UPDATED,
)
DOUBT_COLUMNS = ["needs_review", "review_codes", "settled_codes"]
DISTRICT_LENGTH = 6
NEW_FAMILY = (ChangeKind.NEW, ChangeKind.HEAD_AND_PHONE)
SAME_FAMILY = (ChangeKind.PHONE, ChangeKind.STATUS, ChangeKind.OTHER)


class ConfirmedByUploader(Exception):
    """Whoever brought the file does not confirm it (T92)."""


class DigestChanged(Exception):
    """What would be stored is not what was shown: preview again."""


class RowsGone(Exception):
    """What this import was made of has been removed: it cannot be applied any more."""


class NotPreviewed(Exception):
    """The import is not, or no longer, waiting for a second person."""


@transaction.atomic
def confirm_import(
    *, roster_import: RosterImport, digest: bytes, by: User, at: dt.datetime
) -> RosterImport:
    """Store every row that is not rejected, in one transaction.

    1. one confirmation per district at a time, so that nothing moves underneath;
    2. the difference is made anew: it must be the one that was previewed and seen;
    3. dwellings and households are written, missing ones flagged;
    4. the event comes last; without it nothing has happened.
    """
    lock_district(roster_import.street_id)
    roster_import = countersign(roster_import, by=by, at=at, is_undo=False)
    _check_digest(roster_import, digest)
    Writer(roster_import, on=at.astimezone(ZONE).date()).write()
    record(
        "roster.confirmed",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={
            "digest": roster_import.digest_hex,
            "changes": roster_import.counts["changes"],
            "actions": roster_import.counts["actions"],
        },
    )
    return roster_import


def lock_district(code: str) -> None:
    """One change of the roster of a district at a time."""
    districts = Division.objects.select_for_update(no_key=True)
    districts.filter(pk=code[:DISTRICT_LENGTH]).first()


def countersign(
    roster_import: RosterImport, *, by: User, at: dt.datetime, is_undo: bool
) -> RosterImport:
    """Mark a previewed record as confirmed by somebody else than who brought it."""
    waiting = RosterImport.objects.filter(
        pk=roster_import.pk,
        state=RosterImport.State.PREVIEWED,
        undoes__isnull=not is_undo,
    )
    if waiting.filter(uploaded_by=by).exists():
        raise ConfirmedByUploader(roster_import.pk)
    if not waiting.update(
        state=RosterImport.State.CONFIRMED, confirmed_by=by, confirmed_at=at
    ):
        raise NotPreviewed(roster_import.pk)
    return RosterImport.objects.get(pk=roster_import.pk)


def _check_digest(roster_import: RosterImport, digest: bytes) -> None:
    if not crypto.equal(digest, bytes(roster_import.digest or b"")):
        raise DigestChanged(roster_import.pk)
    difference = Difference(roster_import)
    for _change in difference.changes():
        pass
    if not crypto.equal(digest, difference.digest):
        raise DigestChanged(roster_import.pk)


class Writer:
    """Puts the changes of one import into the roster, 5,000 at a time."""

    def __init__(self, roster_import: RosterImport, *, on: dt.date) -> None:
        self.roster_import = roster_import
        self.on = on
        self.changes = RosterChange.objects.filter(roster_import=roster_import)

    def write(self) -> None:
        self._end_families()
        for batch in self._batches(NEW_FAMILY):
            content = [self._content(change) for change in batch]
            new_doors = (
                self._dwelling(change, data)
                for change, data in zip(batch, content, strict=True)
                if change.dwelling_id is None
            )
            copy_rows(Dwelling, DWELLING_COLUMNS, new_doors)
            families = (
                self._new_household(change, data)
                for change, data in zip(batch, content, strict=True)
            )
            copy_rows(Household, HOUSEHOLD_COLUMNS, families)
        for batch in self._batches(SAME_FAMILY):
            self._update(batch)
        for batch in self._batches((ChangeKind.REVIEW,)):
            self._doubt(batch, raised_by)
        for batch in self._batches((ChangeKind.MISSING,)):
            self._doubt(batch, missed)

    def _batches(self, kinds: Iterable[str]) -> Iterator[list[RosterChange]]:
        walk = (
            self.changes.filter(kind__in=kinds)
            .select_related("row", "household")
            .order_by("row__sheet", "row__row_no", "pk")
        )
        return in_batches(walk.iterator(chunk_size=BATCH), BATCH)

    def _end_families(self) -> None:
        """Whoever has moved out frees the dwelling for the next household."""
        gone = self.changes.filter(kind=ChangeKind.HEAD_AND_PHONE)
        Household.objects.filter(pk__in=gone.values("household_id")).update(
            until=self.on, current_slot=None
        )

    def _content(self, change: RosterChange) -> dict[str, Any]:
        row = row_of(change)
        return privacy.open_row(row.pk, row.values)

    def _dwelling(
        self, change: RosterChange, content: dict[str, Any]
    ) -> tuple[Any, ...]:
        address = content["address"]
        return (
            change.pk,
            change.community_id,
            address["compound"],
            address["building"],
            address["unit"],
            address["room"],
            row_of(change).address_key,
            content["values"]["grid"],
            Dwelling.Status.ACTIVE.value,
        )

    def _new_household(
        self, change: RosterChange, content: dict[str, Any]
    ) -> tuple[Any, ...]:
        dwelling = change.dwelling_id or change.pk
        columns = self._columns(change.pk, change, content)
        return (
            change.pk,
            dwelling,
            change.community_id,
            dwelling,
            self.on,
            *(columns[name] for name in UPDATED),
        )

    def _columns(
        self, household: uuid.UUID, change: RosterChange, content: dict[str, Any]
    ) -> dict[str, Any]:
        """The columns that a row of the file decides."""
        values, row = content["values"], row_of(change)
        codes = doubts.raised(row)
        sealed = privacy.seal_household(
            household, {"head_name": values["head"], **values}
        )
        return sealed | {
            "resident_count": values["count"],
            "residence_status": values["status"],
            "moved_in": values["moved_in"],
            "needs_review": bool(codes),
            "review_codes": codes,
            "settled_codes": "",
            "phone_index": row.phone_index,
            "fingerprint": row.fingerprint,
            "head_mark": row.head_mark,
            "contact_mark": row.contact_mark,
            "index_algorithm_id": self.roster_import.index_algorithm_id,
            "index_key_id": self.roster_import.index_key_id,
        }

    def _update(self, changes: list[RosterChange]) -> None:
        """The same family with new particulars, written back in one statement."""
        households, grids = [], {}
        for change in changes:
            content = self._content(change)
            household = household_of(change)
            for name, value in self._columns(household.pk, change, content).items():
                setattr(household, name, value)
            households.append(household)
            grids[household.dwelling_id] = content["values"]["grid"]
        Household.objects.bulk_create(
            households,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=list(UPDATED),
            batch_size=1000,
        )
        self._update_grids(grids)

    def _update_grids(self, grids: dict[uuid.UUID, str]) -> None:
        dwellings = list(Dwelling.objects.filter(pk__in=grids))
        moved = [door for door in dwellings if door.grid != grids[door.pk]]
        for door in moved:
            door.grid = grids[door.pk]
        Dwelling.objects.bulk_update(moved, ["grid"], batch_size=500)

    def _doubt(
        self,
        changes: list[RosterChange],
        doubts_after: Callable[[RosterChange], Doubts],
    ) -> None:
        """Ask a person, or ask no longer: nothing else about the household changes."""
        households = []
        for change in changes:
            household = household_of(change)
            set_doubts(household, doubts_after(change))
            households.append(household)
        Household.objects.bulk_update(households, DOUBT_COLUMNS, batch_size=1000)


def raised_by(change: RosterChange) -> Doubts:
    before = doubts_of(household_of(change))
    return doubts.when_listed(before, doubts.raised(row_of(change)))


def missed(change: RosterChange) -> Doubts:
    """Listed no longer: a question for a person, not a deletion."""
    return doubts.when_missing(doubts_of(household_of(change)))


def set_doubts(household: Household, found: Doubts) -> None:
    household.needs_review = bool(found.review)
    household.review_codes, household.settled_codes = found


def row_of(change: RosterChange) -> RosterRow:
    """The line of the file behind a change; only missing households have none."""
    if change.row is None:
        raise RowsGone(change.roster_import_id)
    return change.row


def household_of(change: RosterChange) -> Household:
    """Who lives there now; only a new dwelling has nobody."""
    if change.household is None:
        raise RowsGone(change.roster_import_id)
    return change.household
