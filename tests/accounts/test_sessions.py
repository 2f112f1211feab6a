"""Sessions of staff: one per account, short when idle, over when something changes."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import end_session
from accounts.models import User
from tests.accounts.test_lockout import NOON
from tests.accounts.test_sign_in import SIGN_IN, typed_by
from tests.conftest import signed_in

BACK = "/desk/sign-in/?next=/desk/"


@pytest.fixture
def clock(clerk: User) -> Iterator[time_machine.Traveller]:
    User.objects.update(last_used_at=NOON, password_set_at=NOON)
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def test_fifteen_idle_minutes_end_the_session(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(clerk)
    clock.shift(dt.timedelta(minutes=15))
    assert client.get("/desk/").status_code == 200
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    assert client.get("/desk/").url == BACK + "&why=idle"
    assert Session.objects.count() == 0


def test_eight_hours_end_the_busiest_session(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(clerk)
    for _ in range(8 * 6):
        clock.shift(dt.timedelta(minutes=10))
        assert client.get("/desk/").status_code == 200
    clock.shift(dt.timedelta(seconds=1))
    assert client.get("/desk/").url == BACK + "&why=long"


def test_changing_the_password_begins_no_new_eight_hours(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(clerk)
    since = client.session["since"]
    clock.shift(dt.timedelta(minutes=3))
    new = "Another quiet sentence, 2027"
    typed = {"old": "A long and quiet sentence, 2026", "new": new, "again": new}
    assert client.post("/desk/security/password/", typed).status_code == 302
    assert client.session["since"] == since


def test_presence_is_written_at_most_once_a_minute(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(clerk)
    written = []
    for _ in range(5):
        clock.shift(dt.timedelta(seconds=20))
        client.get("/desk/")
        written.append(client.session["seen"] - NOON.timestamp())
    assert written == [0, 0, 60, 60, 60]


def test_second_sign_in_ends_the_first_and_the_first_is_told(clerk: User) -> None:
    first, second = Client(), Client()
    for client in (first, second):
        assert client.post(SIGN_IN, typed_by(clerk)).status_code == 302
    assert second.get("/desk/").status_code == 200
    answer = first.get("/desk/", follow=True)
    assert answer.redirect_chain == [(BACK + "&why=elsewhere", 302)]
    assert answer.content.decode().count("您的账号刚在别处登录，这里已退出。") == 1


@pytest.mark.parametrize("because", list(User.Ended))
def test_ended_session_says_why(because: User.Ended, clerk: User) -> None:
    client = signed_in(clerk)
    end_session(clerk, because=because)
    answer = client.get("/desk/", follow=True)
    assert answer.redirect_chain == [(f"{BACK}&why={because.value}", 302)]
    assert answer.context["why"] != ""


def test_made_up_reason_says_nothing(client: Client, db: None) -> None:
    page = client.get(SIGN_IN, {"why": "<b>call this number</b>"})
    assert (page.context["why"], page.content.decode().count("call this")) == ("", 0)


def test_session_without_a_mark_is_none(clerk: User) -> None:
    """As whoever writes a session by hand, or kept one from before, would have it."""
    User.objects.update(session_ended="")
    client = Client()
    client.force_login(clerk)
    assert client.get("/desk/").url == BACK + "&why=over"


def test_locked_account_cannot_be_stored_with_a_live_session(clerk: User) -> None:
    signed_in(clerk)
    name = "locked_has_no_session"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        User.objects.update(locked_at=timezone.now(), locked_because="failures")


def test_form_of_an_ended_session_leads_to_sign_in_without_a_way_back(
    clerk: User,
) -> None:
    client = signed_in(clerk)
    end_session(clerk, because=User.Ended.ROLES)
    assert client.post("/desk/security/codes/").url == "/desk/sign-in/?why=roles"


def test_pages_of_the_desk_are_kept_nowhere(clerk_client: Client) -> None:
    assert clerk_client.get("/desk/").headers["Cache-Control"] == "no-store, private"


def test_session_cookie_is_strict_and_closed_to_scripts(clerk: User) -> None:
    client = Client()
    client.post(SIGN_IN, typed_by(clerk))
    cookie = client.cookies["session"]
    assert (cookie["samesite"], cookie["httponly"]) == ("Strict", True)


PUBLIC = ("/", "/results/", "/help/", "/notice/", "/receipt/")


@pytest.mark.parametrize("address", PUBLIC)
def test_pages_of_residents_and_of_the_public_ask_for_no_session(
    address: str, clerk: User
) -> None:
    client = signed_in(clerk)
    end_session(clerk, because=User.Ended.ROLES)
    key = client.cookies["session"].value
    client.get(address)
    assert client.cookies["session"].value == key
    assert Session.objects.filter(session_key=key).exists()
