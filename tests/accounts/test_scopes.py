"""Who may act where: prefixes of division codes, and nothing without a grant."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from accounts import roles
from accounts.access import within_or_refused
from accounts.actions import grant_role
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import Scopes, permissions_of, scopes_of
from audit.actions import SYSTEM
from officials.models import Division

ON = dt.date(2026, 11, 21)


def test_scope_covers_everything_below_its_code() -> None:
    scopes = Scopes(("120101002",))
    assert scopes.cover("120101002014")
    assert scopes.cover("120101002")
    assert not scopes.cover("120101003001")
    assert not scopes.cover("120101")


def test_empty_scope_grants_nothing(heping: Division) -> None:
    assert not Scopes(()).cover("120101")
    assert list(Division.objects.within(Scopes(()))) == []


def test_query_within_scope_lists_exactly_the_subtree(heping: Division) -> None:
    within = Division.objects.within(Scopes(("120101002",)))
    assert within.count() == 10
    assert {division.code[:9] for division in within} == {"120101002"}


def test_grant_ends_on_its_first_day_without_the_role(
    make_staff: Callable[..., User],
) -> None:
    user = make_staff("guest", roles.DEPARTMENT_CLERK, "120101")
    user.grants.update(ends_on=ON)
    day_before = ON - dt.timedelta(days=1)
    permission = Permission.RESULT_VIEW
    assert scopes_of(user, permission, on=day_before).prefixes == ("120101",)
    assert scopes_of(user, permission, on=ON).prefixes == ()


def test_inactive_user_may_do_nothing(clerk: User) -> None:
    clerk.is_active = False
    assert permissions_of(clerk, on=ON) == frozenset()
    assert not scopes_of(clerk, Permission.RESULT_VIEW, on=ON)


def test_stranger_gets_404_and_colleague_403(clerk: User) -> None:
    within_or_refused(clerk, Permission.RESULT_REVIEW, "120101002", on=ON)
    with pytest.raises(PermissionDenied):
        within_or_refused(clerk, Permission.RESULT_PUBLISH, "120101002", on=ON)
    with pytest.raises(Http404):
        within_or_refused(clerk, Permission.RESULT_REVIEW, "230402001", on=ON)


@pytest.mark.parametrize("scope", ["", "1", "12010", "abc", "1201010020145"])
def test_grant_with_a_wrong_scope_is_refused(clerk: User, scope: str) -> None:
    with pytest.raises(ValidationError):
        grant_role(
            user=clerk,
            role=roles.DEPARTMENT_HEAD,
            scope=scope,
            starts_on=ON,
            by=SYSTEM,
            at=timezone.now(),
        )
    assert clerk.grants.count() == 1


def test_clerk_and_head_share_no_deciding_permission() -> None:
    clerk, head = roles.DEPARTMENT_CLERK, roles.DEPARTMENT_HEAD
    assert clerk.permissions & head.permissions == {
        Permission.BOX_TURNOUT,
        Permission.RESULT_VIEW,
        # One proposes that a scheme comes into force, the other agrees (T92).
        Permission.SCHEME_EDIT,
        Permission.EXPORT_FIGURES,
    }
    importer, approver = roles.STREET_ADMINISTRATOR, roles.ROSTER_APPROVER
    assert importer.permissions & approver.permissions == {Permission.ROSTER_VIEW}
