"""The deadline moves once, later, by two persons, said beforehand (T14)."""

import datetime as dt
import json

import pytest

from audit.models import AuditEvent
from ballots import actions
from ballots.errors import BoxNotOpen, DeadlineStays, SecondPersonNeeded, TooEarly
from ballots.models import BallotBox
from tests.ballots import world
from tests.ballots.world import CLERK, CLOSES, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


def move(box: BallotBox, closes_at: dt.datetime = CLOSES + WEEK, **changes: object):
    arguments = {"by": CLERK, "at": NOON, "second": HEAD, **changes}
    return actions.move_deadline(box=box, closes_at=closes_at, **arguments)


def test_deadline_moves_for_everybody_and_leaves_one_event():
    box, (code,) = world.open_with(KAIFENGDAO)
    moved = move(box)
    assert (moved.closes_at, moved.deadline_moved) == (CLOSES + WEEK, True)
    late = CLOSES + WEEK - dt.timedelta(minutes=1)
    assert world.vote(code, 5, at=late).text == code.receipt
    with pytest.raises(TooEarly):
        world.close(box)
    event = AuditEvent.objects.get(verb="box.deadline_moved")
    assert json.loads(event.data) == {
        "from": CLOSES.isoformat(),
        "to": (CLOSES + WEEK).isoformat(),
        "second": "head",
    }


def test_deadline_moves_to_the_last_allowed_moment():
    box, _codes = world.open_with(KAIFENGDAO)
    last = CLOSES + dt.timedelta(days=14)
    announced = CLOSES - dt.timedelta(seconds=1)
    assert move(box, last, at=announced).closes_at == last


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("earlier", {"closes_at": CLOSES - WEEK}),
        ("earlier", {"closes_at": CLOSES}),
        ("far", {"closes_at": CLOSES + 2 * WEEK + dt.timedelta(seconds=1)}),
        ("late", {"at": CLOSES}),
    ],
)
def test_deadline_stays(why: str, change: dict[str, dt.datetime]):
    box, _codes = world.open_with(KAIFENGDAO)
    with pytest.raises(DeadlineStays) as refused:
        move(box, **change)
    assert refused.value.why == why
    assert world.fresh(box).closes_at == CLOSES


def test_deadline_moves_once():
    box, _codes = world.open_with(KAIFENGDAO)
    move(box)
    with pytest.raises(DeadlineStays, match="moved"):
        move(box, CLOSES + 2 * WEEK)
    assert world.fresh(box).closes_at == CLOSES + WEEK


@pytest.mark.parametrize("second", [None, CLERK])
def test_one_person_does_not_move_a_deadline(second: object):
    box, _codes = world.open_with(KAIFENGDAO)
    with pytest.raises(SecondPersonNeeded):
        move(box, second=second)
    assert world.fresh(box).closes_at == CLOSES


def test_only_an_open_box_moves_its_deadline():
    with pytest.raises(BoxNotOpen):
        move(world.set_up())
    closed, _codes = world.closed_box()
    with pytest.raises(BoxNotOpen):
        move(closed)
