"""Reads: who took part, in numbers. No content exists here to be read (T15)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from ballots.labels import community_of
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


def used_by_stratum(boxes: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Box -> stratum -> used codes; also of boxes whose codes are gone (T102)."""
    wanted = list(boxes)
    found: dict[UUID, dict[str, int]] = {}
    used = BallotCode.objects.filter(box__in=wanted, state=BallotCode.State.USED)
    groups = used.order_by().values_list("box_id", "stratum")
    for box_id, stratum, number in groups.annotate(found=Count("pk")):
        found.setdefault(box_id, {})[stratum] = number
    kept = BallotBox.objects.filter(pk__in=wanted, unlinked_on__isnull=False)
    for box_id, numbers in kept.values_list("pk", "counts"):
        found[box_id] = (numbers or {}).get("used_by", {})
    return found


def void_by_reason(box: BallotBox) -> dict[str, dict[str, int]]:
    """Community -> reason -> codes that are void or stand on the void list (T23)."""
    if box.unlinked_on is not None and box.counts:
        return dict(box.counts["void_by"])
    void = box.codes.exclude(void_reason="").order_by("stratum", "void_reason")
    found: dict[str, dict[str, int]] = {}
    groups = void.values_list("stratum", "void_reason")
    for stratum, reason, number in groups.annotate(found=Count("pk")):
        here = found.setdefault(community_of(stratum), {})
        here[reason] = here.get(reason, 0) + number
    return found


def reissued(box: BallotBox) -> dict[str, int]:
    """Community -> codes that replace another (T23)."""
    if box.unlinked_on is not None and box.counts:
        return dict(box.counts["reissued_by"])
    again = box.codes.filter(replaces__isnull=False).order_by("stratum")
    found: dict[str, int] = {}
    for stratum, number in again.values_list("stratum").annotate(found=Count("pk")):
        community = community_of(stratum)
        found[community] = found.get(community, 0) + number
    return found


def counts_to_keep(box: BallotBox) -> dict[str, Any]:
    """Every number that is asked of codes after they are gone."""
    return {
        "final": asdict(counts(box)),
        "used_by": used_by_stratum([box.pk]).get(box.pk, {}),
        "void_by": void_by_reason(box),
        "reissued_by": reissued(box),
    }


def counts(box: BallotBox) -> BoxCounts:
    if box.unlinked_on is not None and box.counts:
        return BoxCounts(**box.counts["final"])
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
