"""An import is taken back: the inverse change set, proposed by one, confirmed by two.

Within 30 days, and only while no snapshot has been taken from it (domain 5.5, 4).
Households that somebody has changed since are listed and left alone. No row is
deleted: a household that the import brought ends, its dwelling stays and is empty.
"""

import datetime as dt
import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from audit import crypto
from audit.actions import Actor, record
from residents import doubts
from residents.actions.confirming import (
    DOUBT_COLUMNS,
    NEW_FAMILY,
    UPDATED,
    DigestChanged,
    countersign,
    lock_district,
)
from residents.actions.purging import KEPT
from residents.difference import MARKS, doubts_of
from residents.doubts import Doubts
from residents.models import (
    PERSONAL_FIELDS,
    ChangeKind,
    Dwelling,
    Household,
    RosterChange,
    RosterImport,
    RosterSnapshot,
)
from residents.places import ZONE
from residents.queries import BATCH, in_batches

State = RosterImport.State
AS_THEY_WERE = ("resident_count", "residence_status", "moved_in", *DOUBT_COLUMNS)
DOUBTS_ONLY = (ChangeKind.REVIEW, ChangeKind.MISSING)


class UndoRefused(Exception):
    """This import cannot be taken back, or not any more."""


class NotStored(UndoRefused):
    """Only a confirmed import of a file can be undone, and only once."""


class UndoTooLate(UndoRefused):
    """Its 30 days are over: the rows that it was made of are gone."""


class UndoAfterSnapshot(UndoRefused):
    """Somebody has frozen the roster since: draws may rest on it."""


class UndoProposed(UndoRefused):
    """Another proposal waits for its second person."""


@transaction.atomic
def propose_undo(
    *, roster_import: RosterImport, by: Actor, at: dt.datetime
) -> RosterImport:
    """Show what an undo would do, as an import record of its own."""
    lock_district(roster_import.street_id)
    original = RosterImport.objects.get(pk=roster_import.pk)
    check_undoable(original, at=at)
    if original.undone_by.filter(state=State.PREVIEWED).exists():
        raise UndoProposed(original.pk)
    undo = RosterImport(
        street_id=original.street_id,
        file_name=original.file_name,
        size=original.size,
        sha256=original.sha256,
        format=original.format,
        state=State.PREVIEWED,
        undoes=original,
        uploaded_by=by if isinstance(by, User) else None,
        uploaded_at=at,
    )
    inverse = _write_changes(undo)
    undo.previewed_at = at
    undo.digest, undo.counts = inverse.digest, inverse.as_counts()
    undo.save(force_insert=True)
    _tell("roster.undo_proposed", undo, by=by, at=at)
    return undo


@transaction.atomic
def renew_undo(*, undo: RosterImport, by: Actor, at: dt.datetime) -> RosterImport:
    """Compare again with the roster as it is now."""
    lock_district(undo.street_id)
    undo = RosterImport.objects.get(pk=undo.pk)
    if undo.undoes is None or undo.state != State.PREVIEWED:
        raise NotStored(undo.pk)
    check_undoable(undo.undoes, at=at)
    undo.changes.all().delete()
    inverse = _write_changes(undo)
    undo.digest, undo.counts = inverse.digest, inverse.as_counts()
    undo.previewed_at = at
    undo.save(update_fields=["digest", "counts", "previewed_at"])
    _tell("roster.undo_proposed", undo, by=by, at=at)
    return undo


@transaction.atomic
def confirm_undo(
    *, undo: RosterImport, digest: bytes, by: User, at: dt.datetime
) -> RosterImport:
    """Put back what the import changed, exactly as it was previewed, or nothing."""
    lock_district(undo.street_id)
    undo = countersign(undo, by=by, at=at, is_undo=True)
    original = original_of(undo)
    check_undoable(original, at=at)
    if not crypto.equal(digest, bytes(undo.digest or b"")):
        raise DigestChanged(undo.pk)
    inverse = Inverse(original)
    for _batch in inverse.batches():
        pass
    if not crypto.equal(digest, inverse.digest):
        raise DigestChanged(undo.pk)
    _put_back(undo, on=at.astimezone(ZONE).date())
    stored = RosterImport.objects.filter(pk=original.pk, state=State.CONFIRMED)
    if not stored.update(state=State.UNDONE):
        raise NotStored(original.pk)
    _tell("roster.undone", undo, by=by, at=at)
    return undo


