"""The rated person sees the result first (T131)."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from accounts.models import User
from audit.actions import record
from evaluations.actions.errors import NothingToPreview
from evaluations.actions.months import current_ratings, hold, need_review
from evaluations.models import MonthlyRating, ResultNotice
from officials.models import Division

State = MonthlyRating.State


@transaction.atomic
def preview_month(*, division: Division, month: str, by: User, at: dt.datetime) -> int:
    """Reviewed → previewed for the whole month; how many were shown anew.

    Everything is reviewed first: who sees their result sees one that stands.
    """
    hold(division, month)
    ratings = current_ratings(division, month)
    need_review(ratings)
    ready = [rating for rating in ratings if rating.state == State.REVIEWED]
    if not ready:
        raise NothingToPreview(month)
    give_notices(ready, by=by, at=at)
    record(
        "month.previewed",
        by=by,
        at=at,
        division=division.pk,
        data={
            "month": month,
            "communities": [rating.community_id for rating in ready],
        },
    )
    return len(ready)


def give_notices(
    ratings: Collection[MonthlyRating], *, by: User, at: dt.datetime
) -> None:
    """Show reviewed ratings to their persons, inside a verb's transaction.

    A rating that was shown before keeps its first notice: its figures are the same.
    """
    known = set(
        ResultNotice.objects.filter(rating__in=ratings).values_list("rating", flat=True)
    )
    ResultNotice.objects.bulk_create(
        ResultNotice(
            rating=rating,
            appointment_id=rating.appointment_id,
            given_by=by,
            given_at=at,
        )
        for rating in ratings
        if rating.pk not in known
    )
    shown = MonthlyRating.objects.filter(pk__in=[rating.pk for rating in ratings])
    shown.filter(state=State.REVIEWED).update(state=State.PREVIEWED)
