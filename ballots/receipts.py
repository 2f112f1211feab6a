"""Receipts: derived from the code, silent about choice and change (T65 to T67)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

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
    """
    rows = _entries(box)
    box.receipt_entries.all().delete()
    vendor_sql.copy_rows(
        ReceiptEntry,
        ("id", "box_id", "label", "receipt_hash", "state", "reason"),
        rows,
    )
    return merkle.root(row[3] for row in rows)


def root_of_list(box: BallotBox) -> bytes:
    """The root again, from the stored list."""
    hashes = box.receipt_entries.order_by("receipt_hash").values_list(
        "receipt_hash", flat=True
    )
    return merkle.root(bytes(h) for h in hashes.iterator(chunk_size=5000))


Row = tuple[UUID, UUID, str, bytes, str, str]


def _entries(box: BallotBox) -> list[Row]:
    """Rows in ascending order of the hash: the order of the list says nothing."""
    codes = list(
        box.codes.exclude(state=BallotCode.State.ISSUED).values_list(
            "pk", "stratum", "state", "void_reason"
        )
    )
    used, void = BallotCode.State.USED, BallotCode.State.VOID
    names = _public_labels(
        [stratum for _pk, stratum, state, _reason in codes if state == used],
        [stratum for _pk, stratum, _state, _reason in codes],
    )
    rows: list[Row] = [
        (
            uuid4(),
            box.pk,
            names[stratum],
            hash_of_code(box, pk),
            "void" if state == void else "in_box",
            reason if state == void else "",
        )
        for pk, stratum, state, reason in codes
    ]
    return sorted(rows, key=lambda row: row[3])


def _public_labels(in_box: Sequence[str], strata: Iterable[str]) -> dict[str, str]:
    """Community; below 10 its street, so that short lists name no one (T67)."""
    counts: dict[str, int] = {}
    for stratum in in_box:
        community = labels.community_of(stratum)
        counts[community] = counts.get(community, 0) + 1
    found = {}
    for stratum in set(strata):
        community = labels.community_of(stratum)
        few = counts.get(community, 0) < FEW
        found[stratum] = community[: labels.STREET_DIGITS] if few else community
    return found
