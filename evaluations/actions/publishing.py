"""Publish a month as an immutable, digest-stamped version (T92, T130, T131)."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from evaluations import told
from evaluations.actions.errors import NotAnnounced, NothingToPublish, NoticeRuns
from evaluations.actions.months import (
    current_ratings,
    digest_of,
    hold,
    need_other_person,
    need_review,
    need_shown,
    need_sound_trail,
)
from evaluations.models import (
    MonthlyRating,
    Publication,
    PublicityNotice,
    PublishedRating,
    Withdrawal,
)
from evaluations.webhook_actions import Event, write_messages
from officials.models import Division
from surveys.actions import mark_published
from surveys.models import Round

State = MonthlyRating.State
REASON_LENGTH = 600


@transaction.atomic
def publish_month(
    *,
    division: Division,
    month: str,
    by: User,
    at: dt.datetime,
    digest: str | None = None,
) -> Publication:
    """Publish a district's month as the next version.

    `digest` (hex) is that of the ratings on the page; who publishes without a page has
    seen nothing else.

    1. the trail is sound; hold the month;
    2. everything reviewed, its notice over, nothing by who publishes (T92, T131);
    3. ratings, then their rounds, become published;
    4. the version, stamped with the digest of all its records, replaces the last.
    """
    need_sound_trail(month, at=at)
    hold(division, month)
    ratings = current_ratings(division, month)
    need_shown(ratings, digest)
    need_review(ratings)
    fresh = ready_to_publish(ratings)
    _refuse_unready(ratings, fresh, by=by, on=timezone.localdate(at))
    MonthlyRating.objects.filter(pk__in=[rating.pk for rating in fresh]).update(
        state=State.PUBLISHED, published_by=by, published_at=at
    )
    _publish_rounds(division, month, by=by, at=at)
    publication = _new_version(division, month, ratings, fresh, by=by, at=at)
    told.write(publication, ratings, at=at)
    write_messages(publication=publication, event=Event.PUBLISHED, at=at)
    record(
        "month.published",
        target=publication,
        by=by,
        at=at,
        division=division.pk,
        data={
            "month": month,
            "version": publication.version,
            "ratings": len(ratings),
            "digest": publication.digest,
            "reason": publication.reason,
        },
    )
    return publication


def ready_to_publish(ratings: Iterable[MonthlyRating]) -> list[MonthlyRating]:
    """What hung on the notice board, and corrections of what hung there before."""
    return [
        rating
        for rating in ratings
        if rating.state == State.PUBLICITY
        or (rating.state == State.PREVIEWED and rating.is_correction)
    ]


def notice_ends_on(ratings: Iterable[MonthlyRating]) -> dt.date | None:
    """The last day of the notices that they hang on; None without one."""
    hung = [rating.pk for rating in ratings if rating.state == State.PUBLICITY]
    notices = PublicityNotice.objects.filter(entries__rating__in=hung)
    ends_on: dt.date | None = notices.aggregate(last=Max("ends_on"))["last"]
    return ends_on


def _refuse_unready(
    ratings: Iterable[MonthlyRating],
    fresh: Collection[MonthlyRating],
    *,
    by: User,
    on: dt.date,
) -> None:
    done = {rating.pk for rating in fresh}
    others = [
        rating.community_id
        for rating in ratings
        if rating.pk not in done and rating.state != State.PUBLISHED
    ]
    if others:
        raise NotAnnounced(others)
    if not fresh:
        raise NothingToPublish
    ends_on = notice_ends_on(fresh)
    if ends_on is not None and on <= ends_on:
        raise NoticeRuns(ends_on)
    need_other_person(fresh, by=by)


def _publish_rounds(
    division: Division, month: str, *, by: User, at: dt.datetime
) -> None:
    rounds = Round.objects.filter(
        division__code__startswith=division.pk, period=month, state=Round.State.TALLIED
    )
    for survey_round in rounds.order_by("code"):
        mark_published(survey_round=survey_round, by=by, at=at)


def _new_version(
    division: Division,
    month: str,
    ratings: Collection[MonthlyRating],
    fresh: Collection[MonthlyRating],
    *,
    by: User,
    at: dt.datetime,
) -> Publication:
    earlier = Publication.objects.filter(division=division, month=month)
    newest = earlier.order_by("-version").first()
    earlier.update(superseded=True)
    reviewer, reviewed_at = _last_review(fresh)
    publication = Publication.objects.create(
        division=division,
        month=month,
        version=newest.version + 1 if newest else 1,
        digest=digest_of(ratings),
        reason=_reason(newest, fresh),
        reviewed_by_id=reviewer,
        reviewed_at=reviewed_at,
        published_by=by,
        published_at=at,
    )
    PublishedRating.objects.bulk_create(
        PublishedRating(publication=publication, rating=rating) for rating in ratings
    )
    return publication


def _reason(newest: Publication | None, fresh: Iterable[MonthlyRating]) -> str:
    """Why there is another version: what was set aside, or taken back (T122, T130)."""
    reasons = [one.because.reason for one in fresh if one.is_correction and one.because]
    if newest is not None and newest.withdrawn:
        taken_back = newest.withdrawals.filter(state=Withdrawal.State.DONE)
        reasons += taken_back.values_list("reason", flat=True)
    return "；".join(dict.fromkeys(reasons))[:REASON_LENGTH]


def _last_review(fresh: Iterable[MonthlyRating]) -> tuple[int, dt.datetime]:
    """Who reviewed last, and when."""
    reviews = [
        (rating.reviewed_at, rating.reviewed_by_id)
        for rating in fresh
        if rating.reviewed_at and rating.reviewed_by_id
    ]
    reviewed_at, reviewer = max(reviews)
    return reviewer, reviewed_at
