"""The opening: the one function between who answered and what was answered (T46-T54).

`open_box` is one transaction. Before it commits every envelope lies there and no answer
does; after it every answer does and no envelope. There is no third outcome (T54).
"""

import datetime as dt
import io
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db import transaction

from audit import vendor_sql
from audit.actions import Actor, canonical, record
from audit.models import AuditEvent
from ballots import custody, labels, queries, reconcile, sealing, spool, trail
from ballots.actions import locks
from ballots.actions.boxes import destroy_unopened
from ballots.errors import NotYet, OpeningStopped
from ballots.labels import Label
from ballots.models import BallotBox, Channel, Opening, Turnout
from ballots.queries import TurnoutCount
from ballots.sinks import OpenedPaper, OpenedWords, Sink

__all__ = ["OpenedPaper", "OpenedWords", "Sink", "open_box"]

BATCH = 1000
KEY_BYTES = SALT_BYTES = 16
# T52: above one in a hundred and at least ten, people decide.
INVALID_SHARE, INVALID_LEAST = 100, 10
MODES = {
    Channel.WEB.value: "online",
    Channel.PAPER.value: "paper",
    Channel.PHONE.value: "phone",
    Channel.VISIT.value: "visit",
    Channel.MEETING.value: "meeting",
}
State = BallotBox.State
Cell = tuple[str, str]  # stratum and mode
Record = tuple[int, bytes]  # label number and sealed bytes


@dataclass(slots=True)
class Tally:
    """Counted while the answers stream by; per slot, so that each can be balanced."""

    papers: Counter[int] = field(default_factory=Counter)
    invalid: Counter[int] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    empty_words: Counter[int] = field(default_factory=Counter)
    invalid_words: Counter[int] = field(default_factory=Counter)


def open_box(
    *,
    box_id: UUID,
    sink: Sink,
    by: Actor,
    at: dt.datetime,
    accept_invalid: bool = False,
    second: Actor | None = None,
) -> Opening | None:
    """Open a closed box whose void window is over; one transaction (T46 to T54).

    Returns the Opening; the existing one, with the sink untouched, when the box is
    open already; None when fewer than `min_open` envelopes were left and the box was
    destroyed unopened (T58). Afterwards `actions.finish_opened` destroys the half-key.
    Many invalid payloads stop the opening until two persons accept them (T52).

    Raises NotYet, HalfKeyMissing, KeyMismatch, and OpeningStopped when anything does
    not add up: then nothing has changed but one event that says so (T52).
    """
    if accept_invalid:
        locks.need_second(by, second)
    _need_sound_trail(at)
    try:
        with transaction.atomic(durable=True):
            return _open(
                box_id,
                sink,
                by=by,
                at=at,
                accept_invalid=accept_invalid,
                second=second,
            )
    except OpeningStopped as stopped:
        _tell(box_id, stopped, by=by, at=at)
        raise


def _need_sound_trail(at: dt.datetime) -> None:
    if not trail.is_sound(at=at):
        raise OpeningStopped("trail")


def _tell(box_id: UUID, stopped: OpeningStopped, *, by: Actor, at: dt.datetime) -> None:
    """One event per kind of incident and box, however often the job comes back."""
    box = BallotBox.objects.get(pk=box_id)
    data = {"why": stopped.why, "rows": len(stopped.codes)}
    verb = "box.opening_stopped"
    told = AuditEvent.objects.filter(
        verb=verb, target_id=str(box_id), data=canonical(data)
    )
    with transaction.atomic():
        if not told.exists():
            record(verb, by=by, at=at, target=box, division=box.division, data=data)


