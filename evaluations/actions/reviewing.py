"""Review and return: the first person's word on a rating (domain 3.9, T131)."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

from django.db import transaction

from accounts.models import User
from audit.actions import record
from evaluations.actions.errors import WrongState
from evaluations.actions.previewing import give_notices
from evaluations.models import MonthlyRating
from officials.models import Division

State = MonthlyRating.State
RETURNABLE = (State.COMPUTED, State.REVIEWED, State.PREVIEWED)


@transaction.atomic
def review_ratings(
    *, ratings: Iterable[MonthlyRating], by: User, at: dt.datetime, note: str = ""
) -> int:
    """Computed, returned or withdrawn → reviewed; how many. One event per month.

    A rating that somebody else reviewed meanwhile stays theirs and is not counted. A
    correction is shown to the rated person with its review: its month has hung on the
    notice board before (ADR 0026).
    """
    waiting = (
        MonthlyRating.objects.current()
        .filter(
            pk__in=[rating.pk for rating in ratings],
            state__in=MonthlyRating.TO_REVIEW,
        )
        .order_by("month", "community_id")
    )
    # Locked in one order, so that two reviewers of the same list do not wait in a ring.
    locked = list(waiting.select_for_update(of=("self",)))
    reviewed = MonthlyRating.objects.filter(pk__in=[rating.pk for rating in locked])
    reviewed.update(
        state=State.REVIEWED,
        reviewed_by=by,
        reviewed_at=at,
        review_note=note,
        published_by=None,
        published_at=None,
    )
    corrections = [rating for rating in locked if rating.is_correction]
    give_notices(corrections, by=by, at=at)
    for (month, district), group in groupby(
        locked, key=lambda rating: (rating.month, rating.district_code)
    ):
        record(
            "ratings.reviewed",
            by=by,
            at=at,
            division=district,
            data={
                "month": month,
                "communities": [rating.community_id for rating in group],
                "note": note,
            },
        )
    return len(locked)


@transaction.atomic
def review_month(
    *, division: Division, month: str, by: User, at: dt.datetime, note: str = ""
) -> int:
    """Review every rating of a district's month that was not sent back."""
    waiting = MonthlyRating.objects.current().under(division.pk).of_month(month)
    unseen = waiting.filter(state__in=(State.COMPUTED, State.WITHDRAWN))
    return review_ratings(ratings=unseen, by=by, at=at, note=note)


@transaction.atomic
def return_rating(
    *, rating: MonthlyRating, reason: str, by: User, at: dt.datetime
) -> None:
    """Computed, reviewed or previewed → returned, with a reason; it blocks the month.

    What hangs on the notice board is not taken down: an appeal corrects it.
    """
    moved = MonthlyRating.objects.filter(pk=rating.pk, state__in=RETURNABLE).update(
        state=State.RETURNED,
        returned_by=by,
        returned_at=at,
        return_reason=reason,
        reviewed_by=None,
        reviewed_at=None,
        review_note="",
    )
    if not moved:
        raise WrongState(str(rating))
    record(
        "rating.returned",
        target=rating,
        by=by,
        at=at,
        division=rating.community_id,
        data={"month": rating.month, "reason": reason},
    )
