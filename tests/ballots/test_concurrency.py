"""Real connections at once: one household, one envelope (T29, T35, T133)."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from ballots import actions, casting, custody, opening, queries, sealing
from ballots.errors import BallotError
from ballots.models import BallotCode, Envelope
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO, NOON, marks

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 40
POSTS, CODES = 200, 2000  # T133
T = TypeVar("T")


def at_once(acts: Sequence[Callable[[], T]], threads: int = THREADS) -> list[T | str]:
    """Run all on as many connections; a refusal answers with its name."""
    threads = min(threads, len(acts))
    barrier = threading.Barrier(threads)
    waiting = iter(list(enumerate(acts)))
    answers: dict[int, T | str] = {}

    def work() -> None:
        barrier.wait()
        try:
            for number, act in waiting:
                try:
                    answers[number] = act()
                except BallotError as refused:
                    answers[number] = type(refused).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _thread in range(threads)]:
            done.result()
    return [answers[number] for number in range(len(acts))]


def marks_in(box) -> list[int | None]:
    keys = custody.recover(box)
    papers = box.envelopes.values_list("papers", flat=True)
    opened = [sealing.open_paper(keys, bytes(sealed)) for sealed in papers]
    return sorted(paper.items[0] for paper in opened)


def test_code_used_two_hundred_times_at_once_leaves_one_envelope():
    box, (code,) = world.open_with(KAIFENGDAO)
    answers = at_once([lambda n=n: world.vote(code, n % 6) for n in range(POSTS)])
    receipts = [answer.text for answer in answers if not isinstance(answer, str)]
    assert set(receipts) == {code.receipt}
    assert {answer for answer in answers if isinstance(answer, str)} <= {
        "NewerBallotInBox"
    }
    assert Envelope.objects.count() == 1
    assert queries.counts(box).used == 1
    assert opening.reconcile.codes_without_match(box) == []
    assert list(opening.reconcile.broken_envelopes(box)) == []


def test_same_press_two_hundred_times_at_once_is_one_ballot():
    """A double click, a nervous finger, a retrying browser: one nonce."""
    box, (code,) = world.open_with(KAIFENGDAO)
    known = world.entry_at(code)

    def press():
        return casting.cast(
            entry=known, ballot=marks(4), channel="web", at=NOON, nonce="pressed"
        )

    answers = at_once([press] * POSTS)
    assert {answer.text for answer in answers} == {code.receipt}
    assert len({answer.entry.digest for answer in answers}) == 1
    assert marks_in(box) == [4]


def test_two_thousand_codes_at_once_are_all_in_the_box():
    box, issued = world.open_with(*[KAIFENGDAO] * CODES)
    answers = at_once(
        [
            lambda n=n, code=code: world.vote(code, n % 100)
            for n, code in enumerate(issued)
        ]
    )
    assert [answer.text for answer in answers] == [code.receipt for code in issued]
    assert marks_in(box) == sorted(n % 100 for n in range(CODES))
    assert queries.counts(box) == queries.BoxCounts(CODES, 0, CODES, 0, CODES)


def test_recall_against_cast_ends_in_a_state_of_some_order():
    """Either the new ballot, or nothing: never the old one, never half a state."""
    box, issued = world.open_with(*[KAIFENGDAO] * 30)
    outcomes: Counter[tuple[str, int]] = Counter()
    for code in issued:
        known = world.vote(code, 1).entry
        answers = at_once(
            [
                lambda known=known: casting.recall(entry=known, at=NOON),
                lambda known=known: casting.cast(
                    entry=known,
                    ballot=marks(5),
                    channel="web",
                    at=NOON,
                    nonce=casting.new_nonce(),
                ),
            ]
        )
        refused = [answer for answer in answers if isinstance(answer, str)]
        assert refused in (["NewerBallotInBox"], [])
        row = world.code_row(code)
        envelopes = Envelope.objects.filter(code=row).count()
        outcomes[row.state, envelopes] += 1
    assert set(outcomes) <= {("used", 1), ("issued", 0)}
    assert set(marks_in(box)) <= {5}


def test_close_waits_for_casts_and_lets_none_in_afterwards():
    box, issued = world.open_with(*[KAIFENGDAO] * 60)
    last_moment = world.TECHNICAL_CLOSE - dt.timedelta(seconds=1)
    acts: list[Callable[[], object]] = [
        lambda code=code: world.vote(code, 5, at=last_moment).text for code in issued
    ]
    acts.insert(30, lambda: world.close(box).state)
    answers = at_once(acts, threads=20)
    receipts = [answer for answer in answers if answer not in ("closed", "BoxNotOpen")]
    box = world.fresh(box)
    assert box.counts["used"] == len(receipts) == Envelope.objects.count()
    assert BallotCode.objects.filter(state="used").count() == len(receipts)
    # Counts and roots of the close are those of what lies there now.
    opening.reconcile.check(box)


def test_void_against_cast_leaves_no_orphan():
    box, issued = world.open_with(*[KAIFENGDAO] * 20)
    for code in issued:
        row = world.code_row(code)
        at_once(
            [
                lambda row=row: actions.void_code(
                    code=row,
                    reason="lost",
                    by=world.CLERK,
                    at=NOON,
                    second=world.HEAD,
                ),
                lambda code=code: world.vote(code, 5),
            ]
        )
        assert (world.code_row(code).state, Envelope.objects.count()) == ("void", 0)
    assert opening.reconcile.codes_without_match(box) == []


def test_household_gets_one_code_from_two_clerks_at_once():
    box = world.set_up()
    household = world.uuid4()
    places = [actions.Place(household, KAIFENGDAO)]

    def issue() -> int:
        return len(actions.issue_codes(box=box, places=places, by=world.CLERK, at=NOON))

    assert sorted(map(str, at_once([issue] * 8))) == ["1"] + ["HouseholdHasCode"] * 7
    assert BallotCode.objects.count() == 1


def test_two_openings_at_once_make_one():
    box, issued = world.open_with(*[KAIFENGDAO] * 300)
    world.vote_all(box, issued)
    world.close(box)
    sinks = [world.Remembering() for _run in range(4)]
    openings = at_once([lambda sink=sink: world.open_up(box, sink) for sink in sinks])
    assert len({opened.pk for opened in openings}) == 1
    assert sorted(len(sink.got_papers) for sink in sinks) == [0, 0, 0, 300]
