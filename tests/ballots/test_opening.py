"""From sealed envelopes to answers that are nobody's (T46 to T58, T136, T149)."""

import datetime as dt
import os
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import actions, casting, custody, opening, queries, sealing
from ballots.actions import BoxTerms
from ballots.errors import (
    HalfKeyMissing,
    NotYet,
    SecondPersonNeeded,
)
from ballots.models import Envelope, Turnout
from tests.ballots import world
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, Remembering

pytestmark = pytest.mark.django_db
CLOSE = world.TECHNICAL_CLOSE


def test_opening_hands_on_every_answer_once():
    box, codes = world.open_with(*[KAIFENGDAO] * 12)
    for number, code in enumerate(codes):
        world.vote(code, number, None, 0, words=f"words {number}" if number < 3 else "")
    sink = Remembering()
    world.close(box)
    opened = world.open_up(box, sink)

    assert sorted(paper.items for paper in sink.got_papers) == [
        (number, None, 0) for number in range(12)
    ]
    assert {(p.label, p.mode, p.slot, p.assisted) for p in sink.got_papers} == {
        (KAIFENGDAO, "online", 0, "none")
    }
    assert sorted(words.text for words in sink.got_words) == [
        f"words {number}" for number in range(3)
    ]
    assert {words.label for words in sink.got_words} == {"120101"}
    assert len({paper.id for paper in sink.got_papers}) == 12
    assert len({paper.salt for paper in sink.got_papers}) == 12
    assert sink.finished == [opened]
    assert (opened.envelopes, opened.opened, opened.papers) == (12, 12, 12)
    assert (opened.words, opened.empty_words, opened.withheld) == (3, 9, 0)
    assert Envelope.objects.count() == 0
    box = world.fresh(box)
    assert (box.state, box.ending, box.wrapped_secret) == ("opened", "opened", None)


def test_finishing_destroys_both_half_keys():
    box, _issued = world.closed_box()
    world.open_up(box)
    paths = custody.half_key_paths(box.pk)
    assert [path.exists() for path in paths] == [True, True]
    assert list(queries.boxes_to_finish()) == [box]

    for _time in range(2):
        done = actions.finish_opened(box=box, by=CLERK, at=CLOSE)
    assert [path.exists() for path in paths] == [False, False]
    assert (done.state, done.ending) == ("destroyed", "opened")
    assert list(queries.boxes_to_finish()) == []


def test_second_run_finds_the_opening_and_leaves_the_sink_alone():
    box, _issued = world.closed_box()
    first = world.open_up(box)
    sink = Remembering()
    assert world.open_up(box, sink) == first
    actions.finish_opened(box=box, by=CLERK, at=CLOSE)
    assert world.open_up(box, sink) == first
    assert (sink.batches, sink.finished) == ([], [])


def test_turnout_is_kept_by_stratum_channel_and_day():
    box, issued = world.open_with(*[KAIFENGDAO] * 10, *[ANHUILI] * 2)
    for number, code in enumerate(issued):
        at = world.NOON + dt.timedelta(days=number % 2)
        world.vote(code, 5, channel="phone" if number == 0 else "web", at=at)
    world.close(box)
    before = queries.turnout(box)
    world.open_up(box)
    days = [dt.date(2026, 3, 2), dt.date(2026, 3, 3)]
    assert queries.turnout(box) == before
    assert [(c.stratum, c.channel, c.day, c.count) for c in before] == [
        (ANHUILI, "web", days[0], 1),
        (ANHUILI, "web", days[1], 1),
        (KAIFENGDAO, "phone", days[0], 1),
        (KAIFENGDAO, "web", days[0], 4),
        (KAIFENGDAO, "web", days[1], 5),
    ]
    assert queries.turnout_by_stratum(box) == {
        ANHUILI: {days[0]: 1, days[1]: 1},
        KAIFENGDAO: {days[0]: 5, days[1]: 5},
    }


# When


