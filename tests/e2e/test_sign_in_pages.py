"""Coming in, enrolling a telephone and proving it again, as a person does it."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import passwords, roles, sessions, totp
from accounts.actions import create_user, grant_role
from accounts.models import User
from audit.actions import SYSTEM
from tests.conftest import HEPING, PASSWORD, six_digits

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
STROKE = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")
PIXELS = 6
NEW = "Another quiet sentence, 2027"


class Walk:
    """One browser and what it meets."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.faults: list[str] = []

    def press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=button).click()

    def go(self, address: str) -> None:
        self.page.goto(address)

    def look(self, name: str) -> None:
        """A photograph, what axe finds, and sideways scrolling."""
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        path = self.folder / f"{name}-{width}.png"
        self.page.screenshot(path=path, full_page=True)
        for found in Axe().run(self.page).response["violations"]:
            place = found["nodes"][0]["html"][:90]
            self.faults.append(f"{name} at {width}: {found['id']} {place}")
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            self.faults.append(f"{name}: {wide} px wide")


@pytest.fixture(params=sorted(SIZES))
def walk(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
) -> Iterator[Walk]:
    context = browser.new_context(
        viewport=SIZES[request.param],
        locale="zh-CN",
        reduced_motion="reduce",
        base_url=live_server.url,
    )
    yield Walk(context.new_page(), tmp_path)
    context.close()


@pytest.fixture
def newcomer(heping: object) -> User:
    """A clerk who was given a first password on paper, and nothing else yet."""
    now = timezone.now()
    user = create_user(
        username="newcomer", name="宋新", password=PASSWORD, by=SYSTEM, at=now
    )
    grant_role(
        user=user,
        role=roles.DEPARTMENT_CLERK,
        scope=HEPING,
        starts_on=timezone.localdate(now),
        by=SYSTEM,
        at=now,
    )
    return user


def sign_in(page: Page, username: str, password: str, digits: str = "") -> None:
    page.goto("/desk/sign-in/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_label("验证码").fill(digits)
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="登录").click()


def read_picture(page: Page) -> str:
    """What a camera reads from the picture on the page, stroke by stroke."""
    drawn = page.locator("svg.qr")
    sides = drawn.get_attribute("viewBox")
    path = drawn.locator("path").get_attribute("d")
    assert sides is not None
    assert path is not None
    side = int(sides.split()[2])
    dots = np.full((side, side), 255, dtype=np.uint8)
    across, down = 0.0, 0.0
    for kind, first, second in STROKE.findall(path):
        if kind == "M":
            across, down = float(first), float(second)
        elif kind == "m":
            across, down = across + float(first), down + float(second)
        else:
            end = across + float(first)
            dots[int(down), int(across) : int(end)] = 0
            across = end
    picture = np.kron(dots, np.ones((PIXELS, PIXELS), dtype=np.uint8))
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)


def test_newcomer_enrols_chooses_a_password_and_comes_back_by_paper(
    walk: Walk, newcomer: User
) -> None:
    page = walk.page
    walk.go("/desk/")
    walk.look("sign-in")
    sign_in(page, "newcomer", PASSWORD)
    expect(page.locator("h1")).to_have_text("绑定手机验证器")
    walk.look("set-up")
    address = urlsplit(read_picture(page))
    secret = parse_qs(address.query)["secret"][0]
    letters = page.locator(".set-up__secret span").all_inner_texts()
    assert (address.scheme, "".join(letters)) == ("otpauth", secret)
    page.get_by_label("手机上现在显示的六位数字").fill("000")
    walk.press("确认绑定")
    walk.look("set-up-refused")
    digits = totp.code_of(secret, totp.step_of(timezone.now()))
    page.get_by_label("手机上现在显示的六位数字").fill(digits)
    walk.press("确认绑定")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    walk.look("codes")
    with page.expect_navigation():
        page.get_by_role("link", name="我收好了，继续").click()
    expect(page.locator("h1")).to_have_text("换密码")
    walk.look("password")
    page.get_by_label("现在的密码").fill(PASSWORD)
    page.locator("#id_new").fill(NEW)
    page.get_by_label("再输一遍新密码").fill(NEW)
    walk.press("换密码")
    expect(page.locator("h1")).to_have_text("宋新，您好")
    walk.look("home")
    walk.go("/desk/security/")
    walk.look("security")
    with page.expect_navigation():
        page.get_by_role("button", name="退出").click()
    sign_in(page, "newcomer", NEW, codes[0])
    expect(page.locator("h1")).to_have_text("宋新，您好")
    assert walk.faults == []


def test_refusal_and_end_of_a_session_are_said_plainly(walk: Walk, clerk: User) -> None:
    page = walk.page
    sign_in(page, "clerk", "Something else, 2026", six_digits(clerk))
    refused = page.locator("main .alert")
    expect(refused).to_contain_text("没有登录成功。")
    walk.look("refused")
    sign_in(page, "clerk", PASSWORD, six_digits(clerk))
    other = page.context.browser
    assert other is not None
    elsewhere = other.new_context(base_url=page.url).new_page()
    sign_in(elsewhere, "clerk", PASSWORD, six_digits(clerk))
    expect(elsewhere.locator("h1")).to_have_text("clerk，您好")
    walk.go("/desk/security/")
    expect(page.locator(".notice")).to_contain_text(
        "您的账号刚在别处登录，这里已退出。"
    )
    walk.look("elsewhere")
    elsewhere.context.close()
    assert walk.faults == []


def test_digits_grow_old_while_a_form_is_filled_in_and_nothing_is_lost(
    walk: Walk, clerk: User
) -> None:
    page = walk.page
    sign_in(page, "clerk", PASSWORD, six_digits(clerk))
    walk.go("/desk/security/password/")
    page.get_by_label("现在的密码").fill(PASSWORD)
    page.locator("#id_new").fill(NEW)
    page.get_by_label("再输一遍新密码").fill(NEW)
    age_the_digits(page, sessions.FRESH + dt.timedelta(seconds=1))
    walk.press("换密码")
    expect(page.locator("h1")).to_have_text("再确认一次是您本人")
    walk.look("confirm")
    page.get_by_label("验证码").fill("abc")
    walk.press("确认，继续")
    walk.look("confirm-refused")
    page.get_by_label("验证码").fill(six_digits(clerk))
    walk.press("确认，继续")
    expect(page.locator("h1")).to_have_text("clerk，您好")
    clerk.refresh_from_db()
    assert passwords.is_right(clerk, NEW)
    assert walk.faults == []


def age_the_digits(page: Page, age: dt.timedelta) -> None:
    """As if they had been typed so long ago."""
    (key,) = [c["value"] for c in page.context.cookies() if c["name"] == "session"]
    session = SessionStore(session_key=key)
    session["factor"] = (timezone.now() - age).timestamp()
    session.save()
