"""G9: three colours for everybody in one run, each with its reasons in plain words."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.models import User
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    ColorWarning,
    IndicatorScore,
    Measure,
    ScoreSheet,
)
from evaluations.quarter_calendar import months_of
from evaluations.sheets.words import reason_words
from officials.models import (
    Appointment,
    Official,
    Organization,
    PeerGroupMember,
    Post,
)
from tests.evaluations.quarter.made import indicator
from tests.evaluations.quarter.world import QuarterWorld, moment

WORKERS = 1352
DAY = moment(dt.date(2027, 3, 1))
COLORS: list[dict[str, Any]] = [
    {
        "color": "yellow",
        "conditions": [{"figure": "total_below", "threshold": 70}],
    },
    {
        "color": "orange",
        "conditions": [{"figure": "total_below", "threshold": 60}],
    },
    {
        "color": "red",
        "conditions": [
            {"figure": "total_below", "threshold": 60},
            {"figure": "warned_quarters", "threshold": 1},
        ],
    },
]


@pytest.fixture
def colored(quarter_world: QuarterWorld) -> QuarterWorld:
    quarter_world.replace_scheme(
        colors=COLORS,
        consequences=[
            {"trigger": "orange", "measure": "reminder_talk"},
            {"trigger": "red", "measure": "removal"},
        ],
    )
    return quarter_world


@pytest.fixture
def head_two(make_staff) -> User:
    return make_staff("head_two", roles.DEPARTMENT_HEAD, "120101")


def run(world: QuarterWorld, code: str) -> verbs.Colored:
    return verbs.propose_colors(period=world.period(code), by=world.head, at=DAY)


def judged(world: QuarterWorld, code: str, raws: dict) -> verbs.Colored:
    world.final(code, raws)
    return run(world, code)


def test_g9_all_1352_workers_are_evaluated_in_one_run(
    quarter_world: QuarterWorld,
) -> None:
    quarter_world.replace_scheme(posts=["community_worker"], colors=COLORS)
    workers = many_workers(quarter_world, WORKERS)
    fill(quarter_world, workers, "2026Q4")
    period = quarter_world.period("2026Q4")
    with CaptureQueriesContext(connection) as counted:
        found = verbs.propose_colors(period=period, by=quarter_world.head, at=DAY)
    assert found.judged == WORKERS
    # Totals are 40..99 in turn: 40..59 orange, 60..69 yellow.
    totals = [40 + number % 60 for number in range(WORKERS)]
    colors = [one.color for one in found.proposed]
    assert colors.count("orange") == sum(total < 60 for total in totals)
    assert colors.count("yellow") == sum(60 <= total < 70 for total in totals)
    assert colors.count("red") == 0
    assert len(counted) < 30
    with pytest.raises(verbs.ColorsAreProposed):
        verbs.propose_colors(period=period, by=quarter_world.head, at=DAY)


def test_g9_each_card_lists_its_reasons_in_plain_words(colored: QuarterWorld) -> None:
    colored.replace_scheme(
        colors=[
            {
                "color": "orange",
                "conditions": [
                    {"figure": "total_below", "threshold": 60},
                    {
                        "figure": "indicator_below",
                        "indicator": "work",
                        "threshold": "50.5",
                    },
                    {"figure": "grade_from", "threshold": 4},
                    {"figure": "last_places", "threshold": 1},
                ],
            }
        ],
        sets=[
            {
                "group": "*",
                "indicators": [indicator("work", 60), indicator("rest", 40)],
            }
        ],
    )
    people = colored.appoint(3)
    for month in months_of("2026Q4"):
        colored.open(month)
        for person, raw in zip(people, (90, 80, 50), strict=True):
            colored.enter(person, month, raw)
            colored.enter(person, month, raw, indicator="rest")
        colored.review(month)
    verbs.rank_quarter(
        period=colored.period("2026Q4"), by=colored.clerk, at=colored.after("2026Q4")
    )
    colored.finish("2026Q4")
    (card,) = run(colored, "2026Q4").proposed
    assert card.appointment == people[2]
    assert [reason_words(reason) for reason in card.reason_list] == [
        "总分 50 分，低于 60 分。",
        "“指标work”得 50 分，低于 50.5 分。",
        "季度等次为“较差”。",
        "连续 1 个季度组内末位。",
    ]
    assert {reason["basis"] for reason in card.reason_list} == {"PSKH-2026"}


def test_g9_yellow_lapses_when_the_next_quarter_is_clean(
    colored: QuarterWorld, head: User
) -> None:
    clean, again = colored.appoint(2)
    first = judged(colored, "2026Q3", {clean: 65, again: 65})
    assert {one.color for one in first.proposed} == {"yellow"}
    for card in first.proposed:
        assert verbs.decide_color(warning=card, decision="提醒", by=head, at=DAY)
    second = judged(colored, "2026Q4", {clean: 85, again: 66})
    assert [(one.appointment_id, one.color) for one in second.proposed] == [
        (again.pk, "yellow")
    ]
    assert second.lifted == 1
    cards = ColorWarning.objects.filter(period__code="2026Q3")
    found = {card.appointment_id: card for card in cards}
    assert found[again.pk].state == ColorWarning.State.DECIDED
    assert (found[clean.pk].state, found[clean.pk].lifted_in) == ("lifted", "2026Q4")
    assert found[clean.pk].lifted_because == ColorWarning.Lifted.CLEAN


def test_g9_a_gap_in_the_records_lifts_nothing(
    colored: QuarterWorld, head: User
) -> None:
    person, other = colored.appoint(2)
    (card,) = judged(colored, "2026Q3", {person: 65, other: 90}).proposed
    verbs.decide_color(warning=card, decision="提醒", by=head, at=DAY)
    found = judged(colored, "2026Q4", {person: None, other: 90})
    assert (found.proposed, found.lifted) == ((), 0)


def test_g9_red_is_only_a_proposal_with_two_approvals_and_a_hearing(
    colored: QuarterWorld, head: User, head_two: User
) -> None:
    person, other = colored.appoint(2)
    (yellow,) = judged(colored, "2026Q3", {person: 65, other: 90}).proposed
    verbs.decide_color(warning=yellow, decision="提醒", by=head, at=DAY)
    (red,) = judged(colored, "2026Q4", {person: 50, other: 90}).proposed
    assert (red.color, red.state) == ("red", "proposed")
    assert Measure.objects.filter(kind="removal").count() == 0
    with pytest.raises(verbs.NotHeard):
        verbs.decide_color(warning=red, decision="清退", by=head, at=DAY)
    verbs.hear_on_color(
        warning=red, on=DAY.date(), words="本人说明了困难", by=head, at=DAY
    )
    assert not verbs.decide_color(warning=red, decision="清退", by=head, at=DAY)
    with pytest.raises(verbs.SamePerson):
        verbs.decide_color(warning=red, decision="清退", by=head, at=DAY)
    assert verbs.decide_color(warning=red, decision="同意", by=head_two, at=DAY)
    removal = Measure.objects.get(kind="removal")
    assert (removal.state, removal.first_by, removal.decided_by, removal.warning) == (
        "approved",
        head,
        head_two,
        red,
    )
    assert removal.hearing_record == "本人说明了困难"


def test_the_database_lets_no_red_card_pass_with_one_signature(
    colored: QuarterWorld, head: User
) -> None:
    person, other = colored.appoint(2)
    (card,) = judged(colored, "2026Q3", {person: 65, other: 90}).proposed
    with (
        pytest.raises(IntegrityError, match="warning_red_by_two_after_a_hearing"),
        transaction.atomic(),
    ):
        ColorWarning(
            period=card.period,
            appointment=other,
            division=card.division,
            sheet=card.sheet,
            color="red",
            reasons="[]",
            proposed_at=DAY,
            state="decided",
            decided_by=head,
            decided_at=DAY,
            decision="x",
        ).save()


def test_orange_brings_its_talk_and_a_dropped_card_keeps_its_reason(
    colored: QuarterWorld, head: User
) -> None:
    talked, spared = colored.appoint(2)
    found = judged(colored, "2026Q4", {talked: 55, spared: 56})
    cards = {card.appointment_id: card for card in found.proposed}
    verbs.decide_color(warning=cards[talked.pk], decision="约谈", by=head, at=DAY)
    verbs.drop_color(warning=cards[spared.pk], reason="数据口径有变", by=head, at=DAY)
    measure = Measure.objects.get()
    assert (measure.kind, measure.state, measure.decided_by) == (
        "reminder_talk",
        "approved",
        head,
    )
    dropped = ColorWarning.objects.get(pk=cards[spared.pk].pk)
    assert (dropped.state, dropped.decision) == ("dropped", "数据口径有变")


def test_no_thresholds_no_colours(quarter_world: QuarterWorld) -> None:
    person = quarter_world.appoint_one()
    found = judged(quarter_world, "2026Q4", {person: 1})
    assert (found.judged, found.proposed) == (1, ())


def test_colours_follow_from_final_quarters_only(colored: QuarterWorld) -> None:
    person = colored.appoint_one()
    colored.rank("2026Q4", {person: 1})
    with pytest.raises(verbs.NotFinal):
        run(colored, "2026Q4")


def test_a_withdrawn_quarter_takes_its_card(colored: QuarterWorld, head: User) -> None:
    decided, waiting = colored.appoint(2)
    found = judged(colored, "2026Q4", {decided: 65, waiting: 65})
    cards = {card.appointment_id: card for card in found.proposed}
    verbs.decide_color(warning=cards[decided.pk], decision="提醒", by=head, at=DAY)
    for person in (decided, waiting):
        verbs.withdraw_quarter(
            sheet=colored.sheet(person, "2026Q4"), reason="申诉成立", by=head, at=DAY
        )
    states = dict(ColorWarning.objects.values_list("appointment_id", "state"))
    assert states == {decided.pk: "lifted", waiting.pk: "dropped"}


def many_workers(world: QuarterWorld, number: int) -> list[Appointment]:
    """Workers of one organization, written at once."""
    organization = Organization.objects.create(
        kind=Organization.Kind.RESIDENTS_COMMITTEE,
        division=world.district,
        name="社区居委会",
    )
    PeerGroupMember.objects.create(
        grouping=world.grouping,
        group=world.group("社区工作者"),
        organization=organization,
        starts_on=dt.date(2024, 1, 1),
    )
    posts = Post.objects.bulk_create(
        Post(
            organization=organization,
            kind=Post.Kind.COMMUNITY_WORKER,
            title=f"工作者{place}",
            is_head=False,
        )
        for place in range(number)
    )
    officials = Official.objects.bulk_create(
        Official(name=f"工作者{place}") for place in range(number)
    )
    return Appointment.objects.bulk_create(
        Appointment(official=official, post=post, starts_on=dt.date(2024, 1, 1))
        for official, post in zip(officials, posts, strict=True)
    )


def fill(world: QuarterWorld, workers: list[Appointment], quarter: str) -> None:
    """A final quarter: entries written at once, everything else by the verbs."""
    for month in months_of(quarter):
        period = world.open(month)
        assert period.sheets.count() == len(workers)
        IndicatorScore.objects.bulk_create(
            IndicatorScore(
                period=period,
                appointment=worker,
                indicator="work",
                raw=Decimal(40 + number % 60),
                score=Decimal(40 + number % 60),
                evidence="台账",
                evidence_kinds="document site",
                source="manual",
                entered_by=world.clerk,
                entered_at=DAY,
            )
            for number, worker in enumerate(workers)
        )
        world.review(month)
    verbs.rank_quarter(
        period=world.period(quarter), by=world.clerk, at=world.after(quarter)
    )
    assert ScoreSheet.objects.filter(period__code=quarter).count() == len(workers)
    world.finish(quarter)
    assert world.period(quarter).state == AssessmentPeriod.State.FINAL
