"""Cast, replace, take back: one short transaction, and no trace of which (T29-T31).

No event of participation is written anywhere (T74), nothing tells a first ballot from
a tenth, and only the date is kept.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit import crypto, vendor_sql
from audit.actions import Actor, record
from ballots import receipts
from ballots.actions import locks
from ballots.entry import Entry
from ballots.errors import (
    BoxNotOpen,
    CodeUnknown,
    CodeUsed,
    CodeVoid,
    InterviewTooLate,
    NewerBallotInBox,
)
from ballots.models import BallotBox, BallotCode, Channel, Envelope
from ballots.sealing import Ballot, SealedBallot, seal_ballot

INTERVIEWS = (Channel.PHONE, Channel.VISIT)
USED = BallotCode.State.USED.value
# All that a replacement changes; day, receipt and row stay (T30).
REPLACED = (
    "channel",
    "papers",
    "texts",
    "digest",
    "row_mac",
    "algorithm_id",
    "key_id",
    "nonce_hash",
)
BOX_COLUMNS = ("state", "closes_at", "grace_minutes")
LOCKED_COLUMNS = (
    "box_id",
    "state",
    "void_reason",
    *(f"box.{name}" for name in BOX_COLUMNS),
)
ENVELOPE_COLUMNS = (
    "id",
    "box_id",
    "code_id",
    "day",
    "channel",
    "batch",
    "papers",
    "texts",
    "digest",
    "row_mac",
    "algorithm_id",
    "key_id",
    "receipt_hash",
    "nonce_hash",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """16 symbols, always the same; `entry` knows the envelope that is now inside."""

    text: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class BulkBallot:
    code_id: UUID
    ballot: Ballot
    channel: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Slot:
    """What sealing needs of a box. Fixed at setup, so it may stay in the process."""

    public_key: bytes
    paper_slots: int
    text_slots: int
    receipt_key_id: int


@lru_cache(maxsize=256)
def _slot(box_id: UUID) -> Slot:
    fields = ("public_key", "paper_slots", "text_slots", "receipt_key_id")
    row = BallotBox.objects.values_list(*fields).get(pk=box_id)
    return Slot(bytes(row[0]), row[1], row[2], row[3])


def new_nonce() -> str:
    """For the hidden field of one rendered form: a second press writes nothing."""
    return secrets.token_urlsafe(16)


def receipt_of(entry: Entry) -> str:
    """The household's receipt, also before it voted (T65)."""
    slot = _slot(entry.box_id)
    return receipts.receipt(entry.box_id, entry.code_id, key_id=slot.receipt_key_id)


def cast(
    *, entry: Entry, ballot: Ballot, channel: str, at: dt.datetime, nonce: str
) -> Receipt:
    """Seal a ballot and put it into the box, or in the place of the former (T28, T29).

    1. seal, outside the transaction: the answers are unreadable from here on;
    2. hold the box open, lock the code;
    3. the same nonce again: the same receipt, no write;
    4. another ballot than the page knew of: NewerBallotInBox;
    5. insert or overwrite in place, keeping day and receipt (T30).

    Raises also BoxNotOpen, CodeVoid, and InterviewTooLate for an interview about a
    household that has a ballot in the box (T32).
    """
    sealed = _seal(_slot(entry.box_id), ballot)
    receipt = receipt_of(entry)
    nonce_hash = crypto.digest("nonce.v1", entry.code_id.bytes, nonce)
    with transaction.atomic():
        stored = _stored(entry, _locked_state(entry, at))
        if stored and crypto.equal(bytes(stored.nonce_hash), nonce_hash):
            return Receipt(receipt, _now(entry, stored))
        if (bytes(stored.digest) if stored else None) != entry.digest:
            raise NewerBallotInBox(_now(entry, stored))
        if stored and channel in INTERVIEWS:
            raise InterviewTooLate(str(entry.code_id))
        envelope = stored or Envelope(
            box_id=entry.box_id,
            code_id=entry.code_id,
            day=timezone.localdate(at),
            receipt_hash=receipts.receipt_hash(entry.box_id, receipt),
        )
        _fill(envelope, sealed, channel, nonce_hash)
        if stored:
            envelope.save(update_fields=REPLACED)
        else:
            vendor_sql.insert_and_set(
                envelope, there=BallotCode, pk=entry.code_id, state=USED
            )
    return Receipt(receipt, _now(entry, envelope))


def recall(*, entry: Entry, at: dt.datetime) -> None:
    """Take the ballot back: the envelope goes unread, the code is as new (T31).

    Nothing in the box: nothing happens. Raises NewerBallotInBox when another ballot
    is inside than the page knew of, BoxNotOpen, CodeVoid.
    """
    with transaction.atomic():
        stored = _stored(entry, _locked_state(entry, at))
        if stored is None:
            return
        if bytes(stored.digest) != entry.digest:
            raise NewerBallotInBox(_now(entry, stored))
        stored.delete()
        BallotCode.objects.filter(pk=entry.code_id).update(
            state=BallotCode.State.ISSUED
        )


