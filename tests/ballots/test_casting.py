"""Cast, replace, take back (T28 to T32, T61, T144)."""

import datetime as dt
from uuid import uuid4

import pytest

from audit.models import AuditEvent
from ballots import actions, casting, codes, custody, entry, sealing
from ballots.casting import BulkBallot
from ballots.entry import Entry
from ballots.errors import (
    BoxNotOpen,
    CodeUnknown,
    CodeUsed,
    CodeVoid,
    InterviewTooLate,
    NewerBallotInBox,
)
from ballots.models import BallotCode, Envelope
from ballots.sealing import Paper
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO, NOON, marks

pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(days=3)


@pytest.fixture
def box_and_code():
    box, (code,) = world.open_with(KAIFENGDAO)
    return box, code


def items_in_the_box(box) -> list[tuple[int | None, ...]]:
    keys = custody.recover(box)
    opened = [
        sealing.open_paper(keys, bytes(papers))
        for papers in box.envelopes.values_list("papers", flat=True)
    ]
    return [paper.items for paper in opened if paper]


def test_ballot_lies_sealed_in_the_box(box_and_code):
    box, code = box_and_code
    receipt = world.vote(code, 5, None, 0, words="路灯坏了")
    envelope = Envelope.objects.get()
    assert (envelope.box_id, envelope.code_id) == (box.pk, code.code_id)
    assert (envelope.day, envelope.channel) == (dt.date(2026, 3, 2), "web")
    assert (len(envelope.papers), len(envelope.texts)) == (560, 2096)
    assert world.code_row(code).state == "used"
    assert items_in_the_box(box) == [(5, None, 0)]
    assert receipt.text == code.receipt


def test_day_is_the_local_one(box_and_code):
    _box, code = box_and_code
    world.vote(code, 5, at=dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC))
    assert Envelope.objects.get().day == dt.date(2026, 3, 3)


def test_replacement_overwrites_in_place_and_keeps_day_and_receipt(box_and_code):
    box, code = box_and_code
    first = world.vote(code, 1)
    before = Envelope.objects.get()
    second = world.vote(code, 5, at=LATER)
    after = Envelope.objects.get()
    assert items_in_the_box(box) == [(5,)]
    assert first.text == second.text
    kept = ("pk", "box_id", "code_id", "day", "batch", "receipt_hash", "key_id")
    assert [getattr(after, name) for name in kept] == [
        getattr(before, name) for name in kept
    ]
    for name in ("papers", "texts", "digest", "row_mac", "nonce_hash"):
        assert getattr(after, name) != getattr(before, name)


def test_same_nonce_again_writes_nothing(box_and_code):
    """A second press, a retry, a replayed request: the same receipt (T29, T144)."""
    _box, code = box_and_code
    known = world.entry_at(code)
    first = casting.cast(
        entry=known, ballot=marks(5), channel="web", at=NOON, nonce="pressed"
    )
    before = Envelope.objects.values().get()
    again = casting.cast(
        entry=known, ballot=marks(1), channel="web", at=LATER, nonce="pressed"
    )
    assert again == first
    assert Envelope.objects.values().get() == before


def test_page_that_knows_an_older_ballot_is_asked_first(box_and_code):
    box, code = box_and_code
    known = world.entry_at(code)
    casting.cast(entry=known, ballot=marks(5), channel="web", at=NOON, nonce="one")
    with pytest.raises(NewerBallotInBox) as newer:
        casting.cast(entry=known, ballot=marks(1), channel="web", at=NOON, nonce="two")
    assert items_in_the_box(box) == [(5,)]
    assert newer.value.entry == world.entry_at(code)

    casting.cast(
        entry=newer.value.entry, ballot=marks(1), channel="web", at=NOON, nonce="two"
    )
    assert items_in_the_box(box) == [(1,)]


