"""The answers of T85: out of scope 404, in scope without permission 403."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import Scopes, any_scope_of, scopes_of

M = TypeVar("M", bound=models.Model)
View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


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


def holding(permission: Permission) -> Callable[[View], View]:
    """For lists: 403 unless the user holds the permission somewhere.

    The view finds its scopes by `scopes_in(request)`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scopes = scopes_of(request.user, permission, on=today())
            if not scopes:
                raise PermissionDenied
            cast(Any, request).scopes = scopes
            return view(request, *args, **kwargs)

        return guarded

    return decorate
