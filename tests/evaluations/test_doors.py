"""Commands and tasks: thin doors to the roll-up (R17)."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from evaluations import tasks
from evaluations.models import MonthlyRating, MonthlyRollup, ResponseCell
from surveys.models import Round
from tests.evaluations.world import HEPING, TAIANDAO, World, same

MONTH = "2026-10"


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_roll_up_month_prints_one_object(world: World) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    once = json.loads(said("roll_up_month", MONTH, "--division", HEPING, "--json"))
    again = json.loads(said("roll_up_month", MONTH, "--division", HEPING, "--json"))
    expected = {"division": HEPING, "month": MONTH, "rounds": 1, "ratings": 1}
    assert once == {"months": [{**expected, "is_new": True}]}
    assert again == {"months": [{**expected, "is_new": False}]}


@pytest.mark.parametrize("code", ["999999", "12"])
def test_roll_up_month_of_no_district_is_refused(world: World, code: str) -> None:
    with pytest.raises(CommandError, match=code):
        said("roll_up_month", MONTH, "--division", code)


def test_roll_up_month_that_is_not_due_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="MonthNotDue"):
        said("roll_up_month", MONTH, "--division", HEPING)
    assert said("roll_up_month", MONTH) == "2026-10 没有待汇总的区县。\n"


def test_roll_up_due_takes_the_oldest_month_first(world: World) -> None:
    world.tally("2026-09", {TAIANDAO: same(4, 20)})
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    assert (
        said("roll_up_due")
        == "120101 2026-09：1 个任职。\n120101 2026-10：1 个任职。\n"
    )
    assert world.rating(TAIANDAO, MONTH).usable == 40
    assert said("roll_up_due") == "没有待汇总的月份。\n"


def test_roll_up_due_goes_on_after_a_refusal(world: World) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    models.QuerySet(Round).update(scheme_digest=bytes(32))
    with pytest.raises(CommandError, match="SchemeUnknown"):
        said("roll_up_due")
    assert MonthlyRollup.objects.get().state == MonthlyRollup.State.DUE


def test_recompute_proves_a_month_and_names_a_change(world: World) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    said("roll_up_month", MONTH)
    proof = json.loads(said("recompute", MONTH, "--json"))
    assert proof == {
        HEPING: {"month": MONTH, "rounds": 1, "ratings": 1, "differences": []}
    }
    models.QuerySet(ResponseCell).update(complete=19, partial=1)
    with pytest.raises(CommandError, match="120101-2026-10 120101002002: cells"):
        said("recompute", MONTH)


def test_recompute_of_a_month_without_ratings_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="2026-10"):
        said("recompute", MONTH)


def test_the_task_rolls_up_and_is_harmless_twice(world: World) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    tasks.roll_up_month(HEPING, MONTH)
    tasks.roll_up_month(HEPING, MONTH)
    assert MonthlyRating.objects.count() == 1


@pytest.mark.parametrize("code", [HEPING, "999999"])
def test_the_task_returns_when_there_is_nothing_to_do(world: World, code: str) -> None:
    tasks.roll_up_month(code, MONTH)
    assert MonthlyRating.objects.count() == 0
