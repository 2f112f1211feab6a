"""The nightly work on accounts, by its task and by its command."""

import datetime as dt
import json

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from accounts.models import SignInFailure, User
from config.celery import app
from jobs import tasks
from tests.conftest import signed_in

assert app.conf.beat_schedule


@pytest.fixture
def untidy(clerk: User, head: User) -> None:
    """An unused account, an old failure and a session that is over; and live ones."""
    now = timezone.now()
    long_ago = now - dt.timedelta(days=61)
    signed_in(head)
    Session.objects.create(session_key="over", session_data="", expire_date=long_ago)
    SignInFailure.objects.create(client="127.0.0.1", at=long_ago)
    SignInFailure.objects.create(client="127.0.0.1", at=now)
    User.objects.filter(pk=clerk.pk).update(last_used_at=long_ago)


def counts() -> tuple[int, int, int]:
    locked = User.objects.exclude(locked_at=None).count()
    return locked, SignInFailure.objects.count(), Session.objects.count()


@pytest.mark.usefixtures("untidy")
def test_task_locks_the_unused_and_forgets_the_old() -> None:
    assert counts() == (0, 2, 2)
    tasks.tidy_accounts()
    assert counts() == (1, 1, 1)


@pytest.mark.usefixtures("untidy")
def test_command_does_the_same_and_finds_nothing_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = []
    for _ in range(2):
        call_command("tidy_accounts", "--json")
        done.append(json.loads(capsys.readouterr().out))
    assert done == [
        {"locked": 1, "failures": 1, "sessions": 1},
        {"locked": 0, "failures": 0, "sessions": 0},
    ]
    call_command("tidy_accounts")
    assert capsys.readouterr().out.count("锁定账号 0 个") == 1
