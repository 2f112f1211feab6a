"""Targets, draws and rest, on the demo's numbers (M9-M20)."""

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest

from accounts.models import User
from audit import crypto
from audit.actions import SYSTEM
from officials.models import Division
from residents.actions.snapshots import take_snapshot
from residents.models import RosterSnapshot, SnapshotHousehold
from surveys import actions
from surveys.models import Questionnaire, Round, SampledHousehold
from surveys.sampling import commitment, draw_key
from tests.surveys.conftest import (
    HOUSEHOLDS,
    PARAMETERS,
    STREET,
    make_roster,
    make_secretary,
    moment,
    month_bounds,
)

TARGETS = [110, 119, 135, 127, 122, 109, 137, 125, 154]
PERIODS = ["2025-11", "2025-12", *(f"2026-{month:02d}" for month in range(1, 11))]


@pytest.fixture
def xiaobailou(heping: Division) -> RosterSnapshot:
    """The demo's street: nine communities, 11,380 常住 households."""
    make_roster(HOUSEHOLDS)
    for code in HOUSEHOLDS:
        make_secretary(code, f"书记{code[-2:]}")
    return take_snapshot(
        division=Division.objects.get(code=STREET), by=SYSTEM, at=moment(2025, 10, 20)
    )


@pytest.fixture
def twelve_rounds(
    xiaobailou: RosterSnapshot, questionnaire: Questionnaire, clerk: User, head: User
) -> list[Round]:
    rounds = []
    for period in PERIODS:
        opens_at, closes_at = month_bounds(period)
        draft = actions.prepare_round(
            division=xiaobailou.division,
            period=period,
            questionnaire=questionnaire,
            snapshot=xiaobailou,
            scheme_ref="monthly-1",
            scheme_digest=b"s" * 32,
            parameters=PARAMETERS,
            opens_at=opens_at,
            closes_at=closes_at,
            by=clerk,
            at=opens_at - dt.timedelta(days=5),
        )
        # The round before is still running when this one is drawn.
        at = opens_at - dt.timedelta(days=4)
        rounds.append(actions.approve_round(survey_round=draft, by=head, at=at))
    return rounds


def test_twelve_rounds_of_the_demo_meet_the_year_without_asking_anybody_twice(
    twelve_rounds: list[Round],
) -> None:
    strata = [list(found.draw.strata.all()) for found in twelve_rounds]
    assert [stratum.year_target for stratum in strata[0]] == TARGETS
    assert [found.month_in_cycle for found in twelve_rounds] == list(range(1, 13))
    months = [[month[place].month_target for month in strata] for place in range(9)]
    assert [sum(parts) for parts in months] == TARGETS
    # 109 in a year: eleven months of 9 and one of 10.
    assert Counter(months[5]) == {9: 11, 10: 1}
    assert sum(sum(parts) for parts in months) == 1138
    released = SampledHousehold.objects.released()
    households = list(released.values_list("household_id", flat=True))
    assert len(households) == len(set(households))
    assert len(households) == sum(s.drawn for month in strata for s in month)
    assert {s.shortfall for month in strata for s in month} == {0}


def test_a_draw_is_redone_from_its_seed(approved: Round) -> None:
    orders = actions.redo_draw(approved.draw)
    for stratum in approved.draw.strata.all():
        stored = stratum.households.order_by("position")
        households = list(stored.values_list("household_id", flat=True))
        assert households == orders[stratum.code][: len(households)]
        assert len(orders[stratum.code]) == 60


def test_a_draw_follows_the_published_rule_and_its_commitment(approved: Round) -> None:
    draw = approved.draw
    seed = crypto.open_field(
        draw.seed, table="surveys_sampledraw", column="seed", row=draw.pk
    )
    assert draw.seed_commitment == commitment(seed)
    stratum = draw.strata.first()
    framed = SnapshotHousehold.objects.filter(
        snapshot=approved.snapshot,
        community_id=stratum.code,
        residence_status="resident",
    ).values_list("household_id", flat=True)
    by_key = sorted(
        framed,
        key=lambda household: draw_key(
            seed, approved.code, stratum.code, str(household)
        ),
    )
    released = stratum.households.released().order_by("position")
    assert list(released.values_list("household_id", flat=True)) == by_key[:10]


def test_a_redone_draw_notices_another_frame(approved: Round) -> None:
    stratum = approved.draw.strata.first()
    missing = stratum.households.reserve().first()
    approved.recused.create(household_id=missing.household_id, reason="test")
    with pytest.raises(actions.RoundNotReady, match=stratum.code):
        actions.redo_draw(approved.draw)


def test_sizes_of_a_draw(approved: Round) -> None:
    """60 of 180 each: the floor of 100 is cut to the frame (M13), a twelfth is 5."""
    strata = approved.draw.strata.values_list(
        "frame_count", "year_target", "month_target", "drawn", "shortfall", "resting"
    )
    assert list(strata) == [(60, 60, 5, 10, 0, 0)] * 3


