"""The cast: a real district and the people who work there, each with a client."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import factors, roles, sessions, totp
from accounts.actions import create_user, grant_role
from accounts.actions.factors import prepare_authenticator
from accounts.actions.sessions import open_session
from accounts.models import Authenticator, User
from accounts.roles import Role
from audit.actions import SYSTEM
from officials import divisions
from officials.models import Division

HEPING = "120101"
XIAOBAILOU = "120101002"
KAIFENGDAO = "120101002014"
ELSEWHERE = "230402"
PASSWORD = "A long and quiet sentence, 2026"


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
            username=username,
            name=username,
            password=PASSWORD,
            by=SYSTEM,
            at=now,
            must_change=False,
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


def signed_in(user: User, client: Client | None = None) -> Client:
    """A browser in which the user has just signed in with password and factor.

    As at a real sign-in, the account's former session is over from here on.
    """
    now, client = timezone.now(), client or Client()
    enrol(user)
    client.force_login(user)
    session = client.session
    sessions.begin(session, mark=open_session(user), at=now)
    sessions.prove(session, at=now)
    session.save()
    return client


def enrol(user: User) -> Authenticator:
    """The user's authenticator, confirmed long ago if there is none yet."""
    authenticator = factors.confirmed_of(user)
    if authenticator is None:
        at = timezone.now()
        authenticator = prepare_authenticator(user, at=at)
        authenticator.confirmed_at = at
        authenticator.save()
    return authenticator


def six_digits(user: User) -> str:
    """What the user's telephone shows, as if its last code were long ago.

    Whoever signs in three times in a minute would have to wait for the next step.
    """
    authenticator = enrol(user)
    Authenticator.objects.filter(pk=authenticator.pk).update(last_step=0)
    step = totp.step_of(timezone.now())
    return totp.code_of(factors.secret_of(authenticator), step)


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
    return signed_in(clerk)


@pytest.fixture
def head_client(head: User) -> Client:
    return signed_in(head)


@pytest.fixture
def street_admin_client(street_admin: User) -> Client:
    return signed_in(street_admin)


@pytest.fixture
def approver_client(approver: User) -> Client:
    return signed_in(approver)


@pytest.fixture
def auditor_client(auditor: User) -> Client:
    return signed_in(auditor)


@pytest.fixture
def clerk_elsewhere_client(clerk_elsewhere: User) -> Client:
    return signed_in(clerk_elsewhere)


@pytest.fixture
def head_elsewhere_client(head_elsewhere: User) -> Client:
    return signed_in(head_elsewhere)
