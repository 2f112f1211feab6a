"""Accounts and roles in a real browser: phone and desk, two people, axe."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import actions, roles
from accounts.models import RoleGrant, User
from officials.models import Division
from tests.conftest import HEPING, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
OpenPage = Callable[..., Page]


@pytest.fixture
def people(
    heping: Division,
    make_staff: Callable[..., User],
    clerk: User,
    auditor: User,
) -> dict[str, User]:
    return {
        "system": make_staff("system", roles.SYSTEM_ADMINISTRATOR, HEPING),
        "security": make_staff("security", roles.SECURITY_ADMINISTRATOR, HEPING),
        "other": make_staff("other", roles.SECURITY_ADMINISTRATOR, HEPING),
        "auditor": auditor,
        "clerk": clerk,
    }


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, people: dict[str, User]
) -> Iterator[OpenPage]:
    """A browser that has signed in, without script unless asked."""
    contexts = []

    def make(size: dict[str, int], who: str, *, script: bool = False) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            reduced_motion="reduce",
            base_url=live_server.url,
        )
        name = settings.SESSION_COOKIE_NAME
        session = signed_in(people[who]).cookies[name].value
        context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def to(name: str, *args: object) -> str:
    return reverse(f"accounts:{name}", args=args)


def faults(page: Page, name: str) -> list[str]:
    """What a person would stumble over on the page that is open."""
    found = [
        f"{name}: {violation['id']} {violation['nodes'][0]['html'][:90]}"
        for violation in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found if wide == 0 else [*found, f"{name}: {wide} px too wide"]


def keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("ACCOUNT_PICTURES", ""):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def proposed(people: dict[str, User]) -> tuple[RoleGrant, str]:
    """A grant to be revoked, and the address of a head that waits for a second."""
    now = timezone.now()
    today = timezone.localdate(now)
    account = actions.create_user(
        username="xinren",
        name="组织部新来的同志",
        password="never typed",
        by=people["system"],
        at=now,
    )
    grant = actions.grant_role(
        user=account,
        role=roles.STREET_ADMINISTRATOR,
        scope="120101002",
        starts_on=today,
        ends_on=today + dt.timedelta(days=20),
        by=people["security"],
        at=now,
    )
    waiting = actions.propose_grant(
        user=account,
        role=roles.DEPARTMENT_HEAD,
        scope=HEPING,
        starts_on=today,
        ends_on=actions.year_later(today),
        by=people["security"],
        at=now,
    )
    return grant, to("approval-detail", waiting.pk)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_of_the_administrators_fit_and_axe_finds_nothing(
    open_page: OpenPage, people: dict[str, User], size: dict[str, int]
) -> None:
    grant, waiting = proposed(people)
    account = grant.user_id
    walks = {
        "system": {
            "accounts": to("account-list"),
            "account-add": to("account-add"),
            "account-of-system": to("account-detail", account),
        },
        "security": {
            "account": to("account-detail", account),
            "grant-add": to("grant-add", account),
            "grants": to("grant-list"),
            "grant-revoke": to("grant-revoke", grant.pk),
            "approvals-mine": to("approval-list"),
            "approval-mine": waiting,
        },
        "other": {"approvals": to("approval-list"), "approval": waiting},
        "auditor": {
            "account-of-auditor": to("account-detail", account),
            "grants-of-auditor": to("grant-list"),
            "home": to("home"),
        },
    }
    found = []
    for who, pages in walks.items():
        page = open_page(size, who, script=True)
        for name, address in pages.items():
            answer = page.goto(address)
            assert answer is not None
            assert (name, answer.status) == (name, 200)
            keep_picture(page, f"{name}-{size['width']}")
            found += faults(page, name)
    assert found == []


def test_a_new_head_from_the_first_password_to_the_second_persons_word(
    open_page: OpenPage, people: dict[str, User]
) -> None:
    """Three people, no script; the password is seen once."""
    page = open_page(DESK, "system")
    page.goto(to("account-list"))
    page.get_by_role("link", name="开一个账号").click()
    page.get_by_label("账号").fill("shenhuaishan")
    page.get_by_label("姓名").fill("组织部负责人 沈怀山")
    page.get_by_role("button", name="开一个账号").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "组织部负责人 沈怀山 的初始密码"
    )
    keep_picture(page, "password-1280")
    account = User.objects.get(username="shenhuaishan")
    assert account.check_password(page.locator(".accounts__password").inner_text())
    page = open_page(PHONE, "security")
    page.goto(to("account-detail", account.pk))
    page.get_by_role("link", name="授予一个角色").click()
    page.get_by_label("角色").select_option("department_head")
    page.get_by_label("范围").fill(HEPING)
    page.get_by_role("button", name="授予").click()
    expect(page.get_by_role("status")).to_contain_text("等另一位安全管理员核准")
    page = open_page(DESK, "other")
    page.goto(to("approval-list"))
    page.locator("#for-me ~ ul").get_by_role("link").click()
    page.get_by_label("我核对过").check()
    page.get_by_role("button", name="核准并授予").click()
    expect(page.get_by_role("status")).to_contain_text("已核准，角色已授予。")
    grant = account.grants.get()
    assert (grant.role, grant.granted_by, grant.agreed_by) == (
        "department_head",
        "security",
        "other",
    )
