"""The roster pages in a real browser: phone and desk, keyboard, no script, axe."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from officials.models import Division
from residents import actions
from residents.models import Household, RosterImport
from tests.conftest import XIAOBAILOU

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
STREET_FILE = "heping_xiaobailou.xlsx"
QUARTER_FILE = "heping_kaifengdao_2026q4.xlsx"
DEMO = Path(settings.ROOT) / "demo" / "rosters"
MESSY = Path(settings.ROOT) / "tests" / "data" / "rosters" / "messy.xlsx"
OpenPage = Callable[..., Page]


def bring(path: Path, street: Division, by: User) -> RosterImport:
    at = timezone.now()
    found = actions.upload_roster(
        street=street,
        file_name=path.name,
        content=io.BytesIO(path.read_bytes()),
        by=by,
        at=at,
    )
    return actions.read_roster(roster_import=found, by=by, at=at)


@pytest.fixture
def imports(
    heping: Division, street_admin: User, approver: User
) -> dict[str, RosterImport]:
    """The street and a quarter are stored; the messy file waits for its approver."""
    street = Division.objects.get(code=XIAOBAILOU)
    done = {}
    for name in (STREET_FILE, QUARTER_FILE):
        found = bring(DEMO / name, street, street_admin)
        done[name] = actions.confirm_import(
            roster_import=found,
            digest=bytes(found.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    return {"street": done[STREET_FILE], "messy": bring(MESSY, street, street_admin)}


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, street_admin_client: Client
) -> Iterator[OpenPage]:
    """A browser that has signed in, without script unless asked."""
    contexts = []
    session = street_admin_client.cookies[settings.SESSION_COOKIE_NAME].value

    def make(size: dict[str, int], *, script: bool = False) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            reduced_motion="reduce",
            base_url=live_server.url,
        )
        context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": session,
                    "url": live_server.url,
                }
            ]
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def addresses(imports: dict[str, RosterImport]) -> dict[str, str]:
    """Every kind of page of the room, by name."""
    doubtful = Household.objects.filter(needs_review=True).first()
    assert doubtful is not None
    pages = {"list": reverse("residents:import-list")}
    for name, found in imports.items():
        for kind in ("import-detail", "change-list", "row-list"):
            pages[f"{name}-{kind}"] = reverse(f"residents:{kind}", args=[found.pk])
    pages["upload"] = reverse("residents:import-upload")
    pages["review"] = reverse("residents:review-list")
    pages["review-one"] = reverse("residents:review-detail", args=[doubtful.pk])
    pages["requests"] = reverse("residents:request-list")
    pages["request-find"] = reverse("residents:request-find") + "?address=101"
    pages["request-add"] = reverse("residents:request-add", args=[doubtful.pk])
    pages["request-form"] = reverse("residents:request-print", args=[doubtful.pk])
    return pages


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['html'] for n in v['nodes']][:3]}" for v in found]


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def test_pages_fit_and_axe_finds_nothing(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    pages = addresses(imports)
    pictures = os.environ.get("ROSTER_PICTURES", "")
    for size in (PHONE, DESK):
        page = open_page(size, script=True)
        for name, url in pages.items():
            answer = page.goto(url)
            assert answer is not None
            assert (name, answer.status) == (name, 200)
            if pictures:
                file = Path(pictures) / f"{name}-{size['width']}.png"
                page.screenshot(path=file, full_page=True)
            assert (name, violations(page)) == (name, [])
            assert (name, overflow(page)) == (name, 0)


def test_households_are_worked_through_by_keyboard_without_script(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    page = open_page(DESK)
    page.goto(reverse("residents:review-list"))
    page.get_by_role("link", name="从第一户开始").focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("heading", level=1).text_content()
    left = Household.objects.filter(needs_review=True).count()
    page.get_by_role("button", name="核对无误，保持").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已记下")
    assert page.get_by_role("heading", level=1).text_content() != first
    assert Household.objects.filter(needs_review=True).count() == left - 1
