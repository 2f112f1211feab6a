"""Changing one's mind leaves nothing behind: two worlds, one picture (T30, T31, T138).

Both worlds have the same codes: the second is lived in the place of the first.
"""

import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from audit.models import AuditEvent
from ballots import casting, queries, receipts
from ballots.actions import IssuedCode
from ballots.models import BallotBox
from tests.ballots import world
from tests.ballots.world import ANHUILI, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(days=3)


class GoBack(Exception):
    pass


def steadfast(issued: list[IssuedCode]) -> None:
    for code in issued:
        world.vote(code, 5)


def fickle(issued: list[IssuedCode]) -> None:
    """One replaces, one recalls and casts anew, one does both, days later."""
    for number, code in enumerate(issued):
        if number == 3:
            world.vote(code, 1)
        if number == 4:
            casting.recall(entry=world.vote(code, 2).entry, at=NOON)
        if number == 5:
            casting.recall(entry=world.vote(code, 3, words="不好").entry, at=NOON)
            world.vote(code, 4)
        world.vote(code, 5)
    for _time in range(6):
        world.vote(issued[6], 5, words="想了想", at=LATER)


def lived(
    box: BallotBox,
    issued: list[IssuedCode],
    life: Callable[[list[IssuedCode]], None],
    caplog: pytest.LogCaptureFixture,
) -> dict[str, Any]:
    """What anybody can see of that life, before and after the close; then undone."""
    caplog.clear()
    seen: dict[str, Any] = {}
    events = AuditEvent.objects.count()
    with contextlib.suppress(GoBack), transaction.atomic():
        life(issued)
        seen["while open"] = shown(box, issued)
        kept = box.envelopes.values_list("code_id", "day", "channel", "receipt_hash")
        seen["envelopes"] = sorted((*row[:3], bytes(row[3])) for row in kept)
        closed = world.close(box)
        seen["closed"] = shown(box, issued)
        seen["receipts_root"] = closed.receipts_root
        seen["counts"] = closed.counts
        trail = AuditEvent.objects.order_by("seq")[events:]
        seen["events"] = [(event.verb, event.actor, event.role) for event in trail]
        seen["logs"] = [(r.name, r.levelname, r.msg) for r in caplog.records]
        raise GoBack
    return seen


def shown(box: BallotBox, issued: list[IssuedCode]) -> list[Any]:
    listed = box.receipt_entries.order_by("receipt_hash")
    return [
        [receipts.look_up(code.receipt) for code in issued],
        [
            (bytes(hashed), *said)
            for hashed, *said in listed.values_list(
                "receipt_hash", "label", "state", "reason"
            )
        ],
        queries.counts(box),
        queries.turnout(box),
        sorted(box.codes.values_list("pk", "state", "void_reason")),
    ]


def test_world_of_second_thoughts_looks_like_one_without(
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").propagate = False
    try:
        box, issued = world.open_with(*[KAIFENGDAO] * 11, *[ANHUILI] * 3)
        first = lived(box, issued, steadfast, caplog)
        second = lived(box, issued, fickle, caplog)
    finally:
        logging.getLogger("django.db.backends").propagate = True
    assert second == first
    # There was something to see.
    assert first["counts"]["used"] == 14
    assert "box.closed" in {verb for verb, _actor, _role in first["events"]}


def test_receipt_is_the_same_on_every_device_and_after_every_change():
    _box, (code,) = world.open_with(KAIFENGDAO)
    texts = {code.receipt, world.vote(code, 1).text, world.vote(code, 5).text}
    known = world.entry_at(code)
    texts.add(casting.receipt_of(known))
    casting.recall(entry=known, at=NOON)
    texts.add(world.vote(code, 2).text)
    assert texts == {code.receipt}
