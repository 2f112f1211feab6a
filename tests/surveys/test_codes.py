"""Slips and codes of a round (T19-T23, M24)."""

from collections import Counter

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from ballots.errors import SecondPersonNeeded
from ballots.models import BallotCode
from ballots.trail import void_window_ends
from surveys import actions
from surveys.models import Round, SampledHousehold
from tests.surveys.conftest import (
    HOUSEHOLDS,
    answers_of,
    cast,
    close,
    vote,
)

Opened = tuple[Round, actions.IssuedSlips]


def test_slips_come_in_the_order_of_a_walk(
    with_codes: tuple[Round, actions.IssuedSlips],
) -> None:
    survey_round, issued = with_codes
    walk = [issued.addresses[code.household].sort_key for code in issued.codes]
    assert walk == sorted(walk)
    assert (issued.batch.number, issued.batch.count) == (1, 30)
    assert len({code.code for code in issued.codes}) == 30
    with pytest.raises(actions.NothingToIssue):
        actions.issue_round_codes(
            survey_round=survey_round, by=SYSTEM, at=survey_round.opens_at
        )


def test_slips_are_printed_in_batches_and_by_community(approved: Round) -> None:
    code = list(HOUSEHOLDS)[1]
    at = approved.opens_at
    issue = {"survey_round": approved, "by": SYSTEM, "at": at}
    here = actions.issue_round_codes(**issue, community=code)
    assert {issued.stratum for issued in here.codes} == {code}
    first = actions.issue_round_codes(**issue, limit=15)
    rest = actions.issue_round_codes(**issue, limit=15)
    assert [len(issued.codes) for issued in (here, first, rest)] == [10, 15, 5]
    assert [issued.batch.number for issued in (here, first, rest)] == [1, 2, 3]


def test_a_batch_is_printed_anew_but_for_those_who_voted(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, issued = opened
    voted = issued.codes[:2]
    cast(survey_round, {code.code_id: (5,) * 8 for code in voted})
    reissue = {
        "batch": issued.batch,
        "reason": "batch_fault",
        "by": clerk,
        "at": survey_round.opens_at,
    }
    with pytest.raises(SecondPersonNeeded):
        actions.reissue_batch(**reissue, second=None)
    issued.batch.refresh_from_db()
    assert not issued.batch.voided
    again = actions.reissue_batch(**reissue, second=head)
    states = Counter(
        BallotCode.objects.filter(box=survey_round.box).values_list("state", flat=True)
    )
    assert states == {"used": 2, "void": 28, "issued": 28}
    assert (again.batch.replaces, again.batch.count) == (issued.batch, 28)
    with pytest.raises(actions.WrongState):
        actions.reissue_batch(**reissue, second=head)


def test_voiding_an_undelivered_code_settles_its_household(opened: Opened) -> None:
    survey_round, issued = opened
    households = SampledHousehold.objects.of_round(survey_round)
    void = {"by": SYSTEM, "at": survey_round.opens_at}
    expected = {"undelivered": "UH", "not_eligible": "NE", "lost": ""}
    for code, reason in zip(issued.codes[:3], expected, strict=True):
        sampled = households.get(household_id=code.household)
        actions.void_household_code(sampled=sampled, reason=reason, **void)
        sampled.refresh_from_db()
        assert sampled.disposition == expected[reason]


def test_a_lost_slip_is_replaced_by_two_persons(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, issued = opened
    sampled = SampledHousehold.objects.of_round(survey_round).get(
        household_id=issued.codes[0].household
    )
    reissue = {
        "sampled": sampled,
        "reason": "lost",
        "by": clerk,
        "at": survey_round.opens_at,
    }
    # One of ten codes of a community is more than one in a hundred (T23).
    with pytest.raises(SecondPersonNeeded):
        actions.reissue_household_code(**reissue)
    again = actions.reissue_household_code(**reissue, second=head)
    codes = BallotCode.objects.filter(household=sampled.household_id)
    assert Counter(codes.values_list("state", flat=True)) == {"void": 1, "issued": 1}
    assert (again.batch.number, again.batch.count) == (2, 1)


def test_a_ballot_on_the_void_list_counts_as_eligible_other(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6, seed=9)
    closed = close(survey_round)
    sampled = SampledHousehold.objects.of_round(closed).get(
        household_id=issued.codes[0].household
    )
    assert sampled.disposition == "S"
    actions.void_household_code(
        sampled=sampled, reason="dispute", by=clerk, second=head, at=closed.ended_at
    )
    sampled.refresh_from_db()
    assert sampled.disposition == "O"
    ends = void_window_ends(closed.ballot_box)
    tallied = actions.open_round_box(survey_round=closed, by=SYSTEM, at=ends)
    assert len(answers_of(tallied)) == 11
