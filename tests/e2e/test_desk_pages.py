"""The desk at the end of a quarter, in Chromium: overview, ranking, paper."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from officials.models import Official
from tests.conftest import HEPING
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.districts import (
    QUARTER_END,
    close_quarter,
    name_of,
    part_into_groups,
)
from tests.evaluations.world import World

pytestmark = pytest.mark.django_db(transaction=True)
LAPTOP = {"width": 1280, "height": 720}
MEMBERS = 30
PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b(?!s)")


@pytest.fixture
def town(make_staff: Callable[..., User]) -> World:
    """Thirty secretaries of one group and two of another, ranked after two quarters."""
    load_divisions(HEPING)
    world = World(
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
        communities=codes_under(HEPING)[: MEMBERS + 2],
    )
    for place, official in enumerate(Official.objects.order_by("pk")):
        official.name = name_of(place)
        official.save()
    part_into_groups(world, ["商业街区组", "居住街区组"], sizes=[MEMBERS, 2])
    close_quarter(world, quarters=2, few=frozenset(world.communities[-1:]))
    return world


def ranking(world: World) -> str:
    return reverse("evaluations:ranking-list", args=[world.group.pk, QUARTER_END])


def addresses(world: World) -> dict[str, str]:
    first, second, third = (
        world.appointments[code].pk for code in world.communities[:3]
    )
    compare = reverse("evaluations:group-compare", args=[world.group.pk, QUARTER_END])
    return {
        "overview": reverse("evaluations:home"),
        "months": reverse("evaluations:month-list"),
        "ranking": ranking(world),
        "streets": f"{ranking(world)}?by_street=on&order=households",
        "compare": f"{compare}?a={first}&a={second}&a={third}",
        "rating": reverse("evaluations:rating-detail", args=[first, QUARTER_END]),
        "portrait": reverse("evaluations:rating-portrait", args=[first, QUARTER_END]),
    }


def desk(browser: Browser, server: LiveServer, size: dict[str, int]) -> Page:
    context = browser.new_context(viewport=size)
    return signed_in(context.new_page(), server, "clerk")


def in_english(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="English").click()


def test_the_desk_of_a_quarter_has_no_fault_and_fits(
    town: World, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    """Both languages, telephone and laptop; the overview without scrolling."""
    found = []
    for size in (SIZES[0], LAPTOP):
        page = desk(browser, live_server, size)
        for language in ("zh", "en"):
            if language == "en":
                in_english(page)
            for name, address in addresses(town).items():
                page.goto(live_server.url + address)
                found += faults(page, f"{name} {language}", size["width"])
                shot = tmp_path / f"{name}-{language}-{size['width']}.png"
                page.screenshot(path=shot, full_page=True)
                if name == "overview" and size is LAPTOP:
                    high = page.evaluate("document.documentElement.scrollHeight")
                    if high > LAPTOP["height"]:
                        found.append(f"overview {language}: {high} px high")
        page.context.close()
    assert found == []


def test_a_ranking_of_thirty_and_a_portrait_print_on_one_sheet(
    town: World, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    page = desk(browser, live_server, LAPTOP)
    sheets = {}
    for name in ("ranking", "portrait"):
        page.goto(live_server.url + addresses(town)[name])
        document = page.pdf(prefer_css_page_size=True)
        (tmp_path / f"{name}.pdf").write_bytes(document)
        sheets[name] = len(PAGE_OF_PDF.findall(document))
    assert sheets == {"ranking": 1, "portrait": 1}
    page.context.close()


def test_the_keyboard_alone_searches_and_compares(
    town: World, browser: Browser, live_server: LiveServer
) -> None:
    page = desk(browser, live_server, LAPTOP)
    page.goto(live_server.url + ranking(town))
    rows = page.locator("table.ranking tbody tr")
    expect(rows).to_have_count(MEMBERS)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("ljg")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    names = page.locator("table.ranking .who-is-rated").all_inner_texts()
    assert {name.replace("≈", "").strip()[:3] for name in names} == {"李建国"}
    page.goto(live_server.url + ranking(town))
    boxes = page.get_by_role("checkbox", name=re.compile("^对照"))
    for place in (0, 1):
        boxes.nth(place).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name=re.compile("^对照选中的")).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("对照")
    expect(page.locator("table.compare thead th")).to_have_count(3)
    page.context.close()