def _open(
    box_id: UUID,
    sink: Sink,
    *,
    by: Actor,
    at: dt.datetime,
    accept_invalid: bool,
    second: Actor | None,
) -> Opening | None:
    """The steps of T48, in their order."""
    box = BallotBox.objects.select_for_update().get(pk=box_id)
    if opening := box.openings.first():
        return opening
    if box.ending == BallotBox.Ending.TOO_FEW:
        return None
    _check_ready(box, at)
    # The half-key goes after the commit: what was opened must be on the disk by then.
    vendor_sql.commit_firmly()
    keys = custody.recover(box)
    envelopes = queries.counts(box).used
    turnout = queries.envelope_counts(box)
    left = sum(found.count for found in turnout)
    assigned = _labels(box, turnout)
    with spool.spools(*_sizes(box)) as spools:
        # 1. recount, macs, root; and on the same walk 3. strip
        strip = Stripping(assigned, spools, box.paper_slots)
        reconcile.check(box, strip.take if left >= box.min_open else None)
        # 2. the void list
        voided = reconcile.apply_void_list(box)
        if left < box.min_open:
            _destroy_too_few(box, by=by, at=at)
            return None
        # 4. shuffle, decrypt, hand on
        tally = _stream(box, keys, strip, sink)
    # 5. balance, and the rows that tell of it
    withheld = sum(row.count for row in turnout if assigned[_cell(row)] is None)
    _balance(box, tally, left - withheld, accept_invalid=accept_invalid)
    _write_turnout(box, turnout)
    opening = _write_opening(
        box, at, tally, envelopes=envelopes, voided=voided, withheld=withheld
    )
    sink.finish(opening)
    # 6. all envelopes in one statement, the wrapped secret, the event
    box.envelopes.all().delete()
    BallotBox.objects.filter(pk=box.pk).update(
        state=State.OPENED, ending=BallotBox.Ending.OPENED, wrapped_secret=None
    )
    _record_opening(box, opening, by=by, at=at, second=second)
    trail.note_opening(box, by=by, at=at)
    return opening


def _destroy_too_few(box: BallotBox, *, by: Actor, at: dt.datetime) -> None:
    """Fewer than the floor: nobody ever reads them (T58)."""
    destroy_unopened(box, ending=BallotBox.Ending.TOO_FEW)
    record(
        "box.too_few",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={"min_open": box.min_open},
    )


def _check_ready(box: BallotBox, at: dt.datetime) -> None:
    """T47: closed, and the void window over."""
    if box.state != State.CLOSED:
        raise NotYet(box.state)
    ends = trail.void_window_ends(box)
    if ends is None or at < ends:
        raise NotYet(box.state, ends)
    trail.need_closing_checkpoint(box)


def _labels(
    box: BallotBox, turnout: Sequence[TurnoutCount]
) -> dict[Cell, Label | None]:
    """Labels of every stratum and mode, before anything is readable (T59)."""
    counts: Counter[Cell] = Counter()
    for found in turnout:
        counts[_cell(found)] += found.count
    return labels.assign(counts, floor=box.store_floor, division=box.division)


def _cell(found: TurnoutCount) -> Cell:
    return found.stratum, MODES[found.channel]


class Stripping:
    """Label number and sealed bytes of every slot, in table order (T48.3).

    Each slot has a spool of its own; envelopes without a label stay sealed.
    """

    def __init__(
        self,
        assigned: dict[Cell, Label | None],
        spools: list[spool.Spool],
        paper_slots: int,
    ) -> None:
        self.known = list(dict.fromkeys(filter(None, assigned.values())))
        self.numbers = {
            cell: self.known.index(label) for cell, label in assigned.items() if label
        }
        self.papers, self.texts = spools[:paper_slots], spools[paper_slots:]

    def take(self, envelope: reconcile.Sealed) -> None:
        number = self.numbers.get((envelope.stratum, MODES[envelope.channel]))
        if number is None:
            return
        _put(self.papers, number, envelope.papers, sealing.SEALED_PAPER)
        _put(self.texts, number, envelope.texts, sealing.SEALED_WORDS)


def _put(spools: list[spool.Spool], number: int, sealed: bytes, size: int) -> None:
    for kept, piece in zip(spools, sealing.pieces(sealed, size), strict=True):
        kept.put(number, piece)


def _sizes(box: BallotBox) -> list[int]:
    papers = [sealing.SEALED_PAPER] * box.paper_slots
    return papers + [sealing.SEALED_WORDS] * box.text_slots


def _stream(
    box: BallotBox, keys: sealing.KeyPair, strip: Stripping, sink: Sink
) -> Tally:
    """Every slot on its own: shuffle, decrypt, hand on (T48.4)."""
    tally = Tally()
    for slot, papers in enumerate(strip.papers):
        for batch in _batches(papers):
            _hand_papers(batch, slot, keys, strip.known, sink, tally)
    for slot, texts in enumerate(strip.texts):
        for batch in _batches(texts):
            _hand_words(batch, slot, keys, strip.known, sink, tally)
    return tally


