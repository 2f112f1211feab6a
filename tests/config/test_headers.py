"""Every answer of every address carries the same guards (T106, T107)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.resolvers import RegexPattern, RoutePattern

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
SAMPLES = {
    "uuid": "6f1d1d2e-8f6c-4e0e-9a51-2f0d7c9b3c11",
    "int": "1",
    "str": "120101002014",
    "month": "2026-10",
    "slug": "survey",
}
PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")


def addresses(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    """Every address of the site, with something in place of its parameters."""
    for one in (resolver or get_resolver()).url_patterns:
        here = before + filled(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one, here)
        else:
            assert isinstance(one, URLPattern)
            yield here


def filled(pattern: RoutePattern | RegexPattern) -> str:
    """Whatever no route of the interface has is "nothing"."""
    if isinstance(pattern, RegexPattern):
        return "nothing"
    return PARAMETER.sub(lambda found: SAMPLES[found[1] or "str"], str(pattern))


def guards(response: Any) -> dict[str, Any]:
    return {
        "policy": set(response["Content-Security-Policy"].split("; ")),
        "frames": response["X-Frame-Options"],
        "type": response["X-Content-Type-Options"],
        "opener": response["Cross-Origin-Opener-Policy"],
        "resource": response["Cross-Origin-Resource-Policy"],
        "referrer": response["Referrer-Policy"],
        "features": {
            one.partition("=")[2] for one in response["Permissions-Policy"].split(", ")
        },
    }


GUARDED = {
    "policy": POLICY,
    "frames": "DENY",
    "type": "nosniff",
    "opener": "same-origin",
    "resource": "same-origin",
    # Not "no-referrer", and why: docs/adr/0007.
    "referrer": "same-origin",
    "features": {"()"},
}
# The badge is made to be shown on other sites, as a picture that can do nothing.
PICTURE = GUARDED | {
    "policy": {"default-src 'none'", "sandbox"},
    "resource": "cross-origin",
}
ALL = sorted(set(addresses()))


def test_there_are_addresses_to_look_at() -> None:
    assert {"/", "/ballot/seal/", "/desk/", "/results/", "/i18n/setlang/"} <= set(ALL)


@pytest.mark.parametrize("address", [*ALL, "/nowhere/", "/desk/nowhere/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_answer_is_guarded(
    db: None, client: Client, address: str, method: str
) -> None:
    response = getattr(client, method)(address)
    is_picture = address.endswith("/badge.svg")
    assert guards(response) == (PICTURE if is_picture else GUARDED)
    if not address.startswith(("/results/", "/api/")):
        assert "no-store" in response["Cache-Control"]


def fault(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("", fault)]


@pytest.mark.urls(__name__)
def test_a_fault_is_guarded_and_plain() -> None:
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert guards(response) == GUARDED
    assert "没有多存任何东西" in response.content.decode()


def test_a_host_that_was_not_named_gets_a_guarded_refusal(
    db: None, client: Client
) -> None:
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert guards(response) == GUARDED


def test_a_lost_page_says_so_in_the_language_of_the_visitor(
    db: None, client: Client
) -> None:
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "没有这一页" in page.content.decode()
