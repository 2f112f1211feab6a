"""Too many failures: of an account, of a client, at the same moment (T90, T109)."""

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from accounts import lockout
from accounts.actions import lock, lock_unused, purge_failures, sign_in, unlock
from accounts.models import SignInFailure, User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from tests.accounts.test_sign_in import SIGN_IN, typed_by, verbs, wrong_digits
from tests.conftest import PASSWORD, signed_in, six_digits

WRONG = "Something else, 2026"
NOON = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)


@pytest.fixture
def clock(clerk: User) -> Iterator[time_machine.Traveller]:
    """A day that stands still, on which the clerk's account is in use."""
    User.objects.update(last_used_at=NOON, password_set_at=NOON)
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def fail(user: User, times: int = 1, *, address: str = "127.0.0.1") -> None:
    client = Client(REMOTE_ADDR=address)
    for _ in range(times):
        typed = {"username": user.username, "password": WRONG}
        assert client.post(SIGN_IN, typed).status_code == 200


def gets_in(user: User, *, address: str = "127.0.0.1") -> bool:
    client = Client(REMOTE_ADDR=address)
    return client.post(SIGN_IN, typed_by(user)).status_code == 302


def test_fifth_failure_shuts_the_account_for_a_quarter_of_an_hour(
    clerk: User, clock: time_machine.Traveller
) -> None:
    fail(clerk, 4)
    assert gets_in(clerk)
    fail(clerk)
    assert not gets_in(clerk)
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    assert not gets_in(clerk)
    clock.shift(dt.timedelta(seconds=1))
    assert gets_in(clerk)
    assert verbs().count("user.paused") == 1


def test_failures_further_apart_than_the_window_shut_nothing(
    clerk: User, clock: time_machine.Traveller
) -> None:
    for _ in range(8):
        fail(clerk)
        clock.shift(dt.timedelta(minutes=4))
    assert gets_in(clerk)


def test_tries_at_a_shut_account_do_not_keep_it_shut(
    clerk: User, clock: time_machine.Traveller
) -> None:
    """Or anybody could keep anybody out, from a chair at home."""
    fail(clerk, 5)
    clock.shift(dt.timedelta(minutes=10))
    fail(clerk, 8, address="203.0.113.9")
    clock.shift(dt.timedelta(minutes=5))
    assert gets_in(clerk)


def test_fifteen_failures_in_a_day_wait_for_the_security_administrator(
    clerk: User, clock: time_machine.Traveller
) -> None:
    for number in range(3):
        fail(clerk, 5, address=f"203.0.113.{number}")
        clock.shift(dt.timedelta(hours=1))
    clock.shift(dt.timedelta(hours=12))
    assert not gets_in(clerk)
    clerk.refresh_from_db()
    assert clerk.locked_because == User.Lock.FAILURES
    unlock(user=clerk, by=SYSTEM, at=timezone.now())
    assert gets_in(clerk)
    told = [verb for verb in verbs() if verb in ("user.paused", "user.locked")]
    assert told == ["user.paused", "user.paused", "user.locked"]


def test_wrong_digits_are_failures_like_wrong_passwords(
    clerk: User, clock: time_machine.Traveller
) -> None:
    typed = typed_by(clerk, factor_code=wrong_digits(clerk))
    for _ in range(5):
        assert Client().post(SIGN_IN, typed).status_code == 200
    assert not gets_in(clerk)


def test_right_password_at_a_locked_account_uses_up_no_digits(
    clerk: User, clock: time_machine.Traveller
) -> None:
    lock(user=clerk, by=SYSTEM, at=timezone.now())
    digits = six_digits(clerk)
    typed = typed_by(clerk, factor_code=digits)
    assert Client().post(SIGN_IN, typed).status_code == 200
    unlock(user=clerk, by=SYSTEM, at=timezone.now())
    assert Client().post(SIGN_IN, typed).status_code == 302


def test_lock_ends_the_running_session(clerk: User, clerk_client: Client) -> None:
    fail(clerk, 5)
    answer = clerk_client.get("/desk/")
    assert answer.url == "/desk/sign-in/?next=/desk/&why=locked"


