"""A second person confirms exactly what was previewed: everything, or nothing."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    DateField,
    Exists,
    Expression,
    OuterRef,
    QuerySet,
    Value,
    When,
)

from accounts.models import User
from audit import crypto
from audit.actions import record
from audit.vendor_sql import insert_from, take_stock
from officials.models import Division
from residents import doubts, privacy
from residents.actions.blanking import blank_erased
from residents.difference import MARKS, Difference, doubts_of
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
from residents.models.exports import WAITS
from residents.places import ZONE
from residents.queries import BATCH, in_batches

# What a staged row says of its dwelling, and of the family behind the door.
DOOR = ("compound", "building", "unit", "room", "address_key", "grid")
FAMILY = (
    *PERSONAL_FIELDS,
    "resident_count",
    "residence_status",
    "moved_in",
    "phone_index",
    *MARKS,
    "review_codes",
)
DWELLING_COLUMNS = ("id", "community_id", *DOOR, "status")
HOUSEHOLD_COLUMNS = (
    "id",
    "dwelling_id",
    "community_id",
    "current_slot",
    "since",
    *FAMILY,
    "needs_review",
    "settled_codes",
    "index_algorithm_id",
    "index_key_id",
    "erased_on",
    "given",
)
# What no file writes of a household that has had its name and numbers erased (T103).
OF_THE_PERSON = (*PERSONAL_FIELDS, "phone_index")
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
DOUBT_COLUMNS = ["needs_review", "review_codes", "settled_codes"]
DISTRICT_LENGTH = 6
NEW_FAMILY = (ChangeKind.NEW, ChangeKind.HEAD_AND_PHONE)
SAME_FAMILY = (ChangeKind.PHONE, ChangeKind.STATUS, ChangeKind.OTHER)


class ConfirmedByUploader(Exception):
    """Whoever brought the file does not confirm it (T92)."""


class PreviewTooOld(Exception):
    """Previewed more than 72 hours ago: a second person looks at a new one (T92)."""


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

    1. one confirmation per district at a time, so that nothing moves underneath; no
       row of a family that has asked to be erased (T103) is left as it was read;
    2. the difference is made anew: it must be the one that was previewed and seen;
    3. dwellings and households are written, missing ones flagged;
    4. the event comes last; without it nothing has happened.
    """
    lock_district(roster_import.street_id)
    blank_erased(roster_import)
    roster_import = countersign(roster_import, by=by, at=at, is_undo=False)
    difference = _check_digest(roster_import, digest)
    hold_communities(roster_import, difference.communities)
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
    if waiting.filter(previewed_at__lte=at - WAITS).exists():
        raise PreviewTooOld(roster_import.pk)
    if not waiting.update(
        state=RosterImport.State.CONFIRMED, confirmed_by=by, confirmed_at=at
    ):
        raise NotPreviewed(roster_import.pk)
    return RosterImport.objects.get(pk=roster_import.pk)


def _check_digest(roster_import: RosterImport, digest: bytes) -> Difference:
    if not crypto.equal(digest, bytes(roster_import.digest or b"")):
        raise DigestChanged(roster_import.pk)
    difference = Difference(roster_import)
    for _change in difference.changes():
        pass
    if not crypto.equal(digest, difference.digest):
        raise DigestChanged(roster_import.pk)
    return difference


def hold_communities(roster_import: RosterImport, codes: Iterable[str]) -> None:
    """Each community of the file exists, and stays until this is done."""
    wanted = set(codes)
    held = Division.objects.select_for_update(no_key=True).filter(pk__in=wanted)
    if set(held.values_list("pk", flat=True)) != wanted:
        raise RowsGone(roster_import.pk)


class Writer:
    """Puts the changes of one import into the roster.

    What is new is copied from its staged rows inside the database; households that
    were there before are changed 5,000 at a time.
    """

    def __init__(self, roster_import: RosterImport, *, on: dt.date) -> None:
        self.roster_import = roster_import
        self.on = on
        self.changes = RosterChange.objects.filter(roster_import=roster_import)

    def write(self) -> None:
        self._end_families()
        if self._open_doors() != self._move_in():
            raise RowsGone(self.roster_import.pk)
        self._follow()
        for batch in self._batches(SAME_FAMILY):
            self._update(batch)
        for batch in self._batches((ChangeKind.REVIEW,)):
            self._doubt(batch, raised_by)
        for batch in self._batches((ChangeKind.MISSING,)):
            self._doubt(batch, missed)
        take_stock(Dwelling, "id", "community_id", "address_key")
        take_stock(Household, "id", "community_id", "current_slot", "fingerprint")

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

    def _open_doors(self) -> int:
        status = Value(Dwelling.Status.ACTIVE.value)
        doors = self._new_doors().values_list("pk", "community_id", *DOOR, status)
        return insert_from(Dwelling, DWELLING_COLUMNS, doors)

    def _move_in(self) -> int:
        """A family behind each new door."""
        families = self._new_doors().values_list(*self._family("pk", ""))
        return insert_from(Household, HOUSEHOLD_COLUMNS, families)

    def _follow(self) -> None:
        """Families that are new in dwellings that were there before."""
        others = self.changes.filter(kind__in=NEW_FAMILY).exclude(dwelling=None)
        door = Exists(Dwelling.objects.filter(pk=OuterRef("dwelling_id")))
        if others.exclude(door).exists():
            raise RowsGone(self.roster_import.pk)
        families = others.values_list(*self._family("dwelling_id", "row__"))
        insert_from(Household, HOUSEHOLD_COLUMNS, families)

    def _new_doors(self) -> QuerySet[RosterRow]:
        """The rows of changes that bring a dwelling, as the table has them.

        Asked for from the rows, which are wide: they are walked and never sorted.
        """
        new = self.changes.filter(kind=ChangeKind.NEW, dwelling=None)
        return self.roster_import.rows.filter(
            Exists(new.filter(pk=OuterRef("pk")))
        ).order_by()

    def _family(self, dwelling: str, row: str) -> Iterator[str | Expression]:
        """HOUSEHOLD_COLUMNS of a query in which `row` leads to the staged row."""
        yield from ("pk", dwelling, "community_id", dwelling)
        yield Value(self.on)
        yield from (f"{row}{name}" for name in FAMILY)
        yield Case(When(**{f"{row}review_codes": ""}, then=False), default=True)
        yield Value("")
        yield Value(self.roster_import.index_algorithm_id)
        yield Value(self.roster_import.index_key_id)
        # A family that had itself erased and comes back: of it, too, nothing is known.
        gone = When(**{f"{row}erased": True}, then=Value(self.on))
        yield Case(gone, default=None, output_field=DateField())
        yield Value("")

    def _columns(self, household: uuid.UUID, row: RosterRow) -> dict[str, Any]:
        """The columns that a row of the file decides."""
        return privacy.seal_for(household, row) | {
            "resident_count": row.resident_count,
            "residence_status": row.residence_status,
            "moved_in": row.moved_in,
            "needs_review": bool(row.review_codes),
            "review_codes": row.review_codes,
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
            row, household = row_of(change), household_of(change)
            for name, value in self._columns(household.pk, row).items():
                if not household.erased_on or name not in OF_THE_PERSON:
                    setattr(household, name, value)
            households.append(household)
            grids[household.dwelling_id] = row.grid
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
