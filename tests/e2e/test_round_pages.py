"""Reports, deadline, turnout, slips and plain error pages: two sizes, two languages."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, Response
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from ballots.casting import BulkBallot, cast_many
from ballots.sealing import Ballot, Paper
from officials.models import Division
from surveys import queries
from surveys.actions import IssuedSlips, report_coercion
from surveys.models import CoercionReport, Round
from tests.conftest import HEPING, signed_in
from tests.surveys import conftest as rounds
from tests.surveys.ballot_fixtures import TAIANDAO, LiveRound

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
LANGUAGES = ("zh-hans", "en")
WORDS = "网格员站在门口看着我填，说填“非常满意”就送一袋米。"
# What of a slip lies outside its box of 98 x 142 mm, in pixels.
OVERFLOW = """slips => slips.map(slip => Math.max(
  slip.scrollHeight - slip.clientHeight, slip.scrollWidth - slip.clientWidth))"""
LONG_ADDRESS = "开封道社区小白楼街道曲阜道友谊新都花园南区二期12号楼3单元1102室"
# More than the server reads of a form (DATA_UPLOAD_MAX_MEMORY_SIZE).
POST_TOO_MUCH = """() => {
  const form = document.querySelector("form[action='/report/']");
  form.words.removeAttribute("maxlength");
  form.words.value = "x".repeat(300000);
  form.noValidate = true;
  form.submit();
}"""
OpenPage = Callable[..., Page]

# The chain of fixtures behind an open round.
questionnaire, small_district = rounds.questionnaire, rounds.small_district
snapshot, prepare, approve = rounds.snapshot, rounds.prepare, rounds.approve
draft, approved = rounds.draft, rounds.approved
with_codes, opened = rounds.with_codes, rounds.opened
live_round = rounds.live_round


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """A browser that has signed in, in a language; nobody is signed in without `by`."""
    contexts = []

    def make(size: dict[str, int], language: str, by: User | None = None) -> Page:
        context = browser.new_context(
            viewport=size, reduced_motion="reduce", base_url=live_server.url
        )
        cookies = {settings.LANGUAGE_COOKIE_NAME: language}
        if by is not None:
            name = settings.SESSION_COOKIE_NAME
            cookies[name] = signed_in(by).cookies[name].value
        context.add_cookies(
            [
                {"name": n, "value": v, "url": live_server.url}
                for n, v in cookies.items()
            ]
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def voted(opened: tuple[Round, IssuedSlips]) -> Round:
    """Reports, and ballots of three days in two of three communities."""
    survey_round, issued = opened
    for kind in CoercionReport.Kind:
        report_coercion(
            kind=kind,
            community=Division.objects.get(pk=TAIANDAO),
            words=WORDS,
            at=survey_round.opens_at,
        )
    paper = Ballot((Paper((5, 4, 3, 2, 1, 0, 5, 4)),), ())
    for number, code in enumerate(rounds.voters(issued, 14, 3)):
        day = timezone.localdate(survey_round.opens_at + dt.timedelta(days=number % 3))
        cast_many(
            box=survey_round.ballot_box,
            ballots=[BulkBallot(code.code_id, paper, "web", day)],
            by=SYSTEM,
            at=survey_round.opens_at + dt.timedelta(days=3),
        )
    return survey_round


def faults(page: Page, name: str, width: int) -> list[str]:
    """What a person would stumble over on the page that is open."""
    found = [
        f"{name}: {violation['id']} {violation['nodes'][0]['html'][:90]}"
        for violation in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{name}: {wide} px wide"] if wide > width else [])


def looked_at(page: Page, name: str, folder: Path) -> list[str]:
    size = page.viewport_size
    assert size is not None
    name = f"{name}-{size['width']}"
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    return faults(page, name, size["width"])


def status_of(answer: Response | None) -> int:
    assert answer is not None
    return answer.status


def test_desk_pages_of_a_round_have_no_fault(
    open_page: OpenPage,
    voted: Round,
    clerk: User,
    make_staff: Callable[..., User],
    tmp_path: Path,
) -> None:
    inspector = make_staff("inspector", roles.DISCIPLINE_INSPECTOR, HEPING)
    found = []
    for size, language in product(SIZES, LANGUAGES):
        page = open_page(size, language, inspector)
        assert status_of(page.goto("/desk/rounds/reports/")) == 200
        found += looked_at(page, f"reports-{language}", tmp_path)
        read = page.locator(f"form[action='/desk/rounds/reports/{TAIANDAO}/'] button")
        with page.expect_navigation(url=f"**/reports/{TAIANDAO}/"):
            read.click()
        assert page.locator("main tbody tr").count() == len(CoercionReport.Kind)
        found += looked_at(page, f"report-{language}", tmp_path)
        page = open_page(size, language, clerk)
        for name in ("deadline", "turnout"):
            assert status_of(page.goto(f"/desk/rounds/{voted.code}/{name}/")) == 200
            found += looked_at(page, f"{name}-{language}", tmp_path)
    assert found == []


def test_error_pages_have_no_fault(
    open_page: OpenPage,
    live_round: LiveRound,
    clerk: User,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr(queries, "participation", broken)
    found = []
    for size, language in product(SIZES, LANGUAGES):
        page = open_page(size, language)
        assert status_of(page.goto("/nowhere/")) == 404
        assert page.locator("a[href='/notice/']").count() == 1
        found += looked_at(page, f"404-{language}", tmp_path)
        page.goto("/report/")
        with page.expect_navigation() as sent:
            page.evaluate(POST_TOO_MUCH)
        assert status_of(sent.value) == 400
        found += looked_at(page, f"400-{language}", tmp_path)
        page = open_page(size, language, clerk)
        assert status_of(page.goto("/desk/rounds/reports/")) == 403
        found += looked_at(page, f"403-{language}", tmp_path)
        broken_page = f"/desk/rounds/{live_round.round.code}/"
        assert status_of(page.goto(broken_page)) == 500
        found += looked_at(page, f"500-{language}", tmp_path)
    assert found == []


def test_slips_fit_their_size_in_both_languages(
    open_page: OpenPage,
    approved: Round,
    clerk: User,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Four on a page of A4: nothing is cut off, least of all the receipt (T22)."""
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://minping.heping.tj.example.cn")
    for language, place in zip(LANGUAGES, (1, 2), strict=True):
        page = open_page(SIZES[1], language, clerk)
        page.goto(f"/desk/rounds/{approved.code}/slips/")
        page.locator("select[name=community]").select_option(index=place)
        with page.expect_navigation(url="**/slips/print/"):
            page.locator("form[action$='/slips/print/'] button").click()
        page.emulate_media(media="print")
        slips = page.locator(".slip")
        assert slips.count() > 1
        slips.first.locator(".slip__to").evaluate(
            "(line, text) => { line.textContent = text; }", LONG_ADDRESS
        )
        slips.first.screenshot(path=tmp_path / f"slip-{language}.png")
        assert set(slips.evaluate_all(OVERFLOW)) == {0}
        sender = page.locator(".slip__sender").first.inner_text()
        assert re.split("：|: ", sender)[1] == "演示区委组织部 000-00000000"
        way = page.locator(".slip__promise").first.inner_text()
        assert way.count("minping.heping.tj.example.cn/report/") == 1