@pytest.mark.parametrize("state", ["sealed_setup", "open"])
def test_box_that_is_not_closed_is_not_opened(state: str):
    box = world.set_up()
    issued = world.issue(box, *[KAIFENGDAO] * 10)
    if state == "open":
        actions.open_voting(box=box, by=HEAD, at=world.NOON)
        world.vote_all(box, issued)
    with pytest.raises(NotYet) as refused:
        world.open_up(box)
    assert refused.value.state == state


def test_box_waits_for_the_end_of_its_void_window():
    """The window runs from the closing, also when the job came late (T12)."""
    terms = BoxTerms(void_window_hours=24)
    box, issued = world.open_with(*[KAIFENGDAO] * 10, terms=terms)
    world.vote_all(box, issued)
    late = CLOSE + dt.timedelta(hours=5)
    actions.close_box(box=box, by=SYSTEM, at=late)
    due = late + dt.timedelta(hours=24)
    assert opening.trail.void_window_ends(box) == due
    just_before = due - dt.timedelta(seconds=1)
    with pytest.raises(NotYet) as refused:
        opening.open_box(box_id=box.pk, sink=Remembering(), by=SYSTEM, at=just_before)
    assert refused.value.allowed_at == due
    assert opening.open_box(box_id=box.pk, sink=Remembering(), by=SYSTEM, at=due)


def test_without_its_half_key_the_box_stays_closed():
    box, _issued = world.closed_box()
    custody.destroy_half_key(box.pk)
    with pytest.raises(HalfKeyMissing):
        world.open_up(box)
    assert Envelope.objects.count() == 12
    assert world.fresh(box).state == "closed"


@pytest.mark.django_db(transaction=True)
def test_opening_is_a_transaction_of_its_own():
    box, _issued = world.closed_box()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        world.open_up(box)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        actions.finish_opened(box=box, by=CLERK, at=CLOSE)
    assert Envelope.objects.count() == 12


# Few


@pytest.mark.parametrize("envelopes", range(13))
def test_box_with_too_few_is_destroyed_unopened(
    envelopes: int, django_capture_on_commit_callbacks
):
    box, issued = world.open_with(*[KAIFENGDAO] * 13)
    world.vote_all(box, issued[:envelopes])
    world.close(box)
    sink = Remembering()
    with django_capture_on_commit_callbacks(execute=True):
        opened = world.open_up(box, sink)
    box = world.fresh(box)
    assert Envelope.objects.count() == 0
    if envelopes >= 10:
        assert (opened.papers, box.ending) == (envelopes, "opened")
        return
    assert (opened, box.state, box.ending) == (None, "destroyed", "too_few")
    assert (sink.batches, sink.finished) == ([], [])
    assert box.wrapped_secret is None
    assert not any(path.exists() for path in custody.half_key_paths(box.pk))
    assert AuditEvent.objects.filter(verb="box.too_few").count() == 1
    assert world.open_up(box, sink) is None


def test_void_list_can_make_a_box_too_small():
    box, issued = world.closed_box(
        *[KAIFENGDAO] * 10, terms=BoxTerms(void_window_hours=1)
    )
    actions.void_code(
        code=world.code_row(issued[0]), reason="stolen", by=CLERK, at=CLOSE, second=HEAD
    )
    at = CLOSE + dt.timedelta(hours=1)
    assert opening.open_box(box_id=box.pk, sink=Remembering(), by=SYSTEM, at=at) is None
    assert world.code_row(issued[0]).state == "void"


@pytest.mark.parametrize("few", range(7))
def test_small_strata_and_modes_lose_their_names(few: int):
    strata = [KAIFENGDAO] * 15 + [ANHUILI] * few
    box, issued = world.open_with(*strata)
    world.vote_all(box, issued[:3], channel="phone")
    world.vote_all(box, issued[3:])
    world.close(box)
    sink = Remembering()
    opened = world.open_up(box, sink)
    covered = Counter((paper.label, paper.mode) for paper in sink.got_papers)
    assert min(covered.values()) >= 5
    assert opened.withheld == (few if few < 5 else 0)
    assert opened.opened + opened.withheld == opened.envelopes == 15 + few
    assert {label for label, _mode in covered} == (
        {KAIFENGDAO, ANHUILI} if few >= 5 else {KAIFENGDAO}
    )
    assert {mode for label, mode in covered if label == KAIFENGDAO} == {"mixed"}


