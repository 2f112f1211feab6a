"""The link between code and household goes; counts and receipts stay (T101, T102)."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from audit.actions import Actor, record
from ballots import queries
from ballots.actions import locks
from ballots.errors import StillSealed
from ballots.models import BallotBox


@transaction.atomic
def unlink_box(*, box: BallotBox, by: Actor, at: dt.datetime) -> int:
    """Delete all codes of a box that is over, in one statement; how many.

    What is still asked of them lives on as numbers in `counts`: by state, used by
    stratum, void by community and reason, reissued by community. Harmless twice.
    Raises StillSealed while the box could yet be opened: an opening needs its codes.
    """
    box = locks.locked(box)
    if box.unlinked_on is not None:
        return 0
    if box.state != BallotBox.State.DESTROYED:
        raise StillSealed(box.state)
    counts = {**(box.counts or {}), **queries.counts_to_keep(box)}
    BallotBox.objects.filter(pk=box.pk).update(
        counts=counts, unlinked_on=timezone.localdate(at)
    )
    # The ORM's delete would read a million rows first, because codes name one another.
    gone = box.codes.all()._raw_delete(box.codes.db)
    record(
        "box.unlinked",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={"codes": gone, **counts["final"]},
    )
    return gone
