"""Review and return of what was on the screen, and of nothing newer (T92)."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from evaluations.actions import WrongState, return_rating, review_ratings
from evaluations.models import MonthlyRating


@transaction.atomic
def review_seen(
    *, rating: MonthlyRating, seen: str, note: str, by: User, at: dt.datetime
) -> None:
    """Reviewed, unless somebody reviewed, returned or revised it since it was seen."""
    review_ratings(ratings=[_hold(rating, seen)], note=note, by=by, at=at)


@transaction.atomic
def return_seen(
    *, rating: MonthlyRating, seen: str, reason: str, by: User, at: dt.datetime
) -> None:
    return_rating(rating=_hold(rating, seen), reason=reason, by=by, at=at)


def standing_of(rating: MonthlyRating) -> str:
    """What a page about the rating was made of: its state and its last return."""
    moment = rating.returned_at.isoformat() if rating.returned_at else ""
    return f"{rating.pk}:{rating.state}:{moment}"


def _hold(rating: MonthlyRating, seen: str) -> MonthlyRating:
    """The newest revision, locked, so that the second of two reviewers is refused."""
    newest = MonthlyRating.objects.current().select_for_update(of=("self",))
    held = newest.filter(
        appointment_id=rating.appointment_id, month=rating.month
    ).first()
    if held is None or standing_of(held) != seen or not held.awaits_review:
        raise WrongState(str(rating))
    return held
