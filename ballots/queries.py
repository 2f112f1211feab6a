"""Reads: who took part, in numbers. No content exists here to be read (T15)."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from ballots.models import BallotBox, BallotCode

FEW = 10


@dataclass(frozen=True, slots=True)
class TurnoutCount:
    stratum: str
    channel: str
    day: dt.date
    count: int


@dataclass(frozen=True, slots=True)
class BoxCounts:
    codes: int
    issued: int
    used: int
    void: int
    envelopes: int


def turnout(box: BallotBox) -> list[TurnoutCount]:
    """By stratum, channel and day: from the envelopes, after the opening from Turnout.

    Raw numbers for BOX_TURNOUT holders; a page prints them with `shown`.
    """
    stored = [
        TurnoutCount(*row)
        for row in box.turnout.order_by("label", "channel", "day").values_list(
            "label", "channel", "day", "count"
        )
    ]
    return stored or envelope_counts(box)


def envelope_counts(box: BallotBox) -> list[TurnoutCount]:
    """What lies in the box and stands on no void list."""
    rows = (
        box.envelopes.filter(code__void_reason="")
        .values_list("code__stratum", "channel", "day")
        .annotate(found=Count("pk"))
        .order_by("code__stratum", "channel", "day")
    )
    return [TurnoutCount(*row) for row in rows]


def turnout_by_stratum(box: BallotBox) -> dict[str, dict[dt.date, int]]:
    found: dict[str, dict[dt.date, int]] = {}
    for cell in turnout(box):
        days = found.setdefault(cell.stratum, {})
        days[cell.day] = days.get(cell.day, 0) + cell.count
    return found


def shown(count: int) -> str:
    """What a page may print while the box is open: below ten "<10" (T15)."""
    return f"<{FEW}" if count < FEW else str(count)


def used_households(box: BallotBox) -> set[UUID]:
    """Households with a used code: that they took part, never how (M25)."""
    used = box.codes.filter(state=BallotCode.State.USED, household__isnull=False)
    return {pk for pk in used.values_list("household", flat=True) if pk}


def counts(box: BallotBox) -> BoxCounts:
    states = dict(
        box.codes.values_list("state").annotate(found=Count("pk")).order_by("state")
    )
    return BoxCounts(
        codes=sum(states.values()),
        issued=states.get("issued", 0),
        used=states.get("used", 0),
        void=states.get("void", 0),
        envelopes=box.envelopes.count(),
    )


def boxes_to_finish() -> QuerySet[BallotBox]:
    """Opened, but their half-keys may still exist: what T53's job asks for."""
    return BallotBox.objects.filter(state=BallotBox.State.OPENED)
