"""A regular draft on the last ranked quarter: worked by hand, nothing is written."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from config.celery import app
from evaluations import (
    dry_run_actions,
    quarter_dry_running,
    scheme_actions,
    tasks,
)
from evaluations import quarter_actions as verbs
from evaluations.models import AssessmentScheme, ColorWarning, DryRun, ScoreSheet
from evaluations.quarter_calendar import months_of
from evaluations.quarter_dry_run_rows import is_unchanged
from evaluations.scheme_readiness import content_digest
from evaluations.scheme_rules_actions import edit_rules
from evaluations.sheets.rules import parsed_rules
from officials.models import Appointment
from tests.conftest import HEPING, signed_in
from tests.evaluations.quarter.made import indicator
from tests.evaluations.quarter.world import QuarterWorld, moment
from tests.infra.digest import tables

QUARTER = "2026Q1"
NOW = moment(dt.date(2026, 5, 1))
YELLOW_BELOW_70 = [
    {"color": "yellow", "conditions": [{"figure": "total_below", "threshold": 70}]}
]
# Work and rest of five: totals 90, 82, 74, 66, 58 by 60 : 40.
RAWS = ((90, 90), (90, 70), (70, 80), (70, 60), (50, 70))
NO_SHIFT = {"up": [5, 0, 0, 0, 0, 0], "down": [0] * 6}

Tried = Callable[..., dict[str, Any]]


def lists(work: int, rest: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    indicators = [indicator("work", work), indicator("rest", rest), *more]
    return [{"group": "*", "indicators": indicators}]


@pytest.fixture
def people(quarter_world: QuarterWorld) -> list[Appointment]:
    """Five heads in one group, ranked by work 60 and rest 40."""
    quarter_world.replace_scheme(sets=lists(60, 40), colors=YELLOW_BELOW_70)
    people = quarter_world.appoint(5)
    for month in months_of(QUARTER):
        quarter_world.open(month)
        for person, (work, rest) in zip(people, RAWS, strict=True):
            quarter_world.enter(person, month, work)
            quarter_world.enter(person, month, rest, indicator="rest")
        quarter_world.review(month)
    verbs.rank_quarter(
        period=quarter_world.period(QUARTER),
        by=quarter_world.clerk,
        at=quarter_world.after(QUARTER),
    )
    return people


def drafted(world: QuarterWorld, **parts: object) -> AssessmentScheme:
    """A copy of the scheme in force, with other parts."""
    draft = scheme_actions.draft_copy(
        scheme=world.scheme, division=world.district, by=world.clerk, at=NOW
    )
    if not parts:
        return draft
    return edit_rules(
        scheme=draft, seen=content_digest(draft), parts=parts, by=world.clerk, at=NOW
    )


def thresholds(world: QuarterWorld, **values: object) -> Mapping[str, object]:
    """The scheme's thresholds with others, as `grade_good` for `grade.good`."""
    known = parsed_rules(world.scheme.parameters).as_mapping()["thresholds"]
    assert isinstance(known, dict)
    named = {name.replace("_", ".", 1): value for name, value in values.items()}
    return {**known, **named}


@pytest.fixture
def tried(quarter_world: QuarterWorld) -> Tried:
    """The report on a draft with these parts."""

    def run(**parts: object) -> dict[str, Any]:
        asked = dry_run_actions.ask_dry_run(
            scheme=drafted(quarter_world, **parts),
            district=quarter_world.district,
            by=quarter_world.clerk,
            at=NOW,
        )
        done = dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=NOW)
        return done.contents

    return run


def test_a_copy_without_a_change_changes_nothing(
    people: list[Appointment], tried: Tried, quarter_world: QuarterWorld
) -> None:
    report = tried()
    assert is_unchanged(report)
    assert report["quarter"] == QUARTER
    assert report["ranked_by"]["ref"] == quarter_world.scheme.ref
    assert (report["sheets"]["all"], report["sheets"]["compared"]) == (5, 5)
    assert report["shifts"] == NO_SHIFT
    assert report["restated"] == 0
    assert report["ranks"] == {"before": 5, "after": 5, "both": 5, "moved": 0}
    assert report["lasts"] == {"before": 1, "after": 1, "gained": 0, "lost": 0}
    assert report["grades"]["moved"] == []
    assert report["colors"]["moved"] == []
    grades = {one["step"]: one["before"] for one in report["grades"]["steps"]}
    assert grades == {"good": 1, "fairly_good": 1, "fair": 2, "poor": 1}
    colors = {one["step"]: one["before"] for one in report["colors"]["steps"]}
    assert colors == {"yellow": 2, "orange": 0, "red": 0}


