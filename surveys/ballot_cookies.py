"""The two cookies of a resident: a sealed token and how the page looks (T26, T107)."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ballots import entry
from ballots.entry import Entry
from ballots.errors import TokenStale

# Without TLS (a newcomer's own machine) no browser takes a __Host- cookie.
PREFIX = "__Host-" if settings.HTTPS else ""
TOKEN = f"{PREFIX}ballot"
LOOK = f"{PREFIX}display"
LOOK_AGE = 365 * 24 * 3600
TOKEN_MINUTES = 120


def keep_entry(
    response: HttpResponse,
    known: Entry,
    *,
    at: dt.datetime,
    minutes: int = TOKEN_MINUTES,
) -> None:
    """Hand the encrypted token to the browser; nothing is kept here."""
    response.set_cookie(
        TOKEN,
        entry.to_token(known, at=at, minutes=minutes),
        max_age=minutes * 60,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def entry_of(request: HttpRequest, *, at: dt.datetime) -> Entry:
    """Who is filling in. Raises TokenStale."""
    token = request.COOKIES.get(TOKEN, "")
    if not token:
        raise TokenStale
    return entry.from_token(token, at=at)


@dataclass(frozen=True, slots=True)
class LookChoice:
    label: str
    value: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class Look:
    """长辈版 is the normal look; larger letters and high contrast may be combined."""

    large: bool = False
    contrast: bool = False

    @classmethod
    def read(cls, value: str) -> "Look":
        words = value.split("-")
        return cls(large="large" in words, contrast="contrast" in words)

    @property
    def value(self) -> str:
        return "-".join(self.classes.split()) or "standard"

    @property
    def classes(self) -> str:
        names = (("large", self.large), ("contrast", self.contrast))
        return " ".join(name for name, on in names if on)

    @property
    def choices(self) -> tuple[LookChoice, ...]:
        larger = Look(not self.large, self.contrast)
        starker = Look(self.large, not self.contrast)
        plain = not (self.large or self.contrast)
        return (
            LookChoice(_("长辈版"), Look().value, plain),
            LookChoice(_("特大字"), larger.value, self.large),
            LookChoice(_("高对比"), starker.value, self.contrast),
        )


def look_of(request: HttpRequest) -> Look:
    return Look.read(request.COOKIES.get(LOOK, ""))


def keep_look(response: HttpResponse, look: Look) -> None:
    """Remembered for a year (E14); it says nothing about anybody."""
    response.set_cookie(
        LOOK,
        look.value,
        max_age=LOOK_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def keep_language(response: HttpResponse, language: str) -> None:
    """The same cookie that the language switch of the other pages sets."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
