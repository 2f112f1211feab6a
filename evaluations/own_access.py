"""One's own result and nobody else's (W7, T126)."""

from django.http import Http404

from accounts.access import today
from accounts.models import User
from accounts.permissions import Permission
from evaluations.access import get_rating_for
from evaluations.models import MonthlyRating
from officials.accounts import appointments_of


def get_own_result(user: User, appointment: int, month: str) -> MonthlyRating:
    """404 for everybody else's, whatever other roles somebody has."""
    rating = get_rating_for(user, appointment, month, Permission.OWN_RESULT_VIEW)
    if not appointments_of(user, on=today()).filter(pk=appointment).exists():
        raise Http404
    return rating