def test_the_quarter_by_its_own_rules_is_what_was_stored(
    people: list[Appointment], quarter_world: QuarterWorld
) -> None:
    """The same way as the ranking and the run of colours, to the byte."""
    quarter_world.finish(QUARTER)
    period = quarter_world.period(QUARTER)
    cards = verbs.propose_colors(period=period, by=quarter_world.head, at=NOW)
    stored = quarter_dry_running._stored(period)
    side = quarter_dry_running._side(period, stored, period.rules)
    for pk, sheet in stored.items():
        figures = side.sheets[pk].as_record()
        assert {name: sheet.contents[name] for name in figures} == figures
        assert side.rank(pk) == sheet.group_rank.rank
        assert side.is_last(pk) == sheet.group_rank.is_last
        assert side.grade(pk) == sheet.grade.grade
    proposed = {card.appointment_id: card.color for card in cards.proposed}
    assert {pk: color for pk, color in side.colors.items() if color} == proposed


def test_another_weight_moves_totals_as_worked_by_hand(
    people: list[Appointment], tried: Tried
) -> None:
    """By 40 : 60 they are 90, 78, 76, 64, 62: by 0, -4, +2, -2, +4; no rank moves."""
    report = tried(sets=lists(40, 60))
    assert report["shifts"] == {
        "up": [1, 0, 0, 1, 1, 0],
        "down": [0, 0, 0, 1, 1, 0],
    }
    assert report["ranks"]["moved"] == 0
    assert report["grades"]["moved"] == [
        {"from": "fairly_good", "to": "fair", "sheets": 1},
        {"from": "poor", "to": "fair", "sheets": 1},
    ]
    assert report["colors"]["moved"] == []


def test_a_weight_that_turns_the_order_moves_ranks_and_the_last_place(
    people: list[Appointment], tried: Tried
) -> None:
    """By 10 : 90 they are 90, 72, 79, 61, 68: places 2 and 3, 4 and 5 change."""
    report = tried(sets=lists(10, 90))
    assert report["ranks"] == {"before": 5, "after": 5, "both": 5, "moved": 4}
    assert report["lasts"] == {"before": 1, "after": 1, "gained": 1, "lost": 1}
    assert report["shifts"] == {
        "up": [1, 0, 0, 0, 1, 1],
        "down": [0, 0, 0, 0, 1, 1],
    }
    assert not is_unchanged(report)


def test_an_indicator_without_entries_is_named_and_counts_as_no_change(
    people: list[Appointment], tried: Tried
) -> None:
    report = tried(sets=lists(50, 30, indicator("visits", 20)))
    assert report["missing"] == [
        {"code": "visits", "name": "指标visits", "why": "no_entry", "sheets": 5}
    ]
    assert (report["sheets"]["missing"], report["sheets"]["compared"]) == (5, 0)
    assert report["shifts"] == {"up": [0] * 6, "down": [0] * 6}
    assert report["groups"] == {"all": 1, "torn": 1}
    assert report["ranks"] == {"before": 0, "after": 0, "both": 0, "moved": 0}
    assert report["grades"]["moved"] == report["colors"]["moved"] == []
    assert not is_unchanged(report)


def test_a_group_that_is_not_whole_has_totals_compared_and_no_ranks(
    quarter_world: QuarterWorld, people: list[Appointment], tried: Tried
) -> None:
    """One of two groups gets the new indicator: the other is compared in full."""
    others = quarter_world.appoint(3, group="大镇组")
    for month in months_of("2026Q2"):
        quarter_world.open(month)
        for person in (*people, *others):
            quarter_world.enter(person, month, 80)
            quarter_world.enter(person, month, 80, indicator="rest")
        quarter_world.review(month)
    verbs.rank_quarter(
        period=quarter_world.period("2026Q2"),
        by=quarter_world.clerk,
        at=quarter_world.after("2026Q2"),
    )
    report = tried(
        sets=[
            *lists(60, 40),
            {
                "group": "大镇组",
                "indicators": [indicator("work", 70), indicator("visits", 30)],
            },
        ]
    )
    assert report["quarter"] == "2026Q2"
    assert report["groups"] == {"all": 2, "torn": 1}
    assert (report["sheets"]["compared"], report["sheets"]["missing"]) == (5, 3)
    assert report["ranks"]["both"] == 5
    assert report["dropped"] == [
        {"code": "rest", "name": "指标rest", "why": "", "sheets": 3}
    ]


def test_an_indicator_that_is_taken_away_is_named(
    people: list[Appointment], tried: Tried
) -> None:
    """By work alone they are 90, 90, 70, 70, 50."""
    report = tried(sets=[{"group": "*", "indicators": [indicator("work", 100)]}])
    assert report["dropped"] == [
        {"code": "rest", "name": "指标rest", "why": "", "sheets": 5}
    ]
    assert report["shifts"] == {
        "up": [1, 0, 0, 0, 1, 1],
        "down": [0, 0, 0, 0, 1, 1],
    }