def test_withheld_ballots_count_for_nothing_but_turnout():
    box, _issued = world.closed_box(*[KAIFENGDAO] * 12, *[ANHUILI] * 3)
    sink = Remembering()
    opened = world.open_up(box, sink)
    assert len(sink.got_papers) == 12
    assert len(sink.got_words) == 0
    assert (opened.withheld, opened.empty_words) == (3, 12)
    assert sum(Turnout.objects.values_list("count", flat=True)) == 15
    assert Envelope.objects.count() == 0


# Void list


def test_listed_ballots_are_removed_unread():
    terms = BoxTerms(void_window_hours=24)
    box, issued = world.closed_box(*[KAIFENGDAO] * 13, terms=terms)
    for number, reason in ((0, "stolen"), (1, "stolen"), (2, "misdelivered")):
        code = world.code_row(issued[number])
        actions.void_code(code=code, reason=reason, by=CLERK, at=CLOSE, second=HEAD)
    sink = Remembering()
    at = CLOSE + dt.timedelta(hours=24)
    opened = opening.open_box(box_id=box.pk, sink=sink, by=SYSTEM, at=at)
    assert sorted(paper.items for paper in sink.got_papers) == [
        (number, 0) for number in range(3, 13)
    ]
    assert opened.voided == {"stolen": 2, "misdelivered": 1}
    assert (opened.envelopes, opened.opened) == (13, 10)
    rows = [world.code_row(code) for code in issued[:3]]
    assert {(row.state, row.slot_key) for row in rows} == {("void", None)}
    assert sum(Turnout.objects.values_list("count", flat=True)) == 10


# Several slots, batches, invalid payloads


def test_every_slot_is_shuffled_and_balanced_on_its_own():
    terms = BoxTerms(paper_slots=2, text_slots=2, void_window_hours=0)
    box, issued = world.open_with(*[KAIFENGDAO] * 60, terms=terms)
    ballots = [
        world.BulkBallot(
            code.code_id,
            sealing.Ballot(
                (sealing.Paper((n,), 0), sealing.Paper((n,), 1, "family")),
                (sealing.Words(f"{n}", 7, 1),),
            ),
            "web",
            world.NOON.date(),
        )
        for n, code in enumerate(issued)
    ]
    casting.cast_many(box=box, ballots=ballots, by=CLERK, at=world.NOON)
    world.close(box)
    sink = Remembering()
    opened = world.open_up(box, sink)
    by_slot = [
        [p.items[0] for p in sink.got_papers if p.slot == slot] for slot in (0, 1)
    ]
    assert [sorted(items) for items in by_slot] == [list(range(60))] * 2
    assert by_slot[0] != by_slot[1]
    assert [items != sorted(items) for items in by_slot] == [True, True]
    assert {(w.slot, w.question) for w in sink.got_words} == {(1, 7)}
    assert [int(w.text) for w in sink.got_words] != by_slot[0]
    assert (opened.papers, opened.words, opened.empty_words) == (120, 60, 60)


def test_answers_come_in_batches_of_a_thousand():
    box, issued = world.open_with(*[KAIFENGDAO] * 2100)
    world.vote_all(box, issued)
    world.close(box)
    sink = Remembering()
    opened = world.open_up(box, sink)
    assert sink.batches == [1000, 1000, 100]
    assert opened.papers == 2100


def test_refused_papers_are_counted_as_invalid():
    box, issued = world.open_with(*[KAIFENGDAO] * 12)
    for number, code in enumerate(issued):
        world.vote(code, 99 if number < 2 else 5)
    world.close(box)
    opened = world.open_up(box)
    assert (opened.papers, opened.invalid, opened.opened) == (10, 2, 12)


