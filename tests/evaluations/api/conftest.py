"""A published month of 和平区, and programs with tokens that ask for it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations import actions as rating_actions
from evaluations import rollup, token_actions
from evaluations.models import ApiToken, Publication
from officials.models import Division
from tests.conftest import ELSEWHERE, HEPING
from tests.evaluations.world import JIEFANGLU, KAIFENGDAO, SHUDELI, World, mixed

MONTH = "2026-10"
FEW = SHUDELI
API = "/api/v1/"
# Five working days are over by then, whatever holidays there were.
NOTICE_DAYS = 40
Make = Callable[..., str]


@pytest.fixture
def published(heping: Division, clerk: User, head: User) -> World:
    """Three communities: two with a figure for all, one with too few answers."""
    world = World(clerk=clerk, head=head, communities=(KAIFENGDAO, JIEFANGLU, FEW))
    world.tally(
        MONTH,
        {
            KAIFENGDAO: mixed(60, seed="a"),
            JIEFANGLU: mixed(40, seed="b", level=3.2),
            FEW: mixed(6, seed="c"),
        },
    )
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    publish(world, MONTH)
    return world


def publish(world: World, month: str) -> Publication:
    """The whole way: reviewed by the clerk, hung and published by the head."""
    before = world.now - dt.timedelta(days=NOTICE_DAYS)
    where = {"division": world.district, "month": month}
    rating_actions.review_month(**where, by=world.clerk, at=before)
    rating_actions.preview_month(**where, by=world.clerk, at=before)
    rating_actions.start_publicity(**where, by=world.head, at=before)
    return rating_actions.publish_month(**where, by=world.head, at=world.now)


@pytest.fixture
def second_head(make_staff: Callable[..., User]) -> User:
    return make_staff("second_head", roles.DEPARTMENT_HEAD, HEPING)


@pytest.fixture
def token_for(head: User, second_head: User) -> Make:
    """The secret of a token that is good now."""

    def make(audience: str = "office", scope: str = HEPING) -> str:
        at = timezone.now()
        today = timezone.localdate(at)
        token, secret = token_actions.make_token(
            name=f"{audience} {scope}",
            scope=scope,
            audience=audience,
            starts_on=today,
            ends_on=today + dt.timedelta(days=30),
            by=head,
            at=at,
        )
        if audience == "office":
            # Approving is tested elsewhere; here the row is what counts.
            ApiToken.objects.filter(pk=token.pk).update(
                approved_by=second_head, approved_at=at
            )
        return secret

    return make


def ask(path: str, secret: str = "", **words: Any) -> HttpResponse:
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    return Client().get(API + path, query_params=words or None, headers=headers)


__all__ = ["ELSEWHERE", "FEW", "HEPING", "JIEFANGLU", "KAIFENGDAO", "MONTH", "ask"]
