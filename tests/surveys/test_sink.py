"""What the opening writes: every answer once, with its score (T48, T52, M41)."""

import datetime as dt
from collections import Counter

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from ballots.errors import OpeningStopped
from surveys import actions
from surveys.models import Round
from surveys.queries import opening_stopped
from surveys.scores import household_score, usability
from tests.surveys.conftest import (
    answers_of,
    cast,
    random_marks,
    tally,
    vote,
    voters,
    words_of,
)

Opened = tuple[Round, actions.IssuedSlips]


def test_opening_writes_every_answer_with_its_score(opened: Opened) -> None:
    survey_round, issued = opened
    codes = voters(issued, 10, 8, 6)
    marks = random_marks(4, 24)
    words = {codes[0].code_id: "路灯修好了", codes[20].code_id: "再多来走走"}
    cast(
        survey_round,
        {code.code_id: given for code, given in zip(codes, marks, strict=True)},
        words=words,
    )
    tallied = tally(survey_round)
    assert (tallied.state, tallied.ballot_box.state) == ("tallied", "destroyed")
    opening = tallied.ballot_box.openings.get()
    rows = answers_of(tallied)
    assert (len(rows), opening.papers, opening.invalid) == (24, 24, 0)
    weights = (1,) * 8
    subjects = dict(tallied.subjects.values_list("community_id", "appointment_id"))
    kinds = {"complete": "I", "partial": "P", "break_off": "B"}
    expected = Counter(
        (
            code.stratum,
            subjects[code.stratum],
            given,
            household_score(given, weights=weights),
            kinds[usability(given, weights=weights).value],
        )
        for code, given in zip(codes, marks, strict=True)
    )
    names = ("community_id", "subject_id", "marks", "score", "usability")
    assert Counter(tuple(row[name] for name in names) for row in rows) == expected
    assert {row["mode"] for row in rows} == {"online"}
    # Fewer than 30 of a community: its name is not with the words (T59).
    assert sorted(words_of(tallied)) == [(None, "再多来走走"), (None, "路灯修好了")]


def test_opening_twice_is_refused_and_changes_nothing(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6, seed=5)
    tallied = tally(survey_round)
    before = sorted(answers_of(tallied), key=str)
    with pytest.raises(actions.WrongState):
        actions.open_round_box(
            survey_round=tallied, by=SYSTEM, at=tallied.closes_at.replace(year=2027)
        )
    assert sorted(answers_of(tallied), key=str) == before


def test_a_box_with_too_few_ballots_is_tallied_unopened(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 9, seed=6)
    tallied = tally(survey_round)
    assert (tallied.state, tallied.ballot_box.ending) == ("tallied", "too_few")
    assert answers_of(tallied) == []


def test_invalid_marks_are_counted_and_not_stored(opened: Opened) -> None:
    survey_round, issued = opened
    codes = voters(issued, 10, 6, 6)
    marks = [*random_marks(7, 20), (5, 5, 5, 5), (9,) * 8]
    cast(
        survey_round,
        {code.code_id: given for code, given in zip(codes, marks, strict=True)},
    )
    tallied = tally(survey_round)
    opening = tallied.ballot_box.openings.get()
    assert (opening.papers, opening.invalid) == (20, 2)
    assert Counter(row["marks"] for row in answers_of(tallied)) == Counter(marks[:20])


def test_a_box_found_opened_is_finished_later(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died after the commit of the opening: the job destroys the keys."""
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6, seed=8)
    monkeypatch.setattr("surveys.actions.closing.finish_opened", lambda **kwargs: None)
    tallied = tally(survey_round)
    assert (tallied.state, tallied.ballot_box.state) == ("tallied", "opened")
    monkeypatch.undo()
    actions.finish_round_box(survey_round=tallied, by=SYSTEM, at=tallied.closes_at)
    tallied.refresh_from_db()
    assert tallied.ballot_box.state == "destroyed"


def test_a_place_with_few_ballots_has_no_subject(opened: Opened) -> None:
    """Four and three of two communities: together they are "other in the street"."""
    survey_round, issued = opened
    vote(survey_round, issued, 10, 4, 3)
    tallied = tally(survey_round)
    found = Counter((r["community_id"], r["subject_id"]) for r in answers_of(tallied))
    first = tallied.subjects.order_by("community_id").first()
    assert found == {(first.community_id, first.appointment_id): 10, (None, None): 7}


def test_many_invalid_papers_wait_for_two_persons(
    opened: Opened, clerk: User, head: User
) -> None:
    """Ten of thirty are invalid: above one in a hundred, people decide (T52)."""
    survey_round, issued = opened
    marks = [*random_marks(10, 20), *[(9,) * 8] * 10]
    codes = voters(issued, 10, 10, 10)
    cast(
        survey_round,
        {code.code_id: given for code, given in zip(codes, marks, strict=True)},
    )
    with pytest.raises(OpeningStopped, match="invalid"):
        tally(survey_round)
    survey_round.refresh_from_db()
    assert (survey_round.state, answers_of(survey_round)) == ("closed", [])
    assert opening_stopped(survey_round)
    at = survey_round.ended_at + dt.timedelta(hours=25)
    proposal = actions.propose_act(
        survey_round=survey_round,
        act="accept_invalid",
        reason="照数公布",
        by=clerk,
        at=at,
    )
    with pytest.raises(OpeningStopped, match="invalid"):
        actions.open_round_box(survey_round=survey_round, by=SYSTEM, at=at)
    actions.agree_to(proposal=proposal, digest=proposal.digest, by=head, at=at)
    tallied = actions.open_round_box(survey_round=survey_round, by=SYSTEM, at=at)
    opening = tallied.ballot_box.openings.get()
    assert (tallied.state, opening.papers, opening.invalid) == ("tallied", 20, 10)
    assert not opening_stopped(tallied)
