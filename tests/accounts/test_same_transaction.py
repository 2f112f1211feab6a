"""A verb whose event fails has changed nothing (T72, T153)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts import actions, factors, passwords
from accounts.models import SignInFailure, User
from audit.actions import SYSTEM
from audit.models import AuditEvent, AuditHead
from tests.accounts.test_sign_in import waiting_code, wrong_digits
from tests.conftest import PASSWORD, enrol, six_digits

NEW = "Another quiet sentence, 2027"
Verb = Callable[[User, dt.datetime], Any]


class TrailBroken(Exception):
    """As a full disk would break it."""


def come_in(user: User, at: dt.datetime, **changed: str) -> Any:
    typed = {"password": PASSWORD, "answer": changed.get("answer") or six_digits(user)}
    return actions.sign_in(
        username=user.username, address="127.0.0.1", at=at, **(typed | changed)
    )


def change(user: User, at: dt.datetime, *, old: str = PASSWORD) -> Any:
    return actions.change_password(user=user, old=old, new=NEW, address="", at=at)


VERBS: dict[str, Verb] = {
    "sign in": come_in,
    "fail to sign in": lambda user, at: come_in(user, at, password="wrong"),
    "fail with the digits": lambda user, at: come_in(
        user, at, answer=wrong_digits(user)
    ),
    "prove the factor": lambda user, at: actions.confirm_factor(
        user=user, answer=six_digits(user), address="", at=at
    ),
    "fail to prove it": lambda user, at: actions.confirm_factor(
        user=user, answer=wrong_digits(user), address="", at=at
    ),
    "sign out": lambda user, at: actions.sign_out(user=user, address="", at=at),
    "change the password": change,
    "fail to change it": lambda user, at: change(user, at, old="wrong"),
    "give a password": lambda user, at: actions.set_password(
        user=user, password=NEW, by=SYSTEM, at=at
    ),
    "open an account": lambda user, at: actions.create_user(
        username="other", name="另一人", password=NEW, by=SYSTEM, at=at
    ),
    "lock": lambda user, at: actions.lock(user=user, by=SYSTEM, at=at),
    "unlock": lambda user, at: actions.unlock(user=user, by=SYSTEM, at=at),
    "lock the unused": lambda user, at: actions.lock_unused(
        by=SYSTEM, at=at + dt.timedelta(days=61)
    ),
    "forget failures": lambda user, at: actions.purge_failures(
        by=SYSTEM, at=at + dt.timedelta(days=2)
    ),
    "replace the telephone": lambda user, at: actions.replace_authenticator(
        user=user, at=at
    ),
    "enrol the telephone": lambda user, at: actions.confirm_authenticator(
        user=user, answer=waiting_code(user), at=at
    ),
    "renew the codes": lambda user, at: actions.renew_recovery_codes(user=user, at=at),
    "reset the factor": lambda user, at: actions.reset_factor(
        user=user, by=SYSTEM, at=at
    ),
}


@pytest.fixture
def busy(clerk: User) -> User:
    """An account with something of everything."""
    now = timezone.now()
    enrol(clerk)
    actions.renew_recovery_codes(user=clerk, at=now)
    actions.replace_authenticator(user=clerk, at=now)
    SignInFailure.objects.create(user=clerk, client="127.0.0.1", at=now)
    assert factors.waiting_of(clerk) is not None
    six_digits(clerk)
    return clerk


def everything() -> dict[str, list[Any]]:
    """Every row of the room, and how long the trail is."""
    rows = {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("accounts").get_models()
    }
    return rows | {"trail": [AuditEvent.objects.count(), AuditHead.objects.get().seq]}


@pytest.mark.parametrize("name", sorted(VERBS))
def test_verb_without_its_event_changes_nothing(
    name: str, busy: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise TrailBroken

    monkeypatch.setattr(AuditEvent, "save", fail)
    now = timezone.now()
    before = everything()
    with pytest.raises(TrailBroken):
        VERBS[name](busy, now)
    assert everything() == before


@pytest.mark.parametrize("name", sorted(VERBS))
def test_verb_with_its_event_changes_something(name: str, busy: User) -> None:
    """Or the test above would prove nothing."""
    before = everything()
    VERBS[name](busy, timezone.now())
    after = everything()
    assert [key for key in after if after[key] != before[key]] != []
    assert after["trail"][0] > before["trail"][0]


def test_password_rules_hold_for_the_verb_too(busy: User) -> None:
    with pytest.raises(passwords.ValidationError):
        actions.change_password(
            user=busy, old=PASSWORD, new="short", address="", at=timezone.now()
        )