def test_a_moved_grade_threshold_moves_grades_and_no_total(
    people: list[Appointment], tried: Tried, quarter_world: QuarterWorld
) -> None:
    report = tried(thresholds=thresholds(quarter_world, grade_fair="70"))
    assert report["shifts"] == NO_SHIFT
    assert report["grades"]["moved"] == [{"from": "fair", "to": "poor", "sheets": 1}]
    steps = {one["step"]: one["after"] for one in report["grades"]["steps"]}
    assert steps == {"good": 1, "fairly_good": 1, "fair": 1, "poor": 2}
    assert report["ranks"]["moved"] == 0


def test_a_moved_colour_threshold_gives_other_cards(
    people: list[Appointment], tried: Tried
) -> None:
    """58 was yellow and would be orange, 66 goes without, 74 stays without."""
    colors = [
        {
            "color": "orange",
            "conditions": [{"figure": "total_below", "threshold": 60}],
        }
    ]
    report = tried(colors=colors)
    assert report["colors"]["moved"] == [
        {"from": "yellow", "to": "orange", "sheets": 1},
        {"from": "yellow", "to": "", "sheets": 1},
    ]
    report = tried(
        colors=[
            {
                "color": "yellow",
                "conditions": [{"figure": "total_below", "threshold": 80}],
            }
        ]
    )
    assert report["colors"]["moved"] == [{"from": "", "to": "yellow", "sheets": 1}]


def test_a_row_of_last_places_reaches_back_behind_the_quarter(
    people: list[Appointment], tried: Tried, quarter_world: QuarterWorld
) -> None:
    """Last in 2026Q1, which is final, and in 2026Q2: a card from two in a row."""
    quarter_world.finish(QUARTER)
    for month in months_of("2026Q2"):
        quarter_world.open(month)
        for person, raw in zip(people, (95, 90, 85, 82, 80), strict=True):
            quarter_world.enter(person, month, raw)
            quarter_world.enter(person, month, raw, indicator="rest")
        quarter_world.review(month)
    verbs.rank_quarter(
        period=quarter_world.period("2026Q2"),
        by=quarter_world.clerk,
        at=quarter_world.after("2026Q2"),
    )
    rule = {"figure": "last_places", "threshold": 2}
    report = tried(colors=[{"color": "red", "conditions": [rule]}])
    assert report["colors"]["moved"] == [{"from": "", "to": "red", "sheets": 1}]
    assert ColorWarning.objects.count() == 0


def test_leave_entered_after_the_ranking_is_told_and_is_not_the_drafts_doing(
    people: list[Appointment], tried: Tried, quarter_world: QuarterWorld
) -> None:
    verbs.record_leave(
        appointment=people[4],
        starts_on=dt.date(2026, 1, 1),
        ends_on=dt.date(2026, 4, 1),
        basis="病假审批单",
        by=quarter_world.clerk,
        at=NOW,
    )
    report = tried()
    assert is_unchanged(report)
    # The last is not ranked any more, and the one before is last instead.
    assert report["restated"] == 2
    assert report["ranks"]["before"] == 4


def test_posts_and_groups_that_the_draft_is_not_for_are_counted_apart(
    people: list[Appointment], tried: Tried
) -> None:
    report = tried(posts=["deputy"])
    assert (report["sheets"]["outside"], report["sheets"]["compared"]) == (5, 0)
    report = tried(sets=[{**lists(60, 40)[0], "group": "大镇组"}])
    assert report["unlisted"] == [{"group": "街道组", "sheets": 5}]
    assert report["groups"] == {"all": 0, "torn": 0}


def test_a_sheet_withdrawn_on_appeal_stands_among_the_others_uncounted(
    people: list[Appointment], tried: Tried, quarter_world: QuarterWorld
) -> None:
    verbs.withdraw_quarter(
        sheet=ScoreSheet.objects.get(appointment=people[0], period__code=QUARTER),
        reason="申诉成立",
        by=quarter_world.head,
        at=NOW,
    )
    report = tried()
    assert is_unchanged(report)
    assert (report["sheets"]["withdrawn"], report["sheets"]["compared"]) == (1, 4)
    assert report["ranks"] == {"before": 4, "after": 4, "both": 4, "moved": 0}


def test_nothing_but_the_report_is_written(
    people: list[Appointment], quarter_world: QuarterWorld
) -> None:
    draft = drafted(quarter_world, sets=lists(10, 90), colors=[])
    asked = dry_run_actions.ask_dry_run(
        scheme=draft,
        district=quarter_world.district,
        by=quarter_world.clerk,
        at=NOW,
    )
    before, events = tables(), AuditEvent.objects.count()
    report = quarter_dry_running.try_on(
        draft, district=HEPING, quarter=quarter_world.period(QUARTER)
    )
    assert tables() == before
    done = dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=NOW)
    assert done.contents == report
    verb = AuditEvent.objects.order_by("-seq").values_list("verb", flat=True).first()
    assert (AuditEvent.objects.count(), verb) == (events + 1, "scheme.dry_run_done")
    names = {person.official.name for person in people}
    assert not any(name in done.record for name in names)


