"""Coming in: name, password and six digits; nobody learns which of them was wrong."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import factors, roles, totp
from accounts.actions import create_user, renew_recovery_codes
from accounts.models import Authenticator, User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from tests.conftest import PASSWORD, enrol, six_digits

SIGN_IN = "/desk/sign-in/"
NEW = "Another quiet sentence, 2027"
Typed = dict[str, str]


def typed_by(user: User, **changed: str) -> Typed:
    """What the user types when nothing is wrong, but for what is named."""
    right = {"username": user.username, "password": PASSWORD}
    if "factor_code" not in changed:
        right["factor_code"] = six_digits(user)
    return right | changed


def verbs() -> list[str]:
    """What the trail says of accounts, without how they were made."""
    made = ("user.created", "role.granted", "divisions.loaded")
    events = AuditEvent.objects.exclude(verb__in=made).order_by("seq")
    return list(events.values_list("verb", flat=True))


def wrong_digits(user: User) -> str:
    """Six digits that no step near this one shows."""
    secret = factors.secret_of(enrol(user))
    now = totp.step_of(timezone.now())
    near = {totp.code_of(secret, now + off) for off in range(-3, 4)}
    return next(f"{n:06}" for n in range(100) if f"{n:06}" not in near)


@pytest.fixture
def newcomer(db: None) -> User:
    """Somebody whose account was opened today."""
    now = timezone.now()
    return create_user(
        username="newcomer", name="新人", password=PASSWORD, by=SYSTEM, at=now
    )


def test_name_password_and_digits_open_the_desk(clerk: User, client: Client) -> None:
    answer = client.post(SIGN_IN, typed_by(clerk))
    assert (answer.status_code, answer.url) == (302, "/desk/")
    assert client.get("/desk/").status_code == 200
    event = AuditEvent.objects.order_by("seq").last()
    assert (event.verb, event.actor, event.data, event.address) == (
        "user.signed_in",
        "clerk",
        '{"factor":"totp"}',
        "127.0.0.1",
    )


@pytest.mark.parametrize("form", ["{} {}", "{}-{}", " {}{} "])
def test_digits_may_be_typed_in_groups(form: str, clerk: User, client: Client) -> None:
    digits = six_digits(clerk)
    grouped = form.format(digits[:3], digits[3:])
    assert client.post(SIGN_IN, typed_by(clerk, factor_code=grouped)).status_code == 302


def test_every_refusal_is_the_same_page(
    clerk: User, make_staff: Callable[..., User], newcomer: User, client: Client
) -> None:
    """Unknown name, wrong half, wrong digits, none, locked, switched off (T90)."""
    locked = make_staff("locked", roles.DEPARTMENT_CLERK, "120101")
    User.objects.filter(pk=locked.pk).update(
        locked_at=timezone.now(), locked_because=User.Lock.ADMINISTRATOR
    )
    off = make_staff("off", roles.DEPARTMENT_CLERK, "120101")
    User.objects.filter(pk=off.pk).update(is_active=False)
    tries = [
        typed_by(clerk, username="nobody"),
        typed_by(clerk, password="Something else, 2026"),
        typed_by(clerk, factor_code=wrong_digits(clerk)),
        typed_by(clerk, factor_code=""),
        {"username": "newcomer", "password": "Something else, 2026"},
        typed_by(locked),
        typed_by(off),
    ]
    answers = [client.post(SIGN_IN, typed) for typed in tries]
    assert {answer.status_code for answer in answers} == {200}
    assert {str(answer.context["form"].errors) for answer in answers} == {
        str(answers[0].context["form"].errors)
    }
    assert client.get("/desk/").status_code == 302
    assert verbs() == ["user.sign_in_failed"] * len(tries)


def test_unknown_name_runs_the_hasher_as_often_as_a_known_one(
    clerk: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal cost: one hash for whoever asks (T90)."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    costs = []
    for name in ("clerk", "nobody"):
        hashed.clear()
        client.post(SIGN_IN, {"username": name, "password": "Something else, 1"})
        costs.append(len(hashed))
    assert costs == [1, 1]


def test_trail_of_a_failure_names_no_unknown_name(client: Client, db: None) -> None:
    """People type their password where the name goes."""
    client.post(SIGN_IN, {"username": "my secret", "password": "x"})
    event = AuditEvent.objects.get(verb="user.sign_in_failed")
    told = (event.actor, event.target_id, event.data)
    assert told == ("SYSTEM", "", '{"why":"name"}')


def test_sign_in_leads_back_to_a_page_of_ours_only(clerk: User) -> None:
    asked = ("/desk/rounds/", "https://elsewhere.example/", "//elsewhere/")
    led = [Client().post(SIGN_IN, typed_by(clerk, next=onward)).url for onward in asked]
    assert led == ["/desk/rounds/", "/desk/", "/desk/"]


def test_sign_in_takes_a_new_session_key(clerk: User, client: Client) -> None:
    client.get("/desk/sign-in/")
    session = client.session
    session["anything"] = 1
    session.save()
    client.cookies["session"] = session.session_key
    before = session.session_key
    client.post(SIGN_IN, typed_by(clerk))
    assert client.cookies["session"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_newcomer_reaches_only_the_enrolment_then_only_the_password(
    newcomer: User, client: Client
) -> None:
    typed = {"username": "newcomer", "password": PASSWORD}
    client.post(SIGN_IN, typed)
    set_up = reverse("accounts:factor-set-up")
    password = reverse("accounts:password-change")
    for closed in ("/desk/", "/desk/rounds/", "/desk/security/", password):
        answer = client.get(closed, follow=True)
        assert answer.redirect_chain[-1][0] == set_up
    answer = client.post(set_up, {"factor_code": waiting_code(newcomer)})
    assert len(answer.context["codes"]) == 10
    for closed in ("/desk/", "/desk/security/"):
        assert client.get(closed).url == password
    changed = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert client.post(password, changed).url == "/desk/"
    assert client.get("/desk/").status_code == 200
    told = ["user.signed_in", "user.factor_enrolled", "user.password_changed"]
    assert verbs() == told


def waiting_code(user: User) -> str:
    waiting = factors.waiting_of(user)
    assert waiting is not None
    step = totp.step_of(timezone.now())
    return totp.code_of(factors.secret_of(waiting), step)


def test_second_sign_in_before_enrolment_shows_the_same_secret(
    newcomer: User, client: Client
) -> None:
    typed = {"username": "newcomer", "password": PASSWORD}
    shown = []
    for browser in (client, Client()):
        browser.post(SIGN_IN, typed)
        page = browser.get(reverse("accounts:factor-set-up"))
        shown.append("".join(page.context["secret"]))
    assert shown[0] == shown[1]
    assert Authenticator.objects.count() == 1


def test_recovery_code_opens_the_desk_once(clerk: User, client: Client) -> None:
    enrol(clerk)
    code = renew_recovery_codes(user=clerk, at=timezone.now())[0]
    typed = typed_by(clerk, factor_code=code.lower())
    assert client.post(SIGN_IN, typed).status_code == 302
    event = AuditEvent.objects.order_by("seq").last()
    assert event.data == '{"factor":"recovery","left":"9"}'
    assert Client().post(SIGN_IN, typed).status_code == 200
    assert factors.left_of(clerk) == 9


def test_used_step_is_refused(clerk: User, client: Client) -> None:
    """Replay of a captured sign-in (T144)."""
    typed = typed_by(clerk)
    assert client.post(SIGN_IN, typed).status_code == 302
    assert Client().post(SIGN_IN, typed).status_code == 200


def test_earlier_step_is_refused_after_a_later_one(clerk: User) -> None:
    secret = factors.secret_of(enrol(clerk))
    with time_machine.travel("2026-11-21T12:00:05+08:00", tick=False):
        User.objects.filter(pk=clerk.pk).update(last_used_at=timezone.now())
        now = totp.step_of(timezone.now())
        Authenticator.objects.update(last_step=0)
        statuses = [
            Client()
            .post(SIGN_IN, typed_by(clerk, factor_code=totp.code_of(secret, now + off)))
            .status_code
            for off in (1, 0, -1, 1)
        ]
    assert statuses == [302, 200, 200, 200]


def test_account_unused_for_sixty_days_is_locked(clerk: User, client: Client) -> None:
    last = timezone.now() - dt.timedelta(days=60, minutes=1)
    User.objects.filter(pk=clerk.pk).update(last_used_at=last)
    assert client.post(SIGN_IN, typed_by(clerk)).status_code == 200
    clerk.refresh_from_db()
    assert clerk.locked_because == User.Lock.UNUSED
    assert verbs() == ["user.locked", "user.sign_in_failed"]


def test_whoever_is_in_is_led_past_the_form(clerk: User, clerk_client: Client) -> None:
    assert clerk_client.get(SIGN_IN + "?next=/desk/rounds/").url == "/desk/rounds/"


def test_sign_out_ends_the_session(clerk: User, clerk_client: Client) -> None:
    key = clerk_client.cookies["session"].value
    assert clerk_client.post("/desk/sign-out/").url == SIGN_IN
    stale = Client()
    stale.cookies["session"] = key
    assert stale.get("/desk/").url == "/desk/sign-in/?next=/desk/&why=over"
    clerk.refresh_from_db()
    assert (clerk.session_mark, clerk.session_ended) == (None, "signed_out")


def test_first_account_page_says_nothing_about_people(client: Client, db: None) -> None:
    page: Any = client.get(SIGN_IN)
    assert page.headers["Cache-Control"].count("no-store") == 1
