"""The pages of regular assessment: who may press what, and what it does."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import Approval, User
from evaluations.models import (
    AssessmentPeriod,
    ColorWarning,
    IndicatorScore,
    Leave,
    Measure,
    ScoreSheet,
)
from tests.conftest import HEPING, signed_in
from tests.evaluations.quarter.made import indicator
from tests.evaluations.quarter.world import QuarterWorld

QUARTER, MONTH = "2026Q1", "2026-01"
TWO = {
    "sets": [
        {
            "group": "街道组",
            "indicators": [
                indicator("work", 60, name="重点工作"),
                indicator("gdp", 20, applies=False, absent_because="生态街道不考核"),
                indicator("visits", 20, name="走访"),
            ],
        }
    ]
}
COLORS = {
    "colors": [
        {
            "color": "red",
            "basis": "PSKH-2026",
            "conditions": [{"figure": "total_below", "threshold": 60}],
        },
    ]
}


@pytest.fixture
def ranked(quarter_world: QuarterWorld) -> QuarterWorld:
    """Four people: 95, 85, 85 and 55 points, ranked 1, 2, 2, 4."""
    people = quarter_world.appoint(4)
    quarter_world.rank(QUARTER, dict(zip(people, (95, 85, 85, 55), strict=True)))
    return quarter_world


def url(name: str, *args: Any) -> str:
    return reverse(f"evaluations:{name}", args=args)


def body(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, name: str, *args: Any, **data: Any) -> int:
    return client.post(url(name, *args), data).status_code


def test_list_tells_of_a_scheme_that_was_never_used(clerk: User) -> None:
    assert "还没有开始过平时考核" in body(signed_in(clerk), url("period-list"))


def test_quarter_goes_its_way_by_the_buttons(
    ranked: QuarterWorld, time_machine: Any
) -> None:
    """Rank is done; notice, final and colours by who may, each with its words."""
    period = ranked.period(QUARTER)
    time_machine.move_to("2026-04-01T10:00:00+08:00", tick=True)
    clerk = signed_in(ranked.clerk)
    typed = {"starts_on": "2026-04-01"}
    assert post(clerk, "quarter-publicity", period.pk, **typed) == 302
    assert post(clerk, "quarter-finalise", period.pk) == 403
    time_machine.move_to("2026-04-02T10:00:00+08:00", tick=True)
    head = signed_in(ranked.head)
    assert post(head, "quarter-finalise", period.pk) == 302
    assert "公示到" in body(head, url("period-detail", period.pk))
    assert ranked.period(QUARTER).state == AssessmentPeriod.State.PUBLICITY
    time_machine.move_to("2026-04-20T10:00:00+08:00", tick=True)
    head = signed_in(ranked.head)
    assert post(head, "quarter-finalise", period.pk) == 302
    assert ranked.period(QUARTER).state == AssessmentPeriod.State.FINAL
    assert Measure.objects.get().kind == Measure.Kind.CRITICISM


def test_group_page_ranks_one_group_and_shows_the_residents_part(
    ranked: QuarterWorld,
) -> None:
    period, group = ranked.period(QUARTER), ranked.group()
    client = signed_in(ranked.clerk)
    page = body(client, url("period-group", period.pk, group.pk))
    places = [int(line) for line in _numbers(page)]
    assert places == [1, 2, 2, 4]
    other = ranked.group("乡镇组")
    address = url("period-group", period.pk, other.pk)
    assert client.get(address).status_code == 404


def _numbers(page: str) -> list[str]:
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    return [row.split("<strong>")[1].split("<")[0] for row in rows]


def test_district_list_declines_a_group_of_two(quarter_world: QuarterWorld) -> None:
    people = quarter_world.appoint(2)
    quarter_world.rank(QUARTER, {people[0]: 90, people[1]: 70})
    period = quarter_world.period(QUARTER)
    page = body(signed_in(quarter_world.clerk), url("period-district", period.pk))
    assert "街道组排名的不到三个人" in page


def test_entry_review_and_absent_indicator(quarter_world: QuarterWorld) -> None:
    quarter_world.replace_scheme(**TWO)
    (person,) = quarter_world.appoint(1)
    month = quarter_world.open(MONTH)
    sheet = quarter_world.sheet(person, MONTH)
    client = signed_in(quarter_world.clerk)
    page = body(client, url("sheet-detail", sheet.pk))
    assert "生态街道不考核" in page
    assert "它们的权重按比例分给了其余指标" in page
    typed = {
        "code": "work",
        "work-indicator": "work",
        "work-raw": "120",
        "work-evidence": "台账第 3 页",
        "work-kinds": ["document"],
    }
    assert post(client, "score-enter", sheet.pk, **typed) == 422
    assert IndicatorScore.objects.count() == 0
    assert post(client, "score-enter", sheet.pk, **{**typed, "work-raw": "80"}) == 302
    entry = IndicatorScore.objects.get()
    assert (entry.indicator, entry.raw) == ("work", Decimal(80))
    assert post(client, "month-close", month.pk) == 302
    assert post(client, "sheets-review", month.pk, sheets=[sheet.pk]) == 302
    assert ScoreSheet.objects.get(pk=sheet.pk).state == ScoreSheet.State.REVIEWED


def test_adjustment_takes_a_second_person(quarter_world: QuarterWorld) -> None:
    (person,) = quarter_world.appoint(1)
    quarter_world.open(MONTH)
    entry = quarter_world.enter(person, MONTH, 70)
    sheet = quarter_world.sheet(person, MONTH)
    clerk = signed_in(quarter_world.clerk)
    typed = {
        "work-indicator": "work",
        "work-raw": "75",
        "work-evidence": "更正的台账",
        "work-kinds": ["document"],
        "work-reason": "抄错了",
    }
    assert post(clerk, "score-adjust", sheet.pk, entry.pk, **typed) == 302
    approval = Approval.objects.get()
    page = body(clerk, url("adjustment-detail", approval.pk))
    assert approval.digest_hex in page
    agreed = {"digest": approval.digest_hex}
    assert post(clerk, "adjustment-approve", approval.pk, **agreed) == 403
    head = signed_in(quarter_world.head)
    assert post(head, "adjustment-approve", approval.pk, **agreed) == 302
    newest = IndicatorScore.objects.current().get()
    assert (newest.raw, newest.reason, newest.revision) == (Decimal(75), "抄错了", 2)


def test_leave_is_recorded_from_the_sheet(quarter_world: QuarterWorld) -> None:
    (person,) = quarter_world.appoint(1)
    quarter_world.open(MONTH)
    sheet = quarter_world.sheet(person, MONTH)
    client = signed_in(quarter_world.clerk)
    wrong = {"starts_on": "2026-01-20", "ends_on": "2026-01-10", "basis": "休假单"}
    assert post(client, "leave-record", sheet.pk, **wrong) == 422
    right = {**wrong, "ends_on": "2026-02-10"}
    assert post(client, "leave-record", sheet.pk, **right) == 302
    assert Leave.objects.get().appointment_id == person.pk


def test_red_card_needs_a_hearing_and_two_heads(
    quarter_world: QuarterWorld, make_staff: Any
) -> None:
    quarter_world.replace_scheme(**COLORS)
    people = quarter_world.appoint(3)
    quarter_world.final(QUARTER, dict(zip(people, (90, 80, 40), strict=True)))
    first = signed_in(quarter_world.head)
    period = quarter_world.period(QUARTER)
    assert post(first, "colors-propose", period.pk) == 302
    card = ColorWarning.objects.get()
    page = body(first, url("warning-detail", card.pk))
    assert "低于 60" in page
    assert post(first, "warning-decide", card.pk, decision="同意") == 302
    assert _card().first_by is None
    heard = {"on": "2026-04-20", "words": "接受批评"}
    assert post(first, "warning-hear", card.pk, **heard) == 302
    assert post(first, "warning-decide", card.pk, decision="同意") == 302
    assert (_card().first_by, _card().state) == (quarter_world.head, "proposed")
    second = signed_in(make_staff("second", roles.DEPARTMENT_HEAD, HEPING))
    assert post(second, "warning-decide", card.pk, decision="同意") == 302
    assert _card().state == ColorWarning.State.DECIDED


def _card() -> ColorWarning:
    return ColorWarning.objects.select_related("first_by").get()


def test_measure_is_decided_and_carried_out(quarter_world: QuarterWorld) -> None:
    people = quarter_world.appoint(3)
    (measure,) = quarter_world.final(
        QUARTER, dict(zip(people, (90, 80, 70), strict=True))
    )
    assert measure.kind == Measure.Kind.REMINDER_TALK
    head = signed_in(quarter_world.head)
    assert "总分 70.00 分" in body(head, url("measure-detail", measure.pk))
    clerk = signed_in(quarter_world.clerk)
    assert post(clerk, "measure-decide", measure.pk, decision="同意") == 403
    head = signed_in(quarter_world.head)
    assert post(head, "measure-decide", measure.pk, decision="") == 422
    assert post(head, "measure-decide", measure.pk, decision="同意谈话") == 302
    done = {"on": "2026-05-01", "outcome": "已谈话"}
    assert post(head, "measure-carry-out", measure.pk, **done) == 302
    found = Measure.objects.get()
    assert (found.state, found.outcome) == (Measure.State.CARRIED_OUT, "已谈话")
    assert "已谈话" in body(head, url("measure-detail", measure.pk))
    assert "谈话提醒" in body(head, url("measure-list"))


def test_withdrawn_quarter_stays_readable(
    ranked: QuarterWorld, make_staff: Any
) -> None:
    """By who hears appeals, never by who decides measures."""
    last = ScoreSheet.objects.get(period__code=QUARTER, group_rank__rank=4)
    head = signed_in(ranked.head)
    assert post(head, "quarter-withdraw", last.pk, reason="计票有误") == 403
    reviewer = signed_in(make_staff("reviewer", roles.APPEAL_REVIEWER, HEPING))
    assert post(reviewer, "quarter-withdraw", last.pk, reason="计票有误") == 302
    page = body(reviewer, url("sheet-detail", last.pk))
    assert "计票有误" in page
    assert ScoreSheet.objects.get(pk=last.pk).state == ScoreSheet.State.WITHDRAWN


def test_street_office_sees_nothing(ranked: QuarterWorld, make_staff: Any) -> None:
    user = make_staff("street", roles.STREET_ADMINISTRATOR, HEPING)
    client = signed_in(user)
    period = ranked.period(QUARTER)
    assert client.get(url("period-list")).status_code == 403
    assert client.get(url("period-detail", period.pk)).status_code == 403
