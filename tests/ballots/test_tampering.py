"""Whatever was changed in a closed box stops its opening (T48.1, T52, T136)."""

import datetime as dt
import random
from collections.abc import Callable, Sequence

import pytest

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import actions, casting, opening, reconcile, sealing
from ballots.errors import OpeningStopped
from ballots.models import BallotCode, Envelope, Opening, Turnout
from tests.ballots import world
from tests.ballots.world import CLERK, HEAD, KAIFENGDAO, Remembering

pytestmark = pytest.mark.django_db
CLOSE = world.TECHNICAL_CLOSE


class Lying(Remembering):
    """A sink whose answer cannot be true."""

    def __init__(self, answer: int) -> None:
        super().__init__()
        self.answer = answer

    def papers(self, batch: Sequence[opening.OpenedPaper]) -> int:
        return self.answer


class Failing(Remembering):
    def finish(self, _opening: Opening) -> None:
        raise OSError


@pytest.mark.parametrize("answer", [-1, 13])
def test_sink_whose_answer_cannot_be_true_stops_the_opening(answer: int):
    box, _issued = world.closed_box()
    with pytest.raises(OpeningStopped) as caught:
        world.open_up(box, Lying(answer))
    assert caught.value.why == "balance"
    assert Envelope.objects.count() == 12


def test_failing_sink_undoes_the_opening():
    box, _issued = world.closed_box()
    with pytest.raises(OSError):  # noqa: PT011
        world.open_up(box, Failing())
    assert world.fresh(box).state == "closed"
    assert (Envelope.objects.count(), Opening.objects.count()) == (12, 0)
    assert Turnout.objects.count() == 0
    assert world.open_up(box).papers == 12


def delete_one(box) -> None:
    world.sql(
        "DELETE FROM ballots_envelope WHERE id ="
        " (SELECT id FROM ballots_envelope WHERE box_id = %s LIMIT 1)",
        box.pk,
    )


def exchange_papers(box) -> None:
    one, other = Envelope.objects.filter(box=box)[:2]
    for target, source in ((one, other), (other, one)):
        world.sql(
            "UPDATE ballots_envelope SET papers = %s WHERE id = %s",
            source.papers,
            target.pk,
        )


def exchange_whole(box) -> None:
    """Ballots of two households swapped with digest and all: the mac knows the code."""
    one, other = Envelope.objects.filter(box=box)[:2]
    for target, source in ((one, other), (other, one)):
        world.sql(
            "UPDATE ballots_envelope SET papers = %s, texts = %s, digest = %s,"
            " row_mac = %s WHERE id = %s",
            source.papers,
            source.texts,
            source.digest,
            source.row_mac,
            target.pk,
        )


def seal_another(box) -> None:
    """Anybody knows the public key: a well-sealed ballot without the row key."""
    sealed = sealing.seal_ballot(
        bytes(box.public_key), world.marks(5), paper_slots=1, text_slots=1
    )
    envelope = Envelope.objects.filter(box=box).first()
    world.sql(
        "UPDATE ballots_envelope SET papers = %s, texts = %s, digest = %s"
        " WHERE id = %s",
        sealed.papers,
        sealed.texts,
        sealed.digest(box.pk.bytes),
        envelope.pk,
    )


def replay_older(box) -> None:
    """A former ballot of the same household with its own good mac, put back."""
    envelope = Envelope.objects.filter(box=box).first()
    sealed = sealing.seal_ballot(
        bytes(box.public_key), world.marks(1), paper_slots=1, text_slots=1
    )
    casting._fill(envelope, sealed, envelope.channel, b"n" * 32)
    envelope.save()


def change_root_too(box) -> None:
    replay_older(box)
    world.sql(
        "UPDATE ballots_ballotbox SET envelopes_root = %s WHERE id = %s",
        reconcile.envelopes_root(box),
        box.pk,
    )


def forget_use(box) -> None:
    world.sql(
        "UPDATE ballots_ballotcode SET state = 'issued' WHERE id ="
        " (SELECT code_id FROM ballots_envelope WHERE box_id = %s LIMIT 1)",
        box.pk,
    )


def change_day(box) -> None:
    world.sql("UPDATE ballots_envelope SET day = day + 1 WHERE box_id = %s", box.pk)


def change_channel(box) -> None:
    world.sql("UPDATE ballots_envelope SET channel = 'phone' WHERE box_id = %s", box.pk)


def rewrite_event(_box) -> None:
    world.sql("UPDATE audit_auditevent SET data = '{}' WHERE verb = 'box.closed'")


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (delete_one, "counts"),
        (forget_use, "counts"),
        (exchange_papers, "macs"),
        (exchange_whole, "macs"),
        (seal_another, "macs"),
        (change_day, "macs"),
        (change_channel, "macs"),
        (replay_older, "root"),
        (change_root_too, "root"),
        (rewrite_event, "trail"),
    ],
)
def test_tampering_stops_the_opening(tamper: Callable, why: str):
    box, _issued = world.closed_box()
    tamper(box)
    envelopes = Envelope.objects.count()
    assert world.stopped(box).why == why
    assert Envelope.objects.count() == envelopes


def test_every_flipped_bit_of_an_envelope_is_found():
    box, _issued = world.closed_box(*[KAIFENGDAO] * 10)
    dice = random.Random(20)
    columns = {"papers": 560, "texts": 2096, "digest": 32, "row_mac": 32}
    for _flip in range(60):
        column = dice.choice(sorted(columns))
        bit = dice.randrange(columns[column] * 8)
        flip = f"UPDATE ballots_envelope SET {column} = set_bit({column}, %s,"
        flip += f" 1 - get_bit({column}, %s)) WHERE id = %s"
        victim = dice.choice(list(Envelope.objects.order_by("pk")))
        world.sql(flip, bit, bit, victim.pk)
        assert list(reconcile.broken_envelopes(box)) == [victim.code_id]
        world.sql(flip, bit, bit, victim.pk)
    reconcile.check(box)


def test_incident_is_told_once_however_often_the_job_returns():
    box, _issued = world.closed_box()
    delete_one(box)
    for _time in range(3):
        world.stopped(box)
    events = AuditEvent.objects.filter(verb="box.opening_stopped")
    assert [event.data for event in events] == ['{"rows":1,"why":"counts"}']


@pytest.mark.parametrize("tamper", [delete_one, seal_another, forget_use])
def test_two_persons_list_what_was_tampered_with_and_the_rest_is_opened(tamper):
    box, _issued = world.closed_box()
    tamper(box)
    (damaged,) = world.stopped(box).codes
    code = BallotCode.objects.get(pk=damaged)
    late = CLOSE + dt.timedelta(days=9)
    actions.void_code(code=code, reason="tampered", by=CLERK, at=late, second=HEAD)
    sink = Remembering()
    opened = opening.open_box(box_id=box.pk, sink=sink, by=SYSTEM, at=late)
    assert opened.voided == {"tampered": 1}
    assert (opened.envelopes, opened.opened, len(sink.got_papers)) == (12, 11, 11)
    assert BallotCode.objects.get(pk=damaged).state == "void"
