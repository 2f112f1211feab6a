"""What the rated person does with a result: says that it was seen, and answers once."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from evaluations.actions import NotYours, WrongState
from evaluations.models import MonthlyRating, ResultNotice
from evaluations.publication.gate import SEEN_BY_THE_RATED
from officials.accounts import appointments_of

LONGEST_REPLY = 500


@transaction.atomic
def mark_seen(*, rating: MonthlyRating, by: User, at: dt.datetime) -> bool:
    """The person says so by a button, for opening a page proves nothing (T25).

    Once; False when it was said before.
    """
    notice = _hold_notice(rating, by=by, at=at)
    if notice.seen_at is not None:
        return False
    ResultNotice.objects.filter(pk=notice.pk).update(seen_at=at)
    _tell("result.seen", rating, by=by, at=at)
    return True


@transaction.atomic
def reply_to_result(
    *, rating: MonthlyRating, text: str, by: User, at: dt.datetime
) -> None:
    """One answer, dated, which nobody changes afterwards; it counts as seen."""
    notice = _hold_notice(rating, by=by, at=at)
    if notice.reply or not text or len(text) > LONGEST_REPLY:
        raise WrongState(str(rating))
    ResultNotice.objects.filter(pk=notice.pk).update(
        reply=text, replied_at=at, seen_at=notice.seen_at or at
    )
    _tell("result.replied", rating, by=by, at=at)


def _hold_notice(rating: MonthlyRating, *, by: User, at: dt.datetime) -> ResultNotice:
    on = timezone.localdate(at)
    if not appointments_of(by, on=on).filter(pk=rating.appointment_id).exists():
        raise NotYours(str(rating))
    notice = (
        ResultNotice.objects.select_for_update(of=("self",))
        .filter(rating=rating, rating__state__in=SEEN_BY_THE_RATED)
        .first()
    )
    if notice is None:
        raise WrongState(str(rating))
    return notice


def _tell(verb: str, rating: MonthlyRating, *, by: User, at: dt.datetime) -> None:
    record(
        verb,
        target=rating,
        by=by,
        at=at,
        division=rating.community_id,
        data={"month": rating.month},
    )
