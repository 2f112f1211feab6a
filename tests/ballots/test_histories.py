"""Random histories: what went in is what came out, always (T135)."""

import datetime as dt
import random
from collections import Counter

import pytest
from django.db import transaction

from ballots import actions, casting, opening, queries, verifying
from ballots.actions import BoxTerms
from ballots.errors import BallotError, OpeningStopped
from ballots.models import BallotBox, BallotCode
from tests.ballots import world
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
WINDOW = BoxTerms(void_window_hours=24)
REASONS = [reason for reason in BallotCode.VoidReason.values if reason != "tampered"]


def live(story: random.Random):
    """Sixty days in the life of a box; the last accepted marks of each live code."""
    strata = [story.choice([KAIFENGDAO, ANHUILI]) for _household in range(40)]
    box, issued = world.open_with(*strata, terms=WINDOW)
    inside: dict[object, tuple[int, str]] = {}
    for _step in range(120):
        code = story.choice(issued)
        at = NOON + dt.timedelta(days=story.randrange(20))
        act = story.choices(
            ["vote", "phone", "recall", "void", "reissue"], [9, 3, 3, 1, 1]
        )
        try:
            match act[0]:
                case "vote" | "phone" as how:
                    mark = story.randrange(6)
                    channel = "web" if how == "vote" else "phone"
                    world.vote(code, mark, channel=channel, at=at)
                    inside[code.code_id] = mark, channel
                case "recall":
                    casting.recall(entry=world.entry_at(code, at), at=at)
                    inside.pop(code.code_id, None)
                case "void" | "reissue" as how:
                    arguments = {
                        "code": world.code_row(code),
                        "reason": story.choice(REASONS),
                        "by": CLERK,
                        "at": at,
                        "second": HEAD,
                    }
                    if how == "void":
                        actions.void_code(**arguments)
                    else:
                        issued.append(actions.reissue_code(**arguments))
                    inside.pop(code.code_id, None)
        except BallotError:
            continue
    return box, issued, inside


def stops(box: BallotBox, at: dt.datetime, change: str) -> str:
    """Why the opening stops once a database user has changed one unit; undone."""
    before = transaction.savepoint()
    world.sql(change, box.pk)
    with pytest.raises(OpeningStopped) as caught:
        opening.open_box(box_id=box.pk, sink=world.Remembering(), by=CLERK, at=at)
    transaction.savepoint_rollback(before)
    return caught.value.why


ONE_UNIT = [
    "DELETE FROM ballots_envelope WHERE id ="
    " (SELECT id FROM ballots_envelope WHERE box_id = %s LIMIT 1)",
    "UPDATE ballots_ballotcode SET state = 'issued' WHERE id ="
    " (SELECT id FROM ballots_ballotcode WHERE box_id = %s"
    " AND state = 'used' AND void_reason = '' LIMIT 1)",
    "UPDATE ballots_ballotcode SET state = 'used' WHERE id ="
    " (SELECT id FROM ballots_ballotcode WHERE box_id = %s"
    " AND state = 'issued' LIMIT 1)",
]


@pytest.mark.parametrize("seed", range(50))
def test_what_went_in_comes_out(seed: int):
    """Used = envelopes = opened + invalid + void, per community and channel (T135)."""
    story = random.Random(seed)
    box, issued, inside = live(story)
    close = world.TECHNICAL_CLOSE
    world.close(box)
    counts = queries.counts(box)
    assert counts.used == counts.envelopes == len(inside)
    assert counts.codes == len(issued)

    listed = story.sample(sorted(inside, key=str), 2)
    for code_id in listed:
        actions.void_code(
            code=BallotCode.objects.get(pk=code_id),
            reason="stolen",
            by=CLERK,
            at=close,
            second=HEAD,
        )
        del inside[code_id]
    sink = world.Remembering()
    at = close + dt.timedelta(hours=24)
    assert {stops(box, at, change) for change in ONE_UNIT} == {"counts"}
    opened = opening.open_box(box_id=box.pk, sink=sink, by=CLERK, at=at)

    assert opened.envelopes == opened.opened + opened.withheld + 2
    assert opened.opened == opened.papers + opened.invalid == len(sink.got_papers)
    strata = dict(BallotCode.objects.values_list("pk", "stratum"))
    taken = Counter((strata[code], channel) for code, (_m, channel) in inside.items())
    turnout: Counter[tuple[str, str]] = Counter()
    for cell in queries.turnout(box):
        turnout[cell.stratum, cell.channel] += cell.count
    assert turnout == taken
    by_place = Counter(paper.label for paper in sink.got_papers)
    for stratum in (KAIFENGDAO, ANHUILI):
        in_box = Counter(m for c, (m, _ch) in inside.items() if strata[c] == stratum)
        out = Counter(p.items[0] for p in sink.got_papers if p.label == stratum)
        assert out == in_box or by_place[stratum] == 0
    assert verifying.verify_box(world.fresh(box)).faults == ()
