"""Deadline, turnout and damage of a box on the desk (T14, T15, T23, T52)."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from ballots.errors import DeadlineStays, OpeningStopped
from ballots.models import BallotCode, Envelope
from surveys import actions, tables
from surveys.models import Countersignature, Round
from surveys.queries import Stopped, opening_stopped
from tests.ballots import world
from tests.surveys.conftest import answers_of, cast, close, tally, vote, voters

Opened = tuple[Round, actions.IssuedSlips]
WEEK = dt.timedelta(days=7)


def to(name: str, survey_round: Round) -> str:
    return reverse(f"surveys:{name}", args=[survey_round.code])


def typed(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def agree(act: Countersignature, by: User, at: dt.datetime) -> None:
    actions.agree_to(proposal=act, digest=act.digest, by=by, at=at)


# T14


def test_deadline_moves_when_another_person_agrees(
    opened: Opened, clerk_client: Client, head_client: Client
) -> None:
    survey_round, _ = opened
    before = survey_round.closes_at
    with time_machine.travel(before - dt.timedelta(days=2)):
        asked = clerk_client.post(
            to("round-deadline", survey_round),
            {"closes_at": typed(before + WEEK), "reason": "暴雨，信送晚了"},
        )
        assert asked.status_code == 302
        survey_round.refresh_from_db()
        assert survey_round.closes_at == before
        act = survey_round.countersignatures.get()
        assert act.label == "2025-12-02 20:00"
        head_client.post(
            reverse("surveys:act-agree", args=[act.pk]), {"digest": act.digest_hex}
        )
        page = clerk_client.get(to("round-detail", survey_round)).content.decode()
    survey_round.refresh_from_db()
    assert survey_round.closes_at == survey_round.ballot_box.closes_at == before + WEEK
    assert survey_round.first_closes_at == before
    assert "2025-12-02 20:00" in page
    assert "2025-11-25 20:00" in page
    assert to("round-deadline", survey_round) not in page


@pytest.mark.parametrize(
    ("moved", "sentence"),
    [
        (-dt.timedelta(hours=1), "截止时间只能推迟，不能提前。"),
        (dt.timedelta(days=15), "最多推迟14天。"),
    ],
)
def test_deadline_that_may_not_be_is_refused_on_the_page(
    opened: Opened, clerk_client: Client, moved: dt.timedelta, sentence: str
) -> None:
    survey_round, _ = opened
    form = {"closes_at": typed(survey_round.closes_at + moved), "reason": "试"}
    with time_machine.travel(survey_round.opens_at):
        answer = clerk_client.post(to("round-deadline", survey_round), form)
    assert sentence in answer.content.decode()
    assert Countersignature.objects.count() == 0


def test_agreeing_after_the_old_deadline_is_too_late(
    opened: Opened, clerk: User, head: User
) -> None:
    survey_round, _ = opened
    act = actions.propose_act(
        survey_round=survey_round,
        act=Countersignature.Act.MOVE_DEADLINE,
        subject=survey_round.closes_at + WEEK,
        reason="晚了",
        by=clerk,
        at=survey_round.closes_at - dt.timedelta(hours=1),
    )
    with pytest.raises(DeadlineStays, match="late"):
        agree(act, head, survey_round.closes_at)
    act.refresh_from_db()
    assert act.agreed_by is None


def test_a_spent_agreement_moves_nothing_again(
    opened: Opened, clerk: User, head: User
) -> None:
    """The captured request of the second person, sent once more (T144)."""
    survey_round, _ = opened
    at, before = survey_round.opens_at, survey_round.closes_at
    act = actions.propose_act(
        survey_round=survey_round,
        act=Countersignature.Act.MOVE_DEADLINE,
        subject=before + WEEK,
        reason="晚了",
        by=clerk,
        at=at,
    )
    agree(act, head, at)
    with pytest.raises(actions.NotProposed):
        agree(act, head, at)
    survey_round.refresh_from_db()
    assert survey_round.closes_at == before + WEEK


def test_deadline_of_a_round_that_is_not_open_has_no_page(
    approved: Round, clerk_client: Client
) -> None:
    answer = clerk_client.get(to("round-deadline", approved))
    assert (answer.status_code, answer["Location"]) == (
        302,
        to("round-detail", approved),
    )


def test_addresses_of_the_box_ask_for_scope_permission_and_method(
    opened: Opened,
    clerk_client: Client,
    clerk_elsewhere_client: Client,
    street_admin_client: Client,
) -> None:
    """404, 403, 405 (T85)."""
    survey_round, _ = opened
    for name in ("round-deadline", "round-turnout"):
        address = to(name, survey_round)
        assert clerk_elsewhere_client.get(address).status_code == 404
        assert street_admin_client.get(address).status_code == 403
    address = to("round-list-tampered", survey_round)
    assert clerk_elsewhere_client.post(address).status_code == 404
    assert street_admin_client.post(address).status_code == 403
    assert clerk_client.get(address).status_code == 405
    assert clerk_client.post(to("round-turnout", survey_round)).status_code == 405


# T15


def test_turnout_is_told_by_community_and_day_and_small_days_are_hidden(
    opened: Opened, clerk_client: Client
) -> None:
    """One hidden day beside an exact one could be subtracted: so none is exact."""
    survey_round, issued = opened
    vote(survey_round, issued, 10, 10, 4)
    moved = voters(issued, 10, 10)[-1]
    Envelope.objects.filter(code=moved.code_id).update(day=dt.date(2025, 11, 3))
    table = tables.turnout_of(survey_round)
    assert [str(day) for day in table.days] == ["2025-11-01", "2025-11-03"]
    assert [row.cells for row in table.rows] == [
        ["≥10", "<10"],
        ["<10", "<10"],
        ["<10", "<10"],
    ]
    page = clerk_client.get(to("round-turnout", survey_round)).content.decode()
    assert page.count('<td class="number">&lt;10</td>') == 5


def test_void_and_reissued_codes_are_told_by_reason(
    opened: Opened, clerk_client: Client
) -> None:
    survey_round, issued = opened
    for code, reason in zip(issued.codes[:3], ("lost", "lost", "dispute"), strict=True):
        sampled = survey_round.draw.strata.get(code=code.stratum).households.get(
            household_id=code.household
        )
        actions.void_household_code(
            sampled=sampled, reason=reason, by=SYSTEM, at=survey_round.opens_at
        )
    reasons = [row.reasons for row in tables.voided_of(survey_round)]
    told = {str(label): n for row in reasons for label, n in row}
    assert told.keys() == {"遗失", "家庭成员有争议"}
    page = clerk_client.get(to("round-turnout", survey_round)).content.decode()
    assert "家庭成员有争议 1" in page


# T52


def test_damaged_envelopes_are_listed_by_two_and_the_rest_is_opened(
    opened: Opened,
    clerk_client: Client,
    head_client: Client,
) -> None:
    survey_round, issued = opened
    cast(survey_round, {code.code_id: (5,) * 8 for code in voters(issued, 10, 6)})
    closed = close(survey_round)
    # Two of the larger community: without them the smaller would be withheld.
    many = [code.code_id for code in voters(issued, 10)]
    victims = list(Envelope.objects.filter(code_id__in=many).order_by("pk")[:2])
    world.sql(
        "UPDATE ballots_envelope SET channel = 'phone' WHERE id = %s", victims[0].pk
    )
    world.sql("DELETE FROM ballots_envelope WHERE id = %s", victims[1].pk)
    at = closed.ended_at + dt.timedelta(hours=25)
    with pytest.raises(OpeningStopped, match="counts"):
        actions.open_round_box(survey_round=closed, by=SYSTEM, at=at)
    assert opening_stopped(closed) == Stopped("counts", 1)
    with time_machine.travel(at, tick=False):
        page = clerk_client.get(to("round-detail", closed)).content.decode()
        assert to("round-list-tampered", closed) in page
        assert to("round-accept-invalid", closed) not in page
        clerk_client.post(to("round-list-tampered", closed))
        act = closed.countersignatures.get()
        head_client.post(
            reverse("surveys:act-agree", args=[act.pk]), {"digest": act.digest_hex}
        )
    listed = BallotCode.objects.filter(void_reason="tampered")
    assert {code.pk for code in listed} == {victim.code_id for victim in victims}
    tallied = actions.open_round_box(survey_round=closed, by=SYSTEM, at=at)
    opening = tallied.ballot_box.openings.get()
    assert (opening.voided, opening.papers) == ({"tampered": 2}, 14)
    assert len(answers_of(tallied)) == 14
    page = clerk_client.get(to("round-detail", tallied)).content.decode()
    assert "被动过 2" in page
    others = tallied.draw.strata.filter(households__disposition="O")
    assert others.count() == 2


def test_nothing_is_listed_where_nothing_was_changed(
    opened: Opened, clerk: User, head: User, clerk_client: Client
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 10, 6)
    closed = close(survey_round)
    clerk_client.post(to("round-list-tampered", closed))
    assert Countersignature.objects.count() == 0
    with pytest.raises(actions.NothingTampered):
        actions.list_tampered(
            survey_round=closed, by=clerk, at=closed.ended_at, second=head
        )
    assert BallotCode.objects.exclude(void_reason="").count() == 0


def test_many_invalid_papers_offer_their_own_button(
    opened: Opened, clerk_client: Client
) -> None:
    survey_round, issued = opened
    marks = [(5,) * 8] * 20 + [(9,) * 8] * 10
    codes = voters(issued, 10, 10, 10)
    cast(survey_round, dict(zip((c.code_id for c in codes), marks, strict=True)))
    with pytest.raises(OpeningStopped, match="invalid"):
        tally(survey_round)
    survey_round.refresh_from_db()
    page = clerk_client.get(to("round-detail", survey_round)).content.decode()
    assert to("round-accept-invalid", survey_round) in page
    assert to("round-list-tampered", survey_round) not in page
