"""Is the trail sound? The whole walk, and the short one from the last whole walk (T78).

The whole walk runs every night and by `verify_audit`; what it found is kept under the
mac of the trail. Before a box opens and before a publication only what came after it
is walked, at most a day of events: so a change in older events stops them from the
next night on, one in younger events at once.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from audit import chain, checkpoints, crypto, keyring
from audit.actions import Actor, record
from audit.chain import Broken, Fault, Mark
from audit.models import AuditCheckpoint, AuditEvent, AuditVerification

BROKEN = "alert.trail_broken"
# A night and an hour: after that the short walk no longer stands on a whole one.
FRESH = dt.timedelta(hours=25)


class TrailBroken(Exception):
    """The chain does not fit: nothing is opened or published (T78)."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.kind} {fault.seq}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Told:
    """The checkpoint that the chain has told of last."""

    number: int = 0
    digest: bytes = checkpoints.FIRST


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk came, and the fault that ended it."""

    reached: Mark
    told: Told
    fault: Fault | None


def walk_all() -> Walked:
    """Every event, every mac, every checkpoint. Holds no lock."""
    return _walk(Mark(), Told())


def _walk(start: Mark, told: Told) -> Walked:
    """The head is read last: what was there before, it must know of.

    An event, its checkpoint and the head that knows of them are committed as one, so
    others may add events while this walks and are not taken for a fault.
    """
    extra = AuditCheckpoint.objects.order_by("-number").first()
    newest = chain.newest_seq()
    head = chain.head()
    last = max(head.seq, newest)
    reached = start
    try:
        for event in chain.walk(start, last=last):
            if event.verb == checkpoints.ISSUED:
                told = _meet(event, reached, told)
            reached = Mark(event.seq, bytes(event.hash))
    except Broken as broken:
        return Walked(reached, told, broken.fault)
    fault = _too_many(told, extra.number if extra else 0, reached)
    return Walked(reached, told, fault or chain.end_fault(reached, head))


def _meet(event: AuditEvent, before: Mark, told: Told) -> Told:
    """The row of the checkpoint that an event tells of; Broken unless it is that."""
    data = json.loads(event.data)
    number, fault = told.number + 1, Fault("signature", event.seq, data["number"])
    row = AuditCheckpoint.objects.filter(number=data["number"]).first()
    if row is None or row.number != number or not checkpoints.is_genuine(row):
        raise Broken(fault)
    seen = (bytes(row.digest).hex(), bytes(row.public_key).hex())
    if seen != (data["digest"], data["public_key"]) or _is_foreign(row):
        raise Broken(fault)
    if Mark(row.seq, bytes(row.hash)) != before or bytes(row.previous) != told.digest:
        raise Broken(fault)
    return Told(number, bytes(row.digest))


def _is_foreign(row: AuditCheckpoint) -> bool:
    """Signed under an id whose key is here, by another key."""
    try:
        return checkpoints.public_key_of(row.key_id) != bytes(row.public_key)
    except keyring.KeyMissing:
        return False


def _too_many(told: Told, newest: int, reached: Mark) -> Fault | None:
    """A checkpoint that the chain does not tell of: the chain was cut, or it is false.

    Those that were issued during the walk have a number above `newest`.
    """
    known = AuditCheckpoint.objects.filter(number__lte=newest)
    row = known.filter(Q(number__lt=1) | Q(number__gt=told.number)).first()
    if row is None:
        return None
    cut = row.seq >= reached.seq and checkpoints.is_genuine(row)
    kind = "short" if cut and not _is_foreign(row) else "signature"
    return Fault(kind, reached.seq + 1, row.number)


def verify_and_note(*, by: Actor, at: dt.datetime) -> AuditVerification:
    """The whole walk; its finding is kept, and a new fault is an alert."""
    walked = walk_all()
    with transaction.atomic():
        return _note(walked, by=by, at=at)


def _note(walked: Walked, *, by: Actor, at: dt.datetime) -> AuditVerification:
    before, fault = latest(), walked.fault
    row = AuditVerification(
        at=at.astimezone(dt.UTC),
        actor=by.audit_name,
        seq=walked.reached.seq,
        hash=walked.reached.hash,
        checkpoint=walked.told.number,
        checkpoint_digest=walked.told.digest,
        fault_kind=fault.kind if fault else "",
        fault_seq=fault.seq if fault else None,
        fault_checkpoint=fault.checkpoint if fault else None,
    )
    mac = _mac(row)
    row.mac, row.algorithm_id, row.key_id = mac.digest, mac.algorithm_id, mac.key_id
    row.save()
    if fault and fault != (fault_of(before) if before else None):
        record(BROKEN, by=by, at=at, data=as_data(fault))
    return row


def as_data(fault: Fault) -> dict[str, Any]:
    return {"kind": fault.kind, "seq": fault.seq, "checkpoint": fault.checkpoint}


def fault_of(row: AuditVerification) -> Fault | None:
    if not row.fault_kind:
        return None
    return Fault(row.fault_kind, row.fault_seq or 0, row.fault_checkpoint)


def _mac(row: AuditVerification, key_id: int | None = None) -> crypto.KeyedHash:
    parts = (
        row.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        row.actor,
        str(row.seq),
        bytes(row.hash),
        str(row.checkpoint),
        bytes(row.checkpoint_digest),
        row.fault_kind,
        str(row.fault_seq),
        str(row.fault_checkpoint),
    )
    return crypto.keyed_hash("audit", "verification.v1", *parts, key_id=key_id)


def latest() -> AuditVerification | None:
    """What the last whole walk found; None when nobody has walked, or it is forged."""
    row = AuditVerification.objects.order_by("-pk").first()
    if row is None:
        return None
    try:
        mac = _mac(row, row.key_id)
    except keyring.KeyMissing:
        return None
    return row if crypto.equal(mac.digest, bytes(row.mac)) else None


def find_fault(*, at: dt.datetime) -> Fault | None:
    """The short walk; the whole one when none is fresh at this moment.

    A fault that a whole walk has found stands until another finds none.
    """
    row = latest()
    if row is None or not dt.timedelta() <= at - row.at <= FRESH:
        return walk_all().fault
    if row.fault_kind:
        return fault_of(row)
    here = AuditEvent.objects.filter(seq=row.seq).first()
    if row.seq and (here is None or bytes(here.hash) != bytes(row.hash)):
        return walk_all().fault
    start = Mark(row.seq, bytes(row.hash))
    return _walk(start, Told(row.checkpoint, bytes(row.checkpoint_digest))).fault


def need_sound(*, at: dt.datetime) -> None:
    """TrailBroken unless the trail is sound, as far as the short walk sees."""
    if fault := find_fault(at=at):
        raise TrailBroken(fault)


def check_kept(kept: Iterable[Mapping[str, Any]]) -> Fault | None:
    """Checkpoints that somebody has kept, against the chain as it is (T137).

    ValueError when they are no checkpoints. Their own numbers tell nothing here: only
    that the chain still has the event of that hash, and that they were signed by us.
    """
    for entry in sorted(kept, key=lambda entry: int(entry["seq"])):
        if fault := _kept_fault(entry):
            return fault
    return None


def _kept_fault(entry: Mapping[str, Any]) -> Fault | None:
    signed = {k: v for k, v in entry.items() if k not in ("digest", "signature")}
    number, seq = int(entry["number"]), int(entry["seq"])
    text = checkpoints.text_of(signed)
    key = bytes.fromhex(entry["public_key"])
    ours = checkpoints.public_keys().get(int(entry["key_id"]))
    signature = bytes.fromhex(entry["signature"])
    if key.hex() != ours or not checkpoints.is_signed(text, signature, key):
        return Fault("signature", seq, number)
    newest = chain.newest_seq()
    if newest < seq:
        return Fault("short", newest + 1, number)
    event = AuditEvent.objects.filter(seq=seq).first()
    same = bytes(event.hash).hex() == entry["hash"] if event else seq == 0
    return None if same else Fault("chain", seq, number)
