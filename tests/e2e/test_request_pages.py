"""Requests of residents in a real browser: phone, desk and paper; two people; axe."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from residents.models import DataRequest, Dwelling, Household, RosterCorrection
from tests.conftest import XIAOBAILOU
from tests.residents.conftest import SMALL, as_csv

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
A4 = {"format": "A4", "prefer_css_page_size": True}
# A4 without its margins, at 96 dots per inch.
INSIDE_A4 = {"width": 688, "height": 1032}
OpenPage = Callable[..., Page]
WITHOUT_NUMBER = (*SMALL[1][:6], "", *SMALL[1][7:])


@dataclass
class Desk:
    """One household with a request of each kind, one answered, one door suspended."""

    household: Household
    requests: dict[str, DataRequest]
    waiting: RosterCorrection
    answered: DataRequest
    dwelling: Dwelling


@pytest.fixture
def desk(heping: Division, street_admin: User, approver: User) -> Desk:
    at = timezone.now()
    stored = actions.upload_roster(
        street=Division.objects.get(code=XIAOBAILOU),
        file_name="名册.csv",
        content=as_csv([SMALL[0], WITHOUT_NUMBER, *SMALL[2:]]),
        by=street_admin,
        at=at,
    )
    found = actions.read_roster(roster_import=stored, by=street_admin, at=at)
    actions.confirm_import(
        roster_import=found, digest=bytes(found.digest or b""), by=approver, at=at
    )
    homes = {
        household.dwelling.room: household
        for household in Household.objects.select_related("dwelling")
    }
    ask = register(street_admin)
    requests = {kind: ask(homes["101"], kind) for kind in DataRequest.Kind.values}
    other = ask(homes["103"], "correct")
    waiting = actions.propose_correction(
        request=other,
        correction=actions.Correction(head="张大伟", phone="19900000088"),
        by=street_admin,
        at=at,
    )
    answered = ask(homes["103"], "erase")
    actions.refuse_request(
        request=answered, answer="申请人不是本户成员", by=street_admin, at=at
    )
    actions.suspend_dwelling(household=homes["102"], by=street_admin, at=at)
    return Desk(homes["101"], requests, waiting, answered, homes["102"].dwelling)


def register(by: User) -> Callable[[Household, str], DataRequest]:
    return lambda household, kind: actions.register_request(
        household=household,
        kind=kind,
        received_on=timezone.localdate(),
        by=by,
        at=timezone.now(),
    )


@pytest.fixture
def open_page(
    browser: Browser,
    live_server: LiveServer,
    street_admin_client: Client,
    approver_client: Client,
) -> Iterator[OpenPage]:
    """A browser that has signed in, without script unless asked."""
    contexts = []
    clients = {"street": street_admin_client, "approver": approver_client}

    def make(
        size: dict[str, int], who: str = "street", *, script: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            reduced_motion="reduce",
            base_url=live_server.url,
        )
        name = settings.SESSION_COOKIE_NAME
        session = clients[who].cookies[name].value
        context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def url(name: str, *rows: object) -> str:
    return reverse(f"residents:{name}", args=[row.pk for row in rows])  # type: ignore[attr-defined]


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
    if folder := os.environ.get("REQUEST_PICTURES", ""):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def addresses(desk: Desk) -> dict[str, str]:
    """Every page of the desk that is opened by an address, by name."""
    kinds = {
        f"request-{kind}": url("request-detail", found)
        for kind, found in desk.requests.items()
    }
    return kinds | {
        "requests": url("request-list"),
        "request-find": url("request-find") + "?address=开封里+1",
        "request-add": url("request-add", desk.household),
        "request-form": url("request-print", desk.household),
        "request-waiting": url("request-detail", desk.waiting.request),
        "request-answered": url("request-detail", desk.answered),
        "request-reply": url("request-reply", desk.answered),
        "corrections": url("correction-list"),
        "correction": url("correction-detail", desk.waiting),
        "dwellings": url("dwelling-list"),
        "dwelling": url("dwelling-detail", desk.dwelling),
    }


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_of_the_desk_fit_and_axe_finds_nothing(
    open_page: OpenPage, desk: Desk, size: dict[str, int]
) -> None:
    page = open_page(size, script=True)
    found = []
    for name, address in addresses(desk).items():
        answer = page.goto(address)
        assert answer is not None
        assert (name, answer.status) == (name, 200)
        keep_picture(page, f"{name}-{size['width']}")
        found += faults(page, name)
    # The answer is shown by a button, once.
    page.goto(url("request-detail", desk.requests["view"]))
    press(page, "显示并办结")
    keep_picture(page, f"answer-{size['width']}")
    found += faults(page, "answer")
    page = open_page(size, "approver", script=True)
    page.goto(url("correction-detail", desk.waiting))
    press(page, "显示原文，再核准")
    keep_picture(page, f"correction-clear-{size['width']}")
    found += faults(page, "correction in clear")
    assert found == []


def test_correction_takes_two_people_and_no_script(
    open_page: OpenPage, desk: Desk
) -> None:
    page = open_page(PHONE)
    page.goto(url("request-detail", desk.requests["correct"]))
    page.get_by_label("户主姓名").fill("王大明")
    page.get_by_role("button", name="录入，交另一个人核准").click()
    expect(page.get_by_role("status")).to_contain_text("等另一个人核准")
    page = open_page(DESK, "approver")
    page.goto(url("correction-list"))
    page.get_by_role("link", name="开封里1号楼1门101").first.click()
    expect(page.get_by_role("table")).not_to_contain_text("王大明")
    page.get_by_role("button", name="显示原文，再核准").click()
    expect(page.get_by_role("table")).to_contain_text("王大明")
    page.get_by_label("我看过上面的变化").check()
    page.get_by_role("button", name="核准并写入").click()
    expect(page.get_by_role("status")).to_contain_text("已核准并写入名册")
    closed = DataRequest.objects.get(pk=desk.requests["correct"].pk)
    assert (closed.state, closed.corrections.get().decided_by.username) == (
        "done",
        "approver",
    )


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_paper_form_is_one_sheet(
    open_page: OpenPage, desk: Desk, language: str
) -> None:
    page = open_page(DESK)
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": base(page)}]
    )
    for name, address in (
        ("form", url("request-print", desk.household)),
        ("reply", url("request-reply", desk.answered)),
    ):
        page.goto(address)
        pdf = printed(page, f"{name}-{language}")
        assert (name, pages_of(pdf)) == (name, 1)
        page.emulate_media(media="print")
        assert page.get_by_role("navigation").count() == 0
        page.emulate_media(media="screen")


def press(page: Page, button: str) -> None:
    """A picture or a print of what comes next must not meet what is going away."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def base(page: Page) -> str:
    page.goto("/desk/")
    return page.url


def printed(page: Page, name: str) -> bytes:
    # A page that still comes in cannot be printed.
    page.wait_for_load_state("networkidle")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    if folder := os.environ.get("REQUEST_PICTURES", ""):
        (Path(folder) / f"{name}.pdf").write_bytes(pdf)
        page.emulate_media(media="print")
        page.set_viewport_size(INSIDE_A4)
        page.screenshot(path=Path(folder) / f"{name}-paper.png", full_page=True)
        page.set_viewport_size(DESK)
    return pdf


def test_answer_fits_on_two_sheets(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(DESK)
    page.goto(url("request-detail", desk.requests["view"]))
    press(page, "显示并办结")
    assert pages_of(printed(page, "answer")) <= 2