def original_of(undo: RosterImport) -> RosterImport:
    if undo.undoes is None:
        raise NotStored(undo.pk)
    return undo.undoes


def check_undoable(original: RosterImport, *, at: dt.datetime) -> None:
    """Raise the reason why this import cannot be undone."""
    if original.state != State.CONFIRMED or original.is_undo:
        raise NotStored(original.pk)
    confirmed_at = original.confirmed_at
    if confirmed_at is None or at >= confirmed_at + KEPT or not original.stored_as:
        raise UndoTooLate(original.pk)
    above = [original.street_id[:length] for length in (2, 4, 6)]
    places = Q(division_id__in=above) | Q(division__code__startswith=original.street_id)
    if RosterSnapshot.objects.filter(places, taken_at__gte=confirmed_at).exists():
        raise UndoAfterSnapshot(original.pk)


def _tell(verb: str, undo: RosterImport, *, by: Actor, at: dt.datetime) -> None:
    data = {
        "undoes": str(undo.undoes_id),
        "digest": undo.digest_hex,
        "changes": undo.counts["changes"],
    }
    record(verb, target=undo, by=by, at=at, division=undo.street_id, data=data)


# --- the inverse change set -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reversal:
    """One change, the household it made or changed, and what an undo does with it."""

    change: RosterChange
    household: Household
    kind: ChangeKind

    @property
    def line(self) -> str:
        """What the digest is made of."""
        household = self.household
        mark = bytes(household.fingerprint).hex()
        return "|".join((self.kind, str(self.change.pk), mark, *doubts_of(household)))

    @property
    def status_after(self) -> str:
        if self.kind == ChangeKind.RESTORED:
            return self.change.status_before
        is_gone = self.kind == ChangeKind.WITHDRAWN
        return "" if is_gone else self.household.residence_status


@dataclass
class Inverse:
    """Walk `batches` once; the counts and the digest grow on the way."""

    original: RosterImport
    by_community: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def __post_init__(self) -> None:
        self._lines = hashlib.sha256(bytes(self.original.digest or b""))

    @property
    def digest(self) -> bytes:
        return self._lines.digest()

    def batches(self) -> Iterator[list[Reversal]]:
        walk = self.original.changes.select_related("row", "household").order_by("pk")
        for batch in in_batches(walk.iterator(chunk_size=BATCH), BATCH):
            numbers = [touched_by(change) for change in batch]
            households = Household.objects.select_related("dwelling").in_bulk(numbers)
            yield [
                self._count(_reversal(change, households[number]))
                for change, number in zip(batch, numbers, strict=True)
            ]

    def _count(self, reversal: Reversal) -> Reversal:
        self.by_community[reversal.change.community_id][reversal.kind.value] += 1
        self._lines.update(f"{reversal.line}\n".encode())
        return reversal

    def as_counts(self) -> dict[str, Any]:
        total: Counter[str] = Counter()
        for counted in self.by_community.values():
            total.update(counted)
        communities = {
            code: dict(self.by_community[code]) for code in sorted(self.by_community)
        }
        return {"changes": dict(total), "by_community": communities}


def touched_by(change: RosterChange) -> uuid.UUID:
    """The household that a change has made, or else the one that it has changed."""
    if change.kind in NEW_FAMILY or change.household_id is None:
        return change.pk
    return change.household_id


def _reversal(change: RosterChange, household: Household) -> Reversal:
    if not is_untouched(change, household):
        kind = ChangeKind.KEPT
    elif change.kind == ChangeKind.NEW:
        kind = ChangeKind.WITHDRAWN
    else:
        kind = ChangeKind.RESTORED
    return Reversal(change, household, kind)


