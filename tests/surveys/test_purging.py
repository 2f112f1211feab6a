"""The clock moved past each limit: no row older than its limit is there (T96, T101)."""

import datetime as dt
import json
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import receipts, verifying
from ballots.models import BallotCode
from surveys import actions, purging, queries, tables, tasks
from surveys.models import (
    Comment,
    Countersignature,
    DrawStratum,
    OpenedResponse,
    RecusedHousehold,
    Round,
    SampledHousehold,
)
from tests.surveys.conftest import cast, close, random_marks, tally, voters, words_of

Opened = tuple[Round, actions.IssuedSlips]
DAY = dt.timedelta(days=1)


@pytest.fixture
def tallied(opened: Opened) -> tuple[Round, actions.IssuedSlips]:
    """Opened, with 24 answers, words, a refusal, and a voided slip."""
    survey_round, issued = opened
    codes = voters(issued, 10, 8, 6)
    marks = random_marks(4, 24)
    cast(
        survey_round,
        {code.code_id: given for code, given in zip(codes, marks, strict=True)},
        words={codes[0].code_id: "路灯修好了", codes[20].code_id: "再多来走走"},
    )
    waiting = SampledHousehold.objects.of_round(survey_round).undecided()
    voted = {code.household for code in codes}
    silent = waiting.exclude(household_id__in=voted).order_by("pk")
    at = survey_round.opens_at
    actions.settle_household(sampled=silent[0], disposition="R", by=SYSTEM, at=at)
    actions.void_household_code(sampled=silent[1], reason="lost", by=SYSTEM, at=at)
    return tally(survey_round), issued


@pytest.fixture
def night() -> Callable[[dt.datetime], None]:
    """The job of the night, at that moment."""

    def run(moment: dt.datetime) -> None:
        with time_machine.travel(moment, tick=False):
            tasks.purge_rounds()

    return run


def drawn(survey_round: Round) -> dict[str, int]:
    """Kinds of rows of a round that know a household."""
    households = SampledHousehold.objects.of_round(survey_round)
    return {
        "codes": BallotCode.objects.filter(box=survey_round.box).count(),
        "outcomes": households.exclude(disposition="").count(),
        "slips": households.exclude(slip_batch=None).count(),
        "drawn": households.count(),
        "recused": RecusedHousehold.objects.filter(round=survey_round).count(),
    }


def figures(survey_round: Round) -> list[Any]:
    """Every number that a page or the roll-up asks of a finished round."""
    survey_round.refresh_from_db()
    return [
        queries.stratum_counts([survey_round]),
        queries.participation(survey_round),
        queries.taken_part([survey_round]),
        tables.communities_of(survey_round),
        tables.lines_of([survey_round]),
        tables.turnout_of(survey_round),
        tables.voided_of(survey_round),
    ]


