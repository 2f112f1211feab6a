"""Set up, open, close, destroy and finish a box (T12 to T14, T35, T53, T58)."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from audit import keyring
from audit.actions import SYSTEM, Actor, record
from ballots import custody, merkle, promises, queries, receipts, sealing, trail
from ballots.actions import locks
from ballots.errors import BoxNotOpen, BoxNotReady, TermsRefused, TooEarly
from ballots.models import BallotBox, PromiseText

SMALLEST_CLASS = 5
State = BallotBox.State


@dataclass(frozen=True, slots=True)
class BoxTerms:
    """What is promised for the life of a box; the lower ends are floors (T35, T58)."""

    paper_slots: int = 1
    text_slots: int = 1
    grace_minutes: int = 30
    paper_days: int = 0
    void_window_hours: int = 24
    min_open: int = 10
    store_floor: int = 5
    reissue_permille: int = 10
    custody: str = "software"

    def numbers(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in RANGES}


RANGES = {
    "paper_slots": (1, 4),
    "text_slots": (0, 3),
    "grace_minutes": (10, 120),
    "paper_days": (0, 5),
    "void_window_hours": (0, 240),
    "min_open": (10, 100),
    "store_floor": (5, 20),
    "reissue_permille": (0, 50),
}


@transaction.atomic
def set_up_box(
    *,
    purpose: str,
    form_digest: bytes,
    promise: PromiseText,
    notice: PromiseText,
    tally_spec_digest: bytes,
    division: str,
    closes_at: dt.datetime,
    terms: BoxTerms,
    by: Actor,
    at: dt.datetime,
) -> BallotBox:
    """A sealed box with its key, everything promised fixed and digested (T13, T37)."""
    _check(terms)
    box_id = uuid4()
    secret = custody.make_secret(box_id)
    box = BallotBox(
        id=box_id,
        purpose=purpose,
        division=division,
        form_digest=form_digest,
        promise=promise,
        promise_digest=bytes(promise.digest),
        notice=notice,
        notice_digest=bytes(notice.digest),
        tally_spec_digest=tally_spec_digest,
        public_key=secret.public_key,
        algorithm_id=sealing.ALGORITHM,
        wrapped_secret=secret.wrapped,
        key_id=secret.wrap_key_id,
        receipt_key_id=keyring.current(settings.KEYS, "receipt").id,
        closes_at=closes_at,
        custody=terms.custody,
        **terms.numbers(),
    )
    box.save()
    record(
        "box.set_up",
        by=by,
        at=at,
        target=box,
        division=division,
        data={
            "purpose": purpose,
            "form": form_digest.hex(),
            "promise": bytes(promise.digest).hex(),
            "notice": bytes(notice.digest).hex(),
            "tally_spec": tally_spec_digest.hex(),
            "public_key": secret.public_key.hex(),
            "custody": terms.custody,
            "closes_at": closes_at.isoformat(),
            "terms": terms.numbers(),
        },
    )
    return box


@transaction.atomic
def open_voting(*, box: BallotBox, by: Actor, at: dt.datetime) -> BallotBox:
    """From here on the codes are valid; the owner brings the second person (T13).

    Raises BoxNotReady with what is missing.
    """
    box = locks.locked(box)
    if missing := _missing(box, at):
        raise BoxNotReady(missing)
    box.state = State.OPEN
    BallotBox.objects.filter(pk=box.pk).update(state=State.OPEN)
    record(
        "box.voting_opened",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={"codes": box.codes.count(), "rehearsed": True},
    )
    return box


@transaction.atomic
def close_box(*, box: BallotBox, by: Actor, at: dt.datetime) -> BallotBox:
    """Technical close (T35): counts, receipt list and roots are fixed (T67, T68).

    Waits for casts in flight. A box that is closed already stays as it is. Raises
    TooEarly before the technical close, except for meetings, whose chair declares it.
    """
    box = locks.locked(box)
    if box.state == State.SEALED_SETUP:
        raise BoxNotOpen(box.state)
    if box.state != State.OPEN:
        return box
    if box.purpose != BallotBox.Purpose.MEETING and at < box.technical_close:
        raise TooEarly(box.technical_close)
    found = queries.counts(box)
    box.state = State.CLOSED
    box.counts = {"issued": found.issued, "used": found.used, "void": found.void}
    box.receipts_root = receipts.write_list(box)
    box.envelopes_root = envelopes_root(box)
    _move(box, "state", "counts", "receipts_root", "envelopes_root")
    record(
        trail.CLOSED,
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={
            **box.counts,
            "envelopes": found.envelopes,
            "receipts_root": box.receipts_root.hex(),
            "envelopes_root": box.envelopes_root.hex(),
        },
    )
    trail.note_close(box, by=by, at=at)
    return box


@transaction.atomic
def destroy_box(
    *,
    box: BallotBox,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> BallotBox:
    """Annul a box: envelopes destroyed unread, by two persons (T12, T92)."""
    if by != SYSTEM:
        locks.need_second(by, second)
    box = locks.locked(box)
    if box.state not in (State.SEALED_SETUP, State.OPEN, State.CLOSED):
        raise BoxNotOpen(box.state)
    destroy_unopened(box, ending=BallotBox.Ending.ANNULLED, note=reason)
    record(
        "box.annulled",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={"reason": reason, "second": second.audit_name if second else ""},
    )
    return box


def destroy_unopened(box: BallotBox, *, ending: str, note: str = "") -> None:
    """Envelopes, wrapped secret and, after the commit, both half-keys (T12, T58).

    The receipt list stays, so that the look-up can say "destroyed unopened" (T66).
    """
    if box.state != State.CLOSED:
        receipts.write_list(box)
    box.envelopes.all().delete()
    box.state, box.ending, box.ending_note = State.DESTROYED, ending, note
    box.wrapped_secret = None
    _move(box, "state", "ending", "ending_note", "wrapped_secret")
    pk = box.pk
    transaction.on_commit(lambda: custody.destroy_half_key(pk))


@transaction.atomic(durable=True)
def finish_opened(*, box: BallotBox, by: Actor, at: dt.datetime) -> BallotBox:
    """After the opening is committed: both copies of H go, the box is destroyed (T53).

    Harmless twice and after a crash between the two steps. Durable: inside another
    transaction the opening might still be undone, and H with it.
    """
    box = locks.locked(box)
    if box.state != State.OPENED:
        return box
    custody.destroy_half_key(box.pk)
    box.state = State.DESTROYED
    _move(box, "state")
    record("box.key_destroyed", by=by, at=at, target=box, division=box.division)
    return box


def sweep_half_keys() -> int:
    """Half-keys that a crash left behind after their box was destroyed; how many."""
    found: set[UUID] = set(custody.stored_half_keys())
    gone = BallotBox.objects.filter(pk__in=found, state=State.DESTROYED)
    destroyed = list(gone.values_list("pk", flat=True))
    for pk in destroyed:
        custody.destroy_half_key(pk)
    return len(destroyed)


def envelopes_root(box: BallotBox) -> bytes:
    """Merkle root over the sorted digests of all envelopes, 32 bytes (T68)."""
    digests = box.envelopes.order_by("digest").values_list("digest", flat=True)
    return merkle.root(bytes(d) for d in digests.iterator(chunk_size=5000))


def _move(box: BallotBox, *names: str) -> None:
    BallotBox.objects.filter(pk=box.pk).update(
        **{name: getattr(box, name) for name in names}
    )


def _check(terms: BoxTerms) -> None:
    for name, (lowest, highest) in RANGES.items():
        if not lowest <= getattr(terms, name) <= highest:
            message = f"{name} = {getattr(terms, name)} not in {lowest}..{highest}"
            raise TermsRefused(message)
    if terms.custody != BallotBox.Custody.SOFTWARE:
        message = f"no opener for custody {terms.custody}"
        raise TermsRefused(message)


def _missing(box: BallotBox, at: dt.datetime) -> str:
    """What T13 still asks for, in words; "" when the box may open."""
    if box.state != State.SEALED_SETUP:
        return f"the box is {box.state}"
    if box.closes_at <= at:
        return "the deadline has passed"
    if not box.codes.exists():
        return "no code is issued"
    if small := _small_classes(box):
        return f"voter classes below {SMALLEST_CLASS}: {', '.join(small)}"
    if not promises.is_unchanged(box.promise, bytes(box.promise_digest)):
        return "the promise is not the one that was set"
    if not promises.is_unchanged(box.notice, bytes(box.notice_digest)):
        return "the notice is not the one that was set"
    if not custody.half_keys_agree(box.pk):
        return "a copy of the half-key is unreadable"
    if not custody.rehearse(box):
        return "the rehearsal envelope did not open"
    if not trail.is_sound(at=at):
        return "the audit chain is broken"
    return ""


def _small_classes(box: BallotBox) -> list[str]:
    """A voter class below five is no secret ballot (T13)."""
    classes = box.codes.exclude(voter_class="").values_list("voter_class")
    counted = classes.annotate(found=Count("pk")).order_by("voter_class")
    return [name for name, found in counted if found < SMALLEST_CLASS]
