"""A thousand random changes beside the verbs, and every one is found (T136).

Flips, deletions, insertions and swaps in envelopes and receipts, each alone and undone
again. Those to the trail are in tests/audit.
"""

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import transaction

from audit.keyring import KeyMissing
from ballots import actions, reconcile, verifying
from ballots.errors import OpeningStopped
from ballots.models import BallotBox, BallotCode, Envelope, ReceiptEntry
from tests.ballots import world
from tests.ballots.world import CLERK, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
CHANGES = 1000
SIZES = {"papers": 560, "texts": 2096, "digest": 32, "row_mac": 32}
Change = Callable[[BallotBox, random.Random], None]


def pick(dice: random.Random, table: str, box: BallotBox, number: int = 1) -> list:
    model = Envelope if table == "ballots_envelope" else ReceiptEntry
    rows = list(model.objects.filter(box=box).order_by("pk"))
    return dice.sample(rows, number)


def flip(table: str, column: str, size: int, pk: object, dice: random.Random) -> None:
    bit = dice.randrange(size * 8)
    world.sql(
        f"UPDATE {table} SET {column} = set_bit({column}, %s,"
        f" 1 - get_bit({column}, %s)) WHERE id = %s",
        bit,
        bit,
        pk,
    )


def flip_envelope(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_envelope", box)
    column = dice.choice(sorted(SIZES))
    flip("ballots_envelope", column, SIZES[column], victim.pk, dice)


def redate_envelope(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_envelope", box)
    days = dice.choice([-30, -1, 1, 30])
    world.sql(
        "UPDATE ballots_envelope SET day = day + %s WHERE id = %s", days, victim.pk
    )


def rename_channel(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_envelope", box)
    channel = dice.choice(["phone", "visit", "paper", "meeting"])
    world.sql(
        "UPDATE ballots_envelope SET channel = %s WHERE id = %s", channel, victim.pk
    )


def name_another_key(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_envelope", box)
    world.sql("UPDATE ballots_envelope SET key_id = 77 WHERE id = %s", victim.pk)


def delete_envelope(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_envelope", box)
    world.sql("DELETE FROM ballots_envelope WHERE id = %s", victim.pk)


def insert_envelope(box: BallotBox, dice: random.Random) -> None:
    """A good ballot of another household once more, for a code that was not used."""
    (model,) = pick(dice, "ballots_envelope", box)
    code = dice.choice(list(box.codes.filter(state="issued").order_by("pk")))
    model.pk, model.code_id, model.receipt_hash = uuid4(), code.pk, uuid4().bytes * 2
    model.save(force_insert=True)
    if dice.random() < 0.5:
        world.sql("UPDATE ballots_ballotcode SET state = 'used' WHERE id = %s", code.pk)


def swap_envelopes(box: BallotBox, dice: random.Random) -> None:
    """Contents of two households, with or without their digests and macs."""
    one, other = pick(dice, "ballots_envelope", box, 2)
    columns = dice.choice(
        [["papers"], ["texts"], ["papers", "texts", "digest", "row_mac"], ["row_mac"]]
    )
    for target, source in ((one, other), (other, one)):
        changes = ", ".join(f"{column} = %s" for column in columns)
        world.sql(
            f"UPDATE ballots_envelope SET {changes} WHERE id = %s",
            *[getattr(source, column) for column in columns],
            target.pk,
        )


def change_use(box: BallotBox, dice: random.Random) -> None:
    code = dice.choice(list(box.codes.exclude(state="void").order_by("pk")))
    state = "used" if code.state == "issued" else "issued"
    world.sql("UPDATE ballots_ballotcode SET state = %s WHERE id = %s", state, code.pk)


def flip_receipt(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_receiptentry", box)
    flip("ballots_receiptentry", "receipt_hash", 32, victim.pk, dice)


def delete_receipt(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_receiptentry", box)
    world.sql("DELETE FROM ballots_receiptentry WHERE id = %s", victim.pk)


def insert_receipt(box: BallotBox, dice: random.Random) -> None:
    (model,) = pick(dice, "ballots_receiptentry", box)
    model.pk, model.receipt_hash = uuid4(), dice.randbytes(32)
    model.save(force_insert=True)


def swap_receipts(box: BallotBox, dice: random.Random) -> None:
    """What is said of two receipts, one in the box and one void."""
    one = box.receipt_entries.filter(state="void").order_by("pk").first()
    other = dice.choice(list(box.receipt_entries.filter(state="in_box").order_by("pk")))
    for target, source in ((one, other), (other, one)):
        world.sql(
            "UPDATE ballots_receiptentry SET state = %s, reason = %s WHERE id = %s",
            source.state,
            source.reason,
            target.pk,
        )


def restate_receipt(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_receiptentry", box)
    reasons = {*BallotCode.VoidReason.values, ""} - {victim.reason}
    reason = dice.choice(sorted(reasons))
    world.sql(
        "UPDATE ballots_receiptentry SET state = %s, reason = %s WHERE id = %s",
        "void" if reason else "in_box",
        reason,
        victim.pk,
    )


def move_receipt(box: BallotBox, dice: random.Random) -> None:
    (victim,) = pick(dice, "ballots_receiptentry", box)
    world.sql(
        "UPDATE ballots_receiptentry SET label = '120101002001' WHERE id = %s",
        victim.pk,
    )


IN_ENVELOPES: list[Change] = [
    flip_envelope,
    redate_envelope,
    rename_channel,
    name_another_key,
    delete_envelope,
    insert_envelope,
    swap_envelopes,
    change_use,
]
IN_RECEIPTS: list[Change] = [
    flip_receipt,
    delete_receipt,
    insert_receipt,
    swap_receipts,
    restate_receipt,
    move_receipt,
]


class GoBack(Exception):
    pass


def is_found(box: BallotBox, change: Change) -> bool:
    """An envelope by what stops the opening, a receipt by the check of the box."""
    if change in IN_RECEIPTS:
        return not verifying.verify_box(world.fresh(box)).is_sound
    try:
        reconcile.check(world.fresh(box))
    except (OpeningStopped, KeyMissing):
        return True
    return False


def test_thousand_random_changes_of_a_closed_box_are_all_found():
    box, issued = world.open_with(*[KAIFENGDAO] * 24)
    world.vote_all(box, issued[:18])
    actions.void_code(code=world.code_row(issued[23]), reason="lost", by=CLERK, at=NOON)
    world.close(box)
    assert not is_found(box, flip_envelope)
    assert not is_found(box, flip_receipt)
    dice = random.Random(136)
    found: Counter[str] = Counter()
    missed: list[str] = []
    for number in range(CHANGES):
        changes = IN_RECEIPTS if number % 3 == 0 else IN_ENVELOPES
        change = dice.choice(changes)
        with contextlib.suppress(GoBack), transaction.atomic():
            change(box, dice)
            if is_found(box, change):
                found[change.__name__] += 1
            else:
                missed.append(f"{number} {change.__name__}")
            raise GoBack
    assert missed == []
    assert found.total() == CHANGES
    assert found.keys() == {c.__name__ for c in (*IN_ENVELOPES, *IN_RECEIPTS)}
    reconcile.check(world.fresh(box))
    assert verifying.verify_box(world.fresh(box)).faults == ()
