"""The scheme editor in Chromium: each page on a phone and a desk, and the whole way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations import dry_run_actions, scheme_actions
from evaluations.models import AssessmentScheme, DryRun
from evaluations.rollup import roll_up
from evaluations.scheme_readiness import content_digest
from evaluations.scheme_rules_actions import draft_regular, edit_rules
from tests.conftest import HEPING
from tests.e2e.districts import codes_under, load_divisions
from tests.e2e.test_staff_pages import SIZES, faults, signed_in
from tests.evaluations.world import World, mixed, months

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = "2026-12"
REGULAR = AssessmentScheme.objects.filter(kind=AssessmentScheme.Kind.REGULAR)


@pytest.fixture
def town(make_staff: Callable[..., User]) -> World:
    """Sixteen secretaries in a closed quarter, and a draft that lifts the stars."""
    load_divisions(HEPING)
    world = World(
        clerk=make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING),
        head=make_staff("head", roles.DEPARTMENT_HEAD, HEPING),
        communities=codes_under(HEPING)[:16],
    )
    world.scheme = world.quick_scheme()
    for month in months(MONTH, 3):
        answers = {
            code: mixed(40, seed=code + month, level=3.2 + 0.1 * place)
            for place, code in enumerate(world.communities)
        }
        world.tally(month, answers, scheme=world.scheme)
        roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    return world


def drafted(world: World) -> AssessmentScheme:
    """A draft with another row of cut points, on a rule, tried."""
    by = {"by": world.clerk, "at": world.now}
    rule = scheme_actions.enter_rule(
        division=world.district,
        title="公共服务满意度反馈与改进机制",
        number="和组发〔2026〕3号",
        issued_by="区委组织部",
        issued_on=world.now.date(),
        **by,
    )
    draft = scheme_actions.draft_copy(
        scheme=world.scheme, division=world.district, **by
    )
    draft = scheme_actions.describe_draft(
        scheme=draft,
        seen=content_digest(draft),
        name=draft.name,
        label="2+3",
        whole=scheme_actions.Basis(rule, "第五条"),
        **by,
    )
    draft = scheme_actions.edit_draft(
        scheme=draft,
        seen=content_digest(draft),
        fields={"star.cuts": ["50", "60", "70", "80"], "star.hysteresis": "0.5"},
        bases={"star.cuts": scheme_actions.Basis(rule, "第八条")},
        **by,
    )
    asked = dry_run_actions.ask_dry_run(scheme=draft, district=world.district, **by)
    dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=world.now)
    return draft


def regular(world: World) -> AssessmentScheme:
    """A list whose weights do not sum to 100 yet."""
    by = {"by": world.clerk, "at": world.now}
    draft = draft_regular(
        code="heads", name="区管党政正职平时考核办法", division=world.district, **by
    )
    gdp = {"code": "gdp", "name": "财政运行", "kind": "specific", "weight": 60}
    word = {"code": "word", "name": "群众口碑", "kind": "resident", "weight": 30}
    indicators = [gdp, {**word, "source": "survey"}]
    return edit_rules(
        scheme=draft,
        seen=content_digest(draft),
        parts={"posts": ["head"], "sets": [{"group": "*", "indicators": indicators}]},
        **by,
    )


def addresses(draft: AssessmentScheme, world: World) -> dict[str, str]:
    heads = regular(world) if not REGULAR.all().exists() else REGULAR.all().get()
    return {
        "regular": reverse("schemes:scheme-detail", args=[heads.pk]),
        "regular-add": reverse("schemes:rules-add"),
        "regular-limits": reverse("schemes:rules-limits", args=[heads.pk]),
        "regular-colors": reverse("schemes:rules-colors", args=[heads.pk]),
        "regular-set": reverse("schemes:rules-set", args=[heads.pk, 0]),
        "list": reverse("schemes:scheme-list"),
        "rules": reverse("schemes:rule-list"),
        "house": reverse("schemes:scheme-detail", args=[world.scheme.pk]),
        "draft": reverse("schemes:scheme-detail", args=[draft.pk]),
        "about": reverse("schemes:scheme-describe", args=[draft.pk]),
        "stars": reverse("schemes:scheme-edit", args=[draft.pk, "stars"]),
        "weights": reverse("schemes:scheme-edit", args=[draft.pk, "weights"]),
        "difference": reverse(
            "schemes:scheme-difference", args=[draft.pk, world.scheme.pk]
        ),
        "dry-run": reverse("schemes:dry-run-detail", args=[DryRun.objects.get().pk]),
    }


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_no_page_of_schemes_has_a_fault(
    town: World,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    size: dict[str, int],
) -> None:
    draft = drafted(town)
    page = browser.new_context(viewport=size).new_page()
    signed_in(page, live_server, "clerk")
    found = []
    for language in ("zh", "en"):
        for name, address in addresses(draft, town).items():
            page.goto(live_server.url + address)
            found += faults(page, f"{name} {language}", size["width"])
            page.screenshot(path=tmp_path / f"{name}-{language}.png", full_page=True)
        if language == "zh":
            with page.expect_navigation():
                page.get_by_role("button", name="English").click()
            expect(page.locator("html")).to_have_attribute("lang", "en")
    assert found == []
    page.context.close()


def test_a_clerk_edits_by_keyboard_and_the_head_approves(
    town: World, browser: Browser, live_server: LiveServer
) -> None:
    draft = drafted(town)
    desk = signed_in(
        browser.new_context(viewport=SIZES[1]).new_page(), live_server, "clerk"
    )
    edit = reverse("schemes:scheme-edit", args=[draft.pk, "publication"])
    desk.goto(live_server.url + edit)
    floor = desk.get_by_label("内部可见最少户数")
    press(desk, floor, "9")
    expect(desk.get_by_role("alert")).to_contain_text("不小于 10 的整数")
    press(desk, desk.get_by_label("内部可见最少户数"), "20")
    expect(desk.locator("main")).to_contain_text("已存进草稿。")
    expect(desk.locator("main")).to_contain_text("还没有用上一个季度的数据试算过")
    changed = AssessmentScheme.objects.get(pk=draft.pk)
    assert changed.method.publish_floor == 20
    asked = dry_run_actions.ask_dry_run(
        scheme=changed, district=town.district, by=town.clerk, at=town.now
    )
    dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=town.now)
    desk.reload()
    with desk.expect_navigation():
        desk.get_by_role("button", name="提出生效").click()
    expect(desk.locator("main")).to_contain_text("提出的人不能批准")
    head = signed_in(browser.new_context().new_page(), live_server, "head")
    head.goto(live_server.url + reverse("schemes:scheme-detail", args=[draft.pk]))
    head.get_by_label("我逐项看过改动、依据和试算结果").check()
    with head.expect_navigation():
        head.get_by_role("button", name="批准，现在生效").click()
    expect(head.locator("main")).to_contain_text("已生效并冻结")
    assert AssessmentScheme.objects.get(pk=draft.pk).status == "in_force"
    for page in (desk, head):
        page.context.close()


def press(page: Page, box: Locator, value: str) -> None:
    """Type into the box and send the form with the Enter key alone."""
    box.fill(value)
    with page.expect_navigation():
        box.press("Enter")
