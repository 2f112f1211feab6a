"""Codes go, counts and receipts stay, and nobody can say who took part (T102)."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from ballots import actions, queries, receipts, verifying
from ballots.errors import StillSealed
from ballots.models import BallotBox, BallotCode, ReceiptEntry
from tests.ballots import world
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
CLOSE = world.TECHNICAL_CLOSE


def finished() -> tuple[BallotBox, list[actions.IssuedCode]]:
    """Opened and over: fourteen votes, one code void, one reissued, one unused."""
    strata = [KAIFENGDAO] * 12 + [ANHUILI] * 5
    box, issued = world.open_with(*strata)
    for code, second in ((issued[15], None), (issued[14], None)):
        actions.void_code(
            code=world.code_row(code), reason="lost", by=CLERK, at=NOON, second=second
        )
    again = actions.reissue_code(
        code=world.code_row(issued[14]), reason="lost", by=CLERK, at=NOON, second=HEAD
    )
    world.vote_all(box, [*issued[:13], again])
    world.close(box)
    stolen = world.code_row(issued[0])
    world.sql("UPDATE ballots_ballotbox SET void_window_hours = 1")
    actions.void_code(code=stolen, reason="stolen", by=CLERK, at=CLOSE, second=HEAD)
    world.sql("UPDATE ballots_ballotbox SET void_window_hours = 0")
    world.open_up(box)
    actions.finish_opened(box=box, by=CLERK, at=CLOSE)
    return world.fresh(box), [*issued, again]


def unlink(box: BallotBox) -> int:
    return actions.unlink_box(box=box, by=CLERK, at=CLOSE)


def numbers(box: BallotBox) -> list[object]:
    return [
        queries.counts(box),
        queries.used_by_stratum([box.pk]),
        queries.void_by_reason(box),
        queries.reissued(box),
        queries.turnout(box),
    ]


def test_every_count_survives_its_codes():
    box, issued = finished()
    before = numbers(box)
    assert before[0] == queries.BoxCounts(18, 2, 13, 3, 0)
    assert before[2] == {ANHUILI: {"lost": 2}, KAIFENGDAO: {"stolen": 1}}
    assert before[3] == {ANHUILI: 1}
    assert unlink(box) == len(issued)
    assert BallotCode.objects.count() == 0
    assert numbers(world.fresh(box)) == before
    assert verifying.verify_box(world.fresh(box)).faults == ()


def test_every_receipt_is_still_found():
    box, issued = finished()
    before = [receipts.look_up(code.receipt) for code in issued]
    root = receipts.root_of_list(box)
    unlink(box)
    assert [receipts.look_up(code.receipt) for code in issued] == before
    assert {look.state for look in before} == {"in_box", "void", "not_in_box"}
    assert receipts.root_of_list(world.fresh(box)) == root == bytes(box.receipts_root)


def test_no_row_of_the_room_names_a_household_any_more():
    box, issued = finished()
    households = {str(code.household) for code in issued}
    named = {str(h) for h in BallotCode.objects.values_list("household", flat=True)}
    assert households == named
    unlink(box)
    rows = [
        repr(world.rows_of(model)) for model in (BallotBox, ReceiptEntry, AuditEvent)
    ]
    assert [h for h in households if any(h in row for row in rows)] == []


def test_codes_are_deleted_in_one_statement():
    box, _issued = finished()
    with CaptureQueriesContext(connection) as captured:
        unlink(box)
    deletes = [q["sql"] for q in captured if q["sql"].startswith("DELETE")]
    assert [sql.split(" WHERE ")[0] for sql in deletes] == [
        'DELETE FROM "ballots_ballotcode"'
    ]


def test_unlinking_twice_changes_nothing():
    box, _issued = finished()
    unlink(box)
    rows = world.rows_of(BallotBox)
    assert unlink(box) == 0
    assert world.rows_of(BallotBox) == rows
    event = AuditEvent.objects.get(verb="box.unlinked")
    assert json.loads(event.data)["codes"] == 18


@pytest.mark.parametrize("state", ["sealed_setup", "open", "closed", "opened"])
def test_box_that_is_not_over_keeps_its_codes(state: str):
    box = world.set_up()
    issued = world.issue(box, *[KAIFENGDAO] * 11)
    if state != "sealed_setup":
        actions.open_voting(box=box, by=HEAD, at=NOON)
        world.vote_all(box, issued)
    if state in ("closed", "opened"):
        world.close(box)
    if state == "opened":
        world.open_up(box)
    with pytest.raises(StillSealed, match=state):
        unlink(box)
    assert BallotCode.objects.count() == 11


def test_box_annulled_before_its_close_is_unlinked_with_its_counts():
    box, issued = world.open_with(*[KAIFENGDAO] * 3)
    world.vote(issued[0], 5)
    actions.destroy_box(box=box, reason="印错", by=CLERK, at=NOON, second=HEAD)
    before = [receipts.look_up(code.receipt) for code in issued]
    assert unlink(box) == 3
    assert queries.counts(world.fresh(box)).used == 1
    assert [receipts.look_up(code.receipt) for code in issued] == before


def test_database_keeps_the_link_of_a_sealed_box():
    box, _issued = world.closed_box()
    with (
        pytest.raises(IntegrityError, match="box_unlinked_when_over"),
        transaction.atomic(),
    ):
        world.sql("UPDATE ballots_ballotbox SET unlinked_on = '2026-03-02'")
    assert world.fresh(box).unlinked_on is None


def test_code_put_back_after_the_unlinking_is_a_fault():
    box, _issued = finished()
    kept = BallotCode.objects.first()
    unlink(box)
    kept.replaces = None
    kept.save(force_insert=True)
    assert verifying.verify_box(world.fresh(box)).faults == (
        "unlinked: a code is still there",
    )