def test_client_with_twenty_failures_waits_whoever_it_asks_for(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = Client(REMOTE_ADDR="203.0.113.5")
    for number in range(20):
        client.post(SIGN_IN, {"username": f"name{number}", "password": WRONG})
    assert not gets_in(clerk, address="203.0.113.5")
    assert gets_in(clerk, address="203.0.113.6")
    clock.shift(lockout.WINDOW)
    assert gets_in(clerk, address="203.0.113.5")


def test_blocked_client_leaves_no_endless_trail(
    clerk: User, clock: time_machine.Traveller
) -> None:
    client = Client()
    for number in range(40):
        client.post(SIGN_IN, {"username": f"name{number}", "password": WRONG})
    assert verbs() == ["user.sign_in_failed"] * 20 + ["user.client_blocked"]
    assert SignInFailure.objects.count() == 20


@examples(deadline=None)
@given(rest=st.integers(0, 2**64 - 1), other=st.integers(0, 2**64 - 1))
def test_network_of_64_bits_is_one_client(rest: int, other: int) -> None:
    network = 0x20010DB8000000010000000000000000
    names = [format_v6(network + host) for host in (rest, other)]
    assert lockout.client_of(names[0]) == lockout.client_of(names[1])
    assert lockout.client_of(names[0]) != lockout.client_of(format_v6(rest + 1))


def format_v6(number: int) -> str:
    digits = f"{number:032x}"
    return ":".join(digits[at : at + 4] for at in range(0, 32, 4))


def test_address_without_a_number_is_no_client() -> None:
    assert lockout.client_of("") == ""
    assert lockout.client_of("unix:") == ""


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [(0, "10.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.5"), (5, "192.0.2.1")],
)
def test_only_entries_of_our_own_proxies_are_believed(
    proxies: int, expected: str, settings: Settings
) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get(
        "/",
        REMOTE_ADDR="10.0.0.1",
        headers={"x-forwarded-for": "192.0.2.1, 203.0.113.5, 198.51.100.7"},
    )
    assert lockout.address_of(request) == expected


def test_unused_accounts_are_locked_by_night(clerk: User, head: User) -> None:
    now = timezone.now()
    last = now - dt.timedelta(days=61)
    User.objects.filter(pk=clerk.pk).update(last_used_at=last)
    assert lock_unused(by=SYSTEM, at=now) == 1
    assert lock_unused(by=SYSTEM, at=now) == 0
    locked = User.objects.exclude(locked_at=None).get()
    assert (locked, locked.locked_because) == (clerk, User.Lock.UNUSED)
    unlock(user=locked, by=SYSTEM, at=now)
    assert lock_unused(by=SYSTEM, at=now) == 0


def test_failures_are_forgotten_after_a_day(clerk: User) -> None:
    now = timezone.now()
    for hours in (23, 24, 25):
        SignInFailure.objects.create(
            user=clerk, client="127.0.0.1", at=now - dt.timedelta(hours=hours)
        )
    assert purge_failures(by=SYSTEM, at=now) == 2
    assert SignInFailure.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_moment_are_all_counted(clerk: User) -> None:
    """Twelve at once: five are tried, and the others find the account shut."""
    at, start = timezone.now(), threading.Barrier(12)

    def attempt() -> None:
        try:
            start.wait(timeout=60)
            sign_in(username="clerk", password=WRONG, answer="", address="", at=at)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    clerk.refresh_from_db()
    assert clerk.locked_until == at + lockout.PAUSE
    assert clerk.failures.count() == 5
    why = AuditEvent.objects.filter(verb="user.sign_in_failed").values_list(
        "data", flat=True
    )
    assert sorted(why) == ['{"why":"locked"}'] * 7 + ['{"why":"password"}'] * 5


@pytest.mark.django_db(transaction=True)
def test_same_digits_at_the_same_moment_let_one_in(clerk: User) -> None:
    at, digits, start = timezone.now(), six_digits(clerk), threading.Barrier(6)
    came_in: list[bool] = []

    def attempt() -> None:
        try:
            start.wait(timeout=60)
            found = sign_in(
                username="clerk", password=PASSWORD, answer=digits, address="", at=at
            )
            came_in.append(found is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(came_in) == [False] * 5 + [True]


def test_failure_page_of_a_live_session_counts_too(clerk: User) -> None:
    """Whoever sits down at an open desk cannot try digits without end."""
    client = signed_in(clerk)
    for _ in range(5):
        client.post("/desk/security/confirm/", {"factor_code": wrong_digits(clerk)})
    assert client.get("/desk/").url == "/desk/sign-in/?next=/desk/&why=locked"
