"""From the roll-up to a corrected version and its withdrawal, in Chromium (T131).

Each act by the person whose it is, on the page where it stands; the clock of the whole
house is moved over the notice and the days of the appeal.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations.models import Appeal, MonthlyRating, Publication
from evaluations.rollup import roll_up
from officials.accounts import link_account
from officials.workday_actions import ensure_known_years
from tests.conftest import HEPING, KAIFENGDAO
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.world import World, mixed, months, same

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-09"
AUGUST = f"2026-08（{HEPING}-2026-08）"
REASON = "八月送达回执对不上"
MONDAY = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)
State = MonthlyRating.State


class Walk:
    """The people, each in a browser of their own, on one day after the other."""

    def __init__(
        self, world: World, browser: Browser, server: LiveServer, folder: Path
    ) -> None:
        self.world, self.browser = world, browser
        self.server, self.folder = server, folder
        self.faults: list[str] = []

    @contextmanager
    def day(self, number: int) -> Iterator[None]:
        """Ten in the morning, `number` days after a Monday, for everybody."""
        with time_machine.travel(MONDAY + dt.timedelta(days=number), tick=True):
            yield
            for context in self.browser.contexts:
                context.close()

    def person(self, username: str) -> Page:
        page = self.browser.new_context(viewport=SIZES[1]).new_page()
        return signed_in(page, self.server, username)

    def anybody(self) -> Page:
        return self.browser.new_context(viewport=SIZES[0]).new_page()

    def go(self, page: Page, address: str) -> Page:
        page.goto(self.server.url + address)
        return page

    def look(self, page: Page, name: str) -> None:
        """Photographed and searched for faults, wide and narrow, in both languages."""
        for size in SIZES:
            page.set_viewport_size(size)
            self.faults += faults(page, name, size["width"])
            path = self.folder / f"{name}-{size['width']}.png"
            page.screenshot(path=path, full_page=True)
        page.set_viewport_size(SIZES[1])

    def month_page(self, page: Page) -> Page:
        return self.go(page, f"/desk/ratings/{HEPING}/{MONTH}/")

    def rating(self) -> MonthlyRating:
        return self.world.rating(KAIFENGDAO, MONTH)


@pytest.fixture
def walk(
    make_staff: Callable[..., User],
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
) -> Walk:
    """Three months of three communities; in August one was marked down."""
    load_divisions(HEPING)
    codes = [code for code in codes_under(HEPING) if code != KAIFENGDAO][:2]
    world = World(
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
        communities=[KAIFENGDAO, *codes],
    )
    ensure_known_years(by=SYSTEM, at=world.now)
    make_staff("fuhe", roles.APPEAL_REVIEWER, HEPING)
    secretary = make_staff("shuji", roles.RATED_PERSON, KAIFENGDAO)
    official = world.appointments[KAIFENGDAO].official
    link_account(official=official, user=secretary, by=SYSTEM, at=world.now)
    scheme = world.quick_scheme()
    for month in months(MONTH, 3):
        answers = {code: mixed(40, seed=code + month) for code in codes}
        answers[KAIFENGDAO] = same(1 if month == "2026-08" else 4, 40)
        world.tally(month, answers, scheme=scheme)
        roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    return Walk(world, browser, live_server, tmp_path)


def test_a_month_is_published_appealed_corrected_and_withdrawn(walk: Walk) -> None:
    review_and_preview(walk)
    put_up(walk)
    appeal(walk)
    nothing_before_its_time(walk)
    publish(walk, day=8, version=1)
    annul(walk)
    correct(walk)
    withdraw(walk)
    assert walk.faults == []


def review_and_preview(walk: Walk) -> None:
    with walk.day(0):
        clerk = walk.month_page(walk.person("clerk"))
        walk.look(clerk, "month-review")
        clerk.get_by_role("button", name="全部复核通过").click()
        expect(clerk.locator("[aria-current=step]")).to_contain_text("本人预览")
        clerk.get_by_role("button", name="送本人预览").click()
        expect(clerk.locator("main")).to_contain_text("这一步由组织部负责人做")
        walk.look(clerk, "month-announce")
    assert walk.rating().state == State.PREVIEWED


def put_up(walk: Walk) -> None:
    with walk.day(0):
        head = walk.month_page(walk.person("head"))
        head.get_by_role("link", name="核对并公示").click()
        expect(head.locator("main")).to_contain_text("到 2026-11-09（含当日）为止")
        walk.look(head, "notice-prepare")
        head.get_by_label("我看过下面的每一行").check()
        head.get_by_role("button", name="开始公示").click()
        expect(head.locator("[aria-current=step]")).to_contain_text("公示")
        head.get_by_role("link", name="看公示、打印张贴").click()
        address = head.url
        anybody = walk.anybody()
        anybody.goto(address)
        expect(anybody.locator("main")).to_contain_text("公示 5 个工作日")
        expect(anybody.locator("main tbody tr")).to_have_count(3)
        expect(anybody.get_by_role("row", name="开封道社区")).to_contain_text("50.0")
        walk.look(anybody, "notice")
        anybody.emulate_media(media="print")
        anybody.screenshot(path=walk.folder / "notice-print.png", full_page=True)
        anybody.pdf(path=walk.folder / "notice.pdf", format="A4")
        anybody.emulate_media(media="screen")
        anybody.get_by_role("button", name="English").click()
        expect(anybody.locator("h1")).to_contain_text("notice")
        walk.look(anybody, "notice-english")
    assert walk.rating().state == State.PUBLICITY


def appeal(walk: Walk) -> None:
    with walk.day(1):
        pk = walk.world.appointments[KAIFENGDAO].pk
        secretary = walk.go(walk.person("shuji"), f"/desk/appeals/new/{pk}/{MONTH}/")
        walk.look(secretary, "appeal-file")
        secretary.get_by_label("测评的过程不合规定").check()
        secretary.get_by_label("事实和依据").fill(
            "八月有人在楼下盯着填，回执少了六户。"
        )
        secretary.get_by_role("button", name="提出申诉").click()
        expect(secretary.locator("main")).to_contain_text("2026-11-17")
        reviewer = walk.go(walk.person("fuhe"), "/desk/appeals/")
        walk.look(reviewer, "appeal-list")
        reviewer.get_by_role("link", name="开封道社区").click()
        reviewer.get_by_role("button", name="由我受理并复核").click()
        expect(reviewer.locator("main")).to_contain_text("已受理")
        walk.look(reviewer, "appeal-detail")
    assert Appeal.objects.get().state == Appeal.State.ACCEPTED


def nothing_before_its_time(walk: Walk) -> None:
    with walk.day(7):
        head = walk.month_page(walk.person("head"))
        expect(head.locator("main")).to_contain_text("第二天起才能发布")
        expect(head.get_by_role("link", name="核对并发布")).to_have_count(0)
        walk.look(head, "month-running")
    assert Publication.objects.count() == 0


def publish(walk: Walk, *, day: int, version: int) -> None:
    with walk.day(day):
        head = walk.month_page(walk.person("head"))
        head.get_by_role("link", name="核对并发布").click()
        head.get_by_label("我看过下面的每一行").check()
        head.get_by_role("button", name="发布", exact=True).click()
        expect(head.locator("main")).to_contain_text(f"已发布第 {version} 版")
        walk.look(head, f"month-version-{version}")
    assert Publication.objects.get(superseded=False).version == version
    assert walk.rating().state == State.PUBLISHED


def annul(walk: Walk) -> None:
    """The reviewer proposes, the head countersigns: a second revision."""
    with walk.day(8):
        anybody = walk.go(walk.anybody(), f"/results/{HEPING}/{MONTH}/versions/1/")
        row = anybody.get_by_role("row", name="开封道社区")
        expect(row).to_contain_text("申诉复核中")
        reviewer = walk.go(walk.person("fuhe"), "/desk/appeals/")
        reviewer.get_by_role("link", name="开封道社区").click()
        form = reviewer.locator("form", has_text="提出作废")
        form.get_by_label("哪一次测评").select_option(label=AUGUST)
        form.get_by_label("原因（会公开）").fill(REASON)
        form.get_by_role("button", name="提出作废，等会签").click()
        expect(reviewer.locator("main")).to_contain_text("等负责人在72小时内会签")
        walk.look(reviewer, "appeal-proposed")
        head = walk.go(walk.person("head"), "/desk/appeals/")
        head.get_by_role("link", name="开封道社区 2026-08").click()
        walk.look(head, "set-aside")
        head.get_by_label("我看过原因和影响").check()
        head.get_by_role("button", name="会签，作废并重算").click()
        expect(head.locator("main")).to_contain_text("2 个结果已重算")
    corrected = walk.rating()
    assert (corrected.revision, str(corrected.score), corrected.usable) == (
        2,
        "75.000000",
        80,
    )


def correct(walk: Walk) -> None:
    with walk.day(9):
        clerk = walk.month_page(walk.person("clerk"))
        clerk.get_by_role("button", name="全部复核通过（1）").click()
        expect(clerk.locator("[aria-current=step]")).to_contain_text("发布")
    publish(walk, day=9, version=2)
    with walk.day(9):
        anybody = walk.go(walk.anybody(), f"/results/{HEPING}/{MONTH}/versions/1/")
        expect(anybody.locator("main")).to_contain_text("已被第 2 版代替")
        row = anybody.get_by_role("row", name="开封道社区")
        expect(row).to_contain_text("50.0")
        walk.look(anybody, "version-1")
        anybody.get_by_role("link", name="看新版").click()
        expect(anybody.locator("main")).to_contain_text(REASON)
        row = anybody.get_by_role("row", name="开封道社区")
        expect(row).to_contain_text("75.0")
        walk.look(anybody, "version-2")


def withdraw(walk: Walk) -> None:
    with walk.day(10):
        clerk = walk.month_page(walk.person("clerk"))
        clerk.get_by_role("link", name="撤回这一版").click()
        walk.look(clerk, "withdraw")
        clerk.get_by_label("原因").fill("抽样框用错了")
        clerk.get_by_role("button", name="提出撤回").click()
        head = walk.month_page(walk.person("head"))
        head.get_by_role("link", name="核对并答复").click()
        walk.look(head, "withdrawal")
        head.get_by_label("我看过要撤回的版本和原因").check()
        head.get_by_role("button", name="同意撤回").click()
        expect(head.locator("main")).to_contain_text("已撤回")
        walk.look(head, "month-withdrawn")
        for version in (1, 2):
            address = f"/results/{HEPING}/{MONTH}/versions/{version}/"
            anybody = walk.go(walk.anybody(), address)
            expect(anybody.locator("main")).to_contain_text("抽样框用错了")
            expect(anybody.locator("table")).to_have_count(0)
        walk.look(anybody, "version-withdrawn")
    states = MonthlyRating.objects.current().filter(month=MONTH)
    assert {rating.state for rating in states} == {State.WITHDRAWN}
