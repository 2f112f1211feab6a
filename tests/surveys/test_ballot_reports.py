"""有人教我怎么填: told by anybody, tied to nobody, read with a trace (T119)."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.permissions import Permission
from audit.models import AuditEvent
from ballots.models import Envelope
from officials.models import Division
from surveys import ballot_limits
from surveys.actions import report_coercion
from surveys.models import CoercionReport, ReportsStand
from surveys.queries import reports_told
from tests.conftest import HEPING, signed_in
from tests.surveys.ballot_fixtures import (
    KAIFENGDAO,
    TAIANDAO,
    LiveRound,
    enter,
    text_of,
)

WORDS = "网格员站在门口看着我填"
TOLD = {"kind": "watched", "community": KAIFENGDAO, "words": WORDS}


def stored() -> list[tuple[str, str]]:
    rows = CoercionReport.objects.values_list("community_id", "kind")
    return sorted(rows)


@pytest.mark.parametrize("address", ["/", "/help/", "/notice/", "/receipt/"])
def test_every_page_of_a_resident_leads_to_the_report(
    client: Client, live_round: LiveRound, address: str
) -> None:
    assert text_of(client, address).count('href="/report/"') == 1


def test_form_and_receipt_lead_to_the_report(
    client: Client, live_round: LiveRound
) -> None:
    enter(client, live_round.code)
    assert text_of(client, "/ballot/").count('href="/report/"') == 1


def test_report_is_stored_without_anything_of_the_ballot(
    client: Client, live_round: LiveRound
) -> None:
    enter(client, live_round.code)
    events = AuditEvent.objects.count()
    response = client.post("/report/", TOLD)
    assert (response.status_code, response["Location"]) == (303, "/report/sent/")
    assert stored() == [(KAIFENGDAO, "watched")]
    fields = {field.name for field in CoercionReport._meta.get_fields()}
    assert fields == {"id", "community", "kind", "day", "words"}
    assert AuditEvent.objects.count() == events
    assert Envelope.objects.count() == 0


def test_own_community_is_marked_for_whoever_typed_a_code(
    client: Client, live_round: LiveRound
) -> None:
    assert text_of(client, "/report/").count(" selected") == 0
    enter(client, live_round.code)
    page = text_of(client, "/report/")
    assert f'value="{KAIFENGDAO}" selected' in page
    assert page.count(" selected") == 1


def test_words_lie_sealed(client: Client, live_round: LiveRound) -> None:
    client.post("/report/", TOLD)
    report = CoercionReport.objects.get()
    assert WORDS.encode() not in bytes(report.words)
    assert len(bytes(report.words)) > len(WORDS.encode())


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "other"},
        {"community": ""},
        {"community": "120101003001"},
        {"words": "多" * 501},
    ],
)
def test_half_a_report_is_asked_for_again(
    client: Client, live_round: LiveRound, wrong: dict[str, str]
) -> None:
    assert client.post("/report/", {**TOLD, **wrong}).status_code == 422
    assert stored() == []


def test_reports_are_limited_for_a_client(
    client: Client, live_round: LiveRound
) -> None:
    ballot_limits.forget()
    far = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [client.post("/report/", TOLD, **far).status_code for _ in range(11)]
    assert answers == [303] * 10 + [429]


def test_report_needs_the_token_of_its_form(live_round: LiveRound) -> None:
    assert Client(enforce_csrf_checks=True).post("/report/", TOLD).status_code == 403
    assert stored() == []


def reported(community: str, *days: str) -> None:
    for day in days:
        report_coercion(
            kind="watched",
            community=Division.objects.get(pk=community),
            words="",
            at=dt.datetime.fromisoformat(f"{day}T12:00+08:00"),
        )


@pytest.mark.parametrize(
    ("number", "words"), [(0, "<3"), (1, "<3"), (2, "<3"), (3, "3"), (12, "12")]
)
def test_reports_are_told_from_three_up(
    live_round: LiveRound, number: int, words: str
) -> None:
    """None, one and two look alike (T119)."""
    reported(KAIFENGDAO, *["2026-10-31"] * number)
    reported(KAIFENGDAO, "2026-09-30", "2026-11-01", "2025-10-15")
    reported(TAIANDAO, *["2026-10-01"] * 4)
    told = reports_told([KAIFENGDAO], "2026-10", on=dt.date(2026, 11, 1))
    assert told == {KAIFENGDAO: words}


@pytest.mark.parametrize("day", ["2026-09-30", "2026-10-01", "2026-10-31"])
def test_running_month_is_not_told(live_round: LiveRound, day: str) -> None:
    """Two looks at a number that grows would tell of the days between them."""
    reported(KAIFENGDAO, *["2026-10-01"] * 5)
    told = reports_told([KAIFENGDAO], "2026-10", on=dt.date.fromisoformat(day))
    assert told == {}


def test_report_is_changed_by_nobody(client: Client, live_round: LiveRound) -> None:
    client.post("/report/", TOLD)
    report = CoercionReport.objects.get()
    with pytest.raises(ReportsStand):
        report.save()
    with pytest.raises(ReportsStand):
        CoercionReport.objects.update(kind="paid")


def test_inspector_sees_counts_and_reads_words_with_a_trace(
    client: Client, live_round: LiveRound, make_staff
) -> None:
    for kind, community in (("watched", KAIFENGDAO), ("paid", TAIANDAO)):
        client.post("/report/", {**TOLD, "kind": kind, "community": community})
    inspector = signed_in(make_staff("inspector", roles.DISCIPLINE_INSPECTOR, HEPING))
    page = text_of(inspector, "/desk/rounds/reports/")
    assert page.count("读原话<") == 2
    assert WORDS not in page
    response = inspector.post(f"/desk/rounds/reports/{KAIFENGDAO}/")
    assert response.content.decode().count(WORDS) == 1
    event = AuditEvent.objects.get(verb="signal.reports_read")
    assert (event.actor, event.division, event.data) == (
        "inspector",
        KAIFENGDAO,
        '{"count":1}',
    )


def test_inspector_sees_beside_the_counts_what_is_told_of_them(
    client: Client, live_round: LiveRound, make_staff
) -> None:
    last = timezone.localdate().replace(day=1) - dt.timedelta(days=1)
    reported(KAIFENGDAO, *[last.isoformat()] * 3)
    reported(TAIANDAO, last.isoformat())
    inspector = signed_in(make_staff("inspector", roles.DISCIPLINE_INSPECTOR, HEPING))
    told = inspector.get("/desk/rounds/reports/").context["told"]
    assert told["months"][-1] == f"{last:%Y-%m}"
    assert [(row.pk, counts) for row, counts in told["rows"]] == [
        (TAIANDAO, ["<3", "<3", "<3"]),
        (KAIFENGDAO, ["<3", "<3", "3"]),
    ]


def test_reading_is_a_post(live_round: LiveRound, make_staff) -> None:
    inspector = signed_in(make_staff("inspector", roles.DISCIPLINE_INSPECTOR, HEPING))
    assert inspector.get(f"/desk/rounds/reports/{KAIFENGDAO}/").status_code == 405


def test_inspector_elsewhere_sees_nothing(
    client: Client, live_round: LiveRound, make_staff
) -> None:
    client.post("/report/", TOLD)
    elsewhere = make_staff("elsewhere", roles.DISCIPLINE_INSPECTOR, "230402")
    browser = signed_in(elsewhere)
    assert "读原话<" not in text_of(browser, "/desk/rounds/reports/")
    response = browser.post(f"/desk/rounds/reports/{KAIFENGDAO}/")
    assert response.status_code == 404
    assert not AuditEvent.objects.filter(verb="signal.reports_read").exists()


def test_only_inspector_and_head_see_signals() -> None:
    assert sorted(roles.roles_with(Permission.SIGNAL_VIEW)) == [
        "department_head",
        "discipline_inspector",
    ]


def test_table_of_reports_knows_no_moment(db: None) -> None:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(
            cursor, "surveys_coercionreport"
        )
    assert sorted(column.name for column in columns) == [
        "community_id",
        "day",
        "id",
        "kind",
        "words",
    ]
