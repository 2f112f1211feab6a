"""The residents' pages in a real browser: cheap phone, no script, keyboard, axe."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from ballots.models import Envelope
from officials.models import Division
from tests.surveys.ballot_fixtures import LiveRound, make_live_round

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
NARROW = {"width": 320, "height": 640}
# A desk at 200 % zoom has half its pixels.
ZOOMED = {"width": 640, "height": 400}
DESK = {"width": 1280, "height": 800}
LEAST_TARGET, LEAST_GAP = 60, 8
OpenPage = Callable[..., Page]


@pytest.fixture
def live_round(heping: Division) -> LiveRound:
    return make_live_round(heping)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """A page of a browser that knows nothing yet; without script unless asked."""
    contexts = []

    def make(size: dict[str, int], *, script: bool = False) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            reduced_motion="reduce",
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def enter(page: Page, server: LiveServer, code: str) -> None:
    page.goto(server.url)
    page.fill("#code", code)
    page.get_by_role("button", name="下一步").click()
    expect(page).to_have_url(f"{server.url}/ballot/")


def mark_all(page: Page, level: int) -> None:
    for number in range(1, 9):
        page.check(f"#q{number}-{level}")


def seal(page: Page) -> None:
    page.get_by_role("button", name="检查一遍").click()
    page.get_by_role("button", name="封票").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("票封好了")


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found]


LOOKS = ("长辈版", "特大字", "高对比")
# Every visible thing that can be tapped, as [left, top, width, height, what].
TARGETS = """() => Array.from(document.querySelectorAll(
    "a, button, summary, textarea, input:not([type=hidden])"))
  .filter(e => e.checkVisibility() && !e.closest(".skip"))
  .map(e => { const r = e.getBoundingClientRect();
    return [r.left, r.top + scrollY, r.width, r.height, e.outerHTML.slice(0, 80)]; })
