"""The pages of regular assessment in Chromium: no fault, no sideways scroll, keys."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from evaluations import quarter_actions as verbs
from evaluations.dry_run_actions import ask_dry_run, carry_out
from evaluations.models import ColorWarning, DryRun, Measure, ScoreSheet
from evaluations.scheme_actions import draft_copy
from evaluations.scheme_readiness import content_digest
from evaluations.scheme_rules_actions import edit_rules
from officials.models import Division
from tests.conftest import HEPING
from tests.e2e.districts import load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.quarter.made import indicator
from tests.evaluations.quarter.world import WORK, QuarterWorld

pytestmark = pytest.mark.django_db(transaction=True)
QUARTER, NEXT_MONTH = "2026Q1", "2026-04"
VISITS = indicator("visits", 30, name="走访群众")
COLORS = [
    {
        "color": "yellow",
        "conditions": [{"figure": "total_below", "threshold": "60"}],
    }
]


@pytest.fixture
def assessed(make_staff: Callable[..., User]) -> QuarterWorld:
    """A final quarter of four with a card and measures, and an open month."""
    load_divisions(HEPING)
    world = QuarterWorld(
        district=Division.objects.get(pk=HEPING),
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
    )
    world.replace_scheme(colors=COLORS)
    people = world.appoint(4)
    world.final(QUARTER, dict(zip(people, (95, 85, 85, 50), strict=True)))
    period = world.period(QUARTER)
    verbs.propose_colors(period=period, by=world.head, at=timezone.now())
    world.open(NEXT_MONTH)
    return world


def addresses(world: QuarterWorld) -> list[str]:
    period, month = world.period(QUARTER), world.period(NEXT_MONTH)
    last = ScoreSheet.objects.get(period=period, group_rank__rank=4)
    open_sheet = month.sheets.first()
    card, measure = ColorWarning.objects.get(), Measure.objects.order_by("pk")[0]
    return [
        reverse(f"evaluations:{name}", args=args)
        for name, args in (
            ("period-list", []),
            ("period-detail", [period.pk]),
            ("period-detail", [month.pk]),
            ("period-group", [period.pk, last.group_id]),
            ("period-district", [period.pk]),
            ("sheet-detail", [last.pk]),
            ("sheet-detail", [open_sheet.pk]),
            ("leave-record", [open_sheet.pk]),
            ("measure-list", []),
            ("warning-detail", [card.pk]),
            ("measure-detail", [measure.pk]),
        )
    ]


@pytest.mark.parametrize("who", ["clerk", "head"])
def test_pages_of_a_quarter_have_no_fault(
    assessed: QuarterWorld,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    who: str,
) -> None:
    found, number = [], 0
    for size in SIZES:
        context = browser.new_context(viewport=size)
        page = signed_in(context.new_page(), live_server, who)
        for address in addresses(assessed):
            if "leave" in address and who == "head":
                continue
            page.goto(live_server.url + address)
            found += faults(page, address, size["width"])
            number += 1
            page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
        context.close()
    assert found == []


def tried(world: QuarterWorld, **parts: object) -> DryRun:
    """A draft with these parts, held against the quarter."""
    by = {"by": world.clerk, "at": timezone.now()}
    draft = draft_copy(scheme=world.scheme, division=world.district, **by)
    draft = edit_rules(scheme=draft, seen=content_digest(draft), parts=parts, **by)
    asked = ask_dry_run(scheme=draft, district=world.district, **by)
    return carry_out(dry_run=asked, **by)


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_the_report_of_a_tried_draft_has_no_fault(
    assessed: QuarterWorld,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    size: dict[str, int],
) -> None:
    """One that moves grades and cards, one with an indicator that has no figures."""
    rule = {"figure": "total_below", "threshold": "90"}
    moved = tried(assessed, colors=[{"color": "orange", "conditions": [rule]}])
    lists = [{"group": "*", "indicators": [{**WORK, "weight": 70}, VISITS]}]
    missing = tried(assessed, sets=lists)
    pages = {
        "draft": reverse("schemes:scheme-detail", args=[moved.scheme_id]),
        "moved": reverse("schemes:dry-run-detail", args=[moved.pk]),
        "missing": reverse("schemes:dry-run-detail", args=[missing.pk]),
    }
    page = browser.new_context(viewport=size).new_page()
    signed_in(page, live_server, "clerk")
    found = []
    for language in ("zh", "en"):
        for name, address in pages.items():
            page.goto(live_server.url + address)
            found += faults(page, f"{name} {language}", size["width"])
            page.screenshot(path=tmp_path / f"{name}-{language}.png", full_page=True)
        if language == "zh":
            with page.expect_navigation():
                page.get_by_role("button", name="English").click()
    assert found == []
    page.context.close()


def test_a_figure_is_entered_by_keyboard(
    assessed: QuarterWorld, browser: Browser, live_server: LiveServer
) -> None:
    sheet = assessed.period(NEXT_MONTH).sheets.first()
    context = browser.new_context(viewport=SIZES[1])
    page = signed_in(context.new_page(), live_server, "clerk")
    page.goto(live_server.url + reverse("evaluations:sheet-detail", args=[sheet.pk]))
    page.locator("#enter-work [name=work-raw]").focus()
    page.keyboard.type("88")
    page.keyboard.press("Tab")
    page.keyboard.type("台账第 3 页")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _box in range(2):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("台账第 3 页")
    expect(page.locator("main")).to_contain_text("88")
    context.close()
