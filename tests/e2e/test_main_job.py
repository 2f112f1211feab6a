"""The main job, from the household file to a published star, as its people do it.

Everything real: Chromium, PostgreSQL, Redis, a Celery worker whose clock runs ahead to
the deadlines, and the real street file. Only the twelve months before are told without
a browser.
"""

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit import chain
from audit.models import AuditHead
from ballots import entry
from ballots.casting import cast, new_nonce
from ballots.models import Channel, Envelope
from ballots.sealing import Ballot, Paper
from config.celery import app
from config.schedule import SCHEDULE
from demo import answers, story
from demo.calendar import closed_terms, first_day
from demo.places import make_places
from evaluations.models import MonthlyRating, Publication
from residents.models import RosterImport, RosterSnapshot
from surveys.models import OpenedResponse, Round
from tests.conftest import PASSWORD, six_digits
from tests.e2e.processes import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
ROSTER = Path(settings.ROOT) / "demo" / "rosters" / "heping_xiaobailou.xlsx"
KAIFENGDAO = "120101002014"
CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")
# Longer than any five working days.
NOTICE = dt.timedelta(days=25)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
LEVELS = {"非常满意": 5, "满意": 4, "不满意": 2, "说不清": 0}


class Town:
    """The people of the walk, each in a browser of their own, and their machines."""

    def __init__(self, browser: Browser, server: LiveServer, folder: Path) -> None:
        self.browser, self.server, self.folder = browser, server, folder
        self.log = folder / "worker.log"
        self.pictures = 0

    def resident(self) -> Page:
        """A cheap phone without script."""
        context = self.browser.new_context(viewport=PHONE, java_script_enabled=False)
        return context.new_page()

    def staff(self, username: str) -> Page:
        page = self.browser.new_context(viewport=DESK).new_page()
        page.goto(f"{self.server.url}/desk/sign-in/")
        page.get_by_label("账号").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        code = six_digits(User.objects.get(username=username))
        page.get_by_label("验证码").fill(code)
        page.locator("main").get_by_role("button", name="登录").click()
        expect(page.locator("h1")).to_contain_text("您好")
        return page

    def look(self, page: Page, name: str) -> None:
        self.pictures += 1
        path = self.folder / f"{self.pictures:02d}-{name}.png"
        page.screenshot(path=path, full_page=True)

    def work(self, job: str, done: Callable[[], bool], *, days_ahead: int = 0) -> None:
        """Let a real worker do what the schedule asks for."""
        with worker(self.log, days_ahead=days_ahead):
            app.send_task(SCHEDULE[job]["task"])
            wait_until(done, what=job)


@pytest.fixture
def town(browser: Browser, live_server: LiveServer, tmp_path: Path) -> Iterator[Town]:
    at = closed_terms(timezone.localdate())[0].opens_at
    make_places(starts_on=first_day_of_story(), at=at)
    list(story.make_accounts(at=timezone.now()))
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
    yield Town(browser, live_server, tmp_path)
    for context in browser.contexts:
        context.close()


def first_day_of_story() -> dt.date:
    return first_day(closed_terms(timezone.localdate())[0].month)


def test_from_the_household_file_to_a_published_star(town: Town) -> None:
    import_the_roster(town)
    tell_twelve_months()
    survey_round = prepare_and_approve(town)
    codes = issue_codes(town, survey_round)
    vote_and_change(town, codes[0])
    everybody_else_votes(codes[1:])
    close_open_and_roll_up(town, survey_round)
    review_and_publish(town, survey_round.period)
    see_the_star(town)
    head = AuditHead.objects.get()
    assert chain.verify(head_seq=head.seq, head_hash=bytes(head.hash)) is None


