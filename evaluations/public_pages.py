"""The edge of the public pages: no session, no cookie, and a cache may keep them.

Language and size of the letters come from the address or, where it says nothing, from
the two cookies that the residents' pages set; then the answer says that it varies. The
tag is the digest of what was sent, so that it changes with every word on the page.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from surveys.ballot_cookies import Look, look_of

# A result changes by a new version only; a reader may keep one for a while.
PUBLIC_SECONDS = 300
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Page:
    """What a public view found: a template, its context, and when it last changed."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    modified: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Taste:
    """How the reader wants the page; `named`: what the address itself says."""

    language: str
    look: Look
    named: dict[str, str]

    @classmethod
    def of(cls, request: HttpRequest) -> "Taste":
        named = {}
        if request.GET.get("lang") in LANGUAGES:
            named["lang"] = request.GET["lang"]
        if "look" in request.GET:
            named["look"] = Look.read(request.GET["look"]).value
        return cls(
            language=named.get("lang") or translation.get_language() or LANGUAGES[0],
            look=Look.read(named["look"]) if "look" in named else look_of(request),
            named=named,
        )

    @property
    def keep(self) -> str:
        """What every link of the page carries on: "?lang=en", or nothing."""
        return f"?{urlencode(self.named)}" if self.named else ""

    @property
    def depends_on_cookies(self) -> bool:
        return len(self.named) < 2


View = Callable[Concatenate[HttpRequest, ...], Page]


def public_page(view: View) -> Callable[..., HttpResponseBase]:
    """Open to everybody, by GET and HEAD only, with a tag."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        taste = Taste.of(request)
        with translation.override(taste.language):
            page = view(request, *args, **kwargs)
            # Without context processors: they would ask for a staff session.
            html = render_to_string(
                page.template,
                {
                    "look": taste.look,
                    "named": taste.named,
                    "keep": taste.keep,
                    "here": request.path,
                    **page.context,
                },
            )
        response = HttpResponse(html)
        response.headers["Content-Language"] = taste.language
        if taste.depends_on_cookies:
            patch_vary_headers(response, ["Cookie"])
        return cacheable(request, response, modified=page.modified)

    return login_not_required(require_safe(shown))


def cacheable(
    request: HttpRequest, response: HttpResponse, *, modified: dt.datetime | None
) -> HttpResponseBase:
    """With its tag, for anybody's cache; 304 to whoever has it already.

    Only the tag decides: words on a page may change without a new result.
    """
    etag = f'"{sha256(response.content).hexdigest()}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified.timestamp())
    return get_conditional_response(request, etag=etag, response=response) or response
