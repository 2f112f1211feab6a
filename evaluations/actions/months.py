"""What the verbs of a whole month ask before they move it."""

import datetime as dt
from collections.abc import Collection, Iterable
from hashlib import sha256

from accounts.models import User
from audit import verifying
from evaluations.actions.errors import (
    NothingToPublish,
    NotReviewed,
    NotWhatWasShown,
    SamePerson,
    TrailIsBroken,
)
from evaluations.models import Appeal, MonthlyRating, MonthlyRollup
from officials.models import Division


def need_sound_trail(month: str, *, at: dt.datetime) -> None:
    if verifying.find_fault(at=at):
        raise TrailIsBroken(month)


def hold(division: Division, month: str) -> None:
    """One verb at a time on a month, so that two heads do not make one version."""
    held = MonthlyRollup.objects.select_for_update().filter(
        division=division, month=month, state=MonthlyRollup.State.DONE
    )
    if held.first() is None:
        raise NothingToPublish(month)


def current_ratings(division: Division, month: str) -> list[MonthlyRating]:
    """The newest revisions of the month, in the order of appointments."""
    ratings = MonthlyRating.objects.current().under(division.pk).of_month(month)
    return list(ratings.order_by("appointment_id"))


def digest_of(ratings: Iterable[MonthlyRating]) -> str:
    """SHA-256 (hex) over the record digests, in the order of appointments."""
    ordered = sorted(ratings, key=lambda rating: rating.appointment_id)
    lines = "\n".join(rating.record_sha256 for rating in ordered)
    return sha256(lines.encode()).hexdigest()


def need_shown(ratings: Iterable[MonthlyRating], digest: str | None) -> None:
    """`digest`: of the ratings on the page; None for who acts without a page."""
    if digest is not None and digest != digest_of(ratings):
        raise NotWhatWasShown(digest)


def need_review(ratings: Iterable[MonthlyRating]) -> None:
    if waiting := [one.community_id for one in ratings if one.awaits_review]:
        raise NotReviewed(waiting)


def need_other_person(ratings: Collection[MonthlyRating], *, by: User) -> None:
    """Who reviewed them, or decided an appeal about them, is not the second (T92)."""
    if any(rating.reviewed_by_id == by.pk for rating in ratings):
        raise SamePerson(by.audit_name)
    about = [rating.pk for rating in ratings] + [one.replaces_id for one in ratings]
    if Appeal.objects.filter(rating__in=about, reviewer=by).exists():
        raise SamePerson(by.audit_name)
