"""What everybody sees, in Chromium: on a phone and a desk, by keyboard, in English."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations import star_actions
from evaluations.models import StarRating
from evaluations.rollup import roll_up
from tests.conftest import HEPING, KAIFENGDAO, XIAOBAILOU
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.world import World, mixed, months

pytestmark = pytest.mark.django_db(transaction=True)
MONTH, YEAR = "2026-12", 2026
ANSWERS = 40
DRAWN = """() => Promise.all(Array.from(document.images).map(image => {
    image.loading = "eager";
    return image.decode();
}))"""
PAPER = {"width": 718, "height": 1_040}
"""The text of an A4 sheet at 96 dots an inch, without its margins."""


@pytest.fixture
def town(make_staff: Callable[..., User]) -> World:
    """A street of nine and some of the next one, three months and a year of stars."""
    load_divisions(HEPING)
    street = codes_under(XIAOBAILOU)
    others = [code for code in codes_under(HEPING) if code not in street][:5]
    world = World(
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
        communities=[*street, *others],
    )
    StarRating.objects.create(
        appointment=world.appointments[KAIFENGDAO],
        year=YEAR - 1,
        stars=4,
        score="86.4",
        items='{"1": "84.0", "2": "88.5"}',
        basis="小白楼街道评星定级",
        decided_by=world.head,
        decided_at=world.now,
    )
    scheme = world.quick_scheme()
    for month in months(MONTH, 3):
        answers = {
            code: mixed(
                9 if code == street[0] else ANSWERS,
                seed=code + month,
                level=5.6 if code == KAIFENGDAO else 3.4 + 0.1 * place,
            )
            for place, code in enumerate(world.communities)
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
        world.publish(month)
    return world


def propose(world: World) -> None:
    star_actions.propose_year_stars(
        division=world.district, year=YEAR, by=world.clerk, at=world.now
    )


def publish_stars(world: World) -> None:
    waiting = StarRating.objects.filter(state=StarRating.State.PROPOSED)
    star_actions.decide_year_stars(
        division=world.district,
        year=YEAR,
        stars=waiting,
        digest=star_actions.digest_of(waiting.select_related("reading")),
        by=world.head,
        at=world.now,
    )
    star_actions.publish_year_stars(
        division=world.district, year=YEAR, by=world.head, at=world.now
    )


def public_addresses(world: World) -> dict[str, str]:
    few = world.communities[0]
    return {
        "index": "/results/",
        "search": "/results/?words=kfd",
        "district": f"/results/{HEPING}/",
        "street": f"/results/{XIAOBAILOU}/",
        "community": f"/results/{KAIFENGDAO}/",
        "few": f"/results/{few}/",
        "month": f"/results/{KAIFENGDAO}/2026-11/",
        "year": f"/results/{HEPING}/years/{YEAR}/",
        "year-sheet": f"/results/{KAIFENGDAO}/years/{YEAR}/",
    }


@pytest.fixture
def outside(browser: Browser) -> Iterator[Page]:
    """A browser that was never here."""
    context = browser.new_context(viewport=SIZES[0])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_public_pages_have_no_fault(
    town: World,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    size: dict[str, int],
) -> None:
    propose(town)
    publish_stars(town)
    found = []
    context = browser.new_context(viewport=size)
    page = context.new_page()
    tastes = {"": "", "en": "lang=en", "large": "look=large-contrast"}
    for name, address in public_addresses(town).items():
        for taste, query in tastes.items():
            mark = "&" if "?" in address else "?"
            page.goto(
                f"{live_server.url}{address}{mark}{query}"
                if query
                else live_server.url + address
            )
            page.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            page.evaluate(DRAWN)
            found += faults(page, f"{name} {taste}", size["width"])
            path = tmp_path / f"{name}-{taste}-{size['width']}.png"
            page.screenshot(path=path, full_page=True)
    assert found == []
    assert context.cookies() == []
    context.close()


def test_a_resident_finds_the_community_by_keyboard(
    town: World, outside: Page, live_server: LiveServer
) -> None:
    page = outside
    page.goto(f"{live_server.url}/results/")
    page.get_by_label("找您的社区").focus()
    page.keyboard.type("kfd")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    link = page.get_by_role("link", name=re.compile("开封道社区"))
    expect(link).to_have_count(1)
    link.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    main = page.locator("main")
    expect(page.locator("h1")).to_have_text("开封道社区")
    expect(main).to_contain_text("五星")
    expect(main.locator(".meaning li")).to_have_count(3)


def test_english_stays_english_from_page_to_page(
    town: World, outside: Page, live_server: LiveServer
) -> None:
    page = outside
    page.goto(f"{live_server.url}/results/{XIAOBAILOU}/")
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name=re.compile("开封道社区")).click()
    assert page.url.endswith(f"/results/{KAIFENGDAO}/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.context.cookies() == []


def test_large_letters_reach_forty_pixels(
    town: World, outside: Page, live_server: LiveServer
) -> None:
    page = outside
    page.goto(f"{live_server.url}/results/{KAIFENGDAO}/")
    small = letters(page)
    page.get_by_role("button", name="特大字").click()
    # E1: 24 px are the normal letters, and a step of at least 30 pt exists.
    assert (small, letters(page)) == (24.0, 32.0)
    expect(page.get_by_role("button", name="特大字")).to_have_attribute(
        "aria-pressed", "true"
    )


def letters(page: Page) -> float:
    return float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)"))


@pytest.mark.parametrize("name", ["district", "community", "year-sheet"])
def test_a_page_is_as_wide_as_paper(
    town: World, browser: Browser, live_server: LiveServer, tmp_path: Path, name: str
) -> None:
    propose(town)
    publish_stars(town)
    context = browser.new_context(viewport=PAPER)
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(live_server.url + public_addresses(town)[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    for hidden in (".switches", ".foot"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.pdf(path=tmp_path / f"{name}.pdf", prefer_css_page_size=True)
    page.screenshot(path=tmp_path / f"{name}-paper.png", full_page=True)
    context.close()


class Elsewhere(BaseHTTPRequestHandler):
    """Another site, which shows the badge of a community."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def other_site(live_server: LiveServer) -> Iterator[str]:
    badge = f"{live_server.url}/results/{KAIFENGDAO}/badge.svg"
    html = f'<!doctype html><img src="{badge}"><img src="{badge}?lang=en">'
    site = type("Site", (Elsewhere,), {"body": html.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), site) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_badge_shows_on_another_site(
    town: World, outside: Page, other_site: str, tmp_path: Path
) -> None:
    page = outside
    page.goto(other_site)
    page.evaluate(DRAWN)
    sizes = page.evaluate(
        "Array.from(document.images).map(i => [i.naturalWidth, i.naturalHeight])"
    )
    assert sizes == [[340, 112], [340, 112]]
    page.screenshot(path=tmp_path / "badge.png")
    assert page.context.cookies() == []


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_the_year_is_decided_on_the_desk(
    town: World,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    size: dict[str, int],
) -> None:
    """Clerk proposes, head ticks the change and decides, publishes; anybody reads."""
    address = f"{live_server.url}/desk/ratings/years/{HEPING}/{YEAR}/"
    first, second = (browser.new_context(viewport=size).new_page() for _ in range(2))
    clerk = signed_in(first, live_server, "clerk")
    clerk.goto(address)
    found = faults(clerk, "year", size["width"])
    with clerk.expect_navigation():
        clerk.get_by_role("button", name=re.compile(r"提出 \d+ 项")).click()
    head = signed_in(second, live_server, "head")
    head.goto(address)
    found += faults(head, "year to decide", size["width"])
    head.screenshot(path=tmp_path / "decide.png", full_page=True)
    changed = head.locator("tr.is-change")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("四星→五星")
    changed.get_by_role("checkbox").check()
    with head.expect_navigation():
        head.get_by_role("button", name="同意勾选的星级").click()
    head.get_by_label("我看过要公布的每一颗星").check()
    with head.expect_navigation():
        head.get_by_role("button", name=re.compile(r"公布 \d+ 项")).click()
    head.locator("main").get_by_role("link", name="开封道社区").click()
    expect(head.locator(".year-star")).to_have_text("四星→五星")
    found += faults(head, "sheet", size["width"])
    head.screenshot(path=tmp_path / "sheet.png", full_page=True)
    assert found == []
    anybody = browser.new_context(viewport=size).new_page()
    anybody.goto(f"{live_server.url}/results/{KAIFENGDAO}/")
    anybody.get_by_role("link", name=re.compile(f"{YEAR} 年")).click()
    expect(anybody.locator("main")).to_contain_text("四星→五星")
    for page in (clerk, head, anybody):
        page.context.close()
