"""W5: a rank when all months are reviewed, once, inside the group; then the year."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import User
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    GroupRank,
    ScoreSheet,
)
from evaluations.quarter_calendar import months_of
from officials.models import WorkdayException
from tests.evaluations.quarter.world import QuarterWorld, moment, ranks

QUARTER = "2026Q4"


def test_w5_the_rank_appears_only_when_all_months_are_reviewed(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    people = quarter_world.appoint(4)
    months = months_of(QUARTER)
    for month in months:
        quarter_world.open(month)
        for person, raw in zip(people, (95, 88, 88, 70), strict=True):
            quarter_world.enter(person, month, raw)
    for month, waiting in zip(months, (months, months[1:], months[2:]), strict=True):
        with pytest.raises(verbs.MonthsNotReviewed) as caught:
            verbs.rank_quarter(
                period=quarter_world.period(QUARTER),
                by=clerk,
                at=quarter_world.after(QUARTER),
            )
        assert caught.value.months == list(waiting)
        assert GroupRank.objects.count() == 0
        quarter_world.review(month)
    verbs.rank_quarter(
        period=quarter_world.period(QUARTER),
        by=clerk,
        at=quarter_world.after(QUARTER),
    )
    found = ranks(quarter_world.period(QUARTER))
    assert [found[person.pk] for person in people] == [
        (1, 4, False, False),
        (2, 4, True, False),
        (2, 4, True, False),
        (4, 4, False, True),
    ]


def test_w5_the_rank_is_computed_once_at_quarter_close(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    person = quarter_world.appoint_one()
    period = quarter_world.rank(QUARTER, {person: 80})
    with pytest.raises(verbs.QuarterIsRanked):
        verbs.rank_quarter(period=period, by=clerk, at=quarter_world.after(QUARTER))
    score = person.indicator_scores.get(period__code="2026-10")
    with pytest.raises(verbs.QuarterIsRanked):
        verbs.propose_adjustment(
            score=score,
            raw=Decimal(99),
            evidence="x",
            evidence_kinds=("document",),
            reason="晚了",
            by=clerk,
            at=quarter_world.after(QUARTER),
        )


@pytest.mark.django_db(transaction=True)
def test_w5_of_two_who_rank_at_once_one_does(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    people = quarter_world.appoint(3)
    quarter_world.months(QUARTER, dict(zip(people, (90, 80, 70), strict=True)))
    period, at = quarter_world.period(QUARTER), quarter_world.after(QUARTER)
    barrier = threading.Barrier(2)
    outcomes: list[object] = []

    def work() -> None:
        try:
            barrier.wait(timeout=30)
            outcomes.append(verbs.rank_quarter(period=period, by=clerk, at=at))
        except verbs.QuarterIsRanked as refused:
            outcomes.append(type(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes, key=str) == [3, verbs.QuarterIsRanked]
    assert GroupRank.objects.count() == 3


def test_w5_the_annual_sheet_takes_the_four_quarters_without_retyping(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    people = quarter_world.appoint(3)
    raws = ((95, 85, 70), (94, 85, 70), (93, 92, 70), (92, 85, 70))
    for number, quarter in enumerate(raws, start=1):
        quarter_world.final(f"2026Q{number}", dict(zip(people, quarter, strict=True)))
    at = moment(dt.date(2027, 2, 1))
    year = verbs.compose_year(
        scheme_code="regular",
        division=quarter_world.district,
        year=2026,
        by=clerk,
        at=at,
    )
    first, second, third = (quarter_world.sheet(one, "2026") for one in people)
    assert [one.total for one in (first, second, third)] == [
        Decimal("93.50"),
        Decimal("86.75"),
        Decimal("70.00"),
    ]
    quarters = [
        (line["period"], line["total"], line["grade"])
        for line in first.contents["quarters"]
    ]
    assert quarters == [
        ("2026Q1", "95.00", "good"),
        ("2026Q2", "94.00", "good"),
        ("2026Q3", "93.00", "good"),
        ("2026Q4", "92.00", "good"),
    ]
    may = [one.contents["may_be_excellent"] for one in (first, second, third)]
    assert may == [True, False, False]
    assert year.code == "2026"
    with pytest.raises(verbs.MonthIsOpen):
        verbs.compose_year(
            scheme_code="regular",
            division=quarter_world.district,
            year=2026,
            by=clerk,
            at=at,
        )


def test_w5_a_year_waits_for_its_last_quarter(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    person = quarter_world.appoint_one()
    quarter_world.final("2026Q1", {person: 80})
    with pytest.raises(verbs.NotFinal, match="2026Q2, 2026Q3, 2026Q4"):
        verbs.compose_year(
            scheme_code="regular",
            division=quarter_world.district,
            year=2026,
            by=clerk,
            at=moment(dt.date(2027, 2, 1)),
        )


def test_ranks_are_given_inside_each_group(quarter_world: QuarterWorld) -> None:
    here = quarter_world.appoint(2, group="街道组")
    there = quarter_world.appoint(2, group="大镇组")
    period = quarter_world.rank(
        QUARTER, dict(zip(here + there, (90, 80, 70, 60), strict=True))
    )
    found = ranks(period)
    assert [found[one.pk][:2] for one in here + there] == [(1, 2), (2, 2)] * 2


def test_who_came_late_or_was_on_leave_is_not_ranked(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    stays, away = quarter_world.appoint(2)
    late = quarter_world.appoint_one(starts_on=dt.date(2026, 11, 20))
    verbs.record_leave(
        appointment=away,
        starts_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2026, 11, 20),
        basis="病假审批单",
        by=clerk,
        at=moment(dt.date(2026, 10, 1)),
    )
    for month in months_of(QUARTER):
        quarter_world.open(month)
        for person in (stays, away):
            quarter_world.enter(person, month, 80)
        if month != "2026-10":
            quarter_world.enter(late, month, 80)
        quarter_world.review(month)
    verbs.rank_quarter(
        period=quarter_world.period(QUARTER),
        by=clerk,
        at=quarter_world.after(QUARTER),
    )
    reasons = {
        one.appointment_id: one.not_ranked
        for one in ScoreSheet.objects.filter(period__code=QUARTER)
    }
    assert reasons == {stays.pk: "", away.pk: "leave", late.pk: "short_time"}
    assert ranks(quarter_world.period(QUARTER)) == {stays.pk: (1, 1, False, False)}


def test_publicity_lasts_its_working_days_over_a_holiday(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    person = quarter_world.appoint_one()
    period = quarter_world.rank(QUARTER, {person: 80})
    friday = dt.date(2027, 1, 8)
    WorkdayException.objects.create(
        on=dt.date(2027, 1, 11), is_workday=False, name="放假"
    )
    until = verbs.start_quarter_publicity(
        period=period, starts_on=friday, by=clerk, at=moment(friday)
    )
    assert until == dt.date(2027, 1, 18)
    running = quarter_world.period(QUARTER)
    with pytest.raises(verbs.PublicityRuns):
        verbs.finalise_quarter(period=running, by=clerk, at=moment(until))
    verbs.finalise_quarter(
        period=running, by=clerk, at=moment(until + dt.timedelta(days=1))
    )
    assert quarter_world.sheet(person, QUARTER).state == "final"
    assert quarter_world.period(QUARTER).state == AssessmentPeriod.State.FINAL


def test_an_earlier_quarter_is_final_first(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    person = quarter_world.appoint_one()
    quarter_world.rank("2026Q3", {person: 80})
    quarter_world.rank(QUARTER, {person: 80})
    with pytest.raises(verbs.MonthsGoInOrder, match="2026Q3"):
        quarter_world.finish(QUARTER)


def test_an_incomplete_sheet_has_no_total_and_no_rank(
    quarter_world: QuarterWorld,
) -> None:
    full, empty = quarter_world.appoint(2)
    period = quarter_world.rank(QUARTER, {full: 80, empty: None})
    sheet = quarter_world.sheet(empty, QUARTER)
    assert (sheet.total, sheet.completeness, sheet.not_ranked) == (
        None,
        Decimal(0),
        "incomplete",
    )
    assert list(ranks(period)) == [full.pk]


def test_a_total_can_be_traced_to_each_entry(quarter_world: QuarterWorld) -> None:
    person = quarter_world.appoint_one()
    quarter_world.rank(QUARTER, {person: 80})
    sheet = quarter_world.sheet(person, QUARTER)
    line = sheet.contents["office"]["lines"][0]
    entries = person.indicator_scores.order_by("period__code")
    assert line["entries"] == [str(one.pk) for one in entries]
    assert [part["month"] for part in sheet.contents["months"]] == list(
        months_of(QUARTER)
    )
    assert sheet.contents["scheme"]["ref"] == quarter_world.scheme.ref
