"""A scheme of regular assessment on the desk: lists per group, sums, H7, in force."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.models import Approval, User
from evaluations import scheme_actions as actions
from evaluations.models import AssessmentScheme, RuleDocument
from evaluations.scheme_readiness import (
    BasisMissing,
    BasisRepealed,
    BasisUnknown,
    KindUnknown,
    ResidentsMissing,
    RulesNotReady,
    content_digest,
    obstacles,
)
from evaluations.scheme_rules_actions import (
    CodeTaken,
    RulesUnreadable,
    draft_regular,
    edit_rules,
)
from evaluations.sheets.parts import Problem
from evaluations.sheets.rules import parsed_rules
from officials.models import Division
from tests.evaluations.world import HEPING, World

DAY = dt.date(2026, 1, 5)
Change = Callable[..., AssessmentScheme]


def address(name: str, *args: object) -> str:
    return reverse(f"schemes:{name}", args=args)


@pytest.fixture
def rule(world: World) -> RuleDocument:
    return actions.enter_rule(
        division=world.district,
        title="区管党政正职平时考核实施办法",
        number="和组发〔2026〕8号",
        issued_by="区委组织部",
        issued_on=DAY,
        by=world.clerk,
        at=world.now,
    )


@pytest.fixture
def draft(world: World) -> AssessmentScheme:
    return draft_regular(
        code="heads",
        name="区管党政正职平时考核办法",
        division=world.district,
        by=world.clerk,
        at=world.now,
    )


def fresh(scheme: AssessmentScheme) -> AssessmentScheme:
    return AssessmentScheme.objects.get(pk=scheme.pk)


@pytest.fixture
def change(world: World) -> Change:
    def run(scheme: AssessmentScheme, **parts: object) -> AssessmentScheme:
        now = fresh(scheme)
        return edit_rules(
            scheme=now,
            seen=content_digest(now),
            parts=parts,
            by=world.clerk,
            at=world.now,
        )

    return run


def describe(
    world: World, scheme: AssessmentScheme, rule: RuleDocument
) -> AssessmentScheme:
    now = fresh(scheme)
    return actions.describe_draft(
        scheme=now,
        seen=content_digest(now),
        name=now.name,
        label="",
        whole=actions.Basis(rule, "第三条"),
        by=world.clerk,
        at=world.now,
    )


def indicator(code: str, weight: int, **changes: object) -> dict[str, object]:
    return {
        "code": code,
        "name": code,
        "kind": "specific",
        "weight": weight,
        "evidence": ["statistics"],
        **changes,
    }


def residents(weight: int) -> dict[str, object]:
    return indicator(
        "word", weight, kind="resident", source="survey", evidence=["ballots"]
    )


def one_set(*indicators: dict[str, object], group: str = "*") -> dict[str, object]:
    return {"group": group, "indicators": list(indicators)}


def kinds_of(scheme: AssessmentScheme) -> list[str]:
    return [type(one).__name__ for one in obstacles(fresh(scheme), on=DAY)]


def test_h7_no_scheme_without_residents_comes_into_force_but_for_a_reason(
    world: World, draft: AssessmentScheme, rule: RuleDocument, change: Change
) -> None:
    describe(world, draft, rule)
    change(draft, posts=["head"], sets=[one_set(indicator("gdp", 100))])
    assert kinds_of(draft) == [ResidentsMissing.__name__]
    change(draft, no_residents_because="该组为内设机构，没有服务对象")
    assert kinds_of(draft) == []
    change(
        draft,
        no_residents_because="",
        sets=[one_set(indicator("gdp", 70), residents(30))],
    )
    assert kinds_of(draft) == []


def test_weights_must_sum_to_100_before_force(
    world: World, draft: AssessmentScheme, rule: RuleDocument, change: Change
) -> None:
    describe(world, draft, rule)
    change(draft, posts=["head"], sets=[one_set(indicator("gdp", 60), residents(30))])
    (found,) = obstacles(fresh(draft), on=DAY)
    assert isinstance(found, RulesNotReady)
    assert [(o.problem, o.found) for o in found.obstacles] == [
        (Problem.WEIGHTS_NOT_100, "90")
    ]


def test_it_comes_into_force_by_two_and_is_frozen(
    world: World, draft: AssessmentScheme, rule: RuleDocument, change: Change
) -> None:
    describe(world, draft, rule)
    ready = change(
        draft, posts=["head"], sets=[one_set(indicator("gdp", 70), residents(30))]
    )
    approval = actions.propose_in_force(
        scheme=ready, seen=content_digest(ready), by=world.clerk, at=world.now
    )
    scheme = actions.put_in_force(
        approval=approval, digest=bytes(approval.digest), by=world.head, at=world.now
    )
    rules = parsed_rules(scheme.parameters)
    assert {t.basis for t in rules.thresholds.values()} == {rule.number}
    with pytest.raises(actions.NotADraft):
        change(scheme, posts=[])


def test_a_document_that_is_not_entered_or_repealed_blocks(
    world: World, draft: AssessmentScheme, rule: RuleDocument, change: Change
) -> None:
    sets = [one_set(indicator("gdp", 70, basis="无此文号"), residents(30))]
    change(draft, posts=["head"], sets=sets)
    assert BasisMissing.__name__ in kinds_of(draft)
    describe(world, draft, rule)
    assert kinds_of(draft) == [BasisUnknown.__name__]
    sets = [one_set(indicator("gdp", 70), residents(30))]
    change(draft, sets=sets)
    actions.repeal_rule(
        document=rule, repealed_on=dt.date(2026, 3, 1), by=world.clerk, at=world.now
    )
    found = obstacles(fresh(draft), on=dt.date(2026, 3, 1))
    assert [type(one) for one in found] == [BasisRepealed]


def test_what_no_rules_can_hold_is_refused_and_named(
    world: World, draft: AssessmentScheme, change: Change
) -> None:
    with pytest.raises(RulesUnreadable) as refused:
        change(draft, sets=[one_set(indicator("gdp", 101))])
    error = refused.value.error
    assert (error.field, error.problem) == (
        "sets.*.indicators.gdp.weight",
        Problem.OUT_OF_RANGE,
    )


def test_a_code_is_taken_once(world: World, draft: AssessmentScheme) -> None:
    with pytest.raises(CodeTaken):
        draft_regular(
            code=draft.code,
            name="又一个",
            division=world.district,
            by=world.clerk,
            at=world.now,
        )


def test_fields_of_the_method_are_not_for_a_regular_scheme(
    world: World, draft: AssessmentScheme
) -> None:
    with pytest.raises(KindUnknown):
        actions.edit_draft(
            scheme=draft,
            seen=content_digest(draft),
            fields={"star.hysteresis": "0"},
            bases={},
            by=world.clerk,
            at=world.now,
        )


# --- pages ----------------------------------------------------------------------------


def row(number: int, code: str, weight: str, **changes: object) -> dict[str, object]:
    values = {
        "code": code,
        "name": code,
        "kind": "specific",
        "weight": weight,
        "source": "manual",
        "direction": "higher",
        "full_mark": "100",
        "floor": "0",
        "target": "100",
        "over_months": "mean",
        "evidence": ["statistics"],
        "quarters": "",
        "applies": "on",
        "absent_because": "",
        **changes,
    }
    return {f"row-{number}-{name}": value for name, value in values.items()}


def listed(
    scheme: AssessmentScheme, *rows: dict[str, object], initial: int = 0
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "digest": content_digest(fresh(scheme)).hex(),
        "group": "*",
        "row-TOTAL_FORMS": len(rows),
        "row-INITIAL_FORMS": initial,
    }
    for one in rows:
        data |= one
    return data


def test_a_regular_scheme_goes_from_draft_to_force_through_the_pages(
    world: World,
    rule: RuleDocument,
    clerk_client: Client,
    head_client: Client,
    head: User,
) -> None:
    started = clerk_client.post(
        address("rules-add"),
        {"code": "heads", "name": "平时考核办法", "division": HEPING},
    )
    draft = AssessmentScheme.objects.get(code="heads")
    detail = address("scheme-detail", draft.pk)
    assert started.headers["Location"] == detail
    describe(world, draft, rule)
    form = clerk_client.get(address("rules-limits", draft.pk)).context["form"]
    sent = {name: form[name].initial for name in form.fields}
    sent |= {"digest": content_digest(fresh(draft)).hex(), "posts": ["head"]}
    wrong = clerk_client.post(
        address("rules-limits", draft.pk), {**sent, "publicity.days": "3"}
    )
    assertContains(wrong, "公示多少天：超出允许的范围。", status_code=422)
    saved = clerk_client.post(
        address("rules-limits", draft.pk), {**sent, "publicity.days": "7"}
    )
    assert saved.status_code == 302
    assert parsed_rules(fresh(draft).parameters).whole("publicity.days") == 7
    lists = address("rules-set", draft.pk, 0)
    rows = [
        row(0, "gdp", "60"),
        row(1, "word", "30", kind="resident", source="survey"),
    ]
    looked = clerk_client.post(lists, {**listed(draft, *rows), "check": "1"})
    assertContains(looked, "权重合计 90，生效前要正好 100。")
    assert not parsed_rules(fresh(draft).parameters).sets
    assert clerk_client.post(lists, listed(draft, *rows)).status_code == 302
    assertContains(clerk_client.get(detail), "权重合计应当是 100。（90）")
    rows[0] = row(0, "gdp", "70")
    again = clerk_client.post(lists, listed(draft, *rows, initial=2))
    assert again.status_code == 302
    assertContains(clerk_client.get(detail), "都齐了。")
    colors = {"digest": content_digest(fresh(draft)).hex(), "red-last_places": "3"}
    assert (
        clerk_client.post(address("rules-colors", draft.pk), colors).status_code == 302
    )
    assertContains(clerk_client.get(detail), "红牌清退")
    digest = content_digest(fresh(draft)).hex()
    clerk_client.post(address("scheme-propose", draft.pk), {"digest": digest})
    approval = Approval.objects.get()
    word = {"digest": approval.digest_hex, "checked": "on"}
    head_client.post(address("scheme-approve", draft.pk), word)
    assert fresh(draft).status == "in_force"
    assert fresh(draft).approved_by == head


def test_two_versions_differ_line_by_line(
    world: World, draft: AssessmentScheme, change: Change, clerk_client: Client
) -> None:
    change(draft, posts=["head"], sets=[one_set(indicator("gdp", 70), residents(30))])
    copy = actions.draft_copy(
        scheme=fresh(draft), division=world.district, by=world.clerk, at=world.now
    )
    page = address("scheme-difference", copy.pk, draft.pk)
    assertContains(clerk_client.get(page), "两版的规则没有差别。")
    change(
        copy,
        thresholds={"publicity.days": {"value": "7"}},
        sets=[one_set(indicator("visits", 70), residents(30), group="一组")],
    )
    lines = {
        str(line.label): (line.old, line.new)
        for line in clerk_client.get(page).context["lines"]
    }
    assert lines.pop("公示多少天") == ("5 个工作日", "7 个工作日")
    assert lines["所有组别 · gdp"] == ("个性 · 权重 70 · 人工录入 · 统计数据", "")
    assert lines["一组 · visits"] == ("", "个性 · 权重 70 · 人工录入 · 统计数据")
    assert set(lines) == {
        "所有组别 · gdp",
        "所有组别 · word",
        "一组 · visits",
        "一组 · word",
    }
    link = f'href="{page}"'
    assertContains(clerk_client.get(address("scheme-detail", copy.pk)), link)


def test_an_indicator_and_a_list_are_taken_away(
    world: World, draft: AssessmentScheme, change: Change, clerk_client: Client
) -> None:
    change(draft, sets=[one_set(indicator("gdp", 70), residents(30))])
    lists = address("rules-set", draft.pk, 0)
    assert clerk_client.get(lists).status_code == 200
    rows = [
        row(0, "gdp", "70", DELETE="on"),
        row(1, "word", "100", kind="resident", source="survey"),
    ]
    clerk_client.post(lists, listed(draft, *rows, initial=2))
    (kept,) = parsed_rules(fresh(draft).parameters).sets
    assert [one.code for one in kept.indicators] == ["word"]
    digest = content_digest(fresh(draft)).hex()
    clerk_client.post(address("rules-set-remove", draft.pk, 0), {"digest": digest})
    assert parsed_rules(fresh(draft).parameters).sets == ()
    assert clerk_client.get(address("rules-set", draft.pk, 1)).status_code == 404


def test_b1_two_groups_have_two_lists(
    world: World, heping: Division, draft: AssessmentScheme, change: Change
) -> None:
    scheme = change(
        draft,
        sets=[
            one_set(indicator("gdp", 70), residents(30), group="商业街区组"),
            one_set(indicator("green", 70), residents(30), group="老城组"),
        ],
    )
    rules = parsed_rules(scheme.parameters)
    codes = {
        group: [one.code for one in found.indicators]
        for group in ("商业街区组", "老城组")
        if (found := rules.set_of(group))
    }
    assert codes == {"商业街区组": ["gdp", "word"], "老城组": ["green", "word"]}


def test_colours_keep_what_their_page_does_not_show(
    world: World, draft: AssessmentScheme, change: Change, clerk_client: Client
) -> None:
    """Another condition, another rule and the own document of a colour stay."""
    gdp = {"figure": "indicator_below", "threshold": "50", "indicator": "gdp"}
    total = {"figure": "total_below", "threshold": "70"}
    change(
        draft,
        sets=[one_set(indicator("gdp", 70), residents(30))],
        colors=[
            {"color": "yellow", "basis": "YB-1", "conditions": [total, gdp]},
            {"color": "yellow", "basis": "YB-2", "conditions": [gdp]},
        ],
    )
    sent = {
        "digest": content_digest(fresh(draft)).hex(),
        "yellow-total_below": "65",
        "red-last_places": "3",
    }
    answer = clerk_client.post(address("rules-colors", draft.pk), sent)
    assert answer.status_code == 302
    colors = parsed_rules(fresh(draft).parameters).colors
    assert [
        (one.color, one.basis, [c.figure for c in one.conditions]) for one in colors
    ] == [
        ("yellow", "YB-1", ["total_below", "indicator_below"]),
        ("yellow", "YB-2", ["indicator_below"]),
        ("red", colors[2].basis, ["last_places"]),
    ]
    assert colors[0].conditions[0].threshold.value == 65
