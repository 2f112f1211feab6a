"""Tokens and receivers in a real browser: phone and desk, two persons, axe."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from evaluations.models import ApiToken, Webhook
from officials.models import Division
from tests.conftest import HEPING, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
LANGUAGES = ("zh-hans", "en")
OpenPage = Callable[..., Page]


@pytest.fixture
def people(heping: Division, make_staff: Callable[..., User]) -> dict[str, User]:
    return {
        name: make_staff(name, roles.DEPARTMENT_HEAD, HEPING)
        for name in ("first", "second")
    }


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, people: dict[str, User]
) -> Iterator[OpenPage]:
    """A browser that has signed in, without script unless axe needs it."""
    contexts = []

    def make(
        size: dict[str, int],
        who: str,
        language: str = "zh-hans",
        *,
        script: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport=size, java_script_enabled=script, base_url=live_server.url
        )
        session = signed_in(people[who]).cookies[settings.SESSION_COOKIE_NAME].value
        cookies = {
            settings.SESSION_COOKIE_NAME: session,
            settings.LANGUAGE_COOKIE_NAME: language,
        }
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_server.url}
                for name, value in cookies.items()
            ]
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def test_two_heads_make_a_token_by_the_pages(open_page: OpenPage) -> None:
    page = open_page(SIZES[1], "first")
    page.goto("/desk/api/")
    page.get_by_role("link", name="制作令牌").click()
    page.get_by_label("用途").fill("市大数据局 王工")
    page.get_by_label("范围").fill(HEPING)
    page.get_by_label("内部数字").check()
    page.get_by_role("button", name="制作").click()
    secret = page.locator("code.accounts__password").inner_text()
    assert secret.startswith("minping_")
    page.get_by_role("link", name="已交给对方").click()
    expect(page.locator("h1")).to_contain_text("待核准")
    other = open_page(SIZES[0], "second")
    other.goto("/desk/api/")
    expect(other.locator("main")).to_contain_text("1 个令牌等您核准")
    other.get_by_role("link", name="市大数据局 王工").click()
    other.get_by_label("我核对过").check()
    other.get_by_role("button", name="核准").click()
    expect(other.locator("h1")).to_contain_text("有效")
    assert ApiToken.objects.get().approved_by == User.objects.get(username="second")


def addresses() -> list[str]:
    return [
        "/desk/api/",
        "/desk/api/tokens/add/",
        f"/desk/api/tokens/{ApiToken.objects.get().pk}/",
        "/desk/api/webhooks/add/",
        f"/desk/api/webhooks/{Webhook.objects.get().pk}/",
    ]


@pytest.fixture
def filled(people: dict[str, User]) -> None:
    """A token that waits and a receiver."""
    at = timezone.now()
    webhook = Webhook(
        name="市民热线",
        scope=HEPING,
        url="https://hooks.example.gov.cn/a/very/long/way/to/the/receiver?of=messages",
        made_by=people["first"],
        made_at=at,
    )
    webhook.seal("secret")
    webhook.save()
    ApiToken.objects.create(
        name="市大数据局 王工",
        scope=HEPING,
        audience="office",
        key_hash=bytes(32),
        key_id=1,
        starts_on=timezone.localdate(at),
        ends_on=timezone.localdate(at) + dt.timedelta(days=90),
        made_by=people["second"],
        made_at=at,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
@pytest.mark.usefixtures("filled")
def test_pages_have_no_fault(
    open_page: OpenPage, size: dict[str, int], language: str, tmp_path: Path
) -> None:
    page = open_page(size, "first", language, script=True)
    shots = Path(os.environ.get("MINPING_SHOTS", tmp_path))
    faults = []
    for address in addresses():
        page.goto(address)
        found = Axe().run(page).response["violations"]
        faults += [f"{address}: {one['id']} {one['nodes'][0]['html']}" for one in found]
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{address}: {wide} px wide"] if wide > size["width"] else []
        name = address.strip("/").replace("/", "-")[:24]
        page.screenshot(path=shots / f"{name}-{size['width']}-{language}.png")
    assert faults == []
