"""Debian's own Chromium, without anything that calls home."""

import os
from typing import Any

import pytest

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