def import_the_roster(town: Town) -> None:
    """The street uploads, a worker reads, another person confirms and freezes."""
    street = town.staff("jiedao")
    street.goto(f"{town.server.url}/desk/rosters/upload/")
    street.get_by_label("名册文件").set_input_files(ROSTER)
    street.get_by_role("button", name="上传并预检").click()
    expect(street.locator("h1")).to_contain_text(ROSTER.name)
    previewed = RosterImport.objects.filter(state=RosterImport.State.PREVIEWED)
    town.work("read waiting rosters", previewed.exists)
    street.reload()
    expect(street.locator("main")).to_contain_text("13168")
    town.look(street, "difference")
    address = street.url

    approver = town.staff("hezhun")
    approver.goto(address)
    approver.get_by_role("link", name="核对并核准").click()
    approver.get_by_label("我看过上面的变化").check()
    approver.get_by_role("button", name="核准并写入").click()
    assert RosterImport.objects.get().state == RosterImport.State.CONFIRMED
    approver.goto(f"{town.server.url}/desk/rosters/snapshots/")
    approver.get_by_label("范围").select_option(label="和平区")
    approver.get_by_role("button", name="冻结现在的名册").click()
    snapshot = RosterSnapshot.objects.get(division_id="120101")
    assert snapshot.size == 13_168
    residents = sum(counts["resident"] for counts in snapshot.counts.values())
    assert residents == 11_380
    town.look(approver, "snapshot")


def tell_twelve_months() -> None:
    terms = closed_terms(timezone.localdate())
    snapshot = RosterSnapshot.objects.get(division_id="120101")
    setting = story.make_setting(
        snapshot.division, at=terms[0].opens_at, snapshot=snapshot
    )
    story.close_last_year(year=terms[-1].month.year - 1, at=terms[0].opens_at)
    for term in terms:
        story.tell_month(setting, term)


def prepare_and_approve(town: Town) -> Round:
    """The clerk prepares, the head approves; the draw is made."""
    clerk = town.staff("keyuan")
    clerk.goto(f"{town.server.url}/desk/rounds/")
    clerk.goto(f"{town.server.url}/desk/ratings/rounds/prepare/")
    today = timezone.localdate()
    clerk.get_by_label("范围").select_option(label="和平区")
    clerk.get_by_label("月份").fill(f"{today:%Y-%m}")
    clerk.get_by_label("开始").fill(f"{today:%Y-%m-%d}T00:00")
    closes = today + dt.timedelta(days=10)
    clerk.get_by_label("截止").fill(f"{closes:%Y-%m-%d}T20:00")
    town.look(clerk, "prepare")
    clerk.get_by_role("button", name="存成草稿").click()
    address = clerk.url

    head = town.staff("buzhang")
    head.goto(address)
    head.get_by_role("link", name="核对并批准").click()
    head.get_by_label("我核对过").check()
    town.look(head, "approve")
    head.get_by_role("button", name="批准并抽样").click()
    survey_round = Round.objects.get(period=f"{today:%Y-%m}")
    assert survey_round.state == Round.State.APPROVED
    town.look(head, "approved")
    return survey_round


def issue_codes(town: Town, survey_round: Round) -> list[str]:
    """The slips are shown once; a worker opens the round that is due."""
    clerk = town.staff("keyuan")
    clerk.goto(f"{town.server.url}/desk/rounds/{survey_round.code}/slips/")
    clerk.get_by_role("button", name="生成并打印").click()
    codes = [
        CODE.findall(text)[0] for text in clerk.locator(".slip__code").all_inner_texts()
    ]
    assert len(codes) == len(set(codes)) > 150
    town.look(clerk, "slips")

    def opened() -> bool:
        return Round.objects.get(pk=survey_round.pk).state == Round.State.OPEN

    town.work("open due rounds", opened)
    return codes


def vote_and_change(town: Town, code: str) -> None:
    """A resident answers, seals, comes back with the code and changes everything."""
    page = town.resident()
    first = fill_in(town, page, code, "满意")
    assert Envelope.objects.count() == 1
    second = fill_in(town, page, code, "不满意")
    assert second == first
    assert Envelope.objects.count() == 1
    page.goto(f"{town.server.url}/receipt/")
    page.locator("main input[type=text]").fill(first)
    page.locator("main").get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("在箱内")
    town.look(page, "look-up")


