"""W8 to the letter; every measure decided by a named person (G11)."""

import datetime as dt
from collections.abc import Sequence

import pytest
from django.db import IntegrityError, transaction

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations import quarter_actions as verbs
from evaluations.models import Measure, ScoreSheet
from evaluations.sheets.words import ground_words
from officials.models import Appointment
from tests.evaluations.quarter.world import QuarterWorld, moment

DAY = moment(dt.date(2027, 1, 20))
ADJUSTMENT = Measure.Kind.ADJUSTMENT


def quarter(
    quarter_world: QuarterWorld,
    code: str,
    people: Sequence[Appointment],
    last: Appointment,
) -> list[Measure]:
    """A final quarter in which one of the people is last; its adjustments."""
    raws = {one: 81 if one == last else 85 for one in people}
    measures = quarter_world.final(code, raws)
    assert {one.kind for one in measures} <= {ADJUSTMENT}
    return measures


@pytest.fixture
def head_two(make_staff) -> User:
    return make_staff("head_two", roles.DEPARTMENT_HEAD, "120101")


def test_w8_three_last_places_running_give_one_adjustment_on_that_day_and_not_before(
    quarter_world: QuarterWorld,
) -> None:
    people = quarter_world.appoint(3)
    found = [
        len(quarter(quarter_world, f"2026Q{number}", people, people[0]))
        for number in (1, 2, 3, 4)
    ]
    assert found == [0, 0, 1, 0]
    measure = Measure.objects.get()
    assert (measure.kind, measure.state, measure.appointment, measure.period.code) == (
        ADJUSTMENT,
        Measure.State.PROPOSED,
        people[0],
        "2026Q3",
    )
    assert measure.proposed_at == measure.period.final_at
    assert sorted(measure.grounds.values_list("sheet__period__code", flat=True)) == [
        "2026Q1",
        "2026Q2",
        "2026Q3",
    ]
    assert ground_words(measure.ground_facts) == (
        "2026Q1、2026Q2、2026Q3 连续 3 个季度组内末位。"
    )


def test_w8_withdrawing_one_quarter_after_an_appeal_removes_the_adjustment(
    quarter_world: QuarterWorld, head: User
) -> None:
    people = quarter_world.appoint(3)
    for number in (1, 2, 3):
        quarter(quarter_world, f"2026Q{number}", people, people[0])
    dropped = verbs.withdraw_quarter(
        sheet=quarter_world.sheet(people[0], "2026Q2"),
        reason="申诉成立：6 月的数据录错了单位",
        by=head,
        at=DAY,
    )
    measure = Measure.objects.get()
    assert dropped == [measure]
    assert (measure.state, measure.decided_by, measure.decision) == (
        Measure.State.DROPPED,
        head,
        "申诉成立：6 月的数据录错了单位",
    )
    withdrawn = quarter_world.sheet(people[0], "2026Q2")
    assert (withdrawn.state, withdrawn.total) == ("withdrawn", 81)


def test_w8_the_quarter_withdrawn_neither_adds_nor_resets(
    quarter_world: QuarterWorld, head: User
) -> None:
    people = quarter_world.appoint(3)
    for number in (1, 2, 3):
        quarter(quarter_world, f"2026Q{number}", people, people[0])
    verbs.withdraw_quarter(
        sheet=quarter_world.sheet(people[0], "2026Q2"),
        reason="申诉成立",
        by=head,
        at=DAY,
    )
    fourth = quarter(quarter_world, "2026Q4", people, people[0])
    assert [one.period.code for one in fourth] == ["2026Q4"]
    assert ground_words(fourth[0].ground_facts) == (
        "2026Q1、2026Q3、2026Q4 连续 3 个季度组内末位。"
    )


def test_w8_a_quarter_that_is_not_last_starts_the_row_again(
    quarter_world: QuarterWorld,
) -> None:
    people = quarter_world.appoint(3)
    lasts = (people[0], people[0], people[1], people[0], people[0], people[0])
    codes = ("2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026Q4")
    found = [
        len(quarter(quarter_world, code, people, last))
        for code, last in zip(codes, lasts, strict=True)
    ]
    assert found == [0, 0, 0, 0, 0, 1]


def test_w8_fair_gets_a_talk_and_poor_criticism_with_admonition_if_necessary(
    quarter_world: QuarterWorld, head: User
) -> None:
    good, fair, poor = quarter_world.appoint(3)
    quarter_world.final("2026Q4", {good: 95, fair: 70, poor: 40})
    found = {one.appointment: one for one in Measure.objects.all()}
    assert {person: one.kind for person, one in found.items()} == {
        fair: "reminder_talk",
        poor: "criticism",
    }
    criticism = found[poor]
    with pytest.raises(verbs.WrongState):
        verbs.add_measure(
            measure=criticism, kind="admonition", decision="先批评", by=head, at=DAY
        )
    verbs.decide_measure(measure=criticism, decision="同意批评教育", by=head, at=DAY)
    further = verbs.add_measure(
        measure=criticism, kind="admonition", decision="屡次拖延", by=head, at=DAY
    )
    assert (further.kind, further.state, further.decided_by, further.added_to) == (
        "admonition",
        Measure.State.APPROVED,
        head,
        criticism,
    )
    with pytest.raises(verbs.MeasureStands):
        verbs.add_measure(
            measure=criticism, kind="admonition", decision="再来", by=head, at=DAY
        )
    with pytest.raises(verbs.NotByRule):
        verbs.add_measure(
            measure=criticism, kind="removal", decision="不行", by=head, at=DAY
        )


