"""Receipts, look-up and the public list (T65 to T67, T138)."""

import pytest

from audit.models import AuditEvent
from ballots import actions, casting, merkle, queries, receipts
from ballots.codes import ALPHABET
from ballots.models import BallotBox, ReceiptEntry
from ballots.receipts import LookUp
from tests.ballots import world
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db


def void(issued, reason: str, **arguments) -> None:
    code = world.code_row(issued)
    actions.void_code(code=code, reason=reason, by=CLERK, **arguments)


def test_receipt_is_sixteen_symbols_of_the_code_alphabet():
    _box, (code,) = world.open_with(KAIFENGDAO)
    assert len(code.receipt) == 16
    assert set(code.receipt) <= set(ALPHABET)
    assert len(receipts.printed(code.receipt)) == 19
    assert casting.receipt_of(world.entry_at(code)) == code.receipt


def test_receipts_of_all_codes_differ_and_so_do_their_hashes():
    box, issued = world.open_with(*[KAIFENGDAO] * 500)
    assert len({code.receipt for code in issued}) == 500
    assert len({receipts.receipt_hash(box.pk, code.receipt) for code in issued}) == 500


def test_look_up_follows_the_ballot_through_its_life():
    box, (code, *others) = world.open_with(*[KAIFENGDAO] * 11)
    receipt = receipts.printed(code.receipt).lower()
    assert receipts.look_up(receipt) == LookUp("not_in_box")
    first = world.vote(code, 1)
    assert receipts.look_up(receipt) == LookUp("in_box")
    world.vote(code, 5)
    assert receipts.look_up(receipt) == LookUp("in_box")
    casting.recall(entry=world.entry_at(code), at=NOON)
    assert receipts.look_up(receipt) == LookUp("not_in_box")
    assert world.vote(code, 3).text == first.text
    world.vote_all(box, others)
    world.close(box)
    assert receipts.look_up(receipt) == LookUp("in_box")
    world.open_up(box)
    actions.finish_opened(box=box, by=CLERK, at=world.TECHNICAL_CLOSE)
    assert receipts.look_up(receipt) == LookUp("in_box")


@pytest.mark.parametrize("text", ["", "2222", "2" * 16, "0000-1111-OOOO-IIII"])
def test_unknown_receipt_is_not_in_the_box(text: str):
    world.open_with(KAIFENGDAO)
    assert receipts.look_up(text) == LookUp("not_in_box")


def test_void_code_is_told_with_its_reason_before_and_after_the_close():
    box, (code, *_others) = world.open_with(*[KAIFENGDAO] * 3)
    void(code, "lost", at=NOON)
    assert receipts.look_up(code.receipt) == LookUp("void", "lost")
    world.close(box)
    assert receipts.look_up(code.receipt) == LookUp("void", "lost")


def test_ballot_voided_in_the_window_is_told_as_void():
    terms = actions.BoxTerms(void_window_hours=1)
    box, issued = world.open_with(*[KAIFENGDAO] * 12, terms=terms)
    world.vote_all(box, issued)
    close = world.TECHNICAL_CLOSE
    root = world.close(box).receipts_root
    void(issued[0], "stolen", at=close, second=HEAD)
    at = close + world.dt.timedelta(hours=1)
    world.opening.open_box(box_id=box.pk, sink=world.Remembering(), by=CLERK, at=at)
    assert receipts.look_up(issued[0].receipt) == LookUp("void", "stolen")
    assert receipts.look_up(issued[1].receipt) == LookUp("in_box")
    assert receipts.root_of_list(box) == root


@pytest.mark.parametrize("closed", [True, False])
def test_annulled_box_is_told_as_destroyed_unopened(closed: bool):
    box, (code, other) = world.open_with(*[KAIFENGDAO] * 2)
    world.vote(code, 5)
    if closed:
        world.close(box)
    actions.destroy_box(
        box=box, reason="x", by=CLERK, at=world.TECHNICAL_CLOSE, second=HEAD
    )
    assert receipts.look_up(code.receipt) == LookUp("destroyed")
    assert receipts.look_up(other.receipt) == LookUp("not_in_box")


def test_box_with_too_few_is_told_as_destroyed_unopened():
    box, (code, *_others) = world.open_with(*[KAIFENGDAO] * 3)
    world.vote(code, 5)
    world.close(box)
    world.open_up(box)
    assert receipts.look_up(code.receipt) == LookUp("destroyed")


def test_list_is_fixed_at_close_with_the_root_of_its_sorted_hashes():
    box, issued = world.open_with(*[KAIFENGDAO] * 11, *[ANHUILI] * 4)
    for code in issued[:10] + issued[11:13]:
        world.vote(code, 5)
    void(issued[14], "undelivered", at=NOON)
    assert ReceiptEntry.objects.filter(state="in_box").count() == 0
    closed = world.close(box)

    entries = {
        bytes(entry.receipt_hash): (entry.label, entry.state, entry.reason)
        for entry in ReceiptEntry.objects.all()
    }
    street = ANHUILI[:9]  # two ballots: too few for a list of their own
    expected = {code.receipt: (KAIFENGDAO, "in_box", "") for code in issued[:10]}
    expected |= {code.receipt: (street, "in_box", "") for code in issued[11:13]}
    expected[issued[14].receipt] = (street, "void", "undelivered")
    hashed = {receipts.receipt_hash(box.pk, r): row for r, row in expected.items()}
    assert entries == hashed
    assert closed.receipts_root == merkle.root(sorted(hashed))


def world_with_changes(changes: bool) -> tuple[BallotBox, list, list]:
    """Twelve households vote 5; in the second world some changed their mind before."""
    box, issued = world.open_with(*[KAIFENGDAO] * 12)
    for number, code in enumerate(issued):
        if changes and number == 3:
            world.vote(code, 1)
        if changes and number == 4:
            casting.recall(entry=world.vote(code, 2).entry, at=NOON)
        world.vote(code, 5)
    return world.close(box), issued, [code.receipt for code in issued]


def test_replacement_and_recall_are_invisible():
    """Two equal worlds, one with changes: what is kept is of the same shape (T138)."""
    pictures = []
    for changes in (False, True):
        events = AuditEvent.objects.count()
        box, _issued, texts = world_with_changes(changes)
        listed = ReceiptEntry.objects.filter(box=box)
        pictures.append(
            {
                "look_up": [receipts.look_up(text) for text in texts],
                "list": sorted(listed.values_list("label", "state", "reason")),
                "matches": {bytes(entry.receipt_hash) for entry in listed}
                == {receipts.receipt_hash(box.pk, text) for text in texts},
                "counts": (box.counts, queries.counts(box)),
                "turnout": queries.turnout(box),
                "codes": sorted(box.codes.values_list("state", "void_reason")),
                "envelopes": sorted(
                    box.envelopes.values_list("day", "channel", "batch")
                ),
                "verbs": list(
                    AuditEvent.objects.order_by("seq").values_list("verb", flat=True)
                )[events:][-4:],
            }
        )
    assert pictures[0] == pictures[1]
    assert pictures[0]["matches"]