def reseal(code, papers: bytes | None = None, texts: bytes | None = None) -> None:
    """Foreign bytes in an envelope whose mac is right: only a key holder could."""
    envelope = Envelope.objects.get(code=code.code_id)
    sealed = sealing.SealedBallot(
        papers or bytes(envelope.papers), texts or bytes(envelope.texts)
    )
    casting._fill(envelope, sealed, envelope.channel, b"n" * 32)
    envelope.save()


def test_payload_that_does_not_open_is_invalid():
    box, issued = world.open_with(*[KAIFENGDAO] * 12)
    world.vote_all(box, issued)
    reseal(issued[0], papers=os.urandom(560))
    reseal(issued[1], texts=os.urandom(2096))
    world.close(box)
    opened = world.open_up(box)
    assert (opened.papers, opened.invalid) == (11, 1)
    assert (opened.empty_words, opened.invalid_words) == (11, 1)


def test_payload_of_another_slot_is_invalid():
    terms = BoxTerms(paper_slots=2, void_window_hours=0)
    box, issued = world.open_with(*[KAIFENGDAO] * 12, terms=terms)
    world.vote_all(box, issued)
    papers = bytes(Envelope.objects.get(code=issued[0].code_id).papers)
    reseal(issued[0], papers=papers[560:] + papers[:560])
    world.close(box)
    opened = world.open_up(box)
    assert (opened.papers, opened.invalid) == (22, 2)


@pytest.mark.parametrize("part", ["papers", "texts"])
def test_many_invalid_payloads_wait_for_two_persons(part: str):
    box, issued = world.open_with(*[KAIFENGDAO] * 30)
    world.vote_all(box, issued)
    for code in issued[:10]:
        size = 560 if part == "papers" else 2096
        reseal(code, **{part: os.urandom(size)})
    world.close(box)
    assert world.stopped(box).why == "invalid"
    assert Envelope.objects.count() == 30
    with pytest.raises(SecondPersonNeeded):
        opening.open_box(
            box_id=box.pk, sink=Remembering(), by=HEAD, at=CLOSE, accept_invalid=True
        )
    opened = opening.open_box(
        box_id=box.pk,
        sink=Remembering(),
        by=CLERK,
        at=CLOSE,
        accept_invalid=True,
        second=HEAD,
    )
    assert opened.invalid + opened.invalid_words == 10
    event = AuditEvent.objects.get(verb="box.opened")
    assert '"second":"head"' in event.data


# The act itself


def test_envelopes_are_deleted_in_one_statement_and_never_updated():
    box, issued = world.closed_box()
    with CaptureQueriesContext(connection) as captured:
        world.open_up(box)
    touching = [
        query["sql"]
        for query in captured
        if "ballots_envelope" in query["sql"]
        and not query["sql"].startswith(("SELECT", "DECLARE"))
    ]
    assert [statement.split(" WHERE ")[0] for statement in touching] == [
        'DELETE FROM "ballots_envelope"',
    ]
    assert len(issued) == 12


def test_parameter_lists_never_hold_the_order():
    """The shuffled order reaches no statement but the sink's own inserts (T49)."""
    box, _issued = world.closed_box()
    envelopes = {str(pk) for pk in Envelope.objects.values_list("pk", flat=True)}
    with CaptureQueriesContext(connection) as captured:
        world.open_up(box)
    statements = " ".join(query["sql"] for query in captured)
    assert [pk for pk in envelopes if pk in statements] == []


def test_spool_leaves_nothing_on_the_disk():
    box, _issued = world.closed_box()
    seen = []

    class Looking(Remembering):
        def papers(self, batch):
            seen.append(list((settings.VAR / "spool").iterdir()))
            return super().papers(batch)

    world.open_up(box, Looking())
    assert seen == [[]]
    assert list((settings.VAR / "spool").iterdir()) == []
