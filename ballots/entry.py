"""From a typed code to a ballot page without a session: an encrypted token (T26)."""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import F

from audit import crypto, keyring
from ballots import codes
from ballots.errors import BoxNotOpen, CodeUnknown, CodeVoid, TokenStale
from ballots.models import BallotBox, BallotCode

ENTRY_MINUTES = 120
RECALL_MINUTES = 10
BOUND_TO = b"ballots.entry.v1"
NOTHING = bytes(32)
# What `takes_ballots` asks of a box; a visit reads no more of it.
BOX_FIELDS = ("box__state", "box__closes_at", "box__grace_minutes")


@dataclass(frozen=True, slots=True)
class Entry:
    """One code at one moment; `digest` of the envelope then in the box, if any."""

    code_id: UUID
    box_id: UUID
    stratum: str
    digest: bytes | None


def redeem(code_text: str, *, at: dt.datetime) -> Entry:
    """The entry of a typed code; reads only (T18, T26).

    Raises CodeTypo without any look-up, CodeUnknown, CodeVoid, BoxNotOpen.
    """
    hashes = codes.possible_hashes(codes.parse(code_text))
    try:
        code = (
            BallotCode.objects.select_related("box")
            .only("stratum", "state", "void_reason", *BOX_FIELDS)
            .annotate(digest=F("envelopes__digest"))
            .get(code_hash__in=hashes)
        )
    except BallotCode.DoesNotExist:
        raise CodeUnknown from None
    if code.state == BallotCode.State.VOID:
        raise CodeVoid(code.void_reason)
    if not code.box.takes_ballots(at=at):
        raise BoxNotOpen(_state_now(code.box))
    digest = bytes(code.digest) if code.digest else None
    return Entry(code.pk, code.box_id, code.stratum, digest)


def _state_now(box: BallotBox) -> str:
    """An open box past its deadline is closed to residents before the job runs."""
    if box.state == BallotBox.State.OPEN:
        return BallotBox.State.CLOSED.value
    return box.state


def to_token(entry: Entry, *, at: dt.datetime, minutes: int = ENTRY_MINUTES) -> str:
    """For a cookie: code id, box, stratum, digest and expiry under the token key."""
    expires = int(at.timestamp()) + 60 * minutes
    plain = b"".join(
        (
            entry.code_id.bytes,
            entry.box_id.bytes,
            expires.to_bytes(8, "big"),
            entry.digest or NOTHING,
            entry.stratum.encode(),
        )
    )
    key = keyring.current(settings.KEYS, "token")
    sealed = crypto.seal(key.secret, plain, bound_to=BOUND_TO, key_id=key.id)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def from_token(text: str, *, at: dt.datetime) -> Entry:
    """The entry again; TokenStale when it is old, damaged or foreign (T26)."""
    try:
        sealed = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        key = keyring.load(settings.KEYS, "token", sealed[1])
        plain = crypto.unseal(key.secret, sealed, bound_to=BOUND_TO)
    except (
        binascii.Error,
        IndexError,
        UnicodeEncodeError,
        crypto.Unreadable,
        keyring.KeyMissing,
    ) as error:
        raise TokenStale from error
    if int.from_bytes(plain[32:40], "big") <= at.timestamp():
        raise TokenStale
    digest = plain[40:72]
    return Entry(
        UUID(bytes=plain[:16]),
        UUID(bytes=plain[16:32]),
        plain[72:].decode(),
        None if digest == NOTHING else digest,
    )
