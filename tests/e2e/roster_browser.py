"""A browser that has signed in, for the pages of the roster."""

import contextlib
from collections.abc import Callable, Iterator

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
OpenPage = Callable[..., Page]


@contextlib.contextmanager
def signed_in(
    browser: Browser, address: str, clients: dict[str, Client]
) -> Iterator[OpenPage]:
    """Pages of people by name, without script unless asked; closed at the end."""
    contexts = []

    def make(
        size: dict[str, int],
        *,
        script: bool = False,
        who: str = "street_admin",
        language: str = "",
    ) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            reduced_motion="reduce",
            base_url=address,
        )
        cookies = {
            settings.SESSION_COOKIE_NAME: clients[who]
            .cookies[settings.SESSION_COOKIE_NAME]
            .value
        }
        if language:
            cookies[settings.LANGUAGE_COOKIE_NAME] = language
        context.add_cookies(
            [
                {"name": name, "value": value, "url": address}
                for name, value in cookies.items()
            ]
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
