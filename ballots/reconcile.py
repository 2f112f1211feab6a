"""What must add up before a box opens: rows, macs, roots, void list (T48, T52)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from audit import crypto, vendor_sql
from ballots import receipts, sealing, trail
from ballots.actions.boxes import envelopes_root
from ballots.casting import row_mac
from ballots.errors import OpeningStopped
from ballots.models import BallotBox, BallotCode, ReceiptEntry

USED = BallotCode.State.USED
TAMPERED = BallotCode.VoidReason.TAMPERED


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the opening takes of an envelope: no code, household, day or id (T48.3)."""

    stratum: str
    channel: str
    papers: bytes
    texts: bytes


def check(box: BallotBox, take: Callable[[Sealed], object] | None = None) -> None:
    """OpeningStopped with the first kind of fault: counts, macs or root (T48.1).

    What two persons listed as tampered is left out; then the root cannot meet that of
    the close, and the macs alone vouch for the rest. `take` is handed every envelope
    that is on no void list, in table order, on the one walk that checks the macs: who
    keeps them must forget them when this raises.
    """
    if unmatched := codes_without_match(box):
        raise OpeningStopped("counts", codes=tuple(unmatched))
    if broken := broken_envelopes(box, take):
        raise OpeningStopped("macs", codes=tuple(broken))
    if not box.codes.filter(state=USED, void_reason=TAMPERED).exists():
        _check_root(box)


def codes_without_match(box: BallotBox) -> list[UUID]:
    """Used codes without an envelope, and envelopes without a used code."""
    used = box.codes.filter(state=USED).exclude(void_reason=TAMPERED)
    missing = used.filter(envelopes__isnull=True)
    stray = box.envelopes.exclude(code__state=USED, code__box=F("box"))
    return [
        *missing.values_list("pk", flat=True),
        *stray.values_list("code_id", flat=True),
    ]


def broken_envelopes(
    box: BallotBox, take: Callable[[Sealed], object] | None = None
) -> list[UUID]:
    """Codes whose envelope does not fit its digest or its mac (T68); see `check`."""
    rows = box.envelopes.exclude(code__void_reason=TAMPERED).values_list(
        "code_id",
        "day",
        "channel",
        "papers",
        "texts",
        "digest",
        "row_mac",
        "key_id",
        "code__stratum",
        "code__void_reason",
    )
    broken: list[UUID] = []

    def look(row: Sequence[bytes]) -> None:
        code, day, channel, papers, texts, digest, mac, key, stratum, listed = row
        found = sealing.envelope_digest(box.pk.bytes, papers, texts)
        fresh = row_mac(
            box.pk,
            UUID(bytes=code),
            vendor_sql.unpacked_day(day),
            channel.decode(),
            found,
            key_id=int.from_bytes(key, "big"),
        )
        if not (crypto.equal(found, digest) and crypto.equal(fresh.digest, mac)):
            broken.append(UUID(bytes=code))
        elif take and not listed:
            take(Sealed(stratum.decode(), channel.decode(), papers, texts))

    vendor_sql.read_packed(rows, look)
    return broken


def apply_void_list(box: BallotBox) -> dict[str, int]:
    """Delete listed envelopes unread, void their codes; counts by reason (T48.2)."""
    listed = box.codes.filter(state=USED).exclude(void_reason="")
    reasons = dict(listed.values_list("pk", "void_reason"))
    box.envelopes.filter(code__in=list(reasons)).delete()
    for code_id, reason in reasons.items():
        ReceiptEntry.objects.filter(
            receipt_hash=receipts.hash_of_code(box, code_id)
        ).update(state=ReceiptEntry.State.VOID, reason=reason)
    box.codes.filter(pk__in=list(reasons)).update(
        state=BallotCode.State.VOID, slot_key=None
    )
    return dict(Counter(reasons.values()))


def _check_root(box: BallotBox) -> None:
    """The same root now, in the row of the box and in the trail (T48.1, T68)."""
    closing = trail.closing_of(box)
    root = envelopes_root(box)
    stored = bytes(box.envelopes_root or b"")
    if closing is None or {closing.envelopes_root, stored} != {root}:
        raise OpeningStopped("root")
