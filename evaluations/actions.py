"""Review, return, publish, and a closed year: the verbs of a rating (domain 3.9)."""

import datetime as dt
from collections.abc import Collection, Iterable
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import verifying
from audit.actions import record
from evaluations.models import (
    MonthlyRating,
    MonthlyRollup,
    Publication,
    PublishedRating,
    StarRating,
)
from officials.models import Appointment, Division
from surveys.actions import mark_published
from surveys.models import Round

State = MonthlyRating.State


class RatingError(Exception):
    """Every refusal of a rating's verbs."""


class WrongState(RatingError):
    """The rating has moved on; the page that asked was old."""


class NotReviewed(RatingError):
    """Something of the month is not reviewed; `communities` names it."""

    def __init__(self, communities: Collection[str]) -> None:
        super().__init__(", ".join(communities))
        self.communities = list(communities)


class NothingToPublish(RatingError):
    """No rating of the month waits for publication."""


class SamePerson(RatingError):
    """Who reviewed does not publish (T92)."""


class NotWhatWasShown(RatingError):
    """What would be published is not what was on the page (T92)."""


class TrailIsBroken(RatingError):
    """Nothing is published while the trail does not fit (T78)."""


class YearIsClosed(RatingError):
    """The star of the year is decided; it is not decided twice."""


@transaction.atomic
def review_ratings(
    *, ratings: Iterable[MonthlyRating], by: User, at: dt.datetime, note: str = ""
) -> int:
    """Computed or returned → reviewed; how many. One event per district and month.

    A rating that somebody else reviewed meanwhile stays theirs and is not counted.
    """
    waiting = (
        MonthlyRating.objects.current()
        .filter(
            pk__in=[rating.pk for rating in ratings],
            state__in=(State.COMPUTED, State.RETURNED),
        )
        .order_by("month", "community_id")
    )
    # Locked in one order, so that two reviewers of the same list do not wait in a ring.
    locked = list(waiting.select_for_update(of=("self",)))
    MonthlyRating.objects.filter(pk__in=[rating.pk for rating in locked]).update(
        state=State.REVIEWED, reviewed_by=by, reviewed_at=at, review_note=note
    )
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
    """Review every rating of a district's month that was computed and not yet seen."""
    waiting = MonthlyRating.objects.current().under(division.pk).of_month(month)
    return review_ratings(
        ratings=waiting.filter(state=State.COMPUTED), by=by, at=at, note=note
    )


@transaction.atomic
def return_rating(
    *, rating: MonthlyRating, reason: str, by: User, at: dt.datetime
) -> None:
    """Computed or reviewed → returned, with a reason; it blocks the month."""
    moved = MonthlyRating.objects.filter(
        pk=rating.pk, state__in=(State.COMPUTED, State.REVIEWED)
    ).update(
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


@transaction.atomic
def publish_month(
    *,
    division: Division,
    month: str,
    by: User,
    at: dt.datetime,
    digest: str | None = None,
) -> Publication:
    """Publish a district's month as an immutable version (T130).

    `digest` (hex) is that of the ratings on the page; who publishes without a page has
    seen nothing else.

    1. the trail is sound; hold the month, so that two heads do not make one version;
    2. everything reviewed, nothing by the person who publishes (T92);
    3. ratings, then their rounds, become published;
    4. the version, stamped with the digest of all its records, replaces the last.
    """
    if verifying.find_fault(at=at):
        raise TrailIsBroken(month)
    _hold(division, month)
    ratings = list(
        MonthlyRating.objects.current()
        .under(division.pk)
        .of_month(month)
        .order_by("appointment_id")
    )
    if digest is not None and digest != digest_of(ratings):
        raise NotWhatWasShown(month)
    fresh = [rating for rating in ratings if rating.state == State.REVIEWED]
    _refuse_unready(ratings, fresh, by=by)
    MonthlyRating.objects.filter(pk__in=[rating.pk for rating in fresh]).update(
        state=State.PUBLISHED, published_by=by, published_at=at
    )
    rounds = Round.objects.filter(
        division__code__startswith=division.pk, period=month, state=Round.State.TALLIED
    )
    for survey_round in rounds.order_by("code"):
        mark_published(survey_round=survey_round, by=by, at=at)
    publication = _new_version(division, month, ratings, fresh, by=by, at=at)
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
        },
    )
    return publication


@transaction.atomic
def enter_closed_year(
    *,
    appointment: Appointment,
    year: int,
    stars: int,
    score: Decimal | None,
    basis: str,
    by: User,
    at: dt.datetime,
    previous: int | None = None,
) -> StarRating:
    """The star that an appointment closed a year with, decided by a person (H4)."""
    try:
        with transaction.atomic():
            rating = StarRating.objects.create(
                appointment=appointment,
                year=year,
                stars=stars,
                previous=previous,
                score=score,
                basis=basis,
                decided_by=by,
                decided_at=at,
            )
    except IntegrityError as error:
        raise YearIsClosed(f"{appointment} {year}") from error
    record(
        "year.closed",
        target=rating,
        by=by,
        at=at,
        division=appointment.division.code,
        data={"year": year, "stars": stars, "basis": basis},
    )
    return rating


def digest_of(ratings: Iterable[MonthlyRating]) -> str:
    """SHA-256 (hex) over the record digests, in the order of appointments."""
    ordered = sorted(ratings, key=lambda rating: rating.appointment_id)
    lines = "\n".join(rating.record_sha256 for rating in ordered)
    return sha256(lines.encode()).hexdigest()


def _hold(division: Division, month: str) -> None:
    held = MonthlyRollup.objects.select_for_update().filter(
        division=division, month=month, state=MonthlyRollup.State.DONE
    )
    if held.first() is None:
        raise NothingToPublish(month)


def _refuse_unready(
    ratings: Iterable[MonthlyRating], fresh: Collection[MonthlyRating], *, by: User
) -> None:
    waiting = [rating.community_id for rating in ratings if rating.awaits_review]
    if waiting:
        raise NotReviewed(waiting)
    if not fresh:
        raise NothingToPublish
    if any(rating.reviewed_by_id == by.pk for rating in fresh):
        raise SamePerson(by.audit_name)


def _new_version(
    division: Division,
    month: str,
    ratings: Collection[MonthlyRating],
    fresh: Iterable[MonthlyRating],
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
        reviewed_by_id=reviewer,
        reviewed_at=reviewed_at,
        published_by=by,
        published_at=at,
    )
    PublishedRating.objects.bulk_create(
        PublishedRating(publication=publication, rating=rating) for rating in ratings
    )
    return publication


def _last_review(fresh: Iterable[MonthlyRating]) -> tuple[int, dt.datetime]:
    """Who reviewed last, and when."""
    reviews = [
        (rating.reviewed_at, rating.reviewed_by_id)
        for rating in fresh
        if rating.reviewed_at and rating.reviewed_by_id
    ]
    reviewed_at, reviewer = max(reviews)
    return reviewer, reviewed_at
