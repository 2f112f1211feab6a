"""The deadline of an open box moves once, and never to an earlier moment (T14)."""

import datetime as dt

from django.db import transaction

from audit.actions import Actor, record
from ballots.actions import locks
from ballots.errors import BoxNotOpen, DeadlineStays
from ballots.models import BallotBox

FARTHEST = dt.timedelta(days=14)


@transaction.atomic
def move_deadline(
    *,
    box: BallotBox,
    closes_at: dt.datetime,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> BallotBox:
    """A later deadline for everybody, by two persons, before the old one has passed.

    Waits for casts in flight; those that wait for it meet the new deadline. Raises
    BoxNotOpen and DeadlineStays.
    """
    locks.need_second(by, second)
    box = locks.locked(box)
    if box.state != BallotBox.State.OPEN:
        raise BoxNotOpen(box.state)
    if why := deadline_refusal(box, closes_at, at=at):
        raise DeadlineStays(why)
    before = box.closes_at
    BallotBox.objects.filter(pk=box.pk).move_deadline(closes_at)
    box.refresh_from_db()
    record(
        "box.deadline_moved",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={
            "from": before.isoformat(),
            "to": closes_at.isoformat(),
            "second": second.audit_name if second else "",
        },
    )
    return box


def deadline_refusal(box: BallotBox, closes_at: dt.datetime, *, at: dt.datetime) -> str:
    """Why this box may not move to that deadline at that moment; "" when it may."""
    if box.deadline_moved:
        return "moved"
    if at >= box.closes_at:
        return "late"
    if closes_at <= box.closes_at:
        return "earlier"
    return "far" if closes_at > box.closes_at + FARTHEST else ""
