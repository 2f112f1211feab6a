"""Residents see, correct and erase what is kept of them (T103)."""

import datetime as dt
from collections.abc import Callable
from types import ModuleType

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from residents import actions, privacy, requests
from residents.actions import requesting
from residents.models import DataRequest, Household, NeverCall
from tests.residents.conftest import SMALL, Import, TrailBroken, as_csv

State = DataRequest.State


@pytest.fixture
def household(confirm: Import) -> Household:
    confirm(as_csv(list(SMALL)))
    return Household.objects.get(dwelling__room="101")


@pytest.fixture
def register(household: Household, street_admin: User) -> Callable[[str], DataRequest]:
    return lambda kind: actions.register_request(
        household=household,
        kind=kind,
        received_on=timezone.localdate(),
        by=street_admin,
        at=timezone.now(),
    )


Register = Callable[[str], DataRequest]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (dt.date(2026, 11, 20), dt.date(2026, 12, 11)),
        (dt.date(2026, 11, 21), dt.date(2026, 12, 11)),
        (dt.date(2026, 11, 23), dt.date(2026, 12, 14)),
    ],
)
def test_request_is_due_after_fifteen_working_days(day: dt.date, due: dt.date) -> None:
    assert requesting.due_after(day) == due


def test_erasure_removes_name_and_numbers_and_keeps_the_frame(
    register: Register, household: Household, street_admin: User
) -> None:
    actions.answer_erasure(
        request=register("erase"), by=street_admin, at=timezone.now()
    )
    household.refresh_from_db()
    assert privacy.of_household(household) == privacy.Person("", "", "", "", "")
    assert (household.phone_index, household.residence_status) == (None, "resident")
    assert (household.is_current, household.resident_count) == (True, 3)
    assert actions.may_be_called("19900000001") is False
    assert actions.may_be_called("19900000002") is True
    assert DataRequest.objects.get().state == State.DONE


def test_second_erasure_of_the_same_number_is_no_error(
    register: Register, street_admin: User
) -> None:
    for _time in range(2):
        actions.answer_erasure(
            request=register("erase"), by=street_admin, at=timezone.now()
        )
    assert NeverCall.objects.count() == 1


def test_answered_request_is_not_answered_again(
    register: Register, street_admin: User
) -> None:
    request = register("view")
    actions.answer_view(request=request, by=street_admin, at=timezone.now())
    with pytest.raises(actions.RequestClosed):
        actions.answer_view(request=request, by=street_admin, at=timezone.now())


def test_request_to_see_does_not_erase(register: Register, street_admin: User) -> None:
    with pytest.raises(actions.RequestClosed):
        actions.answer_erasure(
            request=register("view"), by=street_admin, at=timezone.now()
        )
    assert NeverCall.objects.count() == 0


def test_same_request_twice_is_refused_while_open(register: Register) -> None:
    register("view")
    with pytest.raises(actions.RequestOpen):
        register("view")
    assert register("erase").state == State.OPEN


def test_answer_without_its_event_is_not_given(
    register: Register,
    household: Household,
    street_admin: User,
    break_trail: Callable[[ModuleType], None],
) -> None:
    request = register("erase")
    break_trail(requesting)
    with pytest.raises(TrailBroken):
        actions.answer_erasure(request=request, by=street_admin, at=timezone.now())
    household.refresh_from_db()
    request.refresh_from_db()
    assert (request.state, NeverCall.objects.count()) == (State.OPEN, 0)
    assert privacy.of_household(household).head_name == "王小明"


def test_whole_way_through_the_pages(
    household: Household, street_admin_client: Client
) -> None:
    find = reverse("residents:request-find")
    add = reverse("residents:request-add", args=[household.pk])
    found = street_admin_client.get(find, {"address": "开封里 1 1 101"})
    assert found.content.decode().count(add) == 1
    form = reverse("residents:request-print", args=[household.pk])
    assert street_admin_client.get(form).content.decode().count("□ 查看") == 1
    data = {"kind": "view", "received_on": "2026-01-05", "identity": "on"}
    answer = street_admin_client.post(add, data)
    request = DataRequest.objects.get()
    assert answer["Location"] == reverse("residents:request-detail", args=[request.pk])
    url = reverse("residents:request-view", args=[request.pk])
    page = street_admin_client.post(url).content.decode()
    assert (page.count("王小明"), page.count("19900000001")) == (1, 1)
    # One line per field of the list of T96.
    fields = len(privacy.FIELDS["Dwelling"]) + len(privacy.FIELDS["Household"])
    assert page.count('<th scope="row">') == fields
    listed = street_admin_client.get(reverse("residents:request-list"))
    assert listed.content.decode().count("已办结") == 1
    assert AuditEvent.objects.filter(verb="roster.revealed").count() == 1


def test_requests_are_handled_by_the_own_street(
    register: Register, approver_client: Client, neighbour_client: Client
) -> None:
    url = reverse("residents:request-detail", args=[register("view").pk])
    codes = [
        approver_client.get(url).status_code,
        neighbour_client.get(url).status_code,
    ]
    assert codes == [403, 404]


def test_refusal_has_a_reason(register: Register, street_admin_client: Client) -> None:
    request = register("erase")
    url = reverse("residents:request-refuse", args=[request.pk])
    street_admin_client.post(url, {})
    request.refresh_from_db()
    assert request.state == State.OPEN
    street_admin_client.post(url, {"answer": "不是本户成员"})
    request.refresh_from_db()
    assert (request.state, request.answer) == (State.REFUSED, "不是本户成员")


def test_open_requests_come_first(
    register: Register, street_admin: User, street_admin_client: Client
) -> None:
    first, second = register("view"), register("correct")
    actions.answer_view(request=first, by=street_admin, at=timezone.now())
    page = street_admin_client.get(reverse("residents:request-list"))
    assert list(page.context["page"]) == [second, first]
    assert [found.waits_for_second for found in page.context["page"]] == [False] * 2


def test_answer_counts_where_else_the_household_stands(
    register: Register, household: Household
) -> None:
    register("view")
    told = dict(requests.other_tables(household))
    assert list(told.values()) == [1, 0, 1, 0]
