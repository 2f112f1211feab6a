"""One function per noun decides: 404 out of scope, 403 without the permission (T85)."""

from django.http import Http404

from accounts.access import get_within, today
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from evaluations.models import MonthlyRating
from officials.models import Division, PeerGroup


def get_district_for(user: User, code: str, permission: Permission) -> Division:
    return get_within(
        Division.objects.filter(level=Division.Level.DISTRICT),
        user,
        permission,
        code_field="code",
        on=today(),
        code=code,
    )


def get_group_for(user: User, pk: int, permission: Permission) -> PeerGroup:
    """A peer group belongs to the whole area that it was made for (W3)."""
    return get_within(
        PeerGroup.objects.select_related("grouping__division"),
        user,
        permission,
        code_field="grouping__division_id",
        on=today(),
        pk=pk,
    )


def get_rating_for(
    user: User, appointment: int, month: str, permission: Permission
) -> MonthlyRating:
    """The newest revision of an appointment's month."""
    return get_within(
        MonthlyRating.objects.current().with_names(),
        user,
        permission,
        code_field="community_id",
        on=today(),
        appointment_id=appointment,
        month=month,
    )


def get_rating_to_return(user: User, pk: int) -> MonthlyRating:
    """Who reviews may return, and so may the one who is asked to publish."""
    ratings = MonthlyRating.objects.current().with_names()
    permission = Permission.RESULT_REVIEW
    rating = ratings.filter(pk=pk).first()
    if rating is None:
        raise Http404
    if can(user, Permission.RESULT_PUBLISH, rating.community_id):
        permission = Permission.RESULT_PUBLISH
    return get_within(
        ratings, user, permission, code_field="community_id", on=today(), pk=pk
    )


def can(user: User, permission: Permission, code: str) -> bool:
    """Whether a page should offer an act at this division."""
    return scopes_of(user, permission, on=today()).cover(code)