def test_g11_a_measure_names_ground_record_and_person_and_runs_out(
    quarter_world: QuarterWorld, head: User
) -> None:
    quarter_world.replace_scheme(
        consequences=[
            {
                "trigger": "grade_fair",
                "measure": "reminder_talk",
                "effect": {"value": 6, "basis": "PSKH-2026 第 20 条"},
            }
        ]
    )
    person = quarter_world.appoint_one()
    (measure,) = quarter_world.final("2026Q4", {person: 70})
    assert ground_words(measure.ground_facts) == "2026Q4 总分 70.00 分，等次“一般”。"
    assert measure.basis == "PSKH-2026"
    with pytest.raises(verbs.ReasonMissing):
        verbs.decide_measure(measure=measure, decision="  ", by=head, at=DAY)
    assert verbs.decide_measure(measure=measure, decision="同意", by=head, at=DAY)
    until = verbs.carry_out_measure(
        measure=measure,
        on=dt.date(2027, 1, 31),
        outcome="已谈话，本人签字",
        by=head,
        at=DAY,
    )
    assert until == dt.date(2027, 7, 31)
    before, after = dt.date(2027, 7, 30), dt.date(2027, 7, 31)
    assert verbs.expire_measures(by=SYSTEM, at=moment(before)) == 0
    assert verbs.expire_measures(by=SYSTEM, at=moment(after)) == 1
    assert verbs.expire_measures(by=SYSTEM, at=moment(after)) == 0
    assert Measure.objects.get().state == Measure.State.EXPIRED


def test_g11_a_dropped_proposal_keeps_its_reason_and_does_not_come_back(
    quarter_world: QuarterWorld, head: User
) -> None:
    people = quarter_world.appoint(3)
    for number in (1, 2, 3):
        quarter(quarter_world, f"2026Q{number}", people, people[0])
    measure = Measure.objects.get()
    verbs.drop_measure(measure=measure, reason="刚接手薄弱单位", by=head, at=DAY)
    quarter(quarter_world, "2026Q4", people, people[0])
    (kept,) = Measure.objects.all()
    assert (kept.state, kept.decision, kept.decided_by) == (
        Measure.State.DROPPED,
        "刚接手薄弱单位",
        head,
    )
    with pytest.raises(verbs.WrongState):
        verbs.decide_measure(measure=kept, decision="同意", by=head, at=DAY)


def test_a_removal_takes_a_hearing_and_two_persons(
    quarter_world: QuarterWorld, head: User, head_two: User
) -> None:
    quarter_world.replace_scheme(
        consequences=[{"trigger": "grade_poor", "measure": "removal"}]
    )
    person = quarter_world.appoint_one()
    (measure,) = quarter_world.final("2026Q4", {person: 20})
    with pytest.raises(verbs.NotHeard):
        verbs.decide_measure(measure=measure, decision="清退", by=head, at=DAY)
    verbs.hear_on_measure(
        measure=measure, on=DAY.date(), words="本人无异议", by=head, at=DAY
    )
    assert not verbs.decide_measure(measure=measure, decision="清退", by=head, at=DAY)
    with pytest.raises(verbs.SamePerson):
        verbs.decide_measure(measure=measure, decision="清退", by=head, at=DAY)
    assert Measure.objects.get().state == Measure.State.PROPOSED
    assert verbs.decide_measure(
        measure=measure, decision="同意清退", by=head_two, at=DAY
    )
    done = Measure.objects.get()
    assert (done.state, done.first_by, done.decided_by) == (
        Measure.State.APPROVED,
        head,
        head_two,
    )
    assert (done.first_decision, done.decision) == ("清退", "同意清退")


def test_the_database_lets_no_removal_pass_with_one_signature(
    quarter_world: QuarterWorld, head: User
) -> None:
    quarter_world.replace_scheme(
        consequences=[{"trigger": "grade_poor", "measure": "removal"}]
    )
    person = quarter_world.appoint_one()
    quarter_world.final("2026Q4", {person: 20})
    with (
        pytest.raises(IntegrityError, match="measure_removal_by_two_after_a_hearing"),
        transaction.atomic(),
    ):
        Measure.objects.update(
            state=Measure.State.APPROVED, decided_by=head, decided_at=DAY, decision="x"
        )


def test_a_quarter_is_withdrawn_once_and_with_a_reason(
    quarter_world: QuarterWorld, head: User
) -> None:
    person = quarter_world.appoint_one()
    quarter_world.final("2026Q4", {person: 90})
    sheet = quarter_world.sheet(person, "2026Q4")
    with pytest.raises(verbs.ReasonMissing):
        verbs.withdraw_quarter(sheet=sheet, reason="", by=head, at=DAY)
    verbs.withdraw_quarter(sheet=sheet, reason="申诉成立", by=head, at=DAY)
    with pytest.raises(verbs.WrongState):
        verbs.withdraw_quarter(sheet=sheet, reason="申诉成立", by=head, at=DAY)
    assert ScoreSheet.objects.standing().filter(period__code="2026Q4").count() == 0
