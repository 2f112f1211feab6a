"""From the star back to the counts, in Chromium: what residents and the office read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations.models import MonthlyRating
from evaluations.rollup import roll_up
from tests.conftest import HEPING, KAIFENGDAO
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.world import World, mixed, months

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-12"
ANSWERS = 40


@pytest.fixture
def town(make_staff: Callable[..., User]) -> World:
    """Sixteen secretaries in three months: pooled, starred, ranked, published.

    One community has 29 answers, which the office sees and residents do not.
    """
    load_divisions(HEPING)
    codes = [code for code in codes_under(HEPING) if code != KAIFENGDAO][:15]
    world = World(
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
        communities=[KAIFENGDAO, *codes],
    )
    scheme = world.quick_scheme()
    for month, small in zip(months(MONTH, 3), (9, 10, 10), strict=True):
        answers = {
            code: mixed(
                small if code == codes[0] else ANSWERS,
                seed=code + month,
                level=3.2 + 0.1 * ((place + 9) % 16),
            )
            for place, code in enumerate(world.communities)
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
        world.publish(month)
    return world


def few(world: World) -> MonthlyRating:
    return world.rating(world.communities[1], MONTH)


def addresses(world: World) -> dict[str, tuple[str, str]]:
    """Who opens what."""
    pk = world.appointments[KAIFENGDAO].pk
    small = few(world)
    return {
        "public": ("", outside(KAIFENGDAO)),
        "public-few": ("", outside(small.community_id)),
        "public-community": ("", f"/results/{KAIFENGDAO}/"),
        "office": ("clerk", inside(pk)),
        "office-few": ("clerk", inside(small.appointment_id)),
        "office-rating": (
            "clerk",
            reverse("evaluations:rating-detail", args=[pk, MONTH]),
        ),
        "office-ranking": (
            "clerk",
            reverse("evaluations:ranking-list", args=[world.group.pk, MONTH]),
        ),
    }


def inside(pk: int) -> str:
    return reverse("evaluations:rating-calculation", args=[pk, MONTH])


def outside(code: str) -> str:
    return reverse("results:community-calculation", args=[code, MONTH])


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_the_pages_have_no_fault_and_keep_to_their_audience(
    town: World,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    size: dict[str, int],
) -> None:
    found = []
    pages: dict[str, Page] = {}
    for name, (username, address) in addresses(town).items():
        if username not in pages:
            context = browser.new_context(viewport=size)
            pages[username] = signed_in(context.new_page(), live_server, username)
        page = pages[username]
        page.goto(live_server.url + address)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = 1)")
        found += faults(page, name, size["width"])
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert found == []
    for page in pages.values():
        page.context.close()


def test_residents_and_the_office_follow_the_star_back(
    town: World, browser: Browser, live_server: LiveServer
) -> None:
    rating = town.rating(KAIFENGDAO, MONTH)
    assert (rating.usable, rating.star is not None) == (3 * ANSWERS, True)
    assert rating.rank is not None
    public = browser.new_context(viewport=SIZES[0]).new_page()
    public.goto(f"{live_server.url}/results/{KAIFENGDAO}/")
    public.get_by_role("link", name="从星级一步一步看回去").click()
    main = public.locator("main")
    expect(public.locator("h1")).to_have_text("怎么算出来的")
    expect(main).to_contain_text(f"{rating.score:.1f} 分")
    expect(main).to_contain_text("在组内的位置（2026Q4）")
    expect(main).not_to_contain_text("印刷名次")
    # One member of the group is hidden from residents, so its mean is, too.
    expect(main).to_contain_text("其中只有一个的结果没有显示")
    desk = signed_in(
        browser.new_context(viewport=SIZES[1]).new_page(), live_server, "clerk"
    )
    desk.goto(live_server.url + inside(rating.appointment_id))
    main = desk.locator("main")
    expect(main).to_contain_text("在可比的 16 个任职里")
    expect(main).to_contain_text(f"印刷名次第 {rating.rank}")
    documents = {page: downloaded(page) for page in (public, desk)}
    assert documents[public]["group"]["eb"] is None
    assert documents[desk]["group"]["eb"] == f"{rating.shrunken:.1f}"
    assert "rank" not in documents[public]["place"]
    assert documents[desk]["place"]["rank"] == rating.rank
    for page in documents:
        page.context.close()


def downloaded(page: Page) -> dict[str, dict[str, object]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="下载这一页的数（JSON）").click()
    assert download.value.suggested_filename == f"calculation-{KAIFENGDAO}-{MONTH}.json"
    found: dict[str, dict[str, object]] = json.loads(
        Path(download.value.path()).read_text()
    )
    return found


def test_the_page_can_be_read_in_english(
    town: World, browser: Browser, live_server: LiveServer
) -> None:
    page = browser.new_context(viewport=SIZES[0]).new_page()
    page.goto(live_server.url + outside(KAIFENGDAO))
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("How this was calculated")
    assert faults(page, "english", SIZES[0]["width"]) == []
    letters = page.locator("main").inner_text()
    # Names of people and places stay as they are.
    steps = page.locator(".calc h2").all_inner_texts()
    assert steps[0] == "Stars"
    assert "星级" not in letters
    page.context.close()
