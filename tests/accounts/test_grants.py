"""Roles: granted for a year at most, ended by their day or by a hand (T83 to T88)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import roles
from accounts.actions import (
    AccountClosed,
    AlreadyGranted,
    GrantOver,
    NotForOneself,
    TooLong,
    TwoNeeded,
    deactivate_user,
    grant_role,
    revoke_grant,
    year_later,
)
from accounts.models import RoleGrant, User
from accounts.permissions import Permission
from accounts.roles import ADMINISTRATORS, ROLES, Role
from accounts.scopes import scopes_of
from audit.actions import SYSTEM
from audit.models import AuditEvent
from tests.conftest import HEPING, XIAOBAILOU, signed_in

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAY = dt.timedelta(days=1)


@pytest.fixture
def security(make_staff: Callable[..., User]) -> User:
    return make_staff("security", roles.SECURITY_ADMINISTRATOR, HEPING)


def grant(user: User, by: object, **words: object) -> RoleGrant:
    wanted = {
        "role": roles.ROSTER_APPROVER,
        "scope": HEPING,
        "starts_on": TODAY,
        **words,
    }
    return grant_role(user=user, by=by, at=NOW, **wanted)  # type: ignore[arg-type]


@pytest.fixture
def newcomer(make_staff: Callable[..., User]) -> User:
    user = make_staff("newcomer", roles.ROSTER_APPROVER, "230402")
    RoleGrant.objects.filter(user=user).delete()
    return user


def last_event() -> AuditEvent:
    event = AuditEvent.objects.order_by("seq").last()
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (dt.date(2026, 11, 21), dt.date(2027, 11, 21)),
        (dt.date(2028, 2, 29), dt.date(2029, 3, 1)),
        (dt.date(2027, 2, 28), dt.date(2028, 2, 28)),
    ],
)
def test_a_year_ends_on_the_same_day(day: dt.date, later: dt.date) -> None:
    assert year_later(day) == later


def test_a_role_without_an_end_lasts_a_year(newcomer: User, security: User) -> None:
    made = grant(newcomer, security)
    assert (made.ends_on, made.granted_on) == (year_later(TODAY), TODAY)
    event = last_event()
    assert (event.verb, event.actor, event.division) == (
        "role.granted",
        "security",
        HEPING,
    )


def test_a_role_of_more_than_a_year_is_refused(newcomer: User, security: User) -> None:
    with pytest.raises(TooLong):
        grant(newcomer, security, ends_on=year_later(TODAY) + DAY)
    assert newcomer.grants.count() == 0


def test_database_holds_the_year(newcomer: User, security: User) -> None:
    made = grant(newcomer, security)
    long = RoleGrant.objects.filter(pk=made.pk)
    with (
        pytest.raises(IntegrityError, match="grant_at_most_a_year"),
        transaction.atomic(),
    ):
        long.update(ends_on=TODAY + 367 * DAY)


def test_a_role_that_has_ended_opens_nothing(newcomer: User, security: User) -> None:
    made = grant(newcomer, security, ends_on=TODAY + 2 * DAY)
    view = Permission.ROSTER_VIEW
    days = [TODAY + number * DAY for number in (-1, 0, 1, 2)]
    held = [bool(scopes_of(newcomer, view, on=day)) for day in days]
    assert held == [False, True, True, False]
    assert [made.standing_on(day) for day in days] == [
        "later",
        "in_force",
        "in_force",
        "ended",
    ]


def test_a_revoked_role_opens_nothing_from_that_moment(
    newcomer: User, security: User
) -> None:
    made = grant(newcomer, security)
    browser = signed_in(newcomer)
    assert browser.get("/desk/rosters/").status_code == 200
    revoke_grant(grant=made, reason="调离", by=security, at=NOW)
    assert not scopes_of(newcomer, Permission.ROSTER_VIEW, on=TODAY)
    # All sessions end with a role (T91): the browser has to sign in again.
    assert browser.get("/desk/rosters/").status_code == 302
    made.refresh_from_db()
    assert (made.revoked_by, made.revoke_reason) == ("security", "调离")
    assert last_event().verb == "role.revoked"
    with pytest.raises(GrantOver):
        revoke_grant(grant=made, reason="再来", by=security, at=NOW)


def test_a_revoked_role_may_be_granted_again_today(
    newcomer: User, security: User
) -> None:
    made = grant(newcomer, security)
    with pytest.raises(AlreadyGranted):
        grant(newcomer, security)
    revoke_grant(grant=made, reason="写错", by=security, at=NOW)
    assert grant(newcomer, security).pk != made.pk


def test_a_role_is_prolonged_from_the_day_it_ends(
    newcomer: User, security: User
) -> None:
    made = grant(newcomer, security, ends_on=TODAY + 5 * DAY)
    with pytest.raises(AlreadyGranted):
        grant(newcomer, security, starts_on=TODAY + 4 * DAY)
    after = grant(newcomer, security, starts_on=made.ends_on)
    assert after.ends_on == year_later(made.ends_on)
    assert list(newcomer.grants.in_force(on=made.ends_on)) == [after]


def test_nobody_grants_a_role_of_their_own(security: User) -> None:
    with pytest.raises(NotForOneself):
        grant(security, security)
    assert security.grants.count() == 1


def test_a_closed_account_gets_no_role(newcomer: User, security: User) -> None:
    deactivate_user(user=newcomer, reason="离职", by=SYSTEM, at=NOW)
    with pytest.raises(AccountClosed):
        grant(newcomer, security)


def test_the_roles_that_take_two_are_those_of_the_rule() -> None:
    """Administrators and heads (T92)."""
    assert {
        role.code for role in ROLES.values() if role.takes_two
    } == ADMINISTRATORS | {"department_head"}


@pytest.mark.parametrize("role", [r for r in ROLES.values() if r.takes_two])
def test_one_person_alone_makes_no_administrator_and_no_head(
    newcomer: User, security: User, role: Role
) -> None:
    for second in (None, security):
        with pytest.raises(TwoNeeded):
            grant(newcomer, security, role=role, second=second)
    assert newcomer.grants.count() == 0


def test_trail_names_the_roles_of_today_and_no_more_than_fit(
    newcomer: User, security: User
) -> None:
    """However many somebody has held, and held now, an event can be written."""
    gone = grant(newcomer, security, role=roles.DEPARTMENT_CLERK)
    revoke_grant(grant=gone, reason="升职", by=security, at=NOW)
    assert newcomer.audit_role == ""
    grant(newcomer, security, role=roles.AGENCY_LEAD)
    assert newcomer.audit_role == "agency_lead"
    grant(newcomer, security, role=roles.ROSTER_APPROVER)
    grant(newcomer, security, role=roles.STREET_ADMINISTRATOR, scope="230402")
    grant(newcomer, SYSTEM, role=roles.DEPARTMENT_HEAD)
    deactivate_user(user=security, reason="试", by=newcomer, at=NOW)
    event = last_event()
    assert (event.actor, len(event.role)) == ("newcomer", 60)


def test_every_permission_is_held_by_a_role() -> None:
    held = frozenset().union(*(role.permissions for role in ROLES.values()))
    assert held == frozenset(Permission)


def test_administrators_hold_nothing_of_the_business() -> None:
    """No roster, no ballot, no result, no words; only the trail is verified (T94)."""
    business = frozenset().union(
        *(
            role.permissions
            for role in ROLES.values()
            if role.code not in ADMINISTRATORS
        )
    )
    for code in ADMINISTRATORS:
        assert ROLES[code].permissions & business <= {Permission.AUDIT_VERIFY}


def test_lists_of_grants_by_their_time(newcomer: User, security: User) -> None:
    soon = grant(newcomer, security, ends_on=TODAY + 30 * DAY)
    grant(newcomer, security, scope=XIAOBAILOU, ends_on=TODAY + 31 * DAY)
    later = grant(newcomer, security, starts_on=soon.ends_on)
    mine = newcomer.grants.all()
    assert list(mine.ending(on=TODAY, days=30)) == [soon]
    assert mine.in_force(on=TODAY).count() == 2
    assert mine.living(on=TODAY).count() == 3
    assert list(mine.in_force(on=later.starts_on + DAY)) == [later]
