"""A round's states, its close and its annulment (domain 3.9, M24-M26, T12-T14)."""

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from ballots.errors import NotYet, TooEarly
from ballots.models import BallotCode
from ballots.trail import void_window_ends
from surveys import actions, queries
from surveys.models import Round, RoundChangesByVerb, SampledHousehold
from tests.surveys.conftest import (
    HOUSEHOLDS,
    cast,
    close,
    vote,
    voters,
)

Opened = tuple[Round, actions.IssuedSlips]


def test_a_round_is_not_saved_past_its_verbs(draft: Round) -> None:
    draft.state = Round.State.OPEN
    with pytest.raises(RoundChangesByVerb):
        draft.save()
    with pytest.raises(RoundChangesByVerb):
        draft.delete()


STEPS = {
    "approve": lambda r, head: actions.approve_round(
        survey_round=r, by=head, at=r.created_at
    ),
    "codes": lambda r, head: actions.issue_round_codes(
        survey_round=r, by=SYSTEM, at=r.opens_at
    ),
    "open": lambda r, head: actions.open_round(
        survey_round=r, by=SYSTEM, at=r.opens_at
    ),
    "release": lambda r, head: actions.release_reserve(
        survey_round=r, by=SYSTEM, at=r.opens_at
    ),
    "close": lambda r, head: actions.close_round(
        survey_round=r, by=SYSTEM, at=r.closes_at + dt.timedelta(days=9)
    ),
    "count": lambda r, head: actions.open_round_box(
        survey_round=r, by=SYSTEM, at=r.closes_at + dt.timedelta(days=99)
    ),
    "publish": lambda r, head: actions.mark_published(
        survey_round=r, by=SYSTEM, at=r.closes_at
    ),
}
ALLOWED = {
    "draft": {"approve"},
    "approved": {"codes", "open"},
    "open": {"codes", "release", "close"},
    "closed": {"count"},
    "tallied": {"publish"},
    "published": set(),
    "annulled": set(),
}


def test_states_cannot_be_skipped(
    draft: Round, approve: Callable[[Round], Round], clerk: User, head: User
) -> None:
    """In every state every step that does not belong there is refused, unchanged."""

    def refuse_all_but_allowed(survey_round: Round) -> None:
        survey_round.refresh_from_db()
        state = survey_round.state
        for name in STEPS.keys() - ALLOWED[state]:
            with pytest.raises(actions.WrongState) as refused:
                STEPS[name](survey_round, head)
            assert (name, refused.value.state) == (name, state)
            survey_round.refresh_from_db()
            assert survey_round.state == state

    refuse_all_but_allowed(draft)
    for step in ("approve", "codes", "open"):
        STEPS[step](draft, head)
        refuse_all_but_allowed(draft)
    here = BallotCode.objects.filter(box=draft.box, stratum=next(iter(HOUSEHOLDS)))
    cast(draft, dict.fromkeys(here.values_list("pk", flat=True), (5,) * 8))
    for step in ("close", "count", "publish"):
        STEPS[step](draft, head)
        refuse_all_but_allowed(draft)
    with pytest.raises(actions.WrongState):
        actions.annul_round(
            survey_round=draft, reason="太晚", by=clerk, second=head, at=draft.closes_at
        )


def test_a_round_opens_neither_early_nor_without_slips(approved: Round) -> None:
    early = approved.opens_at - dt.timedelta(seconds=1)
    with pytest.raises(TooEarly):
        actions.open_round(survey_round=approved, by=SYSTEM, at=early)
    with pytest.raises(actions.RoundNotReady):
        actions.open_round(survey_round=approved, by=SYSTEM, at=approved.opens_at)
    approved.refresh_from_db()
    assert (approved.state, approved.ballot_box.state) == ("approved", "sealed_setup")


def test_a_round_never_closes_early(opened: Opened) -> None:
    survey_round, _ = opened
    technical = survey_round.ballot_box.technical_close
    assert technical == survey_round.closes_at + dt.timedelta(minutes=30)
    early = technical - dt.timedelta(seconds=1)
    with pytest.raises(TooEarly):
        actions.close_round(survey_round=survey_round, by=SYSTEM, at=early)
    survey_round.refresh_from_db()
    assert (survey_round.state, survey_round.ended_at) == ("open", None)


def test_the_box_waits_for_the_void_window(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6, seed=1)
    closed = close(survey_round)
    ends = void_window_ends(closed.ballot_box)
    assert ends == closed.ended_at + dt.timedelta(hours=24)
    with pytest.raises(NotYet):
        actions.open_round_box(
            survey_round=closed, by=SYSTEM, at=ends - dt.timedelta(seconds=1)
        )
    closed.refresh_from_db()
    assert closed.state == "closed"


