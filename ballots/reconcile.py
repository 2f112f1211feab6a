"""What must add up before a box opens: rows, macs, roots, void list (T48, T52)."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from django.db.models import F, QuerySet

from audit import crypto
from ballots import receipts, sealing, trail
from ballots.actions.boxes import envelopes_root
from ballots.casting import row_mac
from ballots.errors import OpeningStopped
from ballots.models import BallotBox, BallotCode, Envelope, ReceiptEntry

USED = BallotCode.State.USED
TAMPERED = BallotCode.VoidReason.TAMPERED
READ = 2000


def check(box: BallotBox) -> None:
    """OpeningStopped with the first kind of fault: counts, macs or root (T48.1).

    What two persons listed as tampered is left out; then the root cannot meet that of
    the close, and the macs alone vouch for the rest.
    """
    if unmatched := codes_without_match(box):
        raise OpeningStopped("counts", codes=tuple(unmatched))
    if broken := tuple(broken_envelopes(box)):
        raise OpeningStopped("macs", codes=broken)
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


def broken_envelopes(box: BallotBox) -> Iterator[UUID]:
    """Codes whose envelope does not fit its digest or its mac (T68)."""
    rows: QuerySet[Envelope] = box.envelopes.exclude(code__void_reason=TAMPERED)
    columns = [
        "code_id",
        "day",
        "channel",
        "papers",
        "texts",
        "digest",
        "row_mac",
        "key_id",
    ]
    for code_id, day, channel, papers, texts, digest, mac, key_id in rows.values_list(
        *columns
    ).iterator(chunk_size=READ):
        found = sealing.envelope_digest(box.pk.bytes, bytes(papers), bytes(texts))
        fresh = row_mac(box.pk, code_id, day, channel, found, key_id=key_id)
        fits = crypto.equal(found, bytes(digest))
        if not fits or not crypto.equal(fresh.digest, bytes(mac)):
            yield code_id


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
