"""What stands before every address of the interface, and behind it.

Before: reading only, a token that is one, not too many calls. Behind: a validator, so
that who asks again is told that nothing has changed (304).
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from ninja.security import HttpBearer

from accounts.lockout import address_of
from evaluations.api import limits
from evaluations.api.errors import Refused, error_response
from evaluations.models import ApiToken
from evaluations.token_actions import note_use, token_of

View = Callable[..., HttpResponseBase]
READING = ("GET", "HEAD")
# A withdrawn figure is gone from every cache after so many seconds.
PUBLIC_SECONDS = 60
BEARER = "bearer"


class Token(HttpBearer):
    """The door has looked at the token already; the office's addresses need one."""

    openapi_bearerFormat = "minping_…"

    def __call__(self, request: HttpRequest) -> ApiToken:
        token = shown_token(request)
        if token is None:
            raise Refused("token_needed")
        return token

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return token_of(token, on=timezone.localdate())


def shown_token(request: HttpRequest) -> ApiToken | None:
    """The token that came with the call."""
    return cast("ApiToken | None", getattr(request, "api_token", None))


def guarded(view: View) -> View:
    """The view behind the door. Its answers to the public may be kept for a minute."""

    @login_not_required
    def behind(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _let_in(request)
        except Refused as refusal:
            return error_response(refusal.code, headers=refusal.headers)
        # The framework knows no HEAD; the server leaves the body out.
        request.method = "GET"
        response = view(request, *args, **kwargs)
        if response.status_code == 200 and isinstance(response, HttpResponse):
            return _with_validator(request, response)
        return response

    behind.csrf_exempt = True  # type: ignore[attr-defined]
    return behind


def _let_in(request: HttpRequest) -> None:
    if request.method not in READING:
        raise Refused("wrong_method", {"Allow": ", ".join(READING)})
    at = timezone.now()
    on = timezone.localdate(at)
    token = _token_in(request)
    if token is None:
        if limits.too_many_of_client(address_of(request), on=on):
            raise Refused("too_many", {"Retry-After": str(limits.MINUTE)})
        return
    if limits.too_many_of_token(token.pk.bytes, on=on):
        raise Refused("too_many", {"Retry-After": str(limits.MINUTE)})
    note_use(token=token, at=at)
    cast(Any, request).api_token = token


def _token_in(request: HttpRequest) -> ApiToken | None:
    """None without one; a wrong one is told at once, also at an open address."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _space, secret = header.partition(" ")
    is_bearer = scheme.lower() == BEARER
    token = token_of(secret.strip(), on=timezone.localdate()) if is_bearer else None
    if token is None:
        # Guessing counts against the client; a secret of 256 bits needs no more.
        if limits.too_many_of_client(address_of(request), on=timezone.localdate()):
            raise Refused("too_many", {"Retry-After": str(limits.MINUTE)})
        raise Refused("token_unknown")
    return token


def _with_validator(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    response.headers.setdefault("Cache-Control", f"public, max-age={PUBLIC_SECONDS}")
    known = get_conditional_response(request, etag=etag, response=response)
    return known or response
