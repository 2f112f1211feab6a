"""The demo tells the story of domain 8, points 1 to 4, by the real verbs."""

import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import RoleGrant, User
from accounts.roles import ROLES
from audit.models import AuditHead
from ballots.models import BallotCode, Envelope
from demo.people import STAFF
from evaluations.models import MonthlyRating, StarRating
from officials.models import Appointment
from residents.models import Dwelling, Household
from surveys.models import OpenedResponse, Round, SampledHousehold

TODAY = "2026-11-21"
KAIFENGDAO = "120101002014"
FULL_WINDOW = {
    "120101002002": 110,
    "120101002003": 119,
    "120101002004": 135,
    "120101002007": 127,
    "120101002009": 122,
    "120101002010": 109,
    "120101002012": 137,
    "120101002013": 125,
    "120101002014": 154,
}


def printed(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    call_command(*command)
    return capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_demo_tells_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    demo = json.loads(printed(capsys, "load_demo", "--today", TODAY, "--json"))
    places_and_people(demo)
    everybody_signs_in(capsys, demo)
    twelve_months()
    kaifengdao()
    open_month(demo)
    assert json.loads(printed(capsys, "verify_audit", "--json"))["sound"] is True
    refuses_a_second_time(capsys)
    gives_other_codes(capsys, demo)


def places_and_people(demo: dict[str, list[dict[str, str]]]) -> None:
    assert Appointment.objects.rated().count() == 64
    assert Dwelling.objects.count() == 13_168
    assert Household.objects.filter(residence_status="resident").count() == 11_380
    assert set(RoleGrant.objects.values_list("role", flat=True)) == set(ROLES)


def everybody_signs_in(
    capsys: pytest.CaptureFixture[str], demo: dict[str, list[dict[str, str]]]
) -> None:
    for account in demo["accounts"]:
        client, name = Client(), account["username"]
        typed = {
            "username": name,
            "password": account["password"],
            "factor_code": printed(capsys, "demo_code", name).strip(),
        }
        answer = client.post(reverse("accounts:sign-in"), typed)
        assert (name, answer.status_code, answer.url) == (name, 302, "/desk/")
        assert client.get("/desk/").status_code == 200
    with pytest.raises(CommandError, match="不是演示账号"):
        call_command("demo_code", "somebody")


def twelve_months() -> None:
    closed = Round.objects.filter(state=Round.State.PUBLISHED)
    assert sorted(closed.values_list("period", flat=True)) == [
        *("2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04"),
        *("2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"),
    ]
    assert OpenedResponse.objects.count() == 1_138
    counts = [OpenedResponse.objects.filter(round=each).count() for each in closed]
    assert (min(counts), max(counts)) == (91, 100)
    last = MonthlyRating.objects.filter(month="2026-10")
    assert dict(last.values_list("community_id", "usable")) == FULL_WINDOW
    assert not last.filter(star=None).exists()
    settled = SampledHousehold.objects.filter(disposition__in=("R", "NE"))
    assert sorted(settled.values_list("disposition", flat=True)) == ["NE", "R"]


def kaifengdao() -> None:
    before = StarRating.objects.get(
        appointment__post__organization__division=KAIFENGDAO
    )
    assert (before.year, before.stars) == (2025, 4)
    assert Decimal(85) <= before.score <= Decimal(88)
    ratings = MonthlyRating.objects.filter(community=KAIFENGDAO).order_by("month")
    first, last = ratings.first(), ratings.last()
    assert first is not None
    assert last is not None
    assert 9 <= first.usable <= 12
    assert (last.star, last.previous_star) == (5, 4)
    assert Decimal(92) <= last.score <= Decimal(94)
    assert last.score - last.se > Decimal(90)


def open_month(demo: dict[str, list[dict[str, str]]]) -> None:
    survey_round = Round.objects.get(state=Round.State.OPEN)
    assert survey_round.period == "2026-11"
    assert Envelope.objects.filter(box=survey_round.box_id).count() > 50
    assert len({live["community"] for live in demo["codes"]}) == 3
    client = Client()
    for live in demo["codes"]:
        answer = client.post("/", {"code": live["code"]})
        assert (answer.status_code, answer.url) == (303, "/ballot/")


def refuses_a_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    events = AuditHead.objects.get().seq
    with pytest.raises(CommandError, match="已有数据"):
        call_command("load_demo")
    assert printed(capsys, "load_demo", "--if-empty") == ""
    assert AuditHead.objects.get().seq == events
    assert User.objects.count() == len(STAFF) == len(ROLES) + 1


def gives_other_codes(
    capsys: pytest.CaptureFixture[str], demo: dict[str, list[dict[str, str]]]
) -> None:
    live = BallotCode.objects.exclude(state=BallotCode.State.VOID)
    before = live.count()
    codes = json.loads(printed(capsys, "demo_codes", "--json"))
    assert len(codes) == 3
    assert live.count() == before
    assert Client().post("/", {"code": codes[0]["code"]}).status_code == 303
