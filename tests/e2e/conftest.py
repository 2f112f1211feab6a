"""Debian's own Chromium, without anything that calls home."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator

from accounts import sessions

# pytest-playwright keeps an event loop in this thread; the database is only asked
# between its steps, never inside one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": "/usr/bin/chromium",
        "args": ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    }


@pytest.fixture(autouse=True)
def patient_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes minutes for a walk; these walks are not about sessions."""
    monkeypatch.setattr(sessions, "IDLE", sessions.LONGEST)
    monkeypatch.setattr(sessions, "FRESH", sessions.LONGEST)


@pytest.fixture(scope="session", autouse=True)
def clicks_bring_whole_pages() -> Iterator[None]:
    """After a click a test looks at the page that came, with all of it there."""
    click = Locator.click

    def click_and_wait(self: Locator, **options: Any) -> None:
        click(self, **options)
        if not self.page.is_closed():
            self.page.wait_for_load_state()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", click_and_wait)
        yield