def fill_in(town: Town, page: Page, code: str, answer: str) -> str:
    """The whole visit without script; the receipt."""
    page.goto(f"{town.server.url}/")
    page.locator("main input[type=text]").fill(code.lower().replace("-", " "))
    page.locator("main").get_by_role("button", name="下一步").click()
    for number in range(1, answers.ITEMS + 1):
        page.locator(f"#q{number}-{LEVELS[answer]}").check()
    town.look(page, "form")
    page.locator("#words").get_by_role("button", name="检查一遍").click()
    expect(page.locator("#review")).to_be_visible()
    town.look(page, "review")
    page.get_by_role("button", name="封").last.click()
    expect(page.locator("h1")).to_contain_text("封好了")
    town.look(page, "receipt")
    return page.locator(".receipt .groups").inner_text()


def everybody_else_votes(codes: list[str]) -> None:
    """Two of three of the other households, through the door that the page uses."""
    dice = random.Random("everybody else")
    at = timezone.now()
    for code in codes:
        if dice.random() > 0.66:
            continue
        redeemed = entry.redeem(code, at=at)
        items = answers.household_answers(redeemed.stratum[:12], dice=dice)
        cast(
            entry=redeemed,
            ballot=Ballot((Paper(items),)),
            channel=Channel.WEB,
            at=at,
            nonce=new_nonce(),
        )


def close_open_and_roll_up(town: Town, survey_round: Round) -> None:
    """Past the deadline, past the void window: the worker does what is due."""
    envelopes = Envelope.objects.filter(box=survey_round.box_id).count()
    assert envelopes > 100

    def state() -> str:
        return Round.objects.get(pk=survey_round.pk).state

    town.work("close due rounds", lambda: state() == Round.State.CLOSED, days_ahead=11)
    town.work("open due boxes", lambda: state() == Round.State.TALLIED, days_ahead=13)
    opened = OpenedResponse.objects.filter(round=survey_round)
    assert opened.count() == envelopes
    assert not Envelope.objects.exists()
    rated = MonthlyRating.objects.filter(month=survey_round.period)
    town.work("roll up due months", lambda: rated.count() == 9, days_ahead=13)


def review_and_publish(town: Town, month: str) -> None:
    """The clerk reviews and shows it to the rated; another announces and publishes."""
    clerk = town.staff("keyuan")
    clerk.goto(f"{town.server.url}/desk/ratings/120101/{month}/")
    clerk.get_by_role("link", name="商业街区组").click()
    expect(clerk.locator("main")).to_contain_text("开封道社区")
    town.look(clerk, "ranking")
    clerk.goto(f"{town.server.url}/desk/ratings/120101/{month}/")
    clerk.get_by_role("button", name="全部复核通过").click()
    clerk.get_by_role("button", name="送本人预览").click()
    act(town, month, "notice", "开始公示")
    with time_machine.travel(timezone.now() + NOTICE, tick=True):
        act(town, month, "publication", "发布")
    assert Publication.objects.filter(month=month).count() == 1


def act(town: Town, month: str, picture: str, button: str) -> None:
    """The head looks at every line and puts the month up, or publishes it."""
    head = town.staff("buzhang")
    head.goto(f"{town.server.url}/desk/ratings/120101/{month}/publication/")
    town.look(head, picture)
    head.get_by_label("我看过下面的每一行").check()
    head.get_by_role("button", name=button, exact=True).click()


def see_the_star(town: Town) -> None:
    """Anybody, on a phone: the star, the score with its interval, the numbers."""
    page = town.resident()
    page.goto(f"{town.server.url}/results/")
    town.look(page, "results")
    page.get_by_role("link", name=re.compile("开封道社区")).click()
    expect(page.locator("main")).to_contain_text("五星")
    rating = MonthlyRating.objects.filter(community_id=KAIFENGDAO).latest("month")
    expect(page.locator("main")).to_contain_text(f"{rating.score:.1f}")
    town.look(page, "star")