def test_at_close_every_released_household_has_one_final_code(opened: Opened) -> None:
    survey_round, issued = opened
    households = SampledHousehold.objects.of_round(survey_round)
    voted = {code.household for code in voters(issued, 7, 7)}
    vote(survey_round, issued, 7, 7)
    settle = {"by": SYSTEM, "at": survey_round.opens_at}
    silent = households.released().exclude(household_id__in=voted).first()
    actions.settle_household(sampled=silent, disposition="R", **settle)
    # Noted as never reached, and yet its ballot is in the box: it has submitted.
    reached = households.filter(household_id__in=voted).first()
    actions.settle_household(sampled=reached, disposition="NC", **settle)
    close(survey_round)
    final = Counter(households.released().values_list("disposition", flat=True))
    assert final == {"S": 14, "R": 1, "UH": 15}
    submitted = households.filter(state="submitted")
    assert set(submitted.values_list("household_id", flat=True)) == voted
    assert households.reserve().exclude(disposition="").count() == 0


def test_counts_for_the_roll_up_hold_no_household(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6, seed=3)
    close(survey_round)
    counts = queries.stratum_counts([survey_round])
    assert [(row.frame, row.released) for row in counts] == [(60, 10)] * 3
    submitted = sum(row.dispositions.get("S", 0) for row in counts)
    assert (submitted, sum(sum(r.dispositions.values()) for r in counts)) == (12, 30)


def test_a_draft_is_annulled_by_one_person(draft: Round, clerk: User) -> None:
    annulled = actions.annul_round(
        survey_round=draft, reason="月份写错", by=clerk, at=draft.created_at
    )
    assert (annulled.state, annulled.slot, annulled.annulled_reason) == (
        "annulled",
        None,
        "月份写错",
    )


def test_a_running_round_is_annulled_by_two(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, _ = opened
    annul = {
        "survey_round": survey_round,
        "reason": "印错截止日期",
        "by": clerk,
        "at": survey_round.opens_at,
    }
    for second in (None, clerk):
        with pytest.raises(actions.SamePerson):
            actions.annul_round(**annul, second=second)
    annulled = actions.annul_round(**annul, second=head)
    assert (annulled.state, annulled.ballot_box.ending) == ("annulled", "annulled")


def test_households_of_a_round_annulled_before_its_slips_do_not_rest(
    approved: Round,
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    clerk: User,
    head: User,
) -> None:
    actions.annul_round(
        survey_round=approved,
        reason="名册有误",
        by=clerk,
        second=head,
        at=approved.opens_at,
    )
    second = approve(prepare("2025-12"))
    assert [s.resting for s in second.draw.strata.all()] == [0, 0, 0]


def test_households_of_a_round_annulled_after_its_slips_rest(
    opened: Opened,
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    clerk: User,
    head: User,
) -> None:
    survey_round, _ = opened
    actions.annul_round(
        survey_round=survey_round,
        reason="印错",
        by=clerk,
        second=head,
        at=survey_round.opens_at,
    )
    second = approve(prepare("2025-12"))
    assert [s.resting for s in second.draw.strata.all()] == [10, 10, 10]


def test_an_annulment_takes_effect_when_another_agrees(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, _ = opened
    at = survey_round.opens_at
    proposal = actions.propose_act(
        survey_round=survey_round, act="annul", reason="印错", by=clerk, at=at
    )
    with pytest.raises(actions.SamePerson):
        actions.agree_to(proposal=proposal, digest=proposal.digest, by=clerk, at=at)
    actions.agree_to(proposal=proposal, digest=proposal.digest, by=head, at=at)
    survey_round.refresh_from_db()
    assert (survey_round.state, survey_round.annulled_reason) == ("annulled", "印错")
    with pytest.raises(actions.NotProposed):
        actions.agree_to(proposal=proposal, digest=proposal.digest, by=head, at=at)


def test_a_proposal_older_than_three_days_is_spent(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, _ = opened
    at = survey_round.opens_at
    proposal = actions.propose_act(
        survey_round=survey_round, act="annul", reason="印错", by=clerk, at=at
    )
    late = at + dt.timedelta(hours=72)
    with pytest.raises(actions.NotProposed):
        actions.agree_to(proposal=proposal, digest=proposal.digest, by=head, at=late)
    survey_round.refresh_from_db()
    assert survey_round.state == "open"


def test_an_agreed_batch_is_printed_once(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, issued = opened
    at = survey_round.opens_at
    proposal = actions.propose_act(
        survey_round=survey_round,
        act="reissue_batch",
        subject=issued.batch,
        reason="batch_fault",
        by=clerk,
        at=at,
    )
    with pytest.raises(actions.NotProposed):
        actions.print_agreed(proposal=proposal, by=clerk, at=at)
    actions.agree_to(proposal=proposal, digest=proposal.digest, by=head, at=at)
    again = actions.print_agreed(proposal=proposal, by=clerk, at=at)
    assert len(again.codes) == 30
    with pytest.raises(actions.NotProposed):
        actions.print_agreed(proposal=proposal, by=clerk, at=at)
