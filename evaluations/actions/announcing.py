"""The publicity period: what hangs on the notice board, and until when (T131)."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from evaluations.actions.errors import NothingToAnnounce, NotPreviewed
from evaluations.actions.months import (
    current_ratings,
    digest_of,
    hold,
    need_other_person,
    need_review,
    need_shown,
    need_sound_trail,
)
from evaluations.models import MonthlyRating, NoticedRating, PublicityNotice
from evaluations.models.publicity import LEAST_DAYS
from officials.models import Division
from officials.working_days import add_working_days

State = MonthlyRating.State
RULE = "结果确定前公示不少于五个工作日，自张贴的次日起算，按国务院公布的节假日安排"


@transaction.atomic
def start_publicity(
    *,
    division: Division,
    month: str,
    by: User,
    at: dt.datetime,
    digest: str | None = None,
    days: int = LEAST_DAYS,
) -> PublicityNotice:
    """Previewed → publicity for the whole month: everybody may look and object.

    Figures become public here, so it is the second person who puts them up: not who
    reviewed them, on the very records of the page (`digest`), with a sound trail.
    """
    need_sound_trail(month, at=at)
    hold(division, month)
    ratings = current_ratings(division, month)
    need_shown(ratings, digest)
    need_review(ratings)
    if unseen := [r.community_id for r in ratings if r.state == State.REVIEWED]:
        raise NotPreviewed(unseen)
    ready = [rating for rating in ratings if awaits_notice(rating)]
    if not ready:
        raise NothingToAnnounce(month)
    need_other_person(ready, by=by)
    notice = _put_up(division, month, ready, days=days, by=by, at=at)
    record(
        "month.announced",
        target=notice,
        by=by,
        at=at,
        division=division.pk,
        data={
            "month": month,
            "number": notice.number,
            "ratings": len(ready),
            "starts_on": notice.starts_on.isoformat(),
            "ends_on": notice.ends_on.isoformat(),
            "digest": notice.digest,
        },
    )
    return notice


def awaits_notice(rating: MonthlyRating) -> bool:
    """A correction does not hang a second time (ADR 0026)."""
    return rating.state == State.PREVIEWED and not rating.is_correction


def _put_up(
    division: Division,
    month: str,
    ratings: Collection[MonthlyRating],
    *,
    days: int,
    by: User,
    at: dt.datetime,
) -> PublicityNotice:
    due = add_working_days(timezone.localdate(at), days)
    earlier = PublicityNotice.objects.filter(division=division, month=month)
    notice = PublicityNotice.objects.create(
        division=division,
        month=month,
        number=earlier.count() + 1,
        days=days,
        starts_on=due.start,
        ends_on=due.on,
        is_certain=due.is_certain,
        rule=RULE,
        digest=digest_of(ratings),
        started_by=by,
        started_at=at,
    )
    NoticedRating.objects.bulk_create(
        NoticedRating(notice=notice, rating=rating) for rating in ratings
    )
    hung = MonthlyRating.objects.filter(pk__in=[rating.pk for rating in ratings])
    hung.update(state=State.PUBLICITY)
    return notice