"""
# Sizes in pixels of all letters on the page, of the body's text, and of the lines.
SMALLEST = """() => Math.min(...Array.from(document.querySelectorAll("body *"))
  .filter(e => e.checkVisibility() && Array.from(e.childNodes)
    .some(n => n.nodeType === 3 && n.nodeValue.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
STYLE = "(e, name) => getComputedStyle(e)[name]"
# The radio button itself cannot be seen: its label is outlined.
OUTLINE = """() => { const e = document.activeElement;
  const seen = e.type === "radio" ? e.nextElementSibling : e;
  return getComputedStyle(seen).outlineWidth; }"""
# What all choices of a question have to share: place, size, letters, colours.
CHOICES = """() => Array.from(document.querySelectorAll("fieldset")).map(f =>
  Array.from(f.querySelectorAll("label")).map(e => {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    return [[r.left, r.width, r.height],
      [s.fontSize, s.fontWeight, s.color, s.backgroundColor, s.border, s.boxShadow]];
  }))"""


def crowded(page: Page) -> list[str]:
    """Targets below 60 px, and pairs of them less than 8 px apart (E4)."""
    boxes = page.evaluate(TARGETS)
    assert boxes
    small = [b[4] for b in boxes if min(b[2], b[3]) < LEAST_TARGET]
    close = [
        f"{a[4]} | {b[4]}"
        for n, a in enumerate(boxes)
        for b in boxes[n + 1 :]
        if gap(a, b) < LEAST_GAP
    ]
    return small + close


def gap(a: list[float], b: list[float]) -> float:
    """Free pixels between two boxes, in the direction where there are more."""
    across = max(b[0] - (a[0] + a[2]), a[0] - (b[0] + b[2]))
    down = max(b[1] - (a[1] + a[3]), a[1] - (b[1] + b[3]))
    return round(max(across, down), 1)


def walk(page: Page, server: LiveServer, live_round: LiveRound) -> Iterator[str]:
    """Stop at each kind of page of a visit, by name."""
    page.goto(server.url)
    yield "code"
    page.fill("#code", live_round.code[:-1] + wrong_last(live_round.code))
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "code-wrong"
    enter(page, server, live_round.code)
    yield "fill"
    page.locator("summary").first.click()
    mark_all(page, 2)
    page.fill("#words-field", "楼道灯坏了半年，我家在3号楼")
    yield "fill-marked"
    page.get_by_role("button", name="检查一遍").click()
    expect(page.get_by_role("button", name="封票")).to_be_visible()
    yield "review"
    page.get_by_role("button", name="封票").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("票封好了")
    yield "receipt"
    page.goto(f"{server.url}/receipt/")
    page.fill("#receipt", live_round.receipt)
    page.get_by_role("button", name="查一查").click()
    expect(page.get_by_role("status")).to_contain_text("在箱内")
    yield "look-up"
    page.goto(f"{server.url}/ballot/receipt/")
    page.get_by_text("收回重填").click()
    page.get_by_role("button", name="确定收回").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("票已收回")
    yield "recalled"
    page.goto(f"{server.url}/help/")
    yield "help"
    page.goto(f"{server.url}/notice/")
    yield "notice"
    page.get_by_role("link", name="有人教我怎么填").click()
    expect(page).to_have_url(f"{server.url}/report/")
    page.check("#kind-watched")
    yield "report"
    page.get_by_role("button", name="反映").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("收到了，谢谢您")
    yield "report-sent"


def wrong_last(code: str) -> str:
    return "2" if code[-1] != "2" else "3"


def choose_look(page: Page, server: LiveServer, look: str) -> None:
    page.goto(server.url)
    page.get_by_role("button", name=look).click()
    expect(page.get_by_role("button", name=look)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_visit_without_script_on_a_narrow_phone(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    page = open_page(NARROW)
    enter(page, live_server, live_round.code)
    page.get_by_role("link", name="开始").click()
    for number in range(1, 9):
        question = page.locator(f"#q{number}")
        assert round(question.bounding_box()["y"]) == 0
        page.check(f"#q{number}-{number % 6}")
        question.get_by_role("link").last.click()
    page.fill("#words-field", "楼道灯坏了")
    page.get_by_role("button", name="检查一遍").click()
    assert page.locator(".answers strong").all_text_contents() == [
        "非常不满意", "不满意", "基本满意", "满意", "非常满意", "说不清",
        "非常不满意", "不满意", "楼道灯坏了",
    ]  # fmt: skip
    page.get_by_role("button", name="封票").click()
    groups = page.locator(".receipt .groups span").all_text_contents()
    assert "".join(groups) == live_round.receipt
    assert Envelope.objects.filter(code=live_round.codes[0].code_id).count() == 1


@pytest.mark.parametrize("look", LOOKS)
def test_every_choice_is_the_same_box(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound, look: str
):
    """T117, T139: same size within a pixel, same letters and colours, none chosen."""
    page = open_page(PHONE)
    choose_look(page, live_server, look)
    enter(page, live_server, live_round.code)
    assert page.locator("input:checked").count() == 0
    for size in (NARROW, PHONE, ZOOMED, DESK):
        page.set_viewport_size(size)
        questions = page.evaluate(CHOICES)
        assert [len(choices) for choices in questions] == [6] * 8
        for choices in questions:
            for sides in zip(*(box for box, _style in choices), strict=True):
                assert max(sides) - min(sides) <= 1
            assert {tuple(style) for _box, style in choices} == {tuple(choices[0][1])}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits_and_can_be_tapped_at_320_pixels(
    open_page: OpenPage,
    live_server: LiveServer,
    live_round: LiveRound,
    look: str,
    tmp_path: Path,
):
    page = open_page(NARROW, script=True)
    choose_look(page, live_server, look)
    for name in walk(page, live_server, live_round):
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert (name, overflow(page)) == (name, 0)
        assert (name, crowded(page)) == (name, [])
        assert (name, page.evaluate(SMALLEST) >= 18) == (name, True)


@pytest.mark.parametrize(
    ("size", "look"),
    [(PHONE, "长辈版"), (DESK, "高对比")],
    ids=["phone", "desk in high contrast"],
)
def test_no_page_has_a_barrier(
    open_page: OpenPage,
    live_server: LiveServer,
    live_round: LiveRound,
    size: dict[str, int],
    look: str,
    tmp_path: Path,
):
    page = open_page(size, script=True)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    choose_look(page, live_server, look)
    for name in walk(page, live_server, live_round):
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert (name, violations(page)) == (name, [])
    assert told == []


def test_letters_have_the_sizes_for_elders(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    """E1, E2: 24 px and a 40 px step; lines and paragraphs apart."""
    page = open_page(PHONE)
    enter(page, live_server, live_round.code)
    body, legend = page.locator("body"), page.locator("#q1 legend")
    choice = page.locator("#q1 label").first
    assert body.evaluate(STYLE, "fontSize") == "24px"
    assert body.evaluate(STYLE, "lineHeight") == "33.6px"
    page.locator("summary").first.click()
    paragraph = page.locator("details[open] .text p").nth(1)
    apart = float(paragraph.evaluate(STYLE, "marginTop").removesuffix("px"))
    assert apart >= 1.3 * 33.6
    page.get_by_role("button", name="特大字").click()
    assert legend.evaluate(STYLE, "fontSize") == "40px"
    assert choice.evaluate(STYLE, "fontSize") == "40px"


def test_whole_visit_by_keyboard(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    """Tab, arrows, space and Enter; where the focus is, there is an outline (E8)."""
    page = open_page(PHONE)
    page.goto(live_server.url)

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            assert page.evaluate(OUTLINE) == "4px"
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(selector)

    tab_to("#code")
    page.keyboard.type(live_round.code)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/ballot/")
    for number in range(1, 9):
        tab_to(f"#q{number} input")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/ballot/review/#review")
    answers = page.locator(".answers strong").all_text_contents()
    assert answers == ["满意"] * 8 + ["没有写"]
    tab_to(".button-seal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("票封好了")


def test_square_code_of_the_letter_opens_the_form(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    """T21: the code stands behind the #, and no step back leads to it."""
    page = open_page(PHONE, script=True)
    page.goto(f"{live_server.url}/#{live_round.code.replace('-', '')}")
    expect(page).to_have_url(f"{live_server.url}/ballot/")
    page.go_back()
    assert page.url == "about:blank"


def test_switches_and_language_keep_what_was_filled_in(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    page = open_page(PHONE)
    enter(page, live_server, live_round.code)
    page.check("#q3-2")
    page.fill("#words-field", "谢谢")
    page.get_by_role("button", name="特大字").click()
    expect(page.locator("html")).to_have_class("large")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#q3-2 + label")).to_contain_text("Dissatisfied")
    assert page.locator("input:checked").evaluate_all("all => all.map(e => e.id)") == [
        "q3-2"
    ]
    assert page.locator("#words-field").input_value() == "谢谢"


def test_half_filled_form_survives_a_reload_and_is_offered_to_the_next_tab(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    """T34: in the browser only, and gone when the receipt is there."""
    page = open_page(PHONE, script=True)
    enter(page, live_server, live_round.code)
    page.check("#q2-1")
    page.reload()
    assert page.locator("#q2-1").is_checked()
    other = page.context.new_page()
    other.goto(f"{live_server.url}/ballot/")
    assert not other.locator("#q2-1").is_checked()
    other.get_by_role("button", name="接着填").click()
    assert other.locator("#q2-1").is_checked()
    seal(other)
    assert other.evaluate("localStorage.length + sessionStorage.length") == 0
    other.goto(f"{live_server.url}/ballot/")
    assert other.locator("input:checked").count() == 0
    assert other.locator("#draft").is_hidden()


def test_reading_aloud_is_switched_on_and_off(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    """E9; without script nobody sees a button that does nothing."""
    page = open_page(PHONE)
    page.goto(live_server.url)
    assert page.locator(".read").is_hidden()
    page = open_page(PHONE, script=True)
    enter(page, live_server, live_round.code)
    button = page.locator("#q2 .read")
    for pressed, text in (("true", "停"), ("false", "朗读")):
        button.click()
        expect(button).to_have_attribute("aria-pressed", pressed)
        expect(button).to_have_text(text)


def test_words_that_give_away_are_warned_of_and_never_blocked(
    open_page: OpenPage, live_server: LiveServer, live_round: LiveRound
):
    page = open_page(PHONE, script=True)
    enter(page, live_server, live_round.code)
    warning = page.locator("#words-warning")
    for words in ("我家漏水", "打 138 0013 8000", "３号楼", "周静兰来过"):
        page.fill("#words-field", words)
        assert warning.is_visible()
    page.fill("#words-field", "路灯坏了")
    assert warning.is_hidden()
    page.fill("#words-field", "我家漏水")
    seal(page)
