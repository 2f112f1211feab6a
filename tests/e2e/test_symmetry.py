"""T139, T117: every answer is as large, as near and as final as every other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from ballots.models import Envelope
from officials.models import Division
from surveys import ballot_limits
from tests.surveys.ballot_fixtures import LiveRound, make_live_round

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {
    "320 px": {"width": 320, "height": 640},
    "360 px": {"width": 360, "height": 740},
    # A desk at 200 % zoom has half its pixels.
    "200 %": {"width": 640, "height": 400},
}
QUESTIONS = range(1, 9)
LEVELS = (5, 4, 3, 2, 1, 0)
LEAST_CONTRAST = 4.5
# Of each option of each question: its box, what can be seen of it, and whether it is
# there to be tapped. Colours as the browser paints them.
OPTIONS = """() => Array.from(document.querySelectorAll("fieldset")).map(field =>
  Array.from(field.querySelectorAll(".choice")).map(choice => {
    const input = choice.querySelector("input"), label = choice.querySelector("label");
    const box = label.getBoundingClientRect(), tap = input.getBoundingClientRect();
    const style = getComputedStyle(label);
    const face = getComputedStyle(choice.querySelector(".face"));
    const middle = document.elementFromPoint(
      Math.min(tap.left + tap.width / 2, innerWidth - 1), tap.top + tap.height / 2);
    return {
      sides: [box.left, box.width, box.height, tap.left, tap.width, tap.height],
      ink: style.color, paper: style.backgroundColor, face: face.stroke,
      looks: [style.fontSize, style.fontWeight, style.fontFamily, style.border,
        style.boxShadow, style.opacity, style.order, face.width, face.height],
      state: [input.checked, input.disabled, input.hidden, input.required,
        choice.checkVisibility(), input.tabIndex],
      inTheWay: middle !== null && middle !== input ? middle.outerHTML : "",
    };
  }))"""
OpenPage = Callable[[dict[str, int]], Page]


@pytest.fixture
def live_round(heping: Division) -> LiveRound:
    ballot_limits.forget()
    return make_live_round(heping)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Without script, as on the oldest phone: the page itself must be fair."""
    contexts = []

    def make(size: dict[str, int]) -> Page:
        context = browser.new_context(
            viewport=size,
            java_script_enabled=False,
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


def alike(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def luminance(colour: str) -> float:
    """Relative luminance of rgb(r, g, b), as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, paper: str) -> float:
    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def spread(options: list[dict[str, Any]], side: int) -> float:
    values = [option["sides"][side] for option in options]
    return max(values) - min(values)


def marked(page: Page) -> list[str]:
    ids = page.locator("input:checked").evaluate_all("all => all.map(e => e.id)")
    return sorted(ids)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_options_are_alike_in_box_look_and_contrast(
    open_page: OpenPage,
    live_server: LiveServer,
    live_round: LiveRound,
    size: dict[str, int],
) -> None:
    page = open_page(size)
    enter(page, live_server, live_round.code)
    questions = page.evaluate(OPTIONS)
    assert [len(options) for options in questions] == [len(LEVELS)] * len(QUESTIONS)
    for options in questions:
        assert [spread(options, side) <= 1 for side in range(6)] == [True] * 6
        assert alike([option["looks"] for option in options])
        assert alike([(o["ink"], o["paper"], o["face"]) for o in options])
        # Nothing chosen, shut, hidden or asked for beforehand.
        assert [o["state"] for o in options] == [
            [False, False, False, False, True, 0]
        ] * len(LEVELS)
        assert contrast(options[0]["ink"], options[0]["paper"]) >= LEAST_CONTRAST
        assert {option["inTheWay"] for option in options} == {""}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_one_tap_marks_any_option_from_any_other(
    open_page: OpenPage,
    live_server: LiveServer,
    live_round: LiveRound,
    size: dict[str, int],
) -> None:
    """There and back through all options: each change of mind is one tap."""
    page = open_page(size)
    enter(page, live_server, live_round.code)
    chosen: dict[int, dict[str, Any]] = {}
    for number in QUESTIONS:
        for level in (*LEVELS, *reversed(LEVELS)):
            page.locator(f"#q{number}-{level}").click()
            assert page.locator(f"#q{number} input:checked").get_attribute(
                "value"
            ) == str(level)
            if number == 1:
                place = LEVELS.index(level)
                chosen[level] = page.evaluate(OPTIONS)[0][place]
    assert alike([(one["ink"], one["paper"], one["looks"]) for one in chosen.values()])
    one = chosen[LEVELS[0]]
    assert contrast(one["ink"], one["paper"]) >= LEAST_CONTRAST
    assert marked(page) == sorted(f"q{number}-{LEVELS[0]}" for number in QUESTIONS)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_option_and_the_blank_seal_in_the_same_steps(
    open_page: OpenPage,
    live_server: LiveServer,
    live_round: LiveRound,
    size: dict[str, int],
) -> None:
    """No question back, no reason asked for, and no choice in the thanks (T118)."""
    steps: dict[int | None, list[str]] = {}
    thanks: dict[int | None, str] = {}
    for level in (*LEVELS, None):
        # A new browser each time; all replace the ballot of the same household.
        ballot_limits.forget()
        page = open_page(size)
        enter(page, live_server, live_round.code)
        walked: list[str] = []
        page.on(
            "request",
            lambda request, walked=walked, page=page: (
                walked.append(f"{request.method} {request.url.partition('#')[0]}")
                if request.is_navigation_request()
                else None
            ),
        )
        page.on("dialog", lambda dialog, walked=walked: walked.append(dialog.message))
        for number in QUESTIONS:
            if level is not None:
                page.locator(f"#q{number}-{level}").click()
        page.get_by_role("button", name="检查一遍").click()
        expect(page.locator(".answers li")).to_have_count(len(QUESTIONS) + 1)
        page.get_by_role("button", name="封票").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("票封好了")
        steps[level], thanks[level] = walked, page.locator("main").inner_text()
    assert alike(list(steps.values()))
    assert [step.partition(" ")[0] for step in steps[None]] == ["POST", "POST", "GET"]
    assert alike(list(thanks.values()))
    assert Envelope.objects.count() == 1
