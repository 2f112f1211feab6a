"""An operator of a district, one elsewhere, and runs of every state."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import User
from config.celery import app
from jobs import actions, kinds
from jobs.models import Run
from tests.conftest import ELSEWHERE, HEPING, signed_in

# The tests' web process knows the application as the real one does (config.wsgi).
assert app.conf.beat_schedule
ROLL_UP = "evaluations.roll_up_month"
Start = Callable[..., Run]


@pytest.fixture
def operator(make_staff: Callable[..., User]) -> User:
    return make_staff("operator", roles.SYSTEM_ADMINISTRATOR, HEPING)


@pytest.fixture
def operator_client(operator: User) -> Client:
    return signed_in(operator)


@pytest.fixture
def operator_elsewhere_client(make_staff: Callable[..., User]) -> Client:
    return signed_in(
        make_staff("operator_elsewhere", roles.SYSTEM_ADMINISTRATOR, ELSEWHERE)
    )


@pytest.fixture
def start(db: None) -> Start:
    """Start a run of a unit; `ago` its age."""

    def begin(
        *arguments: str, kind: str = ROLL_UP, ago: dt.timedelta = dt.timedelta(0)
    ) -> Run:
        one = kinds.of(kind)
        return actions.start_run(
            kind=one,
            unit=one.unit(*arguments),
            worker="machine 4711",
            at=timezone.now() - ago,
        )

    return begin