def _batches(stripped: spool.Spool) -> Iterator[list[Record]]:
    records = stripped.shuffled()
    while batch := list(itertools.islice(records, BATCH)):
        yield batch


def _hand_papers(
    batch: list[Record],
    slot: int,
    keys: sealing.KeyPair,
    known: list[Label],
    sink: Sink,
    tally: Tally,
) -> None:
    opened = []
    # Keys and salts of a whole batch at once; none of it outlives the call.
    chance = io.BytesIO(os.urandom((KEY_BYTES + SALT_BYTES) * len(batch)))
    for number, sealed in batch:
        paper = sealing.open_paper(keys, sealed)
        if paper is None or paper.slot != slot:
            tally.invalid[slot] += 1
            continue
        label = known[number]
        opened.append(
            OpenedPaper(
                UUID(bytes=chance.read(KEY_BYTES), version=4),
                slot,
                label.place,
                label.mode,
                paper.items,
                paper.assisted,
                paper.bands,
                chance.read(SALT_BYTES),
            )
        )
    refused = sink.papers(opened)
    if not 0 <= refused <= len(opened):
        raise OpeningStopped("balance")
    tally.papers[slot] += len(opened) - refused
    tally.invalid[slot] += refused


def _hand_words(
    batch: list[Record],
    slot: int,
    keys: sealing.KeyPair,
    known: list[Label],
    sink: Sink,
    tally: Tally,
) -> None:
    opened = []
    for number, sealed in batch:
        words = sealing.open_words(keys, sealed)
        if words is None or words.slot != slot:
            tally.invalid_words[slot] += 1
        elif not words.text.strip():
            tally.empty_words[slot] += 1
        else:
            opened.append(
                OpenedWords(
                    uuid4(),
                    slot,
                    words.question,
                    known[number].words,
                    words.text,
                    os.urandom(SALT_BYTES),
                )
            )
    if opened:
        sink.words(opened)
    tally.words[slot] += len(opened)


def _balance(
    box: BallotBox, tally: Tally, opened: int, *, accept_invalid: bool
) -> None:
    """Opened, invalid and empty make up the envelopes, in every slot (T48.5, T52)."""
    for slot in range(box.paper_slots):
        if tally.papers[slot] + tally.invalid[slot] != opened:
            raise OpeningStopped("balance")
        _stop_at_many(tally.invalid[slot], opened, accept_invalid)
    for slot in range(box.text_slots):
        words = tally.words[slot] + tally.empty_words[slot]
        if words + tally.invalid_words[slot] != opened:
            raise OpeningStopped("balance")
        _stop_at_many(tally.invalid_words[slot], opened, accept_invalid)


def _stop_at_many(invalid: int, opened: int, accepted: bool) -> None:
    many = invalid >= INVALID_LEAST and invalid * INVALID_SHARE > opened
    if many and not accepted:
        raise OpeningStopped("invalid")


def _write_turnout(box: BallotBox, turnout: Sequence[TurnoutCount]) -> None:
    """From the envelopes, which are about to go: participation, never content."""
    Turnout.objects.bulk_create(
        Turnout(
            box=box,
            label=row.stratum,
            channel=row.channel,
            day=row.day,
            count=row.count,
        )
        for row in turnout
    )


def _write_opening(
    box: BallotBox,
    at: dt.datetime,
    tally: Tally,
    *,
    envelopes: int,
    voided: dict[str, int],
    withheld: int,
) -> Opening:
    return Opening.objects.create(
        box=box,
        opened_at=at,
        envelopes=envelopes,
        voided=voided,
        withheld=withheld,
        opened=envelopes - sum(voided.values()) - withheld,
        papers=tally.papers.total(),
        invalid=tally.invalid.total(),
        words=tally.words.total(),
        empty_words=tally.empty_words.total(),
        invalid_words=tally.invalid_words.total(),
        receipts_root=box.receipts_root,
        envelopes_root=box.envelopes_root,
    )


def _record_opening(
    box: BallotBox,
    opening: Opening,
    *,
    by: Actor,
    at: dt.datetime,
    second: Actor | None,
) -> None:
    names = "envelopes withheld opened papers invalid words empty_words invalid_words"
    record(
        "box.opened",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={
            **{name: getattr(opening, name) for name in names.split()},
            "voided": opening.voided,
            "second": second.audit_name if second else "",
        },
    )
