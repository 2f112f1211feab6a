"""Reviewing by keyboard, words of households, one's own result, in Chromium."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from ballots.models import BallotBox
from evaluations.models import MonthlyRating
from evaluations.rollup import roll_up
from officials.accounts import link_account
from surveys import comments
from surveys.models import Comment, Round
from tests.conftest import HEPING, KAIFENGDAO
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.world import NINE, World, mixed, months

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-12"
SIXTY, MOST_PRESSES = 60, 3
SAID = (
    "张书记13812345678常来，3号楼2门501的灯修好了",
    "停车太乱，晚上没地方停。",
    "再多来走走。",
)


@pytest.fixture
def staff(make_staff: Callable[..., User]) -> tuple[User, User]:
    load_divisions(HEPING)
    return (
        make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
    )


@pytest.fixture
def sixty(staff: tuple[User, User]) -> World:
    """Sixty appointments of one month, counted and waiting."""
    clerk, head = staff
    world = World(clerk=clerk, head=head, communities=codes_under(HEPING)[:SIXTY])
    world.tally(MONTH, {code: mixed(12, seed=code) for code in world.communities})
    roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    return world


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def press(self, key: str) -> None:
        self.presses += 1
        self.page.keyboard.press(key)


def queue_url(server: LiveServer) -> str:
    return server.url + reverse("evaluations:queue", args=(HEPING, MONTH))


def states() -> dict[str, int]:
    found = MonthlyRating.objects.current().of_month(MONTH)
    listed = list(found.values_list("state", flat=True))
    return {state: listed.count(state) for state in sorted(set(listed))}


def test_sixty_appointments_are_reviewed_by_keyboard(
    sixty: World, browser: Browser, live_server: LiveServer
) -> None:
    page = browser.new_context(viewport=SIZES[1]).new_page()
    signed_in(page, live_server, "clerk").goto(queue_url(live_server))
    keys, counts, seen = Keys(page), [], []
    while page.locator("body").inner_text() and "/queue/" in page.url:
        seen.append(page.url)
        expect(page.locator(".queue__progress")).to_contain_text(
            f"{len(seen) - 1}/{SIXTY}"
        )
        before = keys.presses
        with page.expect_navigation():
            keys.press("r")
        counts.append(keys.presses - before)
    assert (len(set(seen)), len(counts)) == (SIXTY, SIXTY)
    assert max(counts) <= MOST_PRESSES
    assert keys.presses == SIXTY
    assert states() == {"reviewed": SIXTY}
    page.context.close()


def test_sixty_appointments_are_reviewed_by_buttons_without_script(
    sixty: World, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(viewport=SIZES[1], java_script_enabled=False)
    page = signed_in(context.new_page(), live_server, "clerk")
    page.goto(queue_url(live_server))
    clicks = 0
    while "/queue/" in page.url:
        with page.expect_navigation():
            page.get_by_role("button", name="复核通过").click()
        clicks += 1
    assert (clicks, states()) == (SIXTY, {"reviewed": SIXTY})
    context.close()


def test_keys_go_on_write_a_note_return_and_leave(
    sixty: World, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    page = browser.new_context(viewport=SIZES[1]).new_page()
    signed_in(page, live_server, "clerk").goto(queue_url(live_server))
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=tmp_path / f"waiting-{size['width']}.png")
        assert faults(page, "queue", size["width"]) == []
    first = page.url
    with page.expect_navigation():
        page.keyboard.press("j")
    second = page.url
    with page.expect_navigation():
        page.keyboard.press("k")
    assert page.url == first
    page.keyboard.press("n")
    page.keyboard.type("rjk 看过")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == second
    page.keyboard.press("b")
    page.keyboard.type("送达回执对不上")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert states() == {"computed": SIXTY - 2, "returned": 1, "reviewed": 1}
    assert MonthlyRating.objects.get(state="reviewed").review_note == "rjk 看过"
    assert MonthlyRating.objects.get(state="returned").return_reason == "送达回执对不上"
    # In a field the keys are letters; Esc leaves it.
    page.keyboard.press("n")
    page.keyboard.press("j")
    expect(page.locator("input[name=note]")).to_have_value("j")
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("g")
    assert page.url.endswith(f"/{HEPING}/{MONTH}/")
    page.context.close()


@pytest.fixture
def month(staff: tuple[User, User], make_staff: Callable[..., User]) -> World:
    """Three months, the last one previewed, with words; a linked rated person."""
    clerk, head = staff
    world = World(clerk=clerk, head=head, communities=NINE)
    scheme = world.quick_scheme()
    for period in months(MONTH, 3):
        answers = {
            code: mixed(40, seed=code + period, level=3.2 + 0.15 * place)
            for place, code in enumerate(NINE)
        }
        survey_round = world.tally(period, answers, scheme=scheme)
        roll_up(division=world.district, month=period, by=SYSTEM, at=world.now)
        say(survey_round)
        world.publish(period)
    user = make_staff("shuji", roles.RATED_PERSON, KAIFENGDAO)
    official = world.appointments[KAIFENGDAO].official
    link_account(official=official, user=user, by=SYSTEM, at=world.now)
    make_staff("xitong", roles.SYSTEM_ADMINISTRATOR, HEPING)
    return world


def say(survey_round: Round) -> None:
    """Words of a community with enough replies to be named."""
    BallotBox.objects.filter(pk=survey_round.box_id).update(
        unlinked_on=timezone.localdate(), counts={"used_by": {KAIFENGDAO: 40}}
    )
    for text in SAID:
        pk = uuid4()
        Comment.objects.create(
            id=pk,
            round=survey_round,
            community_id=KAIFENGDAO,
            text=comments.sealed(text, pk),
            salt=pk.bytes,
        )


def test_words_are_decided_by_keyboard(
    month: World, browser: Browser, live_server: LiveServer
) -> None:
    page = browser.new_context(viewport=SIZES[1]).new_page()
    signed_in(page, live_server, "clerk")
    page.goto(live_server.url + reverse("comments:pile-list"))
    page.get_by_role("button", name="开始审阅").first.click()
    for number in range(3):
        expect(page.locator(".queue__progress")).to_contain_text(f"{number}/3")
        text = page.locator("blockquote").inner_text()
        if "停车" in text:
            page.keyboard.press("4")
            page.keyboard.type("晚上")
            page.keyboard.press("Escape")
        with page.expect_navigation():
            page.keyboard.press("2" if "走走" in text else "1")
    expect(page.locator("main")).to_contain_text("都审完了")
    period = page.locator("h1").inner_text().split()[-1]
    told = comments.comments_told(KAIFENGDAO, months=[period], for_office=True)
    assert {(one.text, one.is_internal) for one in told} == {
        ("██书记██常来，██的灯修好了", False),
        ("停车太乱，██没地方停。", False),
        ("再多来走走。", True),
    }
    page.context.close()


def pages_of(world: World) -> list[tuple[str, str]]:
    here = (world.appointments[KAIFENGDAO].pk, MONTH)
    comment = Comment.objects.filter(round__period=MONTH).shuffled()[0]
    return [
        ("shuji", reverse("own:result-list")),
        ("shuji", reverse("own:result-detail", args=here)),
        ("shuji", reverse("own:result-calculation", args=here)),
        ("clerk", reverse("comments:pile-list")),
        (
            "clerk",
            reverse("comments:pile-detail", args=(comment.round.code, KAIFENGDAO)),
        ),
        ("clerk", reverse("comments:comment-detail", args=(comment.pk,))),
        (
            "clerk",
            reverse("evaluations:queue-detail", args=(HEPING, MONTH, here[0])),
        ),
        (
            "xitong",
            reverse("links:link-detail", args=(User.objects.get(username="shuji").pk,)),
        ),
        (
            "xitong",
            reverse("links:link-detail", args=(User.objects.get(username="clerk").pk,)),
        ),
    ]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_of_people_have_no_fault(
    month: World,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    language: str,
) -> None:
    found, failed = [], []
    for size in SIZES:
        known: dict[str, Page] = {}
        for username, address in pages_of(month):
            if username not in known:
                known[username] = opened(browser, live_server, username, size, language)
            page = known[username]
            answer = page.goto(live_server.url + address)
            assert answer is not None
            if answer.status != 200:
                failed.append(f"{address}: {answer.status}")
            found += faults(page, address, size["width"])
            name = address.strip("/").replace("/", "-")
            shot = tmp_path / f"{name}-{size['width']}-{language}.png"
            page.screenshot(path=shot, full_page=True)
        for page in known.values():
            page.context.close()
    assert (failed, found) == ([], [])


def opened(
    browser: Browser,
    server: LiveServer,
    username: str,
    size: dict[str, int],
    language: str,
) -> Page:
    """Signed in, in a language; the clerk has opened the words."""
    page = browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]
    signed_in(page, server, username)
    if username == "clerk":
        page.goto(server.url + reverse("comments:pile-list"))
        page.get_by_role("button", name=f"开始审阅 {place()} {MONTH}").click()
    if language == "en":
        page.get_by_role("button", name="English").click()
    return page


def place() -> str:
    subjects = Round.objects.get(period=MONTH).subjects
    return str(subjects.get(community=KAIFENGDAO).community)
