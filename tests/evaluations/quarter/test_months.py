"""W1: exactly one open month, the next by itself; entries, adjustments, review."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    AssessmentScheme,
    FiguresAreFinal,
    IndicatorScore,
    ScoreSheet,
)
from officials.models import Appointment, OfficialAccount
from tests.evaluations.quarter.made import indicator
from tests.evaluations.quarter.world import (
    NO_RESIDENTS,
    ONE_INDICATOR,
    QuarterWorld,
    moment,
)

State = AssessmentPeriod.State
OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"


def open_months(appointment: Appointment) -> list[str]:
    sheets = ScoreSheet.objects.filter(appointment=appointment, open_slot__isnull=False)
    return list(sheets.values_list("period__code", flat=True))


def states() -> dict[str, str]:
    return dict(AssessmentPeriod.objects.values_list("code", "state"))


def test_w1_each_head_has_exactly_one_open_month_and_the_next_opens_by_itself(
    quarter_world: QuarterWorld,
) -> None:
    heads = quarter_world.appoint(3)
    day = dt.date(2026, 10, 1)
    verbs.open_due_months(on=day, by=SYSTEM, at=moment(day))
    assert [open_months(one) for one in heads] == [[OCTOBER]] * 3
    for day in (dt.date(2026, 10, 31), dt.date(2026, 11, 1), dt.date(2026, 11, 2)):
        verbs.open_due_months(on=day, by=SYSTEM, at=moment(day))
    assert [open_months(one) for one in heads] == [[NOVEMBER]] * 3
    assert states() == {
        "2026Q4": State.OPEN,
        OCTOBER: State.CLOSED,
        NOVEMBER: State.OPEN,
    }


def test_w1_a_scheme_changed_mid_year_leaves_past_months_as_they_were(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.rank("2026Q3", {head: 80})
    before = quarter_world.sheet(head, "2026-09")
    first = quarter_world.scheme
    quarter_world.open(OCTOBER)
    quarter_world.replace_scheme(
        sets=[{"group": "*", "indicators": [indicator("work", 100, full_mark=200)]}]
    )
    quarter_world.open(NOVEMBER)
    quarter_world.open(DECEMBER)
    quarter_world.open("2027-01")
    refs = {
        period.code: period.scheme.ref
        for period in AssessmentPeriod.objects.months().select_related("scheme")
    }
    assert [code for code, ref in refs.items() if ref != first.ref] == ["2027-01"]
    after = quarter_world.sheet(head, "2026-09")
    assert (after.record, after.total) == (before.record, Decimal("80.00"))


def test_months_that_passed_unseen_are_opened_one_after_the_other(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    day = dt.date(2027, 1, 5)
    opened, refused = verbs.open_due_months(on=day, by=SYSTEM, at=moment(day))
    assert refused == []
    assert [one.period.code for one in opened] == [NOVEMBER, DECEMBER, "2027-01"]
    assert open_months(head) == ["2027-01"]


def test_a_month_is_opened_once_and_none_before_it(
    quarter_world: QuarterWorld,
) -> None:
    quarter_world.open(NOVEMBER)
    with pytest.raises(verbs.MonthIsOpen):
        quarter_world.open(NOVEMBER)
    with pytest.raises(verbs.MonthsGoInOrder):
        quarter_world.open(OCTOBER)


def test_nobody_is_assessed_by_two_schemes_in_one_month(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    quarter_world.scheme = quarter_world.make_scheme(ONE_INDICATOR, code="other")
    with pytest.raises(verbs.AssessedTwice) as caught:
        quarter_world.open(OCTOBER)
    assert caught.value.appointments == [str(head)]
    assert AssessmentPeriod.objects.filter(scheme_code="other").count() == 0


def test_the_database_keeps_one_open_month_per_appointment(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    period = quarter_world.open(OCTOBER)
    with pytest.raises(IntegrityError, match="open_slot"), transaction.atomic():
        ScoreSheet.objects.create(
            period=period,
            appointment=head,
            division=head.division,
            group=quarter_world.group(),
            revision=2,
            replaces=quarter_world.sheet(head, OCTOBER),
            open_slot=str(head.pk),
        )


def test_who_comes_into_office_joins_the_open_month(
    quarter_world: QuarterWorld,
) -> None:
    period = quarter_world.open(OCTOBER)
    new = quarter_world.appoint_one(starts_on=dt.date(2026, 10, 12))
    quarter_world.appoint_one(starts_on=dt.date(2026, 11, 1))
    at = moment(dt.date(2026, 10, 13))
    assert verbs.join_month(period=period, by=SYSTEM, at=at) == 1
    assert verbs.join_month(period=period, by=SYSTEM, at=at) == 0
    assert open_months(new) == [OCTOBER]


def test_a_draft_opens_nothing(quarter_world: QuarterWorld) -> None:
    retired = quarter_world.scheme
    quarter_world.replace_scheme()
    with pytest.raises(verbs.NotInForce):
        verbs.open_month(
            scheme=AssessmentScheme.objects.get(pk=retired.pk),
            division=quarter_world.district,
            month=OCTOBER,
            by=SYSTEM,
            at=moment(dt.date(2026, 10, 1)),
        )


def test_a_post_without_a_peer_group_is_named(quarter_world: QuarterWorld) -> None:
    quarter_world.appoint_one()
    alone = quarter_world.appoint_one()
    alone.post.organization.group_memberships.all().delete()
    opened = verbs.open_month(
        scheme=quarter_world.scheme,
        division=quarter_world.district,
        month=OCTOBER,
        by=SYSTEM,
        at=moment(dt.date(2026, 10, 1)),
    )
    assert (opened.sheets, opened.without_group) == (1, (alone,))


def test_a_figure_is_entered_once_with_its_evidence(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    score = quarter_world.enter(head, OCTOBER, "87.5")
    assert (score.score, score.evidence_kinds) == (Decimal("87.5"), "document site")
    with pytest.raises(verbs.AlreadyEntered):
        quarter_world.enter(head, OCTOBER, 90)
    score.raw = Decimal(99)
    with pytest.raises(FiguresAreFinal):
        score.save()
    with pytest.raises(FiguresAreFinal):
        IndicatorScore.objects.update(raw=99)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"raw": 101}, verbs.FigureOutOfRange),
        ({"raw": -1}, verbs.FigureOutOfRange),
        ({"kinds": ()}, verbs.EvidenceUnfit),
        ({"kinds": ("photo",)}, verbs.EvidenceUnfit),
        ({"indicator": "other"}, verbs.NoSuchIndicator),
    ],
)
def test_a_figure_that_does_not_fit_is_refused(
    quarter_world: QuarterWorld, changed: dict, error: type[Exception]
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    with pytest.raises(error):
        quarter_world.enter(head, OCTOBER, **{"raw": 80, **changed})
    assert IndicatorScore.objects.count() == 0


def test_nobody_enters_his_own_figure(quarter_world: QuarterWorld) -> None:
    head = quarter_world.appoint_one()
    OfficialAccount.objects.create(
        official=head.official,
        user=quarter_world.clerk,
        linked_by="SYSTEM",
        linked_at=moment(dt.date(2026, 10, 1)),
    )
    quarter_world.open(OCTOBER)
    with pytest.raises(verbs.OwnFigure):
        quarter_world.enter(head, OCTOBER, 100)


def test_an_adjustment_is_a_new_record_with_a_reason_and_two_names(
    quarter_world: QuarterWorld, clerk: User, head: User
) -> None:
    person = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    old = quarter_world.enter(person, OCTOBER, 70)
    quarter_world.review(OCTOBER)
    at = moment(dt.date(2026, 11, 3))
    approval = verbs.propose_adjustment(
        score=old,
        raw=Decimal(75),
        evidence="复查记录",
        evidence_kinds=("document",),
        reason="漏算一个项目",
        by=clerk,
        at=at,
    )
    new = verbs.approve_adjustment(
        approval=approval, digest=bytes(approval.digest), by=head, at=at
    )
    old.refresh_from_db()
    assert old.raw == 70
    assert (new.raw, new.replaces, new.reason) == (75, old, "漏算一个项目")
    assert (new.entered_by, new.approved_by) == (clerk, head)
    first, second = ScoreSheet.objects.filter(appointment=person).order_by("revision")
    assert (first.total, second.state) == (Decimal("70.00"), "collecting")
    assert states()[OCTOBER] == State.CLOSED
    quarter_world.review(OCTOBER)
    assert quarter_world.sheet(person, OCTOBER).total == Decimal("75.00")


def test_who_proposes_an_adjustment_does_not_approve_it(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    person = quarter_world.appoint_one()
    quarter_world.open(OCTOBER)
    old = quarter_world.enter(person, OCTOBER, 70)
    with pytest.raises(IntegrityError, match="indicator_score_second_person"):
        IndicatorScore.objects.create(
            period=old.period,
            appointment=person,
            indicator="work",
            revision=2,
            replaces=old,
            raw=80,
            score=80,
            evidence="x",
            evidence_kinds="document",
            source="manual",
            entered_by=clerk,
            entered_at=old.entered_at,
            reason="改",
            approved_by=clerk,
            approved_at=old.entered_at,
        )


def test_a_month_is_reviewed_when_it_is_over_and_once(
    quarter_world: QuarterWorld, clerk: User
) -> None:
    head = quarter_world.appoint_one()
    period = quarter_world.open(OCTOBER)
    with pytest.raises(verbs.MonthIsRunning):
        verbs.review_month_sheets(
            period=period,
            sheets=period.sheets.all(),
            by=clerk,
            at=moment(dt.date(2026, 10, 20)),
        )
    quarter_world.enter(head, OCTOBER, 66)
    assert quarter_world.review(OCTOBER) == 1
    assert quarter_world.review(OCTOBER) == 0
    sheet = quarter_world.sheet(head, OCTOBER)
    assert (sheet.state, sheet.total, sheet.reviewed_by) == (
        "reviewed",
        Decimal("66.00"),
        clerk,
    )
    with pytest.raises(verbs.WrongState):
        quarter_world.enter(head, OCTOBER, 80)
    assert ScoreSheet.objects.filter(pk=sheet.pk).settle(total=99) == 0
    assert sheet.period.rules.no_residents_because == NO_RESIDENTS
