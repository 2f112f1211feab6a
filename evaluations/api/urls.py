"""The interface under /api/v1/: routes, their description, and the door before all."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.responses import Response

from evaluations.api import office_routes, routes
from evaluations.api.door import Token, guarded
from evaluations.api.errors import Refused, error_response

app_name = "api"
api = NinjaAPI(
    title="民评 Minping",
    version="1",
    description="公布的群众评价结果，只读。字段说明见 docs/api.md。",
    # Its page loads programs from elsewhere, which no page of ours does.
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
api.add_router("", routes.router)
api.add_router("/office", office_routes.router)


@api.exception_handler(Refused)
def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return error_response(refusal.code, headers=refusal.headers)


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return error_response("not_found")


@api.exception_handler(SuspiciousOperation)
def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return error_response("bad_request")


@api.exception_handler(ValidationError)
def wrong_parameter(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return error_response("wrong_parameter", fields=map(_field, error.errors))


def _field(error: Mapping[str, Any]) -> dict[str, str]:
    """Where and what, without the value: it may be anything."""
    place, *names = [str(part) for part in error["loc"]]
    return {
        "place": place,
        "name": names[-1] if names else "",
        "problem": str(error["type"]),
    }


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    """The description in OpenAPI 3.1. An open address takes a token, but needs none."""
    told = api.get_openapi_schema(path_prefix="/api/v1/")
    for address in told["paths"].values():
        address["get"].setdefault("security", [{}, {Token.__name__: []}])
    return told


def description(request: HttpRequest) -> HttpResponse:
    return Response(described())


def unknown(request: HttpRequest) -> HttpResponse:
    return error_response("not_found")


def _behind_the_door(pattern: URLPattern) -> URLPattern:
    pattern.callback = guarded(pattern.callback)
    return pattern


urlpatterns = [
    path("openapi.json", guarded(description), name="openapi"),
    *(
        _behind_the_door(pattern)
        for pattern in api.urls[0]
        if isinstance(pattern, URLPattern) and pattern.name != "api-root"
    ),
    re_path(r"^.*$", guarded(unknown), name="unknown"),
]
