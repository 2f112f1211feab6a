"""Every address x every role x own, neighbouring and parent division (T140).

One world in 和平区; who asks stands there, in the district beside it, above it or in a
community below it. What is refused must also have changed nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import sessions
from accounts.actions import create_user
from accounts.models import RoleGrant, User
from accounts.permissions import Permission
from accounts.roles import ROLES, Role
from audit.actions import SYSTEM
from config.celery import app
from surveys.models import Round
from tests.conftest import HEPING, signed_in
from tests.infra.digest import tables
from tests.infra.scope_table import ROWS, SIGNED_IN, Row
from tests.infra.scope_world import SECOND, Args, build

# The tests' web process knows the application as the real one does (config.wsgi).
assert app.conf.beat_schedule
PLACES = {
    "own": HEPING,
    "neighbour": "120102",
    "above": "1201",
    "below": "120101003001",
}
COVERS = {"own", "above"}
FARTHER = {"neighbour", "above", "below"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; `role` and `place` are None for a visitor and for a bare account."""

    client: Client
    who: str
    is_staff: bool
    permissions: frozenset[Permission] = frozenset()
    place: str = ""

    @property
    def covers(self) -> bool:
        return self.place in COVERS


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """Every address of the project by its name, however deep it stands."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner)
        else:
            assert isinstance(pattern, URLPattern)
            yield f"{space}{pattern.name}"


def test_every_address_has_its_row() -> None:
    assert sorted(row.name for row in ROWS) == sorted(addresses())


def expected(row: Row, method: str, asker: Asker) -> int:
    """What T85 says: 404 out of scope, 403 without the permission, 405 else."""
    if row.place == "public":
        allowed = row.answers.get(method, 405)
        return SIGNED_IN.get((row.name, method), allowed) if asker.is_staff else allowed
    if not asker.is_staff:
        return 302
    if method not in row.answers:
        return 405
    holds = bool(row.needs & asker.permissions)
    if row.place == "noun" and not asker.covers:
        return 404
    if row.place in ("noun", "list") and not holds:
        return 403
    return row.answers[method]


def ask(row: Row, method: str, asker: Asker, args: Args) -> HttpResponse:
    url = reverse(row.name, args=args[row.noun])
    return getattr(asker.client, method)(url)


def is_refused(status: int) -> bool:
    return status in (403, 404, 405)


def wrong_answers(asker: Asker, args: Args) -> Iterator[str]:
    """What is allowed is undone again; what is refused is left as it was."""
    arrive(asker.client)
    cookies = asker.client.cookies.output()
    for row in ROWS:
        # A wrong method is refused before anybody asks where: once for every role.
        wrong = () if asker.place in FARTHER else (row.wrong_method,)
        for method in (*row.answers, *wrong):
            wanted = expected(row, method, asker)
            if is_refused(wanted):
                status = ask(row, method, asker, args).status_code
            else:
                with transaction.atomic():
                    status = ask(row, method, asker, args).status_code
                    transaction.set_rollback(True)
            if asker.client.cookies.output() != cookies:
                restore(asker.client, cookies)
            if status != wanted:
                yield f"{asker.who} {method} {row.name}: {status}, not {wanted}"


def arrive(client: Client) -> None:
    """The factor is as fresh as if just typed, however long the others took."""
    session, now = client.session, timezone.now()
    if sessions.is_proven(session):
        session[sessions.SEEN] = now.timestamp()
        sessions.prove(session, at=now)
        session.save()


def restore(client: Client, cookies: str) -> None:
    client.cookies.clear()
    client.cookies.load(cookies.replace("Set-Cookie: ", ""))


def hold(username: str, role: Role, scope: str) -> User:
    """An account with one role; also such as no page would grant, to be sure (T86)."""
    now = timezone.now()
    user = create_user(
        username=username,
        name=username,
        password="never typed",
        by=SYSTEM,
        at=now,
        must_change=False,
    )
    today = timezone.localdate(now)
    RoleGrant.objects.create(
        user=user,
        role=role.code,
        scope=scope,
        starts_on=today,
        ends_on=today.replace(year=today.year + 1),
        granted_on=today,
        granted_by="SYSTEM",
    )
    return user


def askers() -> Iterator[Asker]:
    yield Asker(Client(), "visitor", is_staff=False)
    bare = User.objects.get(username=SECOND)
    yield Asker(signed_in(bare), "no role", is_staff=True)
    for code, role in ROLES.items():
        for place, scope in PLACES.items():
            user = hold(f"{code}.{place}", role, scope)
            yield Asker(
                signed_in(user),
                f"{code} {place}",
                is_staff=True,
                permissions=role.permissions,
                place=place,
            )


@pytest.fixture
def args(
    staff: dict[str, User], prepare: Callable[..., Round], approve: Callable[..., Round]
) -> Args:
    return build(staff=staff, prepare=prepare, approve=approve)


def test_every_address_answers_every_role_at_every_place(args: Args) -> None:
    everybody = list(askers())
    assert len(everybody) == 2 + len(ROLES) * len(PLACES)
    before = tables()
    wrong = [line for asker in everybody for line in wrong_answers(asker, args)]
    assert "\n".join(wrong) == ""
    assert tables() == before