def test_older_captured_request_changes_nothing(box_and_code):
    """First ballot, replacement, then the first request once more (T144)."""
    box, code = box_and_code
    known = world.entry_at(code)
    first = casting.cast(
        entry=known, ballot=marks(1), channel="web", at=NOON, nonce="one"
    )
    casting.cast(
        entry=first.entry, ballot=marks(5), channel="web", at=NOON, nonce="two"
    )
    with pytest.raises(NewerBallotInBox):
        casting.cast(entry=known, ballot=marks(1), channel="web", at=NOON, nonce="one")
    assert items_in_the_box(box) == [(5,)]


def test_entry_of_another_box_is_refused(box_and_code):
    """T144."""
    _box, code = box_and_code
    other, _codes = world.open_with(KAIFENGDAO)
    forged = Entry(code.code_id, other.pk, KAIFENGDAO, None)
    with pytest.raises(CodeUnknown):
        casting.cast(entry=forged, ballot=marks(5), channel="web", at=NOON, nonce="n")
    assert Envelope.objects.count() == 0


def test_recall_takes_the_ballot_out_and_the_code_is_as_new(box_and_code):
    _box, code = box_and_code
    receipt = world.vote(code, 1)
    casting.recall(entry=receipt.entry, at=NOON)
    assert Envelope.objects.count() == 0
    assert world.code_row(code).state == "issued"
    again = world.vote(code, 5)
    assert again.text == receipt.text


def test_recall_of_nothing_does_nothing(box_and_code):
    _box, code = box_and_code
    casting.recall(entry=world.entry_at(code), at=NOON)
    assert world.code_row(code).state == "issued"


def test_recall_leaves_a_newer_ballot_alone(box_and_code):
    box, code = box_and_code
    first = world.vote(code, 1)
    world.vote(code, 5)
    with pytest.raises(NewerBallotInBox):
        casting.recall(entry=first.entry, at=NOON)
    assert items_in_the_box(box) == [(5,)]


def test_own_ballot_replaces_an_interview(box_and_code):
    box, code = box_and_code
    world.vote(code, 3, channel="phone")
    world.vote(code, 1, channel="web")
    assert items_in_the_box(box) == [(1,)]
    assert Envelope.objects.get().channel == "web"


@pytest.mark.parametrize("channel", ["phone", "visit"])
def test_interview_never_replaces_a_ballot(box_and_code, channel: str):
    box, code = box_and_code
    world.vote(code, 1)
    with pytest.raises(InterviewTooLate):
        world.vote(code, 5, channel=channel)
    assert items_in_the_box(box) == [(1,)]


def cast_late(known: Entry) -> None:
    casting.cast(
        entry=known,
        ballot=marks(1),
        channel="web",
        at=world.TECHNICAL_CLOSE,
        nonce="late",
    )


def recall_late(known: Entry) -> None:
    casting.recall(entry=known, at=world.TECHNICAL_CLOSE)


@pytest.mark.parametrize("act", [cast_late, recall_late])
def test_nothing_moves_after_the_technical_close(box_and_code, act):
    """The announced time counts, also before the job has closed the box (T35)."""
    box, code = box_and_code
    receipt = world.vote(code, 5)
    for _time in range(2):
        with pytest.raises(BoxNotOpen):
            act(receipt.entry)
        world.close(box)
    assert items_in_the_box(world.fresh(box)) == [(5,)]


def test_void_code_casts_nothing(box_and_code):
    _box, code = box_and_code
    known = world.entry_at(code)
    actions.void_code(code=world.code_row(code), reason="lost", by=world.CLERK, at=NOON)
    with pytest.raises(CodeVoid):
        casting.cast(entry=known, ballot=marks(5), channel="web", at=NOON, nonce="n")
    assert Envelope.objects.count() == 0


