"""Is a box what its records say? Reads only; needs no key of the box (T68, T78)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Sum

from ballots import custody, promises, queries, receipts, reconcile, trail
from ballots.actions.boxes import envelopes_root
from ballots.errors import OpeningStopped
from ballots.models import BallotBox, Opening

State = BallotBox.State


@dataclass(frozen=True, slots=True)
class Verification:
    """Counts of a box, and each fault as one word and where it shows."""

    box: str
    state: str
    codes: int
    used: int
    envelopes: int
    receipts: int
    faults: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.faults


def verify_box(box: BallotBox) -> Verification:
    found = queries.counts(box)
    return Verification(
        box=str(box.pk),
        state=box.state,
        codes=found.codes,
        used=found.used,
        envelopes=found.envelopes,
        receipts=box.receipt_entries.count(),
        faults=tuple(_faults(box)),
    )


def _faults(box: BallotBox) -> Iterator[str]:
    yield from _texts(box)
    if box.state in (State.OPEN, State.CLOSED):
        yield from _envelopes(box)
        if not custody.half_keys_agree(box.pk):
            yield "half-key: a copy is unreadable"
    if box.receipts_root is not None:
        yield from _closing(box)
        yield from _listed(box)
    opening = box.openings.first()
    if opening is not None:
        yield from _opening(box, opening)
    if box.unlinked_on is not None and box.codes.exists():
        yield "unlinked: a code is still there"
    if box.state == State.DESTROYED and any(
        path.exists() for path in custody.half_key_paths(box.pk)
    ):
        yield "half-key: still there after the box was destroyed"


def _texts(box: BallotBox) -> Iterator[str]:
    for text, digest in (
        (box.promise, box.promise_digest),
        (box.notice, box.notice_digest),
    ):
        if not promises.is_unchanged(text, bytes(digest)):
            yield f"text: {text} is not what was promised"


def _envelopes(box: BallotBox) -> Iterator[str]:
    for code in reconcile.codes_without_match(box):
        yield f"counts: code {code} and its envelope do not match"
    for code in reconcile.broken_envelopes(box):
        yield f"macs: the envelope of code {code} was changed"
    for code in receipts.envelopes_of_other_receipts(box):
        yield f"receipts: the envelope of code {code} has another's"


def _listed(box: BallotBox) -> Iterator[str]:
    """Every entry of the list says what its code says (T66, T67).

    The root covers who is on the list. What is said of each is compared here, by code
    while there are codes, afterwards by the numbers kept of them (T102).
    """
    if box.unlinked_on is not None:
        found = receipts.counts_of_list(box)
        if found != receipts.counts_kept(box):
            yield "receipts: the states of the list are not those kept of the codes"
        return
    for code in receipts.codes_listed_wrongly(box):
        yield f"receipts: the entry of code {code} says something else"


def _closing(box: BallotBox) -> Iterator[str]:
    """List and roots as fixed at the close, by the row and by the trail (T67, T68)."""
    root = receipts.root_of_list(box)
    if root != bytes(box.receipts_root or b""):
        yield "receipts_root: the list is not that of the close"
    try:
        closing = trail.closing_of(box)
    except OpeningStopped:
        yield "trail: the closing event was changed"
        return
    if closing is None:
        yield "trail: no closing event"
        return
    if root != closing.receipts_root:
        yield "receipts_root: the list is not that of the trail"
    if box.state == State.CLOSED:
        if envelopes_root(box) != closing.envelopes_root:
            yield "envelopes_root: the envelopes are not those of the close"
    elif bytes(box.envelopes_root or b"") != closing.envelopes_root:
        yield "envelopes_root: the row of the box is not that of the trail"


def _opening(box: BallotBox, opening: Opening) -> Iterator[str]:
    """In = out: every envelope is opened, withheld or void, in every slot (T48.5)."""
    voided = sum(opening.voided.values())
    papers = opening.papers + opening.invalid
    words = opening.words + opening.empty_words + opening.invalid_words
    turnout = box.turnout.aggregate(found=Sum("count"))["found"] or 0
    if opening.envelopes != voided + opening.withheld + opening.opened:
        yield "balance: envelopes are not void, withheld or opened"
    if papers != opening.opened * box.paper_slots:
        yield "balance: papers and invalid ones do not make up the envelopes"
    if words != opening.opened * box.text_slots:
        yield "balance: words and empty ones do not make up the envelopes"
    if queries.counts(box).used != opening.envelopes - voided:
        yield "balance: the used codes are not those of the opening"
    if turnout != opening.envelopes - voided:
        yield "balance: the turnout is not that of the envelopes"
    if box.envelopes.exists() or box.wrapped_secret is not None:
        yield "opening: an envelope or the secret is still there"
    if bytes(opening.receipts_root) != bytes(box.receipts_root or b""):
        yield "opening: another receipts_root than the box"
