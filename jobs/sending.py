"""Messages to the queue, sent only when the ledger does not say: rest first."""

import datetime as dt
from collections.abc import Sequence

from celery import current_app

from jobs import kinds
from jobs.kinds import Argument
from jobs.models import Run


def send(name: str, arguments: Sequence[Argument] = ()) -> None:
    """Put a task into its queue; for work inside a sweep, the sweep."""
    sweep = kinds.of(name).sweep
    current_app.send_task(sweep or name, args=[] if sweep else list(arguments))


def hand_out(name: str, *arguments: Argument, at: dt.datetime) -> bool:
    """Send work that is due, unless it failed and still rests; whether it was sent.

    Work that somebody is already at is sent all the same: the room's own claim sends
    the second worker home, and the first may be dead without anybody knowing.
    """
    unsettled = Run.objects.of_unit(name, kinds.key_of(arguments)).unsettled()
    if unsettled.filter(next_at__gt=at).exists():
        return False
    send(name, arguments)
    return True
