"""What all residents' pages share at the edge: open to all, never cached, silent."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from surveys.ballot_cookies import Look, look_of
from surveys.ballot_refusals import Stop
from surveys.ballot_shells import kept_shell

MOST_TYPED = 60
View = Callable[[HttpRequest], HttpResponse]


def resident_page(*methods: str) -> Callable[[View], View]:
    """Open to everybody, never cached, and silent about what was posted (T61, T106)."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            response = view(request)
            response["Cache-Control"] = "no-store"
            return response

        kept_quiet = sensitive_post_parameters()(guarded)
        return login_not_required(require_http_methods(methods)(kept_quiet))

    return decorate


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    look: Look | None = None,
    status: int = 200,
) -> HttpResponse:
    """Rendered without context processors: they would ask for a staff session."""
    html = render_to_string(
        template,
        {
            "look": look or look_of(request),
            "here": request.path,
            "csrf_token": get_token(request),
            **(context or {}),
        },
    )
    return HttpResponse(html, status=status)


def show_kept(
    request: HttpRequest,
    template: str,
    gaps: Mapping[str, str] | None = None,
    **flags: bool,
) -> HttpResponse:
    """A page that differs by letters, language and flags only, but for its gaps."""
    values = {"csrf_token": get_token(request), **(gaps or {})}
    shell = kept_shell(
        template, look=look_of(request), here=request.path, gaps=tuple(values), **flags
    )
    return HttpResponse(shell.filled(values))


def show_stop(request: HttpRequest, stop: Stop) -> HttpResponse:
    context = {"stop": stop}
    return show(request, "surveys/ballot_stop.html", context, status=stop.status)


def see_other(name: str, query: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse(name) + query, status=303)


def staff_is_here(request: HttpRequest) -> bool:
    """Asks for the session only when the browser has one (T93)."""
    known = settings.SESSION_COOKIE_NAME in request.COOKIES
    return known and request.user.is_authenticated


def posted(view: View) -> View:
    """A step back or a reload asks by GET: lead to the form, change nothing (T25)."""

    @functools.wraps(view)
    def only_posted(request: HttpRequest) -> HttpResponse:
        return view(request) if request.method == "POST" else redirect("ballot:fill")

    return only_posted
