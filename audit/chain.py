"""How events are chained, and how the chain is walked (T73, T78)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max

from audit import crypto, keyring
from audit.models import AuditEvent, AuditHead

FIRST_HASH = bytes(32)
PAGE = 2000
BEFORE_ALL = -(1 << 63)
FIELDS = (
    "actor",
    "role",
    "verb",
    "target_type",
    "target_id",
    "division",
    "data",
    "address",
)


def hash_of(event: AuditEvent) -> bytes:
    """Digest over the previous hash and every field of the event, 32 bytes.

    By the hash that goes with the mac of the row (`algorithm_id`), so that a chain may
    go on under SM3 where it began under SHA-256. KeyError when nobody knows it.
    """
    return crypto.digest_beside(
        event.algorithm_id,
        bytes(event.prev_hash),
        str(event.seq),
        event.at.isoformat(timespec="microseconds"),
        *(getattr(event, name) for name in FIELDS),
    )


def seal(event: AuditEvent) -> None:
    """Hash and mac of a new event, under the current key of the trail."""
    event.algorithm_id = crypto.keyed_hash("audit").algorithm_id
    event.hash = hash_of(event)
    mac = crypto.keyed_hash("audit", event.hash)
    event.mac, event.key_id = mac.digest, mac.key_id


def mac_fits(event: AuditEvent) -> bool:
    """Whether its mac is that of its hash, under a key that exists."""
    try:
        mac = crypto.keyed_hash("audit", bytes(event.hash), key_id=event.key_id)
    except keyring.KeyMissing:
        return False
    same = crypto.equal(mac.digest, bytes(event.mac))
    return same and mac.algorithm_id == event.algorithm_id


def hash_fits(event: AuditEvent) -> bool:
    try:
        return bytes(event.hash) == hash_of(event)
    except KeyError:
        return False


def head() -> "Mark":
    """Where the chain has come to, by its own word."""
    found = AuditHead.objects.filter(name="head").first()
    return Mark(found.seq, bytes(found.hash)) if found else Mark()


def locked_head() -> AuditHead:
    """The head, held until this transaction ends: nobody else adds an event."""
    AuditHead.objects.get_or_create(
        name="head", defaults={"seq": 0, "hash": FIRST_HASH}
    )
    return AuditHead.objects.select_for_update().get(name="head")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that does not fit (T78).

    `kind` is chain (an event was changed, is missing or too many), mac (made without
    the key), short (the chain ends before the head or a checkpoint) or signature (a
    checkpoint was changed, is missing or too many). `seq` is the first bad event; for
    a checkpoint the event that tells of it, and `checkpoint` its number.
    """

    kind: str
    seq: int
    checkpoint: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the chain: the number of an event and its hash."""

    seq: int = 0
    hash: bytes = FIRST_HASH


class Broken(Exception):
    """Carries the fault out of a walk."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind, fault.seq)
        self.fault = fault


def walk(start: Mark, *, last: int) -> Iterator[AuditEvent]:
    """Every event after `start` up to number `last`, each found sound; or Broken.

    Page by page: memory for 2,000 events, and no lock.
    """
    previous, expected = start.hash, start.seq + 1
    for event in _events(start.seq or BEFORE_ALL, last):
        if event.seq != expected:
            raise Broken(Fault("chain", min(expected, event.seq)))
        if bytes(event.prev_hash) != previous or not hash_fits(event):
            raise Broken(Fault("chain", event.seq))
        if not mac_fits(event):
            raise Broken(Fault("mac", event.seq))
        yield event
        previous, expected = bytes(event.hash), expected + 1


def _events(after: int, last: int) -> Iterator[AuditEvent]:
    rows = AuditEvent.objects.filter(seq__lte=last).order_by("seq")
    while page := list(rows.filter(seq__gt=after)[:PAGE]):
        yield from page
        after = page[-1].seq


def newest_seq() -> int:
    found: int | None = AuditEvent.objects.aggregate(newest=Max("seq"))["newest"]
    return found or 0


def verify(*, head_seq: int, head_hash: bytes) -> Fault | None:
    """Walk all events; the first fault, or None when they end with this head."""
    reached = Mark()
    try:
        for event in walk(Mark(), last=max(head_seq, newest_seq())):
            reached = Mark(event.seq, bytes(event.hash))
    except Broken as broken:
        return broken.fault
    return end_fault(reached, Mark(head_seq, head_hash))


def end_fault(reached: Mark, head: Mark) -> Fault | None:
    """What the head says against the last event that was reached."""
    if reached.seq < head.seq:
        return Fault("short", reached.seq + 1)
    if reached.seq > head.seq:
        return Fault("chain", head.seq + 1)
    return None if reached.hash == head.hash else Fault("chain", head.seq)
