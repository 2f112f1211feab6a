"""A verb of roles or accounts whose event fails has changed nothing (T72, T153)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions, roles
from accounts.actions import approving, grants, users
from accounts.models import User
from audit.actions import SYSTEM
from tests.conftest import HEPING
from tests.infra.digest import tables

NOW = timezone.now()
TODAY = timezone.localdate(NOW)


class TrailBroken(Exception):
    """As a full disk would break it."""


def broken(*args: object, **kwargs: object) -> None:
    raise TrailBroken


def test_no_verb_survives_without_its_event(
    make_staff: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_staff("first", roles.SECURITY_ADMINISTRATOR, HEPING)
    second = make_staff("second", roles.SECURITY_ADMINISTRATOR, HEPING)
    bare = make_staff("bare", roles.ROSTER_APPROVER, HEPING)
    off = make_staff("off", roles.ROSTER_APPROVER, HEPING)
    actions.deactivate_user(user=off, reason="试", by=SYSTEM, at=NOW)
    period = {"starts_on": TODAY, "ends_on": actions.year_later(TODAY)}
    head = {"role": roles.DEPARTMENT_HEAD, "scope": HEPING, **period}
    waiting = actions.propose_grant(user=bare, **head, by=first, at=NOW)
    agency = {"role": roles.AGENCY_LEAD, "scope": "230402", **period}
    by: dict[str, Any] = {"by": first, "at": NOW}
    verbs: dict[str, Callable[[], object]] = {
        "create": partial(
            actions.create_user, username="new", name="新", password="x", **by
        ),
        "rename": partial(actions.rename_user, user=bare, name="新", **by),
        "close": partial(actions.deactivate_user, user=bare, reason="试", **by),
        "open": partial(actions.activate_user, user=off, reason="试", **by),
        "password": partial(actions.give_first_password, user=bare, password="x", **by),
        "grant": partial(actions.grant_role, user=bare, **agency, **by),
        "revoke": partial(
            actions.revoke_grant, grant=bare.grants.get(), reason="试", **by
        ),
        "propose": partial(actions.propose_grant, user=bare, **agency, **by),
        "approve": partial(
            actions.grant_approved,
            approval=waiting,
            digest=bytes(waiting.digest),
            by=second,
            at=NOW,
        ),
        "decline": partial(
            actions.decline, approval=waiting, reason="试", by=second, at=NOW
        ),
        "withdraw": partial(actions.withdraw, approval=waiting, **by),
    }
    for module in (approving, grants, users):
        monkeypatch.setattr(module, "record", broken)
    before, wrong = tables(), []
    for name, verb in verbs.items():
        with pytest.raises(TrailBroken):
            verb()
        if tables() != before:
            wrong.append(name)
    assert wrong == []
