"""What regular assessment does by itself, day by day: nothing that decides anything."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from audit.actions import Actor
from evaluations.models import AssessmentPeriod
from evaluations.quarter_actions import (
    AssessedTwice,
    expire_measures,
    join_month,
    open_due_months,
)


@dataclass(frozen=True, slots=True)
class KeptUp:
    """`refused`: months in which an appointment has an open month of another scheme."""

    opened: int
    joined: int
    expired: int
    refused: tuple[str, ...]


def keep_up(*, by: Actor, at: dt.datetime) -> KeptUp:
    """Open months that have begun, let newcomers join, end measures that have run out.

    Harmless twice and at once. A month that clashes is named and stops no other.
    """
    opened, refused = open_due_months(on=timezone.localdate(at), by=by, at=at)
    joined = 0
    running = AssessmentPeriod.objects.months().filter(
        state=AssessmentPeriod.State.OPEN
    )
    for period in running.order_by("pk"):
        try:
            joined += join_month(period=period, by=by, at=at)
        except AssessedTwice as error:
            refused.append(f"{period}: {error}")
    expired = expire_measures(by=by, at=at)
    return KeptUp(len(opened), joined, expired, tuple(refused))
