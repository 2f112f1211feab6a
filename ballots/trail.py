"""What the box asks of the trail: is it sound, when did a box close, at which root.

And what it tells the checkpoints about boxes, which everybody may read (T76).
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit import chain, checkpoints, crypto, verifying
from audit.actions import Actor
from audit.models import AuditCheckpoint, AuditEvent
from ballots.errors import OpeningStopped
from ballots.models import BallotBox

CLOSED = "box.closed"
FEW = 10
Occasion = AuditCheckpoint.Occasion
State = BallotBox.State


@dataclass(frozen=True, slots=True)
class Closing:
    """What the chain says about the close of a box."""

    at: dt.datetime
    envelopes_root: bytes
    receipts_root: bytes


def is_sound(*, at: dt.datetime) -> bool:
    """Chain, macs and checkpoints since the last whole walk (T13, T78).

    A walk of the night, at most 25 hours old at this moment, stands for what lies
    before; without one, everything is walked.
    """
    return verifying.find_fault(at=at) is None


def closing_of(box: BallotBox) -> Closing | None:
    """The closing event, its own hash and mac checked; None before the close.

    The row of the box could be rewritten together with the envelopes; the event could
    not, without the key of the trail.
    """
    event = _closing_event(box)
    if event is None:
        return None
    if not chain.hash_fits(event) or not chain.mac_fits(event):
        raise OpeningStopped("trail")
    data = json.loads(event.data)
    return Closing(
        event.at,
        bytes.fromhex(data["envelopes_root"]),
        bytes.fromhex(data["receipts_root"]),
    )


def _closing_event(box: BallotBox) -> AuditEvent | None:
    found: AuditEvent | None = AuditEvent.objects.filter(
        verb=CLOSED, target_type=box._meta.label_lower, target_id=str(box.pk)
    ).first()
    return found


def need_closing_checkpoint(box: BallotBox) -> None:
    """OpeningStopped unless a checkpoint stands for the close of the box (T47)."""
    event = _closing_event(box)
    if event is None or not AuditCheckpoint.objects.filter(seq__gte=event.seq).exists():
        raise OpeningStopped("trail")


def void_window_ends(box: BallotBox) -> dt.datetime | None:
    """Closing moment and void window; None while the box is not closed (T12)."""
    closing = closing_of(box)
    if closing is None:
        return None
    return closing.at + dt.timedelta(hours=box.void_window_hours)


def note_close(box: BallotBox, *, by: Actor, at: dt.datetime) -> None:
    """The closing checkpoint, in the transaction of the close."""
    checkpoints.issue(occasion=Occasion.CLOSE, boxes=[line_of(box)], by=by, at=at)


def note_opening(box: BallotBox, *, by: Actor, at: dt.datetime) -> None:
    """The checkpoint of the opening, in its one transaction."""
    box = BallotBox.objects.get(pk=box.pk)
    checkpoints.issue(occasion=Occasion.OPENING, boxes=[line_of(box)], by=by, at=at)


def line_of(box: BallotBox) -> dict[str, Any]:
    """A closed or opened box, in a checkpoint; counts below ten stay below ten."""
    counts = {name: _shown(number) for name, number in (box.counts or {}).items()}
    return {
        "box": str(box.pk),
        "division": box.division,
        "purpose": box.purpose,
        "state": box.state,
        "counts": counts,
        "receipts_root": bytes(box.receipts_root or b"").hex(),
        "envelopes_root": bytes(box.envelopes_root or b"").hex(),
    }


def line_of_open(box: BallotBox, *, root: bytes, at: dt.datetime) -> dict[str, Any]:
    """A box that takes ballots: no count, and its root under a key (T15, T30).

    The bare root would tell everybody on which days nobody new took part and somebody
    changed a ballot. The keyed one binds whoever holds the key, and tells nothing.
    """
    moment = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    bound = crypto.keyed_hash("audit", "envelopes.v1", box.pk.bytes, moment, root)
    return {
        "box": str(box.pk),
        "division": box.division,
        "purpose": box.purpose,
        "state": box.state,
        "envelopes_root_keyed": bound.digest.hex(),
        "algorithm": bound.algorithm_id,
        "key_id": bound.key_id,
    }


def standing_boxes() -> Iterator[BallotBox]:
    """Boxes that the checkpoint of a day speaks of."""
    shown = (State.OPEN, State.CLOSED, State.OPENED)
    return BallotBox.objects.filter(state__in=shown).order_by("pk").iterator()


def _shown(number: int) -> int | str:
    return number if number >= FEW else f"<{FEW}"
