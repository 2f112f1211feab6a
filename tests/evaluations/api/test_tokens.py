"""Tokens: made by one, for the office agreed to by another, revoked at once."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from evaluations import token_actions
from evaluations.models import ApiToken
from evaluations.token_actions import (
    ApprovedByMaker,
    ApproverMayNot,
    TermsChanged,
    TokenOver,
    TokenTooLong,
)
from officials.models import Division
from tests.conftest import HEPING
from tests.evaluations.api.conftest import ask

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
Make = Callable[..., tuple[ApiToken, str]]


@pytest.fixture
def make(heping: Division, head: User) -> Make:
    def run(**words: object) -> tuple[ApiToken, str]:
        wanted: dict = {
            "name": "市大数据局",
            "scope": HEPING,
            "audience": "office",
            "starts_on": TODAY,
            "ends_on": TODAY + dt.timedelta(days=90),
            "by": head,
            "at": NOW,
        }
        return token_actions.make_token(**{**wanted, **words})

    return run


def test_secret_is_kept_nowhere(make: Make) -> None:
    token, secret = make()
    assert secret.startswith("minping_")
    stored = ApiToken.objects.filter(pk=token.pk).values_list().get()
    assert secret not in repr(stored)
    assert secret.encode() not in bytes(token.key_hash)
    assert [secret in event.data for event in AuditEvent.objects.all()] == [
        False for _ in range(AuditEvent.objects.count())
    ]


def test_public_token_counts_at_once_and_office_token_waits(
    make: Make, second_head: User
) -> None:
    _public, open_secret = make(audience="public")
    office, secret = make()
    assert ask("communities", open_secret).status_code == 200
    answer = ask("communities", secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="minping"'
    token_actions.approve_token(
        token=office, digest=office.digest, by=second_head, at=NOW
    )
    assert ask("communities", secret).status_code == 200


def test_second_person_is_another_in_scope_in_time_and_saw_the_same(
    make: Make, head: User, second_head: User, head_elsewhere: User, clerk: User
) -> None:
    token, _secret = make()
    other, _ = make(ends_on=TODAY + dt.timedelta(days=91))
    late = NOW + dt.timedelta(hours=72)
    for by, digest, at, refusal in (
        (head, token.digest, NOW, ApprovedByMaker),
        (head_elsewhere, token.digest, NOW, ApproverMayNot),
        (clerk, token.digest, NOW, ApproverMayNot),
        (second_head, other.digest, NOW, TermsChanged),
        (second_head, token.digest, late, TokenOver),
    ):
        with pytest.raises(refusal):
            token_actions.approve_token(token=token, digest=digest, by=by, at=at)
    assert not AuditEvent.objects.filter(verb="api_token.approved").exists()
    token_actions.approve_token(
        token=token, digest=token.digest, by=second_head, at=NOW
    )
    with pytest.raises(TokenOver):
        token_actions.approve_token(
            token=token, digest=token.digest, by=second_head, at=NOW
        )


@pytest.mark.parametrize(
    ("starts", "ends"), [(0, 0), (5, 5), (0, -1), (0, 367), (10, 380)]
)
def test_token_lasts_a_year_at_most(make: Make, starts: int, ends: int) -> None:
    with pytest.raises(TokenTooLong):
        make(
            starts_on=TODAY + dt.timedelta(days=starts),
            ends_on=TODAY + dt.timedelta(days=ends),
        )


def test_token_ends_begins_and_is_revoked(make: Make, clerk: User) -> None:
    token, secret = make(audience="public", starts_on=TODAY + dt.timedelta(days=2))
    first, last = token.starts_on, token.ends_on - dt.timedelta(days=1)
    assert token_actions.token_of(secret, on=TODAY) is None
    assert token_actions.token_of(secret, on=first) == token
    assert token_actions.token_of(secret, on=last) == token
    assert token_actions.token_of(secret, on=token.ends_on) is None
    token_actions.revoke_token(token=token, reason="不再需要", by=clerk, at=NOW)
    assert token_actions.token_of(secret, on=first) is None
    with pytest.raises(TokenOver):
        token_actions.revoke_token(token=token, reason="再来", by=clerk, at=NOW)


@pytest.mark.parametrize("secret", ["", "minping_", "minping_x", "x" * 4000, "密"])
def test_made_up_secret_is_nobody(make: Make, secret: str) -> None:
    make(audience="public")
    assert token_actions.token_of(secret, on=TODAY) is None


def test_office_token_leaves_one_trace_a_day(make: Make, second_head: User) -> None:
    token, _secret = make()
    token_actions.approve_token(
        token=token, digest=token.digest, by=second_head, at=NOW
    )
    for hours in (0, 0, 24):
        stored = ApiToken.objects.get(pk=token.pk)
        token_actions.note_use(token=stored, at=NOW + dt.timedelta(hours=hours))
    told = AuditEvent.objects.filter(verb="api_token.used")
    assert [(event.actor, event.role) for event in told] == [
        (f"api {token.pk}", "api")
    ] * 2


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"ends_on": TODAY}, "token_at_most_a_year"),
        ({"ends_on": TODAY + dt.timedelta(days=367)}, "token_at_most_a_year"),
        ({"audience": "all"}, "token_audience_known"),
        ({"approved_at": NOW}, "token_approved_in_time"),
        ({"revoked_at": NOW}, "token_revoked_by_whom_and_why"),
    ],
)
def test_database_refuses_what_no_verb_would_write(
    make: Make, changes: dict, constraint: str
) -> None:
    token, _secret = make()
    rows: QuerySet[ApiToken] = ApiToken.objects.filter(pk=token.pk)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**changes)


def test_database_refuses_the_maker_as_second_person(make: Make, head: User) -> None:
    token, _secret = make()
    rows = ApiToken.objects.filter(pk=token.pk)
    with (
        pytest.raises(IntegrityError, match="token_second_person"),
        transaction.atomic(),
    ):
        rows.update(approved_by=head, approved_at=NOW)
