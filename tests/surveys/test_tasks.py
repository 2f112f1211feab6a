"""Jobs ask what is due; run twice or too early they change nothing (R17, R18)."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator

import pytest
import time_machine

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots.trail import void_window_ends
from surveys import actions, tasks
from surveys.models import Round, SampledHousehold
from tests.surveys.conftest import answers_of, cast, close, tally, vote, voters

Opened = tuple[Round, actions.IssuedSlips]
At = Callable[[dt.datetime], object]


@pytest.fixture
def at() -> Iterator[At]:
    """Set the clock that a task reads."""
    travellers = []

    def travel(moment: dt.datetime) -> None:
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travellers.append(traveller)

    yield travel
    for traveller in reversed(travellers):
        traveller.stop()


def state_of(survey_round: Round) -> str:
    return Round.objects.values_list("state", flat=True).get(pk=survey_round.pk)


def test_a_round_opens_when_it_is_due(
    with_codes: tuple[Round, actions.IssuedSlips], at: At
) -> None:
    survey_round, _ = with_codes
    at(survey_round.opens_at - dt.timedelta(seconds=1))
    tasks.open_due_rounds()
    assert state_of(survey_round) == "approved"
    at(survey_round.opens_at)
    tasks.open_due_rounds()
    tasks.open_due_rounds()
    assert state_of(survey_round) == "open"
    assert AuditEvent.objects.filter(verb="round.opened").count() == 1


def test_a_round_that_refuses_is_logged_and_the_next_one_opens(
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    with_codes: tuple[Round, actions.IssuedSlips],
    at: At,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ready, _ = with_codes
    without_slips = approve(prepare("2025-10"))
    at(ready.opens_at)
    with caplog.at_level(logging.WARNING, logger="surveys.tasks"):
        tasks.open_due_rounds()
    assert [state_of(without_slips), state_of(ready)] == ["approved", "open"]
    assert [without_slips.code in record.message for record in caplog.records] == [True]


def test_a_round_closes_after_its_grace(opened: Opened, at: At) -> None:
    survey_round, _ = opened
    at(survey_round.closes_at + dt.timedelta(minutes=29))
    tasks.close_due_rounds()
    assert state_of(survey_round) == "open"
    at(survey_round.closes_at + dt.timedelta(minutes=30))
    tasks.close_due_rounds()
    tasks.close_due_rounds()
    assert state_of(survey_round) == "closed"
    assert AuditEvent.objects.filter(verb="round.closed").count() == 1


def test_a_box_is_opened_after_its_void_window(opened: Opened, at: At) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    closed = close(survey_round)
    ends = void_window_ends(closed.ballot_box)
    at(ends - dt.timedelta(seconds=1))
    tasks.open_due_box(closed.pk)
    assert state_of(closed) == "closed"
    at(ends)
    tasks.open_due_box(closed.pk)
    tasks.open_due_box(closed.pk)
    assert state_of(closed) == "tallied"
    assert len(answers_of(closed)) == 12
    assert AuditEvent.objects.filter(verb="round.tallied").count() == 1


def test_due_boxes_are_sent_one_by_one(
    opened: Opened,
    at: At,
    ballots_queue: Callable[[], list[tuple[str, list[object]]]],
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    closed = close(survey_round)
    at(closed.ended_at)
    tasks.open_due_boxes()
    assert ballots_queue() == []
    at(closed.ended_at + dt.timedelta(hours=24))
    tasks.open_due_boxes()
    assert ballots_queue() == [("surveys.open_due_box", [closed.pk])]


def test_a_box_destroyed_for_too_few_is_tallied_by_the_next_run(
    opened: Opened, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between the end of the box and the word about it."""
    survey_round, issued = opened
    vote(survey_round, issued, 9)

    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("surveys.actions.closing._tally_nothing", die)
        with pytest.raises(KeyboardInterrupt):
            tally(survey_round)
    assert state_of(survey_round) == "closed"
    at(survey_round.closes_at + dt.timedelta(days=3))
    tasks.open_due_box(survey_round.pk)
    assert state_of(survey_round) == "tallied"


def test_a_round_that_is_gone_is_no_error(db: None) -> None:
    tasks.open_due_box(4711)


def test_an_opened_box_loses_its_keys(
    opened: Opened, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    with monkeypatch.context() as patched:
        patched.setattr("surveys.actions.closing.finish_opened", lambda **kwargs: None)
        tallied = tally(survey_round)
    assert tallied.ballot_box.state == "opened"
    at(tallied.closes_at + dt.timedelta(days=3))
    tasks.finish_opened_boxes()
    tallied.refresh_from_db()
    assert tallied.ballot_box.state == "destroyed"


def test_the_reserve_is_released_by_dispositions_only(opened: Opened, at: At) -> None:
    survey_round, issued = opened
    cast(survey_round, {code.code_id: (1,) * 8 for code in voters(issued, 0, 10)})
    households = SampledHousehold.objects.of_round(survey_round)
    first = survey_round.draw.strata.first()
    for sampled in list(households.released().filter(stratum=first))[:7]:
        actions.settle_household(
            sampled=sampled, disposition="R", by=SYSTEM, at=survey_round.opens_at
        )
    at(survey_round.opens_at + dt.timedelta(days=2))
    tasks.release_reserve()
    tasks.release_reserve()
    released = [
        households.released().filter(stratum=stratum).count()
        for stratum in survey_round.draw.strata.all()
    ]
    assert released == [15, 10, 10]
