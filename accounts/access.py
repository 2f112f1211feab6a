"""The answers of T85: out of scope 404, in scope without permission 403."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import Approval, RoleGrant, User
from accounts.permissions import Permission
from accounts.queries import accounts_within
from accounts.scopes import Scopes, any_scope_of, scopes_of, scopes_of_any

M = TypeVar("M", bound=models.Model)
View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]


def staff(request: HttpRequest) -> User:
    """Who asks: the middleware lets nobody else onto a staff page."""
    return cast(User, request.user)


def scopes_in(request: HttpRequest) -> Scopes:
    """Where the user holds the permission that `holding` asked for."""
    return cast(Scopes, cast(Any, request).scopes)


def today() -> dt.date:
    """The day in Shanghai; views read the clock here, once."""
    return timezone.localdate()


def within_or_refused(
    user: User, permission: Permission, code: str, *, on: dt.date
) -> None:
    """Raise Http404 or PermissionDenied unless the user may act at this division."""
    if scopes_of(user, permission, on=on).cover(code):
        return
    if any_scope_of(user, on=on).cover(code):
        raise PermissionDenied
    raise Http404


def get_within(
    queryset: models.QuerySet[M],
    user: User,
    permission: Permission,
    *,
    code_field: str,
    on: dt.date,
    **lookup: Any,
) -> M:
    """One row inside the user's scope, or the right refusal.

    `code_field` names the field with the division code ("division_id", "community_id").
    """
    row = queryset.filter(**lookup).first()
    if row is None:
        raise Http404
    code: Any = row
    for part in code_field.split("__"):
        code = getattr(code, part)
    within_or_refused(user, permission, code, on=on)
    return row


def get_account_for(user: User, pk: int, *permissions: Permission) -> User:
    """An account that lies wholly where the user holds one of the permissions."""
    on = today()
    held = scopes_of_any(user, permissions, on=on)
    if found := accounts_within(held, on=on).filter(pk=pk).first():
        return found
    if accounts_within(any_scope_of(user, on=on), on=on).filter(pk=pk).exists():
        raise PermissionDenied
    raise Http404


def get_grant_for(user: User, pk: int, permission: Permission) -> RoleGrant:
    grants = RoleGrant.objects.select_related("user")
    return get_within(grants, user, permission, code_field="scope", on=today(), pk=pk)


def get_approval_for(user: User, pk: UUID, *permissions: Permission) -> Approval:
    """A proposal at a place where the user holds one of the permissions."""
    approvals = Approval.objects.of_roles().select_related("proposed_by", "decided_by")
    found = approvals.filter(pk=pk).first()
    if found is None:
        raise Http404
    if scopes_of_any(user, permissions, on=today()).cover(found.division):
        return found
    if any_scope_of(user, on=today()).cover(found.division):
        raise PermissionDenied
    raise Http404


def holding(*permissions: Permission) -> Callable[[View], View]:
    """For lists: 403 unless the user holds one of the permissions somewhere.

    The view finds its scopes by `scopes_in(request)`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            scopes = scopes_of_any(request.user, permissions, on=today())
            if not scopes:
                raise PermissionDenied
            cast(Any, request).scopes = scopes
            return view(request, *args, **kwargs)

        return guarded

    return decorate
