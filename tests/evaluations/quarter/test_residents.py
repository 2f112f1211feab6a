"""The residents' part of a quarter, from roll-up and review to the sheet (H7, M29)."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import actions
from evaluations import quarter_actions as verbs
from evaluations.dry_run_actions import ask_dry_run, carry_out
from evaluations.dry_running import banded
from evaluations.models import (
    Appeal,
    AssessmentScheme,
    Measure,
    MonthlyRating,
    ScoreSheet,
)
from evaluations.publication import Audience, Released, release
from evaluations.quarter_calendar import months_of, span
from evaluations.quarter_dry_run_rows import is_unchanged
from evaluations.quarter_residents import residents_of
from evaluations.rollup import RolledUp
from evaluations.scheme_actions import draft_copy
from evaluations.scheme_readiness import content_digest
from evaluations.scheme_rules_actions import edit_rules
from evaluations.sheets.rules import RegularRules, ResidentFigure
from evaluations.sheets.sheet import Why
from tests.evaluations.quarter.made import BASIS, indicator, residents
from tests.evaluations.quarter.world import moment
from tests.evaluations.world import HEPING, World, mixed, same

QUARTER = "2026Q4"
MONTHS = months_of(QUARTER)
GROUP = "商业街区组"
FEW, MIDDLE, MANY = "120101002002", "120101002003", "120101002004"


@pytest.fixture
def rated(
    world: World, roll_up: Callable[[str], RolledUp], clerk: User
) -> dict[str, MonthlyRating]:
    """Three communities with 9, 24 and 120 answers in the quarter, rolled up."""
    scheme = world.quick_scheme()
    for month in MONTHS:
        world.tally(
            month,
            {
                FEW: mixed(3, seed=f"a{month}"),
                MIDDLE: mixed(8, seed=f"b{month}"),
                MANY: mixed(40, seed=f"c{month}"),
            },
            scheme=scheme,
        )
        roll_up(month)
    return {code: world.rating(code, MONTHS[2]) for code in (FEW, MIDDLE, MANY)}


def review(world: World, clerk: User) -> None:
    for month in MONTHS:
        actions.review_month(
            division=world.district, month=month, by=clerk, at=world.now
        )


def parts(world: World) -> dict[str, object]:
    """Community -> the residents' part of December."""
    pks = {code: world.appointments[code].pk for code in (FEW, MIDDLE, MANY)}
    found = residents_of(pks.values(), month=MONTHS[2], figure=ResidentFigure.DIRECT)
    return {code: found[pk] for code, pk in pks.items()}


def regular(world: World) -> AssessmentScheme:
    rules = RegularRules.from_mapping(
        {
            "posts": ["community_secretary"],
            "basis": BASIS,
            "sets": [
                {"group": GROUP, "indicators": [indicator("work", 60), residents(40)]}
            ],
        }
    )
    assert rules.obstacles() == []
    return AssessmentScheme.objects.create(
        code="secretaries",
        version=1,
        name="书记平时考核",
        kind=AssessmentScheme.Kind.REGULAR,
        division=world.district,
        status=AssessmentScheme.Status.IN_FORCE,
        parameters=rules.canonical().decode(),
        digest=bytes.fromhex(rules.digest()),
        frozen_at=world.now,
    )


def assess(
    world: World, scheme: AssessmentScheme, clerk: User
) -> dict[str, ScoreSheet]:
    """The quarter of the three: the office's own figure is 75 everywhere."""
    for month in MONTHS:
        at = moment(span(month)[0])
        opened = verbs.open_month(
            scheme=scheme, division=world.district, month=month, by=SYSTEM, at=at
        )
        for sheet in opened.period.sheets.select_related("period__scheme", "group"):
            verbs.enter_score(
                sheet=sheet,
                indicator="work",
                raw=Decimal(75),
                evidence="台账",
                evidence_kinds=("document", "site"),
                by=clerk,
                at=at,
            )
        verbs.close_month(period=opened.period, by=clerk, at=at)
        verbs.review_month_sheets(
            period=opened.period, sheets=opened.period.sheets.all(), by=clerk, at=at
        )
    quarter = opened.period.parent
    assert quarter is not None
    verbs.rank_quarter(period=quarter, by=clerk, at=moment(dt.date(2027, 1, 4)))
    sheets = ScoreSheet.objects.filter(period=quarter).with_names()
    return {
        code: sheets.get(appointment=world.appointments[code])
        for code in (FEW, MIDDLE, MANY)
    }


def test_h7_a_rating_enters_only_after_review_and_as_it_is_released(
    world: World, rated: dict[str, MonthlyRating], clerk: User
) -> None:
    assert {part.why for part in parts(world).values()} == {Why.NOT_REVIEWED}
    review(world, clerk)
    found = parts(world)
    released = release(world.rating(MANY, MONTHS[2]), Audience.OFFICE)
    assert isinstance(released, Released)
    many = found[MANY]
    assert (many.score, many.m, many.is_valid) == (released.score.value, 120, True)
    assert many.ref == rated[MANY].record_sha256
    few = found[FEW]
    assert (few.score, few.m, few.why) == (None, 0, Why.WITHHELD)


