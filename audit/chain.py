"""How events are chained, and how the chain is checked (T73, T78)."""

from dataclasses import dataclass

from audit import crypto
from audit.models import AuditEvent

FIRST_HASH = bytes(32)
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
    """SHA-256 over the previous hash and every field of the event, 32 bytes."""
    return crypto.digest(
        bytes(event.prev_hash),
        str(event.seq),
        event.at.isoformat(timespec="microseconds"),
        *(getattr(event, name) for name in FIELDS),
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """The first event that does not fit; kind is chain, hash, mac or head."""

    kind: str
    seq: int


def verify(*, head_seq: int, head_hash: bytes) -> Fault | None:
    """Walk the whole chain in batches; the first fault, or None when it is sound."""
    previous, expected = FIRST_HASH, 1
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        if event.seq != expected or bytes(event.prev_hash) != previous:
            return Fault("chain", expected)
        if bytes(event.hash) != hash_of(event):
            return Fault("hash", event.seq)
        mac = crypto.keyed_hash("audit", bytes(event.hash), key_id=event.key_id)
        if not crypto.equal(mac.digest, bytes(event.mac)):
            return Fault("mac", event.seq)
        previous, expected = bytes(event.hash), expected + 1
    if (expected - 1, previous) != (head_seq, head_hash):
        return Fault("head", expected)
    return None