def is_untouched(change: RosterChange, household: Household) -> bool:
    """Whether the household still is what the import has made of it.

    Its mark covers every value; its open and settled reasons tell of decisions.
    """
    expected = _left_by(change)
    if expected is None or not household.is_current:
        return False
    fingerprint, reasons = expected
    same = crypto.equal(bytes(household.fingerprint), fingerprint)
    return same and doubts_of(household) == reasons


def _left_by(change: RosterChange) -> tuple[bytes, Doubts] | None:
    """Mark and reasons right after the import; None when that is not known."""
    if change.kind in DOUBTS_ONLY:
        before = change.before
        if "fingerprint" not in before:
            return None
        was = Doubts(before["review_codes"], before["settled_codes"])
        if change.kind == ChangeKind.MISSING:
            return bytes.fromhex(before["fingerprint"]), doubts.when_missing(was)
        if change.row is None:
            return None
        after = doubts.when_listed(was, doubts.raised(change.row))
        return bytes.fromhex(before["fingerprint"]), after
    if change.row is None or change.row.fingerprint is None:
        return None
    if change.kind != ChangeKind.NEW and "fingerprint" not in change.before:
        return None
    return bytes(change.row.fingerprint), Doubts(doubts.raised(change.row), "")


def _write_changes(undo: RosterImport) -> Inverse:
    inverse = Inverse(original_of(undo))
    for batch in inverse.batches():
        RosterChange.objects.bulk_create(
            RosterChange(
                roster_import_id=undo.pk,
                kind=reversal.kind,
                community_id=reversal.change.community_id,
                dwelling_id=reversal.household.dwelling_id,
                household_id=reversal.household.pk,
                status_before=reversal.household.residence_status,
                status_after=reversal.status_after,
                undoes_id=reversal.change.pk,
            )
            for reversal in batch
        )
    return inverse


# --- putting back ---------------------------------------------------------------------


def _put_back(undo: RosterImport, *, on: dt.date) -> None:
    taken_back = RosterChange.objects.filter(roster_import=undo).exclude(
        kind=ChangeKind.KEPT
    )
    ended = taken_back.filter(undoes__kind__in=NEW_FAMILY)
    Household.objects.filter(pk__in=ended.values("household_id")).update(
        until=on, current_slot=None
    )
    # Only now the doors are free for those who lived there before.
    returned = taken_back.filter(undoes__kind=ChangeKind.HEAD_AND_PHONE)
    Household.objects.filter(pk__in=returned.values("undoes__household_id")).update(
        until=None, current_slot=F("dwelling_id")
    )
    changed = (
        taken_back.exclude(undoes__kind__in=NEW_FAMILY)
        .select_related("undoes", "household__dwelling")
        .order_by("pk")
    )
    for batch in in_batches(changed.iterator(chunk_size=BATCH), BATCH):
        _restore([as_it_was(change) for change in batch])


def as_it_was(change: RosterChange) -> Household:
    """The household of a change with its old columns, ready to be written."""
    household, original = change.household, change.undoes
    if household is None or original is None:
        raise NotStored(change.roster_import_id)
    before = original.before
    # Of an erased household an undo brings back as little as a file does.
    personal = () if household.erased_on else PERSONAL_FIELDS
    for name in (*personal, *MARKS):
        setattr(household, name, bytes.fromhex(before[name]))
    for name in (*AS_THEY_WERE, "index_algorithm_id", "index_key_id"):
        setattr(household, name, before[name])
    if not household.erased_on:
        index = before["phone_index"]
        household.phone_index = None if index is None else bytes.fromhex(index)
    household.dwelling.grid = before["grid"]
    return household


def _restore(households: list[Household]) -> None:
    Household.objects.bulk_create(
        households,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(UPDATED),
        batch_size=1000,
    )
    doors = [household.dwelling for household in households]
    Dwelling.objects.bulk_update(doors, ["grid"], batch_size=500)
