"""One function per noun decides: 404 out of scope, 403 without the permission (T85)."""

import uuid
from collections.abc import Collection
from operator import attrgetter
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404

from accounts.access import get_within, today
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import any_scope_of, scopes_of, scopes_of_any
from evaluations.models import (
    Appeal,
    FigureExport,
    MonthlyRating,
    Publication,
    SetAside,
    Withdrawal,
)
from officials.accounts import appointments_of
from officials.models import Division, PeerGroup

M = TypeVar("M", bound=Model)


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


def get_own_rating(user: User, appointment: int, month: str) -> MonthlyRating:
    """One's own, to appeal against; somebody else's is no page at all (T131)."""
    rating = get_rating_for(user, appointment, month, Permission.APPEAL_FILE)
    if not appointments_of(user, on=today()).filter(pk=appointment).exists():
        raise Http404
    return rating


def get_appeal_for(user: User, pk: int, *permissions: Permission) -> Appeal:
    found = Appeal.objects.select_related(
        "rating__community",
        "rating__appointment__official",
        "rating__scheme",
        "filed_by",
        "reviewer",
        "notice",
    ).filter(pk=pk)
    return _with_any(user, found.first(), permissions, "rating.community_id")


def get_set_aside_for(user: User, pk: int, *permissions: Permission) -> SetAside:
    found = SetAside.objects.select_related(
        "round", "community", "appeal__rating__community", "proposed_by"
    ).filter(pk=pk)
    return _with_any(user, found.first(), permissions, "community_id")


def get_export_for(user: User, pk: uuid.UUID) -> FigureExport:
    """One's own; another person's is no page at all, whatever one may export."""
    export = get_within(
        FigureExport.objects.select_related("district", "asked_by"),
        user,
        Permission.EXPORT_FIGURES,
        code_field="district_id",
        on=today(),
        pk=pk,
    )
    if export.asked_by_id != user.pk:
        raise Http404
    return export


def get_publication_for(user: User, pk: int, *permissions: Permission) -> Publication:
    found = Publication.objects.select_related("division", "published_by")
    return _with_any(user, found.filter(pk=pk).first(), permissions, "division_id")


def get_withdrawal_for(user: User, pk: int, *permissions: Permission) -> Withdrawal:
    found = Withdrawal.objects.select_related("publication__division", "proposed_by")
    code = "publication.division_id"
    return _with_any(user, found.filter(pk=pk).first(), permissions, code)


def _with_any(
    user: User, row: M | None, permissions: Collection[Permission], code: str
) -> M:
    """A row at a place where the user holds one of the permissions (T85)."""
    if row is None:
        raise Http404
    place = str(attrgetter(code)(row))
    if scopes_of_any(user, permissions, on=today()).cover(place):
        return row
    if any_scope_of(user, on=today()).cover(place):
        raise PermissionDenied
    raise Http404


def can(user: User, permission: Permission, code: str) -> bool:
    """Whether a page should offer an act at this division."""
    return scopes_of(user, permission, on=today()).cover(code)
