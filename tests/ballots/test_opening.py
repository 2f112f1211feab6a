"""From sealed envelopes to answers that are nobody's (T46 to T54)."""

import pytest

from ballots import actions, custody, queries
from ballots.models import BallotBox, BallotCode, Envelope, Opening
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO

pytestmark = pytest.mark.django_db


def test_opening_hands_on_every_answer_once():
    box, codes = world.open_with(*[KAIFENGDAO] * 12)
    for number, code in enumerate(codes):
        world.vote(code, number, None, 0, words=f"words {number}" if number < 3 else "")
    sink = world.Remembering()
    world.close(box)
    opening = world.open_up(box, sink)

    assert sorted(paper.items for paper in sink.got_papers) == [
        (number, None, 0) for number in range(12)
    ]
    assert {(p.label, p.mode, p.slot, p.assisted) for p in sink.got_papers} == {
        (KAIFENGDAO, "online", 0, "none")
    }
    assert sorted(words.text for words in sink.got_words) == [
        f"words {number}" for number in range(3)
    ]
    assert sink.finished == [opening]
    assert (opening.envelopes, opening.opened, opening.papers) == (12, 12, 12)
    assert (opening.words, opening.empty_words, opening.withheld) == (3, 9, 0)
    assert Envelope.objects.count() == 0
    box = world.fresh(box)
    assert (box.state, box.ending, box.wrapped_secret) == ("opened", "opened", None)


def test_finishing_destroys_both_half_keys():
    box, codes = world.open_with(*[KAIFENGDAO] * 10)
    world.vote_all(box, codes)
    world.close(box)
    world.open_up(box)
    paths = custody.half_key_paths(box.pk)
    assert [path.exists() for path in paths] == [True, True]
    assert list(queries.boxes_to_finish()) == [box]

    for _time in range(2):
        done = actions.finish_opened(box=box, by=world.CLERK, at=world.TECHNICAL_CLOSE)
    assert [path.exists() for path in paths] == [False, False]
    assert (done.state, done.ending) == ("destroyed", "opened")
    assert list(queries.boxes_to_finish()) == []