@transaction.atomic
def cast_many(
    *, box: BallotBox, ballots: Iterable[BulkBallot], by: Actor, at: dt.datetime
) -> int:
    """Many first ballots in one transaction, for rehearsals and the demo; how many.

    The same sealing, rows and constraints as `cast`. It never replaces: any code that
    is not in this box is CodeUnknown, any that is not unused is CodeUsed, and nothing
    is written. As an act of the office it leaves an event, with the count only.
    """
    box = locks.held(box)
    if not box.takes_ballots(at=at):
        raise BoxNotOpen(box.state)
    cast_now = list(ballots)
    wanted = {item.code_id for item in cast_now}
    states = dict(
        BallotCode.objects.select_for_update()
        .filter(box=box, pk__in=wanted)
        .values_list("pk", "state")
    )
    if len(states) != len(wanted):
        raise CodeUnknown
    if len(wanted) != len(cast_now) or set(states.values()) - {BallotCode.State.ISSUED}:
        raise CodeUsed
    slot = _slot(box.pk)
    vendor_sql.copy_rows(
        Envelope, ENVELOPE_COLUMNS, (_bulk_row(box, slot, item) for item in cast_now)
    )
    BallotCode.objects.filter(box=box, pk__in=wanted).update(
        state=BallotCode.State.USED
    )
    record(
        "ballots.cast_in_bulk",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={"count": len(cast_now)},
    )
    return len(cast_now)


def row_mac(
    box_id: UUID,
    code_id: UUID,
    day: dt.date,
    channel: str,
    digest: bytes,
    *,
    key_id: int | None = None,
) -> crypto.KeyedHash:
    """HMAC(ROW_KEY; box, code, day, channel, digest) (T68)."""
    return crypto.keyed_hash(
        "row",
        "row.v1",
        box_id.bytes,
        code_id.bytes,
        day.isoformat(),
        channel,
        digest,
        key_id=key_id,
    )


def _seal(slot: Slot, ballot: Ballot) -> SealedBallot:
    return seal_ballot(
        slot.public_key,
        ballot,
        paper_slots=slot.paper_slots,
        text_slots=slot.text_slots,
    )


def _locked_state(entry: Entry, at: dt.datetime) -> str:
    """Issued or used: the code under lock, in a box that stays open until the end.

    The box is held first, and both are read under their locks: a box read before a
    wait could have been closed meanwhile.
    """
    row = vendor_sql.locked_under(
        BallotCode, entry.code_id, owner="box", columns=LOCKED_COLUMNS
    )
    if row is None:
        raise CodeUnknown
    box_id, state, void_reason, *of_the_box = row
    if box_id != entry.box_id:
        raise CodeUnknown
    box = BallotBox(**dict(zip(BOX_COLUMNS, of_the_box, strict=True)))
    if not box.takes_ballots(at=at):
        raise BoxNotOpen(box.state)
    if state == BallotCode.State.VOID:
        raise CodeVoid(void_reason)
    return str(state)


def _stored(entry: Entry, state: str) -> Envelope | None:
    """The envelope in the box; asked after the lock, and only when there can be one."""
    if state == BallotCode.State.ISSUED:
        return None
    known = ("box_id", "code_id", "day", "digest", "nonce_hash")
    return Envelope.objects.only(*known).get(code_id=entry.code_id)


def _now(entry: Entry, envelope: Envelope | None) -> Entry:
    return replace(entry, digest=bytes(envelope.digest) if envelope else None)


def _fill(
    envelope: Envelope, sealed: SealedBallot, channel: str, nonce_hash: bytes
) -> None:
    envelope.papers, envelope.texts = sealed.papers, sealed.texts
    envelope.channel = channel
    envelope.nonce_hash = nonce_hash
    envelope.digest = sealed.digest(envelope.box_id.bytes)
    mac = row_mac(
        envelope.box_id, envelope.code_id, envelope.day, channel, envelope.digest
    )
    envelope.row_mac = mac.digest
    envelope.algorithm_id, envelope.key_id = mac.algorithm_id, mac.key_id


def _bulk_row(box: BallotBox, slot: Slot, item: BulkBallot) -> tuple[object, ...]:
    """Asks the database nothing: a COPY is under way on this connection."""
    sealed = _seal(slot, item.ballot)
    envelope = Envelope(
        id=uuid4(),
        box_id=box.pk,
        code_id=item.code_id,
        day=item.day,
        receipt_hash=receipts.hash_of_code(box, item.code_id),
    )
    nonce_hash = crypto.digest("nonce.v1", item.code_id.bytes, new_nonce())
    _fill(envelope, sealed, Channel(item.channel).value, nonce_hash)
    return tuple(getattr(envelope, name) for name in ENVELOPE_COLUMNS)