def test_casting_leaves_no_event_of_participation(box_and_code):
    _box, code = box_and_code
    before = AuditEvent.objects.count()
    receipt = world.vote(code, 1)
    world.vote(code, 5)
    casting.recall(entry=world.vote(code, 3).entry, at=NOON)
    assert receipt.text == code.receipt
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("times", [1, 2])
def test_first_and_later_ballot_cost_few_statements(
    box_and_code, django_assert_max_num_queries, times: int
):
    """Savepoint aside: lock, (envelope), write, mark (architecture 7)."""
    _box, code = box_and_code
    casting.receipt_of(world.entry_at(code))
    if times == 2:
        world.vote(code, 1)
    known = world.entry_at(code)
    with django_assert_max_num_queries(5):
        casting.cast(entry=known, ballot=marks(5), channel="web", at=NOON, nonce="n")


def test_code_in_clear_is_in_no_row(box_and_code):
    _box, code = box_and_code
    world.vote(code, 5, words="marker words")
    rows = repr([*BallotCode.objects.values(), *Envelope.objects.values()])
    stored = b"".join(
        bytes(value)
        for row in [*BallotCode.objects.values(), *Envelope.objects.values()]
        for value in row.values()
        if isinstance(value, bytes | memoryview)
    )
    for clear in (code.code, codes.printed(code.code), code.receipt, "marker"):
        assert clear not in rows
        assert clear.encode() not in stored


def test_bulk_door_puts_the_same_envelopes_into_the_box():
    box, issued = world.open_with(*[KAIFENGDAO] * 3)
    days = [dt.date(2026, 3, day) for day in (2, 3, 4)]
    ballots = [
        BulkBallot(code.code_id, marks(n), "web", day)
        for n, (code, day) in enumerate(zip(issued, days, strict=True))
    ]
    events = AuditEvent.objects.count()
    count = casting.cast_many(box=box, ballots=ballots, by=world.CLERK, at=NOON)
    assert count == 3
    assert sorted(items_in_the_box(box)) == [(0,), (1,), (2,)]
    assert sorted(Envelope.objects.values_list("day", flat=True)) == days
    assert {world.code_row(code).state for code in issued} == {"used"}
    assert AuditEvent.objects.count() == events + 1
    # A household may replace such a ballot, and gets the same receipt.
    assert world.vote(issued[0], 5).text == issued[0].receipt
    assert Envelope.objects.count() == 3


def test_bulk_door_refuses_used_and_doubled_and_foreign_codes():
    box, (one, two) = world.open_with(KAIFENGDAO, KAIFENGDAO)
    world.vote(one, 5)

    def bulk(*code_ids):
        ballots = [BulkBallot(pk, marks(1), "web", NOON.date()) for pk in code_ids]
        casting.cast_many(box=box, ballots=ballots, by=world.CLERK, at=NOON)

    for refusal, code_ids in (
        (CodeUsed, (two.code_id, one.code_id)),
        (CodeUsed, (two.code_id, two.code_id)),
        (CodeUnknown, (two.code_id, uuid4())),
    ):
        with pytest.raises(refusal):
            bulk(*code_ids)
    assert items_in_the_box(box) == [(5,)]
    assert world.code_row(two).state == "issued"


def test_bulk_door_is_shut_with_the_box():
    box, (code,) = world.open_with(KAIFENGDAO)
    ballots = [BulkBallot(code.code_id, marks(1), "web", NOON.date())]
    with pytest.raises(BoxNotOpen):
        casting.cast_many(
            box=box, ballots=ballots, by=world.CLERK, at=world.TECHNICAL_CLOSE
        )
    world.close(box)
    with pytest.raises(BoxNotOpen):
        casting.cast_many(box=box, ballots=ballots, by=world.CLERK, at=NOON)
    assert Envelope.objects.count() == 0


def test_all_slots_are_sealed():
    terms = actions.BoxTerms(paper_slots=2, text_slots=0)
    box, (code,) = world.open_with(KAIFENGDAO, terms=terms)
    casting.cast(
        entry=entry.redeem(code.code, at=NOON),
        ballot=sealing.Ballot((Paper((4,), slot=1),)),
        channel="web",
        at=NOON,
        nonce="n",
    )
    envelope = box.envelopes.get()
    assert (len(envelope.papers), len(envelope.texts)) == (2 * 560, 0)
