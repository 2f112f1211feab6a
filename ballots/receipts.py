"""Receipts: derived from the code, silent about choice and change (T65 to T67)."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Count, QuerySet

from audit import crypto, vendor_sql
from ballots import labels, merkle
from ballots.codes import ALPHABET, normalised
from ballots.models import BallotBox, BallotCode, Envelope, ReceiptEntry

LENGTH = 16
SYMBOL_BITS = 5
FEW = 10


@dataclass(frozen=True, slots=True)
class LookUp:
    """`state`: in_box, not_in_box, void or destroyed; `reason` of a void code."""

    state: str
    reason: str = ""


def receipt(box_id: UUID, code_id: UUID, *, key_id: int) -> str:
    """16 symbols, 80 bits of HMAC-SHA-256(RECEIPT_KEY, box, code id) (T65)."""
    mac = crypto.keyed_hash(
        "receipt", "receipt.v1", box_id.bytes, code_id.bytes, key_id=key_id
    )
    number = int.from_bytes(mac.digest[: LENGTH * SYMBOL_BITS // 8], "big")
    return "".join(
        ALPHABET[number >> SYMBOL_BITS * place & 31] for place in range(LENGTH)
    )


def printed(text: str) -> str:
    """In groups of four."""
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def receipt_hash(box_id: UUID, text: str) -> bytes:
    """SHA-256("receipt.v1", box, receipt), 32 bytes: what is stored and published."""
    return crypto.digest("receipt.v1", box_id.bytes, text)


def hash_of_code(box: BallotBox, code_id: UUID) -> bytes:
    return receipt_hash(box.pk, receipt(box.pk, code_id, key_id=box.receipt_key_id))


def look_up(text: str) -> LookUp:
    """Is this receipt's ballot in its box? No day, no channel, no history (T66)."""
    text = normalised(text)
    if len(text) != LENGTH:
        return LookUp("not_in_box")
    hashes = [
        receipt_hash(box_id, text)
        for box_id in BallotBox.objects.values_list("pk", flat=True)
    ]
    entry = (
        ReceiptEntry.objects.filter(receipt_hash__in=hashes)
        .select_related("box")
        .first()
    )
    if entry is None:
        in_box = Envelope.objects.filter(receipt_hash__in=hashes).exists()
        return LookUp("in_box" if in_box else "not_in_box")
    if entry.state == ReceiptEntry.State.VOID:
        return LookUp("void", entry.reason)
    unopened = BallotBox.Ending.TOO_FEW, BallotBox.Ending.ANNULLED
    return LookUp("destroyed" if entry.box.ending in unopened else "in_box")


def write_list(box: BallotBox) -> bytes:
    """The list of the box, fixed at close; its Merkle root over sorted hashes (T67).

    Used codes are in the box, void ones are void. Returns receipts_root, 32 bytes.
    Rows are written in ascending order of the hash: their order says nothing.
    """
    entries = sorted(_entries(box))
    box.receipt_entries.all().delete()
    in_box, void = ReceiptEntry.State.IN_BOX.value, ReceiptEntry.State.VOID.value
    vendor_sql.copy_rows(
        ReceiptEntry,
        ("id", "box_id", "label", "receipt_hash", "state", "reason"),
        (
            (uuid4(), box.pk, label, hashed, void if reason else in_box, reason)
            for hashed, label, reason in entries
        ),
    )
    return merkle.root(hashed for hashed, _label, _reason in entries)


def root_of_list(box: BallotBox) -> bytes:
    """The root again, from the stored list."""
    hashes = box.receipt_entries.order_by("receipt_hash").values_list(
        "receipt_hash", flat=True
    )
    return merkle.root(bytes(h) for h in hashes.iterator(chunk_size=5000))


def codes_listed_wrongly(box: BallotBox) -> Iterator[UUID]:
    """Codes whose entry has another state, reason or place than they have."""
    codes = box.codes.exclude(state=BallotCode.State.ISSUED)
    rows = codes.values_list("pk", "stratum", "state", "void_reason")
    for batch in _in_batches(rows):
        hashes = {hash_of_code(box, row[0]): row for row in batch}
        entries = box.receipt_entries.filter(receipt_hash__in=list(hashes))
        found = {
            bytes(hashed): said
            for hashed, *said in entries.values_list(
                "receipt_hash", "state", "reason", "label"
            )
        }
        for hashed, (pk, stratum, state, reason) in hashes.items():
            if not _fits(found.get(hashed), stratum, state, reason):
                yield pk


def _fits(said: list[str] | None, stratum: str, state: str, reason: str) -> bool:
    if said is None:
        return False
    community = labels.community_of(stratum)
    void = state == BallotCode.State.VOID
    kept = ReceiptEntry.State.VOID if void else ReceiptEntry.State.IN_BOX
    place = said[2] in (community, community[: labels.STREET_DIGITS])
    return place and said[:2] == [kept, reason if void else ""]


def envelopes_of_other_receipts(box: BallotBox) -> Iterator[UUID]:
    """Codes whose envelope carries a receipt that is not theirs."""
    rows = box.envelopes.values_list("code_id", "receipt_hash")
    for code, hashed in rows.iterator(chunk_size=5000):
        if bytes(hashed) != hash_of_code(box, code):
            yield code


def counts_of_list(box: BallotBox) -> dict[str, int]:
    """Entries by reason of a void code, "" for those in the box."""
    groups = box.receipt_entries.order_by("reason").values_list("reason")
    return dict(groups.annotate(found=Count("pk")))


def counts_kept(box: BallotBox) -> dict[str, int]:
    """The same as it follows from the numbers of a box without codes (T102)."""
    kept = box.counts or {}
    found: Counter[str] = Counter({"": kept["final"]["used"]})
    for reasons in kept["void_by"].values():
        found.update(reasons)
    return dict(+found)


def _in_batches(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    walk = rows.iterator(chunk_size=5000)
    while batch := list(itertools.islice(walk, 5000)):
        yield batch


def _entries(box: BallotBox) -> Iterator[tuple[bytes, str, str]]:
    """Hash, public label and void reason ("" when in the box) of codes in use."""
    used = box.codes.filter(state=BallotCode.State.USED)
    names = _public_labels(used.values_list("stratum").annotate(found=Count("pk")))
    codes = box.codes.exclude(state=BallotCode.State.ISSUED)
    for pk, stratum, state, reason in codes.values_list(
        "pk", "stratum", "state", "void_reason"
    ).iterator(chunk_size=5000):
        community = labels.community_of(stratum)
        label = names.get(community, community[: labels.STREET_DIGITS])
        void = state == BallotCode.State.VOID
        yield hash_of_code(box, pk), label, reason if void else ""


def _public_labels(in_box: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Community; below 10 its street, so that short lists name no one (T67)."""
    counts: Counter[str] = Counter()
    for stratum, found in in_box:
        counts[labels.community_of(stratum)] += found
    return {
        community: community if found >= FEW else community[: labels.STREET_DIGITS]
        for community, found in counts.items()
    }
