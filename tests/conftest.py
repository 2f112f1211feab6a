"""The cast: a real district and the people who work there, each with a client."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.actions import create_user, grant_role
from accounts.models import User
from accounts.roles import Role
from audit.actions import SYSTEM
from officials import divisions
from officials.models import Division

HEPING = "120101"
XIAOBAILOU = "120101002"
KAIFENGDAO = "120101002014"
ELSEWHERE = "230402"
PASSWORD = "a long and quiet sentence"


@pytest.fixture
def heping(db: None) -> Division:
    """和平区 with its streets and communities, and a district elsewhere."""
    rows = [
        row
        for row in divisions.read_rows(Path(settings.ROOT) / "demo" / "divisions.csv")
        if row.code.startswith(("120101", "230402"))
        or row.code in ("12", "1201", "23", "2304")
    ]
    divisions.load(rows, source="divisions.csv", by=SYSTEM, at=timezone.now())
    return Division.objects.get(code=HEPING)


@pytest.fixture
def make_staff(db: None) -> Callable[..., User]:
    """Make a staff member with one role at one place."""

    def make(username: str, role: Role, scope: str) -> User:
        now = timezone.now()
        user = create_user(
            username=username, name=username, password=PASSWORD, by=SYSTEM, at=now
        )
        grant_role(
            user=user,
            role=role,
            scope=scope,
            starts_on=dt.date(2025, 1, 1),
            by=SYSTEM,
            at=now,
        )
        return user

    return make


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk(make_staff: Callable[..., User]) -> User:
    return make_staff("clerk", roles.DEPARTMENT_CLERK, HEPING)


@pytest.fixture
def head(make_staff: Callable[..., User]) -> User:
    return make_staff("head", roles.DEPARTMENT_HEAD, HEPING)


@pytest.fixture
def street_admin(make_staff: Callable[..., User]) -> User:
    return make_staff("street_admin", roles.STREET_ADMINISTRATOR, XIAOBAILOU)


@pytest.fixture
def approver(make_staff: Callable[..., User]) -> User:
    return make_staff("approver", roles.ROSTER_APPROVER, HEPING)


@pytest.fixture
def auditor(make_staff: Callable[..., User]) -> User:
    return make_staff("auditor", roles.AUDIT_ADMINISTRATOR, HEPING)


@pytest.fixture
def clerk_elsewhere(make_staff: Callable[..., User]) -> User:
    return make_staff("clerk_elsewhere", roles.DEPARTMENT_CLERK, ELSEWHERE)


@pytest.fixture
def head_elsewhere(make_staff: Callable[..., User]) -> User:
    return make_staff("head_elsewhere", roles.DEPARTMENT_HEAD, ELSEWHERE)


@pytest.fixture
def clerk_client(clerk: User) -> Client:
    return _client(clerk)


@pytest.fixture
def head_client(head: User) -> Client:
    return _client(head)


@pytest.fixture
def street_admin_client(street_admin: User) -> Client:
    return _client(street_admin)


@pytest.fixture
def approver_client(approver: User) -> Client:
    return _client(approver)


@pytest.fixture
def auditor_client(auditor: User) -> Client:
    return _client(auditor)


@pytest.fixture
def clerk_elsewhere_client(clerk_elsewhere: User) -> Client:
    return _client(clerk_elsewhere)


@pytest.fixture
def head_elsewhere_client(head_elsewhere: User) -> Client:
    return _client(head_elsewhere)
