"""Every verb and its event share one transaction (T72, T153); two at once (R6)."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots.models import Envelope
from surveys import actions
from surveys.models import Round, SampledHousehold
from surveys.purging import RULES
from tests.surveys.conftest import vote


class TrailIsFull(Exception):
    pass


def world() -> dict[str, list[str]]:
    """Every row of the room and of the ballot box."""
    models = [
        model
        for label in ("surveys", "ballots")
        for model in apps.get_app_config(label).get_models()
    ]
    return {
        model.__name__: sorted(map(_plain, model._base_manager.values_list()))
        for model in models
    }


def _plain(row: tuple[Any, ...]) -> str:
    return repr([bytes(v) if isinstance(v, memoryview) else v for v in row])


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Call a verb while nothing can be recorded: it fails and changes nothing."""

    @contextmanager
    def full_trail() -> Iterator[None]:
        def fail(*args: object, **kwargs: object) -> None:
            raise TrailIsFull

        with monkeypatch.context() as patched:
            patched.setattr(AuditEvent, "save", fail)
            yield

    def check(verb: Callable[..., object], **kwargs: Any) -> None:
        before = world()
        with full_trail(), pytest.raises(TrailIsFull):
            verb(**kwargs)
        after = world()
        changed = [name for name in before if before[name] != after[name]]
        assert (verb.__name__, changed) == (verb.__name__, [])

    return check


Go = Callable[..., Any]


def test_no_verb_of_a_month_survives_without_its_event(
    prepare: Callable[..., Round],
    refused: Callable[..., None],
    clerk: User,
    head: User,
) -> None:
    """Each verb is first refused by a failing trail, then done."""
    refused(prepare)
    draft = prepare()

    def go(verb: Callable[..., Any], **kwargs: Any) -> Any:
        refused(verb, **kwargs)
        return verb(**kwargs)

    issued = until_open(go, refused, draft, clerk=clerk, head=head)
    while_open(go, draft, issued, clerk=clerk, head=head)
    two = {"survey_round": draft, "by": clerk, "second": head}
    week = draft.closes_at + dt.timedelta(days=7)
    go(actions.move_round_deadline, closes_at=week, at=draft.opens_at, **two)
    draft.refresh_from_db()
    technical = draft.ballot_box.technical_close
    go(actions.close_round, survey_round=draft, by=SYSTEM, at=technical)
    refused(actions.reveal_seed, survey_round=draft, by=SYSTEM, at=technical)
    draft.refresh_from_db()
    late = technical + dt.timedelta(hours=24)
    damage_one(draft)
    go(actions.list_tampered, at=late, **two)
    go(actions.open_round_box, survey_round=draft, by=SYSTEM, at=late)
    go(actions.mark_published, survey_round=draft, by=SYSTEM, at=late)
    years = late + dt.timedelta(days=6 * 366)
    for rule in RULES:
        go(rule.act, survey_round=draft, by=SYSTEM, at=years)
    assert [rule.name for rule in RULES if rule.due(years)] == []


def damage_one(draft: Round) -> None:
    """As a database user would."""
    envelope = Envelope.objects.filter(box=draft.box).first()
    Envelope.objects.filter(pk=envelope.pk).update(channel="phone")


def until_open(go: Go, refused: Go, draft: Round, *, clerk: User, head: User) -> Any:
    """From the draft to the open round; the slips that were issued."""
    at = draft.created_at
    framed = draft.snapshot.households.filter(residence_status="resident")
    go(
        actions.recuse_household,
        survey_round=draft,
        household=framed.first().household_id,
        reason="被评人家庭",
        by=clerk,
        at=at,
    )
    refused(actions.annul_round, survey_round=draft, reason="试", by=clerk, at=at)
    go(actions.approve_round, survey_round=draft, by=head, at=at)
    issued = go(actions.issue_round_codes, survey_round=draft, by=clerk, at=at)
    go(actions.open_round, survey_round=draft, by=SYSTEM, at=draft.opens_at)
    draft.refresh_from_db()
    return issued


def while_open(go: Go, draft: Round, issued: Any, *, clerk: User, head: User) -> None:
    """Settling, voiding, re-issuing: all that may happen while ballots come in."""
    vote(draft, issued, 7, 7)
    at = draft.opens_at
    households = SampledHousehold.objects.of_round(draft).released()
    silent = list(households.filter(stratum__code=issued.codes[-1].stratum))
    for sampled in silent[:6]:
        settle = {"sampled": sampled, "disposition": "R", "by": SYSTEM, "at": at}
        go(actions.settle_household, **settle)
    undelivered = {"sampled": silent[6], "reason": "undelivered"}
    go(actions.void_household_code, **undelivered, by=SYSTEM, at=at)
    go(actions.release_reserve, survey_round=draft, by=SYSTEM, at=at)
    lost = {"sampled": silent[7], "reason": "lost", "second": head}
    go(actions.reissue_household_code, **lost, by=clerk, at=at)
    proposal = go(
        actions.propose_act,
        survey_round=draft,
        act="reissue_batch",
        subject=issued.batch,
        reason="batch_fault",
        by=clerk,
        at=at,
    )
    go(actions.agree_to, proposal=proposal, digest=proposal.digest, by=head, at=at)
    go(actions.print_agreed, proposal=proposal, by=clerk, at=at)


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Run the verbs in threads, all starting together; what each returned or raised."""
    gate = threading.Barrier(len(verbs))
    results: list[object] = [None] * len(verbs)

    def run(place: int, verb: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=30)
            results[place] = verb()
        except actions.RoundError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(place, verb))
        for place, verb in enumerate(verbs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_draw_once(
    draft: Round, make_staff: Callable[..., User], head: User
) -> None:
    def approve() -> Round:
        return actions.approve_round(
            survey_round=draft, by=head, at=draft.created_at + dt.timedelta(days=1)
        )

    results = at_once(approve, approve)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["Round", "WrongState"]
    assert SampledHousehold.objects.released().count() == 30


@pytest.mark.django_db(transaction=True)
def test_two_months_drawn_at_once_share_no_household(
    prepare: Callable[..., Round], head: User
) -> None:
    first = prepare("2025-11")
    second = prepare("2025-12", at=first.created_at)
    at = second.created_at + dt.timedelta(days=1)
    at_once(
        *(
            lambda found=found: actions.approve_round(
                survey_round=found, by=head, at=at
            )
            for found in (first, second)
        )
    )
    households = SampledHousehold.objects.values_list("household_id", flat=True)
    assert len(households) == len(set(households)) == 120
