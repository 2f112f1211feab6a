"""Few ballots are never opened, and no stored label covers few (T58, T59, T149)."""

import itertools
from collections import Counter

import pytest

from audit.actions import SYSTEM
from ballots import casting
from ballots.actions import IssuedCode
from ballots.casting import BulkBallot
from ballots.models import BallotBox, Envelope, Opening
from tests.ballots import world
from tests.ballots.world import ANHUILI, KAIFENGDAO, NOON, Remembering

pytestmark = pytest.mark.django_db
FLOOR = 5
THIRD = "120101003001"
CHANNELS = ("web", "phone", "visit", "paper")


def cast(box: BallotBox, issued: list[IssuedCode], channels: list[str]) -> None:
    ballots = [
        BulkBallot(code.code_id, world.marks(n, words="说"), channel, NOON.date())
        for n, (code, channel) in enumerate(zip(issued, channels, strict=True))
    ]
    casting.cast_many(box=box, ballots=ballots, by=SYSTEM, at=NOON)


@pytest.mark.parametrize("ballots", range(13))
def test_box_with_so_many_ballots(ballots: int):
    """Below ten: destroyed unopened, nobody reads one; from ten on: opened."""
    box, issued = world.open_with(*[KAIFENGDAO] * 13)
    cast(box, issued[:ballots], ["web"] * ballots)
    world.close(box)
    sink = Remembering()
    opened = world.open_up(box, sink)
    assert Envelope.objects.count() == 0
    if ballots < 10:
        assert (opened, sink.got_papers, sink.got_words) == (None, [], [])
        assert (world.fresh(box).ending, Opening.objects.count()) == ("too_few", 0)
    else:
        assert opened is not None
        assert (opened.papers, len(sink.got_papers)) == (ballots, ballots)


@pytest.mark.parametrize(
    "sizes", [*itertools.product(range(7), repeat=2), (1, 1, 1), (6, 4, 1), (2, 2, 5)]
)
def test_no_stored_label_covers_few(sizes: tuple[int, ...]):
    """Twelve of one community in mixed modes, 0 to 6 of the others."""
    places = [KAIFENGDAO] * 12
    for place, size in zip((ANHUILI, THIRD, "120101003002"), sizes, strict=False):
        places += [place] * size
    box, issued = world.open_with(*places)
    modes = [CHANNELS[n * n % 4] for n in range(len(issued))]
    cast(box, issued, modes)
    world.close(box)
    sink = Remembering()
    opened = world.open_up(box, sink)
    assert opened is not None
    assert opened.withheld + len(sink.got_papers) == len(issued)
    covered = Counter((paper.label, paper.mode) for paper in sink.got_papers)
    assert min(covered.values()) >= FLOOR
    words = Counter(said.label for said in sink.got_words)
    assert min(words.values()) >= FLOOR
