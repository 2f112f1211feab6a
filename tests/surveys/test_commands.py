"""The monthly cycle by hand: exit 0 done, 1 refused, 2 wrong usage (architecture 4)."""

import json
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ballots.models import BallotCode
from ballots.trail import void_window_ends
from surveys import actions
from surveys.models import Round
from tests.surveys.conftest import close, vote

Opened = tuple[Round, actions.IssuedSlips]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_round_is_opened_by_command(
    with_codes: tuple[Round, actions.IssuedSlips],
) -> None:
    survey_round, _ = with_codes
    with time_machine.travel(survey_round.opens_at):
        said = run("open_round", survey_round.code, "--json")
    assert json.loads(said) == {"round": survey_round.code, "state": "open"}


def test_a_round_is_opened_by_command_in_words(
    with_codes: tuple[Round, actions.IssuedSlips],
) -> None:
    survey_round, _ = with_codes
    with time_machine.travel(survey_round.opens_at):
        assert (
            run("open_round", survey_round.code) == f"{survey_round.code}：进行中。\n"
        )


def test_a_refused_command_says_why(opened: Opened) -> None:
    survey_round, _ = opened
    with (
        time_machine.travel(survey_round.closes_at),
        pytest.raises(CommandError) as refused,
    ):
        run("close_round", survey_round.code)
    assert refused.value.returncode == 1
    assert str(refused.value) == "还太早：2025-11-25 20:30 之后才可以。"


def test_an_unknown_round_is_refused(db: None) -> None:
    with pytest.raises(CommandError) as refused:
        run("open_box", "120101-1999-01")
    assert refused.value.returncode == 1
    assert str(refused.value) == "没有编号为 120101-1999-01 的测评。"


def test_a_box_is_opened_by_command_and_again_without_harm(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    with time_machine.travel(survey_round.ballot_box.technical_close, tick=False):
        assert json.loads(run("close_round", survey_round.code, "--json")) == {
            "round": survey_round.code,
            "state": "closed",
        }
    survey_round.refresh_from_db()
    with time_machine.travel(void_window_ends(survey_round.ballot_box), tick=False):
        first = json.loads(run("open_box", survey_round.code, "--json"))
        again = json.loads(run("open_box", survey_round.code, "--json"))
    assert first == again
    assert first == {
        "round": survey_round.code,
        "state": "tallied",
        "box": str(survey_round.box_id),
        "box_state": "destroyed",
        "opened": 12,
        "papers": 12,
        "invalid": 0,
        "withheld": 0,
    }


def test_a_box_is_not_opened_before_its_time(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    closed = close(survey_round)
    with (
        time_machine.travel(closed.ended_at, tick=False),
        pytest.raises(CommandError, match="还太早"),
    ):
        run("open_box", closed.code)


def test_a_draw_is_verified_by_command(approved: Round) -> None:
    said = json.loads(run("verify_draw", approved.code, "--json"))
    assert said == {"round": approved.code, "households": 60, "wrong": []}


def test_a_changed_draw_is_found_by_command(approved: Round) -> None:
    stratum = approved.draw.strata.first()
    first, second = stratum.households.order_by("position")[:2]
    stratum.households.filter(pk=first.pk).update(position=1000)
    stratum.households.filter(pk=second.pk).update(position=1)
    stratum.households.filter(pk=first.pk).update(position=2)
    with pytest.raises(CommandError, match=stratum.code) as refused:
        run("verify_draw", approved.code)
    assert refused.value.returncode == 1


def test_an_unused_code_is_voided_by_command_and_a_used_one_is_not(
    opened: Opened,
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 1)
    states = dict(BallotCode.objects.values_list("pk", "state"))
    used = next(code for code in issued.codes if states[code.code_id] == "used")
    unused = next(code for code in issued.codes if states[code.code_id] == "issued")
    with time_machine.travel(survey_round.opens_at):
        for code in (used, unused):
            serial = issued.serials[code.household]
            arguments = ("void_code", survey_round.code, serial, "--reason", "lost")
            if code is used:
                with pytest.raises(CommandError, match="第二个人"):
                    run(*arguments)
            else:
                run(*arguments)
    found = dict(BallotCode.objects.values_list("pk", "state"))
    assert (found[used.code_id], found[unused.code_id]) == ("used", "void")


def test_a_code_of_an_unknown_slip_is_not_voided(opened: Opened) -> None:
    survey_round, _ = opened
    with pytest.raises(CommandError, match="没有这个编号的码单"):
        run("void_code", survey_round.code, "120101002014-999", "--reason", "lost")
