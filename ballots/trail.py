"""What the box asks of the trail: is it sound, when did a box close, at which root."""

import datetime as dt
import json
from dataclasses import dataclass

from audit import chain, crypto
from audit.models import AuditEvent, AuditHead
from ballots.errors import OpeningStopped
from ballots.models import BallotBox

CLOSED = "box.closed"


@dataclass(frozen=True, slots=True)
class Closing:
    """What the chain says about the close of a box."""

    at: dt.datetime
    envelopes_root: bytes
    receipts_root: bytes


def is_sound() -> bool:
    """The whole chain, its macs and its head (T13, T78). Inside a transaction."""
    head = AuditHead.objects.select_for_update().filter(name="head").first()
    seq, last = (head.seq, bytes(head.hash)) if head else (0, chain.FIRST_HASH)
    return chain.verify(head_seq=seq, head_hash=last) is None


def closing_of(box: BallotBox) -> Closing | None:
    """The closing event, its own hash and mac checked; None before the close.

    The row of the box could be rewritten together with the envelopes; the event could
    not, without the key of the trail.
    """
    event = AuditEvent.objects.filter(
        verb=CLOSED, target_type=box._meta.label_lower, target_id=str(box.pk)
    ).first()
    if event is None:
        return None
    mac = crypto.keyed_hash("audit", bytes(event.hash), key_id=event.key_id)
    if bytes(event.hash) != chain.hash_of(event) or not crypto.equal(
        mac.digest, bytes(event.mac)
    ):
        raise OpeningStopped("trail")
    data = json.loads(event.data)
    return Closing(
        event.at,
        bytes.fromhex(data["envelopes_root"]),
        bytes.fromhex(data["receipts_root"]),
    )


def void_window_ends(box: BallotBox) -> dt.datetime | None:
    """Closing moment and void window; None while the box is not closed (T12)."""
    closing = closing_of(box)
    if closing is None:
        return None
    return closing.at + dt.timedelta(hours=box.void_window_hours)