def test_h7_every_quarter_sheet_shows_the_residents_part_apart(
    world: World, rated: dict[str, MonthlyRating], clerk: User
) -> None:
    review(world, clerk)
    sheets = assess(world, regular(world), clerk)
    many = sheets[MANY].contents
    score = Decimal(many["resident"]["score"])
    assert many["resident"]["points"] == str(
        (score * 40 / 100).quantize(Decimal("0.01"))
    )
    assert many["office"]["points"] == "45.00"
    assert sheets[MANY].total == Decimal(many["resident"]["points"]) + 45
    assert sheets[MANY].resident_points == Decimal(many["resident"]["points"])
    assert {code: sheets[code].not_ranked for code in sheets} == {
        FEW: "incomplete",
        MIDDLE: "few_residents",
        MANY: "",
    }
    # Eight new answers may not be told apart: the figure of 16 stays (M86).
    assert (sheets[FEW].total, sheets[MIDDLE].resident_m) == (None, 16)


def test_h7_a_sheet_never_tells_more_than_a_clamped_score(
    world: World, roll_up: Callable[[str], RolledUp], clerk: User
) -> None:
    scheme = world.quick_scheme()
    for month in MONTHS:
        world.tally(
            month,
            {code: same(5, 40) for code in (FEW, MIDDLE, MANY)},
            scheme=scheme,
        )
        roll_up(month)
    review(world, clerk)
    sheets = assess(world, regular(world), clerk)
    assert sheets[MANY].contents["resident"]["score"] == "99.0"
    assert sheets[MANY].total == Decimal("84.60")


def test_m29_below_its_target_a_window_bears_no_consequence(
    world: World, roll_up: Callable[[str], RolledUp], clerk: User
) -> None:
    scheme = world.make_scheme(window_months=3, sampling_rate="0.90")
    for month in MONTHS:
        world.tally(
            month,
            {code: same(2, 40) for code in (FEW, MIDDLE, MANY)},
            scheme=scheme,
        )
        roll_up(month)
    review(world, clerk)
    sheets = assess(world, regular(world), clerk)
    assert {one.grade.grade for one in sheets.values()} == {"poor"}
    assert {one.contents["resident"]["is_valid"] for one in sheets.values()} == {False}
    quarter = sheets[MANY].period
    until = verbs.start_quarter_publicity(
        period=quarter,
        starts_on=dt.date(2027, 1, 4),
        by=clerk,
        at=moment(dt.date(2027, 1, 4)),
    )
    verbs.finalise_quarter(
        period=quarter, by=clerk, at=moment(until + dt.timedelta(days=1))
    )
    assert Measure.objects.count() == 0


def test_a_quarter_looks_at_all_ratings_of_a_month_in_one_query(
    world: World,
    rated: dict[str, MonthlyRating],
    clerk: User,
    django_assert_num_queries: Callable,
) -> None:
    review(world, clerk)
    pks = [one.pk for one in world.appointments.values()]
    with django_assert_num_queries(1):
        found = residents_of(pks, month=MONTHS[2], figure=ResidentFigure.DIRECT)
    assert len(found) == len(world.appointments)
    assert found[world.appointments["120101002007"].pk].why is Why.NO_RATING
    assert world.district.pk == HEPING


def test_a_quarter_is_not_final_while_one_of_its_ratings_is_under_appeal(
    world: World, rated: dict[str, MonthlyRating], clerk: User
) -> None:
    review(world, clerk)
    sheets = assess(world, regular(world), clerk)
    quarter, start = sheets[MANY].period, dt.date(2027, 1, 4)
    verbs.start_quarter_publicity(
        period=quarter, starts_on=start, by=clerk, at=moment(start)
    )
    appeal = Appeal.objects.create(
        rating=rated[MANY],
        filed_by=world.head,
        filed_on=start,
        filed_at=moment(start),
        ground=Appeal.Ground.FACTS,
        evidence="名册有误",
        due_on=dt.date(2027, 1, 18),
        due_is_certain=True,
    )
    late = moment(dt.date(2027, 2, 1))
    with pytest.raises(verbs.AppealsOpen) as caught:
        verbs.finalise_quarter(period=quarter, by=clerk, at=late)
    assert caught.value.communities == [MANY]
    Appeal.objects.filter(pk=appeal.pk).update(
        state=Appeal.State.REJECTED,
        reviewer=clerk,
        accepted_at=late,
        decided_at=late,
        decision=Appeal.Outcome.REJECTED,
        outcome="名册核对无误",
    )
    verbs.finalise_quarter(period=quarter, by=clerk, at=late)
    assert ScoreSheet.objects.get(pk=sheets[MANY].pk).state == "final"


def test_a_draft_is_tried_with_the_figures_that_the_gate_released(
    world: World, rated: dict[str, MonthlyRating], clerk: User
) -> None:
    """24 and 120 households give a total, nobody else; from 60 : 40 to 50 : 50."""
    review(world, clerk)
    scheme = regular(world)
    sheets = assess(world, scheme, clerk)
    by = {"by": clerk, "at": world.now}
    draft = draft_copy(scheme=scheme, division=world.district, **by)

    def tried() -> dict[str, Any]:
        asked = ask_dry_run(scheme=draft, district=world.district, **by)
        return carry_out(dry_run=asked, **by).contents

    same = tried()
    assert is_unchanged(same)
    assert (same["sheets"]["compared"], same["sheets"]["incomplete"]) == (2, 7)
    assert (same["restated"], same["ranks"]["both"]) == (0, 1)
    lists = [{"group": GROUP, "indicators": [indicator("work", 50), residents(50)]}]
    draft = edit_rules(
        scheme=draft, seen=content_digest(draft), parts={"sets": lists}, **by
    )
    scores = [
        Decimal(sheets[code].contents["resident"]["score"]) for code in (MIDDLE, MANY)
    ]
    shifts = [(score - 75) / 10 for score in scores]
    assert tried()["shifts"] == banded(shifts)
