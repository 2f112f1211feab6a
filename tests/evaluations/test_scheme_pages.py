"""Schemes on the desk: every field with its rule, a draft, a try, two persons."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Approval
from audit.actions import SYSTEM
from config.celery import app
from evaluations import rollup, scheme_actions, scheme_fields, tasks
from evaluations.models import AssessmentScheme, DryRun, RuleDocument
from evaluations.scheme_readiness import content_digest
from evaluations.scoring.method import Method, kinds
from tests.evaluations.world import HEPING, TAIANDAO, World, mixed

MONTH = "2026-10"


def address(name: str, *args: object) -> str:
    return reverse(f"schemes:{name}", args=args)


@pytest.fixture(autouse=True)
def queue() -> Iterator[None]:
    """What a page has put into the real queue is taken out again."""
    yield
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge("rollup")


def sent() -> list[object]:
    """The arguments of the one message that lies in the queue."""
    with app.connection_for_read() as connection:
        lying = connection.SimpleQueue("rollup")
        message = lying.get_nowait()
        message.ack()
        lying.close()
    arguments: list[object] = message.payload[0]
    return arguments


@pytest.fixture
def rolled(world: World) -> World:
    world.tally(MONTH, {TAIANDAO: mixed(40, seed="a")})
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    return world


@pytest.fixture
def draft(world: World, clerk_client: Client) -> AssessmentScheme:
    clerk_client.post(address("scheme-copy", world.scheme.pk), {"division": HEPING})
    return AssessmentScheme.objects.drafts().get()


def form_of(
    scheme: AssessmentScheme, theme: str, **changes: object
) -> dict[str, object]:
    """What the browser sends for a theme when only `changes` were typed."""
    data: dict[str, object] = {"digest": content_digest(scheme).hex()}
    for name in scheme_fields.names_of(theme):
        data[name] = scheme_fields.as_typed(name, scheme.method)
    typed = {name.replace("_", ".", 1): value for name, value in changes.items()}
    return {**data, **typed}


def save(
    client: Client, scheme: AssessmentScheme, theme: str, **changes: object
) -> int:
    url = address("scheme-edit", scheme.pk, theme)
    return client.post(url, form_of(scheme, theme, **changes)).status_code


def fresh(scheme: AssessmentScheme) -> AssessmentScheme:
    return AssessmentScheme.objects.get(pk=scheme.pk)


# --- words ----------------------------------------------------------------------------


def test_every_field_of_the_method_has_its_words() -> None:
    assert set(scheme_fields.TEXTS) == set(kinds()) - scheme_fields.FIXED
    clauses = [text.clause for text in scheme_fields.TEXTS.values()]
    assert all(re.fullmatch(r"M\d{1,2}", clause) for clause in clauses)


@pytest.mark.parametrize("name", scheme_fields.TEXTS)
def test_what_a_field_shows_is_what_it_takes(name: str) -> None:
    """The default, as the form shows it, is the default again."""
    method = Method()
    typed = scheme_fields.typed(name, scheme_fields.as_typed(name, method))
    attribute = name.replace(".", "_", 1)
    assert kinds()[name].parse(typed) == getattr(method, attribute)
    assert scheme_fields.shown(name, method)
    assert scheme_fields.range_of(name)


def test_full_width_digits_and_commas_are_read() -> None:
    typed = scheme_fields.typed("star.cuts", "６０，７０、80 90")
    assert typed == ["60", "70", "80", "90"]


# --- reading --------------------------------------------------------------------------


def test_the_list_shows_every_version(
    world: World, draft: AssessmentScheme, clerk_client: Client
) -> None:
    page = clerk_client.get(address("scheme-list"))
    assertContains(page, "第 1 版")
    assertContains(page, "第 2 版")
    assertContains(page, "随系统带来，哪里都能用")


def test_the_page_shows_every_field(world: World, clerk_client: Client) -> None:
    page = clerk_client.get(address("scheme-detail", world.scheme.pk))
    for text in scheme_fields.TEXTS.values():
        assertContains(page, str(text.label))
    assertNotContains(page, "改“")


def test_another_district_sees_the_house_and_not_the_draft(
    world: World, draft: AssessmentScheme, clerk_elsewhere_client: Client
) -> None:
    page = clerk_elsewhere_client.get(address("scheme-list"))
    assertContains(page, "第 1 版")
    assertNotContains(page, "第 2 版")
    for name in ("scheme-detail", "scheme-describe"):
        found = clerk_elsewhere_client.get(address(name, draft.pk))
        assert found.status_code == 404


def test_what_came_with_the_house_is_nobodys_to_edit(
    world: World, clerk_client: Client
) -> None:
    for page in (
        address("scheme-describe", world.scheme.pk),
        address("scheme-edit", world.scheme.pk, "stars"),
    ):
        assert clerk_client.get(page).status_code == 403
        assert clerk_client.post(page, {}).status_code == 403


def test_a_wrong_theme_is_404(draft: AssessmentScheme, clerk_client: Client) -> None:
    assert clerk_client.get(address("scheme-edit", draft.pk, "x")).status_code == 404


# --- editing --------------------------------------------------------------------------


@pytest.mark.parametrize("theme", scheme_fields.THEMES)
def test_a_theme_sent_back_untouched_changes_nothing(
    draft: AssessmentScheme, clerk_client: Client, theme: str
) -> None:
    assert clerk_client.get(address("scheme-edit", draft.pk, theme)).status_code == 200
    assert save(clerk_client, draft, theme) == 302
    assert fresh(draft).parameters == draft.parameters


def test_a_wrong_value_is_named_with_its_range(
    draft: AssessmentScheme, clerk_client: Client
) -> None:
    url = address("scheme-edit", draft.pk, "publication")
    data = form_of(draft, "publication", publish_floor="9", publish_cap="2")
    page = clerk_client.post(url, data)
    assert page.status_code == 422
    assertContains(page, "“内部可见最少户数”要填：不小于 10 的整数。", status_code=422)
    assertContains(page, "“占比写到多少为止”要填：0.80 到 0.95 的数。", status_code=422)
    assert fresh(draft).parameters == draft.parameters


def test_a_rest_below_the_window_names_the_other_field(
    draft: AssessmentScheme, clerk_client: Client
) -> None:
    url = address("scheme-edit", draft.pk, "window")
    page = clerk_client.post(url, form_of(draft, "window", window_months="18"))
    assertContains(
        page,
        "“抽中后休息”要填：0 到 36 的整数，不小于窗口长度。",
        status_code=422,
    )


def test_an_old_page_is_not_saved(
    draft: AssessmentScheme, clerk_client: Client, head_client: Client
) -> None:
    old = form_of(draft, "stars", star_hysteresis="0.2")
    assert save(head_client, draft, "stars", star_hysteresis="0.7") == 302
    page = clerk_client.post(address("scheme-edit", draft.pk, "stars"), old)
    assertContains(page, "打开页面之后有人改过这份草稿", status_code=422)
    assert str(fresh(draft).method.star_hysteresis) == "0.7"


def test_a_frozen_scheme_has_no_form(
    world: World, draft: AssessmentScheme, clerk_client: Client
) -> None:
    """Form and verb refuse; what the model and the database refuse is tested there."""
    sent = form_of(draft, "stars", star_hysteresis="0.2")
    AssessmentScheme.objects.filter(pk=draft.pk).update(
        status="in_force", frozen_at=timezone.now()
    )
    url = address("scheme-edit", draft.pk, "stars")
    assert clerk_client.get(url).status_code == 404
    assert clerk_client.post(url, sent).status_code == 404
    assert fresh(draft).parameters == draft.parameters


# --- from the rule to force -----------------------------------------------------------


def enter_rule(client: Client, number: str = "和组发〔2026〕3号") -> RuleDocument:
    client.post(
        address("rule-add"),
        {
            "division": HEPING,
            "title": "公共服务满意度反馈与改进机制",
            "number": number,
            "issued_by": "区委组织部",
            "issued_on": "2026-01-05",
        },
    )
    return RuleDocument.objects.get(number=number)


def describe(client: Client, draft: AssessmentScheme, rule: RuleDocument) -> None:
    draft = fresh(draft)
    client.post(
        address("scheme-describe", draft.pk),
        {
            "digest": content_digest(draft).hex(),
            "name": draft.name,
            "label": "2+3",
            "document": rule.pk,
            "note": "第五条",
        },
    )


def test_a_draft_goes_from_the_rule_to_force_through_the_pages(
    rolled: World,
    draft: AssessmentScheme,
    clerk_client: Client,
    head_client: Client,
) -> None:
    detail = address("scheme-detail", draft.pk)
    assertContains(clerk_client.get(detail), "还没有写总依据")
    describe(clerk_client, draft, enter_rule(clerk_client))
    assert save(clerk_client, fresh(draft), "stars", star_hysteresis="0.5") == 302
    assertContains(clerk_client.get(detail), "还没有用上一个季度的数据试算过")
    asked = clerk_client.post(address("dry-run-ask", draft.pk), {"division": HEPING})
    dry_run = DryRun.objects.get()
    assert asked.headers["Location"] == address("dry-run-detail", dry_run.pk)
    assert sent() == [dry_run.pk]
    waiting = clerk_client.get(asked.headers["Location"])
    assert waiting.headers["Refresh"] == "15"
    assertContains(waiting, "排队等候，很快开始。")
    tasks.dry_run(dry_run.pk)
    report = clerk_client.get(asked.headers["Location"])
    assertContains(report, "什么都没有改，也没有公布。")
    assert "Refresh" not in report.headers
    digest = content_digest(fresh(draft)).hex()
    clerk_client.post(address("scheme-propose", draft.pk), {"digest": digest})
    approval = Approval.objects.get()
    assertContains(clerk_client.get(detail), "提出的人不能批准，请另一个人来批准。")
    assertContains(
        head_client.get(address("scheme-difference", draft.pk, rolled.scheme.pk)),
        "升降星的余量",
    )
    approve = address("scheme-approve", draft.pk)
    shown = {"digest": approval.digest_hex}
    assert head_client.post(approve, shown).status_code == 422
    assert head_client.post(approve, {**shown, "checked": "on"}).status_code == 302
    assert fresh(draft).status == "in_force"
    page = clerk_client.get(reverse("evaluations:round-prepare"))
    assertContains(page, "community-secretary/2")
    head_client.post(
        address("scheme-retire", draft.pk), {"retire-reason": "市里的新办法"}
    )
    assert fresh(draft).status == "retired"


def test_a_proposal_is_taken_back_or_declined(
    world: World, draft: AssessmentScheme, clerk_client: Client, head_client: Client
) -> None:
    describe(clerk_client, draft, enter_rule(clerk_client))
    digest = content_digest(fresh(draft)).hex()
    propose = address("scheme-propose", draft.pk)
    clerk_client.post(propose, {"digest": digest})
    clerk_client.post(address("scheme-withdraw", draft.pk))
    assert Approval.objects.get().state == "withdrawn"
    clerk_client.post(propose, {"digest": digest})
    head_client.post(address("scheme-decline", draft.pk), {"decline-reason": "再议"})
    states = Approval.objects.order_by("proposed_at").values_list("state", flat=True)
    assert sorted(states) == ["declined", "withdrawn"]
    assert head_client.post(address("scheme-decline", draft.pk)).status_code == 404


def test_a_proposal_of_a_scheme_is_no_affair_of_those_who_grant_roles(
    world: World,
    draft: AssessmentScheme,
    clerk_client: Client,
    auditor_client: Client,
) -> None:
    describe(clerk_client, draft, enter_rule(clerk_client))
    digest = content_digest(fresh(draft)).hex()
    clerk_client.post(address("scheme-propose", draft.pk), {"digest": digest})
    approval = Approval.objects.get()
    listed = auditor_client.get(reverse("accounts:approval-list"))
    assert listed.status_code == 200
    url = reverse("accounts:approval-detail", args=[approval.pk])
    assertNotContains(listed, url)
    assert auditor_client.get(url).status_code == 404


def test_a_rule_is_entered_and_repealed(world: World, clerk_client: Client) -> None:
    rule = enter_rule(clerk_client)
    again = clerk_client.post(
        address("rule-add"),
        {
            "division": HEPING,
            "title": "又一份",
            "number": rule.number,
            "issued_by": "区委组织部",
            "issued_on": "2026-01-05",
        },
    )
    assertContains(again, "这个文号在这里已经登记过了。", status_code=422)
    day = dt.date(2026, 6, 1)
    clerk_client.post(address("rule-repeal", rule.pk), {"repealed_on": f"{day}"})
    rule.refresh_from_db()
    assert rule.repealed_on == day
    assertContains(clerk_client.get(address("rule-list")), "2026-06-01 起废止")


def test_the_dry_run_tells_whose_star_would_change_and_no_score(
    rolled: World, draft: AssessmentScheme, clerk_client: Client
) -> None:
    rating = rolled.rating(TAIANDAO, MONTH)
    clerk_client.post(address("dry-run-ask", draft.pk), {"division": HEPING})
    dry_run = DryRun.objects.get()
    tasks.dry_run(dry_run.pk)
    page = clerk_client.get(address("dry-run-detail", dry_run.pk)).content.decode()
    assert f"{rating.score:.1f}" not in page
    report = DryRun.objects.get().contents
    assert set(report) == {"scheme", "district", "months", "stars", "ranks"}


def test_a_dry_run_of_nothing_is_refused_in_words(
    world: World, draft: AssessmentScheme, clerk_client: Client
) -> None:
    found = clerk_client.post(
        address("dry-run-ask", draft.pk), {"division": HEPING}, follow=True
    )
    assertContains(found, "请选一个有汇总结果的区县。")
    assert not DryRun.objects.exists()


def test_a_scheme_is_not_edited_in_force_by_a_copy_of_its_page(
    world: World, draft: AssessmentScheme, clerk_client: Client
) -> None:
    """The verb itself, past the form."""
    AssessmentScheme.objects.filter(pk=draft.pk).update(
        status="in_force", frozen_at=timezone.now()
    )
    with pytest.raises(scheme_actions.NotADraft):
        scheme_actions.edit_draft(
            scheme=draft,
            seen=content_digest(draft),
            fields={},
            bases={},
            by=world.clerk,
            at=world.now,
        )
