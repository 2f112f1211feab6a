"""Who gets past the door of the desk, at every request (T91).

Views that residents and the public open are marked `login_not_required`: for them
nothing here asks for a session.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import passwords, sessions
from accounts.access import staff

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def open_before_set_up(view: V) -> V:
    """Mark a page that opens before the factor is enrolled and the password chosen."""
    view.open_before_set_up = True  # type: ignore[attr-defined]
    return view


class DeskDoor(LoginRequiredMiddleware):
    """Signed in, session live, factor enrolled, password in date; or the way there."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: Any,
        view_kwargs: Any,
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        request.is_desk = True  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            known = settings.SESSION_COOKIE_NAME in request.COOKIES
            return to_sign_in(request, "over" if known else "")
        user, at = staff(request), timezone.now()
        if why := sessions.why_ended(request.session, user, at=at):
            request.session.flush()
            return to_sign_in(request, why)
        sessions.note_presence(request.session, at=at)
        if getattr(view_func, "open_before_set_up", False):
            return None
        if not sessions.is_proven(request.session):
            return redirect("accounts:factor-set-up")
        if passwords.must_change(user, at=at):
            return redirect("accounts:password-change")
        return None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Pages of the desk are kept by no browser and no proxy (T106)."""
        if getattr(request, "is_desk", False):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def to_sign_in(request: HttpRequest, why: str) -> HttpResponse:
    """Back to where one was, unless that was the sending of a form."""
    query = {}
    if request.method in ("GET", "HEAD"):
        query["next"] = request.get_full_path()
    if why:
        query["why"] = why
    address = reverse("accounts:sign-in")
    return redirect(f"{address}?{urlencode(query, safe='/')}" if query else address)
