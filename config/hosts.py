"""Residents and staff under two names, when two are configured (T93, T115).

Cookies belong to a host, so a session of the desk is never sent with a ballot, and a
page of one side cannot reach the other. With one address both live there, and the
assurance level is 基础 whatever the custody.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

Answer = Callable[[HttpRequest], HttpResponse]
STAFF = "/desk/"
# On both: published results, the interface for programs (no cookie opens it), the
# language of the page, style sheets, the small picture.
SHARED = ("/results/", "/api/", "/i18n/", settings.STATIC_URL, "/favicon.ico")


class TwoHostsMiddleware:
    def __init__(self, get_response: Answer) -> None:
        if settings.STAFF_HOST == settings.RESIDENT_HOST:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path, at_desk = request.path_info, self._is_staff_host(request)
        if at_desk and path == "/" and request.method in {"GET", "HEAD"}:
            return redirect(STAFF)
        if not path.startswith(SHARED) and path.startswith(STAFF) != at_desk:
            raise Http404
        return self.get_response(request)

    def _is_staff_host(self, request: HttpRequest) -> bool:
        """Whatever else is allowed, as a health check by address, is no desk."""
        return request.get_host() == settings.STAFF_HOST