def test_published_round_loses_link_and_outcomes_after_thirty_days(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, issued = tallied
    published = survey_round.ended_at + 40 * DAY
    actions.mark_published(survey_round=survey_round, by=SYSTEM, at=published)
    before, rows = figures(survey_round), drawn(survey_round)
    looked = [receipts.look_up(code.receipt) for code in issued.codes]
    night(published + 30 * DAY - dt.timedelta(seconds=1))
    assert drawn(survey_round) == rows
    night(published + 30 * DAY)
    left = {"codes": 0, "outcomes": 0, "slips": 0}
    assert drawn(survey_round) == {**rows, **left}
    assert figures(survey_round) == before
    assert verifying.verify_box(survey_round.ballot_box).faults == ()
    assert [receipts.look_up(code.receipt) for code in issued.codes] == looked


def test_unpublished_round_loses_outcomes_and_link_by_its_close(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    before, rows = figures(survey_round), drawn(survey_round)
    ended = survey_round.ended_at
    night(ended + 90 * DAY - dt.timedelta(seconds=1))
    assert drawn(survey_round) == rows
    night(ended + 90 * DAY)
    assert drawn(survey_round) == {**rows, "outcomes": 0, "slips": 0}
    night(ended + 120 * DAY - dt.timedelta(seconds=1))
    assert drawn(survey_round)["codes"] == rows["codes"]
    night(ended + 120 * DAY)
    assert drawn(survey_round)["codes"] == 0
    assert figures(survey_round) == before


def test_drawn_households_are_known_for_a_year_and_no_longer(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    household = SampledHousehold.objects.of_round(survey_round).first().household
    RecusedHousehold.objects.create(
        round=survey_round, household=household, reason="被评人家庭"
    )
    rows = drawn(survey_round)
    night(dt.datetime(2026, 10, 31, 15, tzinfo=dt.UTC))
    assert drawn(survey_round)["drawn"] == rows["drawn"]
    before = figures(survey_round)
    night(dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC))  # 1 November in Tianjin
    assert set(drawn(survey_round).values()) == {0}
    assert figures(survey_round) == before


def test_forgotten_outcome_still_lets_a_household_rest(
    tallied: Opened,
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    night: Callable[[dt.datetime], None],
) -> None:
    """What stays says "drawn", and that is what M20 asks for."""
    survey_round, _ = tallied
    night(survey_round.ended_at + 200 * DAY)
    released = set(
        SampledHousehold.objects.of_round(survey_round)
        .released()
        .values_list("household_id", flat=True)
    )
    later = approve(prepare("2026-10"))
    again = SampledHousehold.objects.of_round(later).values_list(
        "household_id", flat=True
    )
    assert len(released) == 30
    assert released & set(again) == set()


def test_words_that_were_not_released_go_after_half_a_year(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    kept = Comment.objects.filter(round=survey_round).order_by("pk").first()
    Comment.objects.filter(pk=kept.pk).update(
        review=Comment.Review.PUBLISH, reviewed_by="宋知秋"
    )
    published = survey_round.ended_at + 10 * DAY
    actions.mark_published(survey_round=survey_round, by=SYSTEM, at=published)
    night(published + 180 * DAY - dt.timedelta(seconds=1))
    assert len([text for _, text in words_of(survey_round) if text]) == 2
    night(published + 180 * DAY)
    left = Comment.objects.filter(round=survey_round).exclude(text=b"")
    assert [comment.pk for comment in left] == [kept.pk]
    assert Comment.objects.filter(round=survey_round).count() == 2


def test_words_of_a_round_nobody_published_go_by_its_close(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    night(survey_round.ended_at + 300 * DAY - dt.timedelta(seconds=1))
    assert len([text for _, text in words_of(survey_round) if text]) == 2
    night(survey_round.ended_at + 300 * DAY)
    assert [text for _, text in words_of(survey_round) if text] == []


def test_answers_of_a_published_round_go_after_five_years(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    published = dt.datetime(2025, 12, 10, 4, tzinfo=dt.UTC)
    actions.mark_published(survey_round=survey_round, by=SYSTEM, at=published)
    night(published.replace(year=2030, day=9))
    assert OpenedResponse.objects.filter(round=survey_round).count() == 24
    night(published.replace(year=2030))
    assert OpenedResponse.objects.filter(round=survey_round).count() == 0


def test_annulled_round_is_purged_too(
    opened: Opened,
    clerk: User,
    head: User,
    night: Callable[[dt.datetime], None],
) -> None:
    survey_round, issued = opened
    at = survey_round.opens_at + DAY
    actions.annul_round(
        survey_round=survey_round, reason="印错", by=clerk, at=at, second=head
    )
    night(at + 120 * DAY)
    assert drawn(survey_round)["codes"] == 0
    found = {receipts.look_up(code.receipt).state for code in issued.codes}
    assert found == {"not_in_box"}


def test_signatures_no_longer_name_a_drawn_household(
    tallied: Opened, clerk: User, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, _ = tallied
    sampled = SampledHousehold.objects.of_round(survey_round).released().first()
    act = actions.propose_act(
        survey_round=survey_round,
        act=Countersignature.Act.VOID_CODE,
        subject=sampled,
        reason="lost",
        by=clerk,
        at=survey_round.ended_at,
    )
    assert (act.subject, act.label) == (str(sampled.pk), sampled.serial)
    night(survey_round.ended_at + 120 * DAY)
    act.refresh_from_db()
    assert (act.subject, act.label, act.reason) == ("", "", "lost")


def test_sealed_box_keeps_everything_however_late(
    opened: Opened,
    night: Callable[[dt.datetime], None],
) -> None:
    """An opening needs the codes; people decide about a box that stays closed."""
    survey_round, issued = opened
    cast(survey_round, {code.code_id: (5,) * 8 for code in voters(issued, 10, 2)})
    closed = close(survey_round)
    rows = drawn(closed)
    night(closed.ended_at + 2000 * DAY)
    assert drawn(closed) == rows


def test_opened_box_whose_key_is_still_there_waits_for_the_next_night(
    opened: Opened,
    night: Callable[[dt.datetime], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    survey_round, issued = opened
    cast(survey_round, {code.code_id: (5,) * 8 for code in voters(issued, 10, 2)})
    with monkeypatch.context() as patched:
        patched.setattr("surveys.actions.closing.finish_opened", lambda **kwargs: None)
        found = tally(survey_round)
    with caplog.at_level(logging.WARNING, logger="surveys.tasks"):
        night(found.ended_at + 130 * DAY)
    assert [found.code in record.message for record in caplog.records] == [True]
    assert drawn(found)["codes"] == len(issued.codes)
    actions.finish_round_box(survey_round=found, by=SYSTEM, at=found.ended_at)
    night(found.ended_at + 131 * DAY)
    assert drawn(found)["codes"] == 0


def test_each_run_records_its_counts_and_a_second_finds_nothing(
    tallied: Opened, night: Callable[[dt.datetime], None]
) -> None:
    survey_round, issued = tallied
    late = survey_round.ended_at + 400 * DAY
    night(late)
    verbs = ("box.unlinked", "round.outcomes_forgotten", "round.draw_forgotten")
    events = AuditEvent.objects.filter(verb__in=(*verbs, "round.words_forgotten"))
    told = {event.verb: json.loads(event.data) for event in events}
    assert told["box.unlinked"]["codes"] == len(issued.codes)
    assert told["round.outcomes_forgotten"]["rows"] == 30
    assert told["round.draw_forgotten"]["rows"] == 60
    assert told["round.words_forgotten"]["rows"] == 2
    number = AuditEvent.objects.count()
    night(late + DAY)
    assert AuditEvent.objects.count() == number
    assert [rule.name for rule in purging.RULES if rule.due(late)] == []


def test_purge_by_command_counts_by_rule(tallied: Opened) -> None:
    survey_round, issued = tallied
    out = StringIO()
    with time_machine.travel(survey_round.ended_at + 120 * DAY, tick=False):
        call_command("purge_rounds", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "outcomes": 30,
        "link": len(issued.codes),
        "draw": 0,
        "words": 0,
        "answers": 0,
    }
    assert DrawStratum.objects.filter(final__isnull=True).count() == 0
