"""Whose account is whose: one official, one account, made by somebody else (T87)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.actions import create_user, grant_role, year_later
from accounts.actions.grants import Incompatible
from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from officials.accounts import (
    AlreadyLinked,
    NotLinked,
    OwnLink,
    SurveySide,
    appointments_of,
    link_account,
    unlink_account,
)
from officials.actions import appoint, end_appointment
from officials.models import (
    Appointment,
    Division,
    Official,
    OfficialAccount,
    Organization,
    Post,
)
from tests.conftest import HEPING, KAIFENGDAO, PASSWORD, signed_in

DAY = dt.date(2026, 11, 20)
AT = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)


@pytest.fixture
def secretary(heping: Division) -> Appointment:
    organization = Organization.objects.create(
        kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
        division_id=KAIFENGDAO,
        name="开封道社区党委",
    )
    post = Post.objects.create(
        organization=organization, kind=Post.Kind.COMMUNITY_SECRETARY, title="书记"
    )
    return appoint(
        official=Official.objects.create(name="任素珍"),
        post=post,
        starts_on=dt.date(2025, 1, 1),
        by=SYSTEM,
        at=timezone.now(),
    )


@pytest.fixture
def account(make_staff: Callable[..., User]) -> User:
    return make_staff("shuji", roles.RATED_PERSON, KAIFENGDAO)


def test_linked_account_has_the_appointments_of_its_official(
    secretary: Appointment, account: User
) -> None:
    assert list(appointments_of(account, on=DAY)) == []
    link_account(official=secretary.official, user=account, by=SYSTEM, at=AT)
    assert list(appointments_of(account, on=DAY)) == [secretary]
    assert list(appointments_of(account, on=dt.date(2024, 12, 31))) == []


def test_appointment_that_has_ended_stays_ones_own(
    secretary: Appointment, account: User
) -> None:
    link_account(official=secretary.official, user=account, by=SYSTEM, at=AT)
    end_appointment(
        appointment=secretary,
        ends_on=dt.date(2026, 11, 1),
        reason="调任",
        by=SYSTEM,
        at=AT,
    )
    assert list(appointments_of(account, on=DAY)) == [secretary]


def test_neither_an_official_nor_an_account_is_linked_twice(
    secretary: Appointment, account: User, make_staff: Callable[..., User]
) -> None:
    link_account(official=secretary.official, user=account, by=SYSTEM, at=AT)
    other = make_staff("lingyige", roles.RATED_PERSON, KAIFENGDAO)
    with pytest.raises(AlreadyLinked):
        link_account(official=secretary.official, user=other, by=SYSTEM, at=AT)
    with pytest.raises(AlreadyLinked):
        link_account(
            official=Official.objects.create(name="别人"),
            user=account,
            by=SYSTEM,
            at=AT,
        )
    assert OfficialAccount.objects.count() == 1


def test_link_is_made_and_ended_by_somebody_else_with_a_trail(
    secretary: Appointment, account: User, make_staff: Callable[..., User]
) -> None:
    admin = make_staff("xitong", roles.SYSTEM_ADMINISTRATOR, HEPING)
    with pytest.raises(OwnLink):
        link_account(official=secretary.official, user=account, by=account, at=AT)
    link = link_account(official=secretary.official, user=account, by=admin, at=AT)
    assert link.linked_by == admin.audit_name
    with pytest.raises(OwnLink):
        unlink_account(link=link, by=account, at=AT)
    unlink_account(link=link, by=admin, at=AT)
    with pytest.raises(NotLinked):
        unlink_account(link=link, by=admin, at=AT)
    assert list(appointments_of(account, on=DAY)) == []
    told = AuditEvent.objects.filter(verb__startswith="official.").order_by("seq")
    assert list(told.values_list("verb", "actor")) == [
        ("official.account_linked", admin.audit_name),
        ("official.account_unlinked", admin.audit_name),
    ]


def test_who_works_on_the_survey_of_the_place_is_not_its_rated_person(
    secretary: Appointment, make_staff: Callable[..., User]
) -> None:
    clerk = make_staff("keyuan", roles.DEPARTMENT_CLERK, HEPING)
    with pytest.raises(SurveySide):
        link_account(official=secretary.official, user=clerk, by=SYSTEM, at=AT)
    assert OfficialAccount.objects.count() == 0


def link_url(name: str, account: User) -> str:
    return reverse(f"links:{name}", args=[account.pk])


def test_administrator_links_and_unlinks_on_the_accounts_page(
    secretary: Appointment, account: User, make_staff: Callable[..., User]
) -> None:
    admin = signed_in(make_staff("xitong", roles.SYSTEM_ADMINISTRATOR, HEPING))
    page = admin.get(reverse("accounts:account-detail", args=[account.pk]))
    assert link_url("link-detail", account) in page.content.decode()
    listed = admin.get(link_url("link-detail", account), {"q": "素珍"})
    choices = listed.context["form"].fields["appointment"].queryset
    assert list(choices) == [secretary]
    none = admin.get(link_url("link-detail", account), {"q": "没有这个人"})
    assert list(none.context["form"].fields["appointment"].queryset) == []
    admin.post(link_url("link-make", account), {"appointment": secretary.pk})
    assert list(appointments_of(account, on=timezone.localdate())) == [secretary]
    shown = admin.get(link_url("link-detail", account))
    assert shown.context["link"].official == secretary.official
    admin.post(link_url("link-end", account))
    assert OfficialAccount.objects.count() == 0
    again = admin.post(link_url("link-end", account), follow=True)
    told = [str(message) for message in again.context["messages"]]
    assert told[-1] == "已经没有对应了。"


def test_clerk_of_the_survey_is_refused_with_a_sentence(
    secretary: Appointment, make_staff: Callable[..., User]
) -> None:
    admin = signed_in(make_staff("xitong", roles.SYSTEM_ADMINISTRATOR, HEPING))
    clerk = make_staff("keyuan", roles.DEPARTMENT_CLERK, HEPING)
    refused = admin.post(link_url("link-make", clerk), {"appointment": secretary.pk})
    assert (refused.status_code, refused.context["form"].non_field_errors()) == (
        422,
        ["这个账号在那里办测评、复核或申诉，不能同时是那里的被评干部。"],
    )


def test_rated_officials_account_gets_no_role_of_the_survey_there(
    secretary: Appointment,
) -> None:
    bare = create_user(
        username="wangshuji", name="书记", password=PASSWORD, by=SYSTEM, at=AT
    )
    link_account(official=secretary.official, user=bare, by=SYSTEM, at=AT)
    today = timezone.localdate()
    asked = {"user": bare, "starts_on": today, "ends_on": year_later(today)}
    with pytest.raises(Incompatible, match="rated"):
        grant_role(role=roles.DEPARTMENT_CLERK, scope=HEPING, by=SYSTEM, at=AT, **asked)
    grant_role(role=roles.RATED_PERSON, scope=KAIFENGDAO, by=SYSTEM, at=AT, **asked)
    grant_role(role=roles.DEPARTMENT_CLERK, scope="230402", by=SYSTEM, at=AT, **asked)
    assert bare.grants.count() == 2
