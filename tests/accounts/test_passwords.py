"""Passwords: three of four classes, not known, not used, not too old (T89)."""

import datetime as dt

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from accounts import passwords
from accounts.actions import change_password, set_password
from accounts.models import PastPassword, User
from audit.actions import SYSTEM
from config import env
from tests.accounts.test_sign_in import SIGN_IN, typed_by
from tests.conftest import PASSWORD, signed_in

CHANGE = "/desk/security/password/"
NEW = "Another quiet sentence, 2027"


def codes_of(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {str(each.code) for each in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("Ab1-Ab1-Ab1", {"password_too_short"}),
        ("Ab1-Ab1-Ab1x", set()),
        ("onlysmallletters", {"password_classes"}),
        ("small and blanks", {"password_classes"}),
        ("Small and blanks", set()),
        ("Smallandlarge12", set()),
        ("123456789012345", {"password_classes"}),
        ("Password2026!", {"password_too_common"}),
        ("2026!!Sunshine", {"password_too_common"}),
        ("群众说好才是好一二三四", {"password_too_short", "password_classes"}),
        ("群众说好才是好 Aa", {"password_too_short"}),
        ("群众说好才是好啊 2026 Aa", set()),
    ],
)
def test_rules_of_a_password(password: str, refused: set[str]) -> None:
    assert codes_of(password) == refused


def test_first_password_passes_every_rule() -> None:
    refused = [codes_of(passwords.first_password()) for _ in range(300)]
    assert refused == [set()] * 300


@examples(deadline=None)
@given(st.text(max_size=40))
def test_classes_are_counted_for_any_text(password: str) -> None:
    groups = [
        any(sign.islower() for sign in password),
        any(sign.isupper() for sign in password),
        any(sign.isdecimal() for sign in password),
        any(
            not (sign.islower() or sign.isupper() or sign.isdecimal())
            for sign in password
        ),
    ]
    assert passwords.classes_of(password) == sum(groups)


def test_none_of_the_last_five_comes_again(clerk: User) -> None:
    now, old = timezone.now(), PASSWORD
    for number in range(6):
        new = f"Quiet sentence, number {number}"
        mark = change_password(
            user=clerk, old=old, new=new, address="", at=now + dt.timedelta(days=number)
        )
        assert mark is not None
        old = new
    clerk.refresh_from_db()
    again = [f"Quiet sentence, number {number}" for number in range(6)]
    refused = [codes_of(password, clerk) for password in again]
    assert refused == [set()] + [{"password_used_before"}] * 5
    assert PastPassword.objects.filter(user=clerk).count() == 5


def test_own_change_ends_other_sessions_and_goes_on(clerk: User) -> None:
    client = signed_in(clerk)
    stale = Client()
    stale.cookies["session"] = client.cookies["session"].value
    typed = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert client.post(CHANGE, typed).url == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert stale.get("/desk/").status_code == 302
    answer = Client().post(SIGN_IN, typed_by(clerk, password=NEW))
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"old": "Something else, 2026"}, "old"),
        ({"again": "Something else, 2026"}, "again"),
        ({"new": PASSWORD, "again": PASSWORD}, "new"),
        ({"new": "short", "again": "short"}, "new"),
    ],
)
def test_change_is_refused_beside_the_field(
    changed: dict[str, str], field: str, clerk: User
) -> None:
    typed = {"old": PASSWORD, "new": NEW, "again": NEW} | changed
    answer = signed_in(clerk).post(CHANGE, typed)
    assert list(answer.context["form"].errors) == [field]
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def test_wrong_old_password_counts_as_a_failure(clerk: User) -> None:
    client = signed_in(clerk)
    typed = {"old": "Something else, 2026", "new": NEW, "again": NEW}
    for _ in range(5):
        client.post(CHANGE, typed)
    assert client.get("/desk/").url == "/desk/sign-in/?next=/desk/&why=locked"


def test_password_of_ninety_days_is_changed_before_anything_else(
    clerk: User,
) -> None:
    client, now = signed_in(clerk), timezone.now()
    User.objects.update(password_set_at=now - dt.timedelta(days=89))
    assert client.get("/desk/").status_code == 200
    User.objects.update(password_set_at=now - dt.timedelta(days=90))
    assert client.get("/desk/").url == CHANGE
    assert client.get(CHANGE).context["is_due"] is True
    client.post(CHANGE, {"old": PASSWORD, "new": NEW, "again": NEW})
    assert client.get("/desk/").status_code == 200


def test_passwords_may_stay_for_ever_where_the_office_says_so(
    clerk: User, settings: Settings
) -> None:
    settings.PASSWORD_DAYS = 0
    client = signed_in(clerk)
    User.objects.update(password_set_at=timezone.now() - dt.timedelta(days=4000))
    assert client.get("/desk/").status_code == 200
    assert client.get("/desk/security/").context["password_until"] is None


def test_given_password_ends_sessions_and_is_to_be_changed(clerk: User) -> None:
    client = signed_in(clerk)
    given = passwords.first_password()
    set_password(user=clerk, password=given, by=SYSTEM, at=timezone.now())
    assert client.get("/desk/").status_code == 302
    client.post(SIGN_IN, typed_by(clerk, password=given))
    assert client.get("/desk/").url == CHANGE


@pytest.mark.parametrize("value", ["-1", "366", "a", ""])
def test_days_out_of_range_stop_the_start(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINPING_PASSWORD_DAYS", value)
    with pytest.raises(env.ImproperlyConfigured, match="MINPING_PASSWORD_DAYS"):
        env.integer("MINPING_PASSWORD_DAYS", default=90, lowest=0, highest=365)