def test_reserve_follows_in_whole_blocks(approved: Round) -> None:
    stratum = approved.draw.strata.first()
    assert stratum.households.released().count() == 10
    assert stratum.households.reserve().count() == 10
    reserve = stratum.households.filter(is_reserve=True)
    assert set(reserve.values_list("position", flat=True)) == set(range(11, 21))


def test_rest_leaves_too_few_and_says_so(
    prepare: Callable[..., Round], approve: Callable[[Round], Round]
) -> None:
    """60 households, 10 released and 10 held in reserve by each running round."""
    periods = ("2025-11", "2025-12", "2026-01", "2026-02")
    rounds = [approve(prepare(period)) for period in periods]
    strata = [found.draw.strata.first() for found in rounds]
    assert [s.resting for s in strata] == [0, 20, 40, 60]
    assert [s.drawn for s in strata] == [10, 10, 10, 0]
    assert [s.shortfall for s in strata] == [0, 0, 0, 10]


def test_a_reserve_that_was_never_released_is_free_after_close(
    prepare: Callable[..., Round],
    approve: Callable[[Round], Round],
    opened: tuple[Round, actions.IssuedSlips],
) -> None:
    survey_round, _ = opened
    actions.close_round(
        survey_round=survey_round,
        by=SYSTEM,
        at=survey_round.ballot_box.technical_close,
    )
    second = approve(prepare("2025-12"))
    assert [s.resting for s in second.draw.strata.all()] == [10, 10, 10]
    # The rule gives the same answer later: that round's reserve is known to be free.
    assert set(actions.redo_draw(second.draw)) == {
        s.code for s in second.draw.strata.all()
    }


def test_a_released_household_is_available_again_after_twelve_months(
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    approved: Round,
    clerk: User,
) -> None:
    same_month = approve(prepare("2026-11"))
    assert [s.resting for s in same_month.draw.strata.all()] == [0, 0, 0]
    late = same_month.opens_at
    forgotten = prepare("2026-10")
    actions.propose_again(survey_round=forgotten, by=clerk, at=late)
    month_before = approve(forgotten, at=late)
    held = {
        code: set(
            SampledHousehold.objects.filter(stratum__code=code)
            .exclude(stratum__draw__round=month_before)
            .values_list("household_id", flat=True)
        )
        for code in list(HOUSEHOLDS)[:3]
    }
    # Both neighbours hold theirs: 2025-11 is eleven months away, 2026-11 is one.
    resting = {s.code: s.resting for s in month_before.draw.strata.all()}
    assert resting == {code: len(households) for code, households in held.items()}


def test_recused_households_leave_the_frame_before_the_draw(
    draft: Round, approve: Callable[[Round], Round], clerk: User
) -> None:
    framed = SnapshotHousehold.objects.filter(
        snapshot=draft.snapshot, residence_status="resident"
    )
    recused = framed.order_by("community_id").first()
    actions.recuse_household(
        survey_round=draft,
        household=recused.household_id,
        reason="被评人家庭",
        by=clerk,
        at=draft.created_at,
    )
    draw = approve(draft).draw
    stratum = draw.strata.get(code=recused.community_id)
    assert (stratum.frame_count, stratum.recused) == (59, 1)
    sampled = SampledHousehold.objects.filter(household_id=recused.household_id)
    assert list(sampled) == []


def test_only_resident_households_are_drawn(approved: Round) -> None:
    drawn = SampledHousehold.objects.of_round(approved)
    statuses = drawn.values_list("household__residence_status", flat=True)
    assert set(statuses) == {"resident"}


def test_reserve_opens_in_blocks_when_the_target_is_out_of_reach(
    opened: tuple[Round, actions.IssuedSlips],
) -> None:
    survey_round, _ = opened
    at = survey_round.opens_at + dt.timedelta(days=3)
    stratum = survey_round.draw.strata.first()
    released = list(stratum.households.released())
    for sampled in released[:5]:
        actions.settle_household(sampled=sampled, disposition="R", by=SYSTEM, at=at)
    release = {"survey_round": survey_round, "by": SYSTEM, "at": at}
    assert actions.release_reserve(**release) == 0  # five open ones can still reach 5
    actions.settle_household(sampled=released[5], disposition="NE", by=SYSTEM, at=at)
    assert actions.release_reserve(**release) == 5
    assert actions.release_reserve(**release) == 0
    positions = stratum.households.released().order_by("position")
    assert list(positions.values_list("position", flat=True)) == list(range(1, 16))
    assert SampledHousehold.objects.of_round(survey_round).without_code().count() == 5


def test_a_household_is_settled_once(opened: tuple[Round, actions.IssuedSlips]) -> None:
    survey_round, _ = opened
    sampled = SampledHousehold.objects.of_round(survey_round).released().first()
    settle = {"sampled": sampled, "by": SYSTEM, "at": survey_round.opens_at}
    actions.settle_household(disposition="R", **settle)
    with pytest.raises(actions.WrongState):
        actions.settle_household(disposition="NC", **settle)
    with pytest.raises(actions.WrongState):
        actions.settle_household(disposition="S", **settle)
    sampled.refresh_from_db()
    assert (sampled.state, sampled.disposition) == ("refused", "R")