def test_nothing_is_tried_before_a_quarter_is_ranked(
    quarter_world: QuarterWorld,
) -> None:
    (person,) = quarter_world.appoint(1)
    quarter_world.months(QUARTER, {person: 80})
    with pytest.raises(dry_run_actions.NothingRanked):
        dry_run_actions.ask_dry_run(
            scheme=drafted(quarter_world),
            district=quarter_world.district,
            by=quarter_world.clerk,
            at=NOW,
        )


# --- pages ----------------------------------------------------------------------------


def address(name: str, *args: object) -> str:
    return reverse(f"schemes:{name}", args=args)


@pytest.fixture
def queue() -> Iterator[None]:
    """What a page has put into the real queue is taken out again."""
    yield
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge("rollup")


@pytest.fixture
def desk(quarter_world: QuarterWorld, queue: None) -> Client:
    return signed_in(quarter_world.clerk)


def test_the_page_of_a_draft_offers_it_and_shows_the_report(
    people: list[Appointment], quarter_world: QuarterWorld, desk: Client
) -> None:
    parts = lists(50, 30, indicator("visits", 20))
    draft = drafted(quarter_world, sets=[*lists(40, 60), {**parts[0], "group": "空组"}])
    detail = address("scheme-detail", draft.pk)
    assertContains(desk.get(detail), "试算上一个季度")
    asked = desk.post(address("dry-run-ask", draft.pk), {"division": HEPING})
    dry_run = DryRun.objects.get()
    assert asked.headers["Location"] == address("dry-run-detail", dry_run.pk)
    assert desk.get(asked.headers["Location"]).headers["Refresh"] == "15"
    tasks.dry_run(dry_run.pk)
    page = desk.get(asked.headers["Location"])
    assertContains(page, f"，{QUARTER}</h1>")
    assertContains(page, "总分移动多少")
    assertContains(page, "较好 → 一般")
    assertContains(page, "没有一张预警会变。")
    assertNotContains(page, "按草稿重算，什么都不变。")
    for person in people:
        assertNotContains(page, person.official.name)
    assertContains(desk.get(detail), f"{QUARTER}</a>")


def test_the_page_names_what_the_quarter_has_no_figures_for(
    people: list[Appointment], quarter_world: QuarterWorld, desk: Client
) -> None:
    draft = drafted(quarter_world, sets=lists(50, 30, indicator("visits", 20)))
    desk.post(address("dry-run-ask", draft.pk), {"division": HEPING})
    dry_run = DryRun.objects.get()
    tasks.dry_run(dry_run.pk)
    page = desk.get(address("dry-run-detail", dry_run.pk))
    assertContains(page, "指标visits")
    assertContains(page, "那个季度没有录入")
    assertContains(page, "等次和预警都没有比。")
    assertNotContains(page, "没有一个等次会变。")


def test_where_no_quarter_was_ranked_the_page_says_so(
    quarter_world: QuarterWorld, desk: Client
) -> None:
    draft = drafted(quarter_world)
    page = desk.get(address("scheme-detail", draft.pk))
    assertContains(page, "还没有排过名的季度")
    assertNotContains(page, "试算上一个季度")
    refused = desk.post(
        address("dry-run-ask", draft.pk), {"division": HEPING}, follow=True
    )
    assertContains(refused, "请选一个有排过名的季度的地方。")
    assert not DryRun.objects.exists()


def test_who_may_not_edit_schemes_asks_for_none_and_reads_none(
    people: list[Appointment],
    quarter_world: QuarterWorld,
    desk: Client,
    make_staff: Callable[..., User],
) -> None:
    draft = drafted(quarter_world)
    desk.post(address("dry-run-ask", draft.pk), {"division": HEPING})
    dry_run = DryRun.objects.get()
    elsewhere = signed_in(make_staff("far", roles.DEPARTMENT_CLERK, "230402"))
    assert elsewhere.get(address("dry-run-detail", dry_run.pk)).status_code == 404
    ask = address("dry-run-ask", draft.pk)
    assert elsewhere.post(ask, {"division": HEPING}).status_code == 404
    auditor = signed_in(make_staff("auditor", roles.AUDIT_ADMINISTRATOR, HEPING))
    assert auditor.get(address("dry-run-detail", dry_run.pk)).status_code == 403
    assert DryRun.objects.count() == 1
