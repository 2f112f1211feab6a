"""Roles that one person does not hold together, refused with the reason (T86, T87)."""

import threading
from collections.abc import Callable
from itertools import combinations

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts import roles
from accounts.actions import (
    GrantRefused,
    Incompatible,
    InsideRatedUnit,
    grant_role,
    revoke_grant,
)
from accounts.models import RoleGrant, User
from accounts.refusals import told
from accounts.roles import ADMINISTRATORS, ROLES, Role
from audit.actions import SYSTEM
from officials.models import Division
from tests.conftest import HEPING, KAIFENGDAO, XIAOBAILOU

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
STREET, APPROVER = roles.STREET_ADMINISTRATOR, roles.ROSTER_APPROVER
CLERK, HEAD, AGENCY = roles.DEPARTMENT_CLERK, roles.DEPARTMENT_HEAD, roles.AGENCY_LEAD
REVIEWER = roles.APPEAL_REVIEWER


def grant(user: User, role: Role, scope: str = HEPING) -> RoleGrant:
    return grant_role(
        user=user, role=role, scope=scope, starts_on=TODAY, by=SYSTEM, at=NOW
    )


def pairs() -> dict[frozenset[str], str]:
    """The rule of T87 for every pair of roles at one place, written out by hand."""
    forbidden = {
        frozenset({STREET.code, APPROVER.code}): "roster",
        frozenset({CLERK.code, AGENCY.code}): "letters",
        frozenset({CLERK.code, HEAD.code}): "clerk_head",
        frozenset({CLERK.code, REVIEWER.code}): "appeal",
        frozenset({HEAD.code, REVIEWER.code}): "appeal",
    }
    for administrator in ADMINISTRATORS:
        for other in set(ROLES) - {administrator}:
            rule = "administrators" if other in ADMINISTRATORS else "business"
            forbidden[frozenset({administrator, other})] = rule
    return forbidden


@pytest.mark.parametrize("first", ROLES.values(), ids=lambda role: role.code)
def test_every_pair_at_one_place(
    heping: Division, make_staff: Callable[..., User], first: Role
) -> None:
    """In both orders; what is not forbidden is granted."""
    wrong = []
    for number, second in enumerate(role for role in ROLES.values() if role != first):
        user = make_staff(f"user{number}", first, HEPING)
        rule = ""
        try:
            grant(user, second)
        except Incompatible as refusal:
            rule = refusal.clash.rule
        if rule != pairs().get(frozenset({first.code, second.code}), ""):
            wrong.append((first.code, second.code, rule))
        assert user.grants.count() == (1 if rule else 2)
    assert wrong == []


def test_table_of_pairs_is_complete() -> None:
    """11 roles, 55 pairs: 5 of the business, 3 and 24 with an administrator."""
    every = {frozenset(pair) for pair in combinations(ROLES, 2)}
    assert (len(every), len(pairs())) == (55, 32)
    assert set(pairs()) <= every


def test_import_and_approval_of_two_places_go_together(
    heping: Division, make_staff: Callable[..., User]
) -> None:
    user = make_staff("both", STREET, XIAOBAILOU)
    with pytest.raises(Incompatible):
        grant(user, APPROVER, HEPING)
    with pytest.raises(Incompatible):
        grant(user, APPROVER, XIAOBAILOU)
    assert grant(user, APPROVER, "120101003").scope == "120101003"


def test_refusal_names_both_roles_and_the_places(
    heping: Division, make_staff: Callable[..., User]
) -> None:
    user = make_staff("both", STREET, XIAOBAILOU)
    with pytest.raises(Incompatible) as refused:
        grant(user, APPROVER)
    assert told(refused.value) == (
        "在小白楼街道 (120101002)是“街道管理员”，"
        "不能再在和平区 (120101)当“名册核准人”："
        "同一范围的名册，上传和核准必须是两个人。"
    )


def test_roles_that_follow_one_another_do_not_clash(
    make_staff: Callable[..., User],
) -> None:
    user = make_staff("moved", CLERK, HEPING)
    held = user.grants.get()
    with pytest.raises(Incompatible):
        grant(user, HEAD)
    revoke_grant(grant=held, reason="升职", by=SYSTEM, at=NOW)
    assert grant(user, HEAD).role == HEAD.code


def test_role_of_a_later_day_clashes_too(make_staff: Callable[..., User]) -> None:
    user = make_staff("later", CLERK, HEPING)
    held = user.grants.get()
    with pytest.raises(Incompatible):
        grant_role(
            user=user,
            role=HEAD,
            scope=HEPING,
            starts_on=held.ends_on - (held.ends_on - TODAY) / 2,
            by=SYSTEM,
            at=NOW,
        )
    after = grant_role(
        user=user, role=HEAD, scope=HEPING, starts_on=held.ends_on, by=SYSTEM, at=NOW
    )
    assert after.starts_on == held.ends_on


@pytest.mark.parametrize(
    "role", [CLERK, HEAD, AGENCY, APPROVER], ids=lambda role: role.code
)
def test_no_role_of_the_survey_inside_a_rated_community(
    heping: Division, make_staff: Callable[..., User], role: Role
) -> None:
    user = make_staff("inside", STREET, "230402")
    with pytest.raises(InsideRatedUnit) as refused:
        grant(user, role, KAIFENGDAO)
    assert told(refused.value) == (
        f"“{role.name}”不能授在社区一级：开封道社区 (120101002014)是被评单位。"
        "请授街道或区县。"
    )


def test_who_works_in_a_rated_community_handles_nothing_that_covers_it(
    heping: Division, make_staff: Callable[..., User]
) -> None:
    user = make_staff("worker", STREET, KAIFENGDAO)
    with pytest.raises(Incompatible) as refused:
        grant(user, AGENCY, HEPING)
    assert refused.value.clash.rule == "rated"
    assert grant(user, AGENCY, "230402").role == AGENCY.code


@pytest.mark.django_db(transaction=True)
def test_two_grants_at_once_make_no_forbidden_pair(
    make_staff: Callable[..., User],
) -> None:
    user = make_staff("raced", STREET, "230402")
    gate, results = threading.Barrier(2), list[str]()

    def run(role: Role) -> None:
        close_old_connections()
        try:
            gate.wait()
            grant(user, role)
            results.append("granted")
        except GrantRefused as refusal:
            results.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(role,)) for role in (CLERK, HEAD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["Incompatible", "granted"]
    held = user.grants.filter(role__in=(CLERK.code, HEAD.code))
    assert held.count() == 1
