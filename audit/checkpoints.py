"""Checkpoints: how far the chain had come, signed, for everybody to keep (T76).

Whoever holds one can show later that an event of before was lost or changed. The
chain tells of every checkpoint in turn, so none of them vanishes either.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.conf import settings
from django.db import transaction

from audit import chain, crypto, keyring, release
from audit.actions import Actor, canonical, record
from audit.alerts import midnight
from audit.models import AuditCheckpoint

ISSUED = "checkpoint.issued"
ED25519 = "Ed25519"
# Stands before the text that is signed, so that the signature fits nothing else.
PREFIX = b"minping.checkpoint.v1\n"
FIRST = bytes(32)
Box = Mapping[str, Any]


@transaction.atomic
def issue(
    *, occasion: str, boxes: Sequence[Box], by: Actor, at: dt.datetime
) -> AuditCheckpoint:
    """Sign what the chain has come to, and let the chain tell of it.

    `boxes` is plain data about ballot boxes that may be read by everybody: the room of
    the boxes makes it. To be called inside the transaction of the act that it stands
    for, after its event; `occasion` is close or opening then. KeyMissing without a key.
    """
    head = chain.locked_head()
    before = AuditCheckpoint.objects.order_by("-number").first()
    signer = keyring.current(settings.KEYS, "sign")
    private = Ed25519PrivateKey.from_private_bytes(signer.secret)
    checkpoint = AuditCheckpoint(
        number=before.number + 1 if before else 1,
        at=at.astimezone(dt.UTC),
        occasion=occasion,
        seq=head.seq,
        hash=bytes(head.hash),
        boxes=_plain(list(boxes)),
        release=release.digest(),
        previous=bytes(before.digest) if before else FIRST,
        public_key=private.public_key().public_bytes_raw(),
        algorithm_id=ED25519,
        key_id=signer.id,
    )
    text = signed_text(checkpoint)
    checkpoint.digest = digest_of(text)
    checkpoint.signature = private.sign(text)
    checkpoint.save()
    record(ISSUED, by=by, at=at, target=checkpoint, data=_told(checkpoint))
    return checkpoint


@transaction.atomic
def issue_daily(
    *, boxes: Sequence[Box], by: Actor, at: dt.datetime
) -> AuditCheckpoint | None:
    """That of today; None when it stands already."""
    chain.locked_head()
    daily = AuditCheckpoint.Occasion.DAILY
    newest = AuditCheckpoint.objects.filter(occasion=daily).order_by("-number").first()
    if newest is not None and newest.at >= midnight(at):
        return None
    return issue(occasion=daily, boxes=boxes, by=by, at=at)


def _told(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """What the event says: enough to know the row, and the key, again."""
    return {
        "number": checkpoint.number,
        "occasion": str(checkpoint.occasion),
        "digest": checkpoint.digest.hex(),
        "public_key": checkpoint.public_key.hex(),
    }


def _plain(boxes: Any) -> str:
    return json.dumps(boxes, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signed_part(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """What is signed, as published. ValueError when the boxes are no JSON."""
    return {
        "number": checkpoint.number,
        "at": checkpoint.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "occasion": str(checkpoint.occasion),
        "seq": checkpoint.seq,
        "hash": bytes(checkpoint.hash).hex(),
        "boxes": json.loads(checkpoint.boxes),
        "release": checkpoint.release,
        "previous": bytes(checkpoint.previous).hex(),
        "public_key": bytes(checkpoint.public_key).hex(),
        "algorithm": checkpoint.algorithm_id,
        "key_id": checkpoint.key_id,
    }


def signed_text(checkpoint: AuditCheckpoint) -> bytes:
    return text_of(signed_part(checkpoint))


def text_of(signed: dict[str, Any]) -> bytes:
    return PREFIX + canonical(signed).encode()


def digest_of(text: bytes) -> bytes:
    """SHA-256 of the signed text as it is, so that `sha256sum` gives the same."""
    return sha256(text).digest()


def published(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """A checkpoint as anybody may keep it."""
    return {
        **signed_part(checkpoint),
        "digest": bytes(checkpoint.digest).hex(),
        "signature": bytes(checkpoint.signature).hex(),
    }


def is_genuine(checkpoint: AuditCheckpoint) -> bool:
    """Its text, its digest and its signature belong together, under its own key.

    Whether that key is ours says the event that tells of the checkpoint.
    """
    try:
        text = signed_text(checkpoint)
        same = _plain(json.loads(checkpoint.boxes)) == checkpoint.boxes
    except ValueError:
        return False
    if not same or not crypto.equal(digest_of(text), bytes(checkpoint.digest)):
        return False
    return is_signed(text, bytes(checkpoint.signature), bytes(checkpoint.public_key))


def is_signed(text: bytes, signature: bytes, public_key: bytes) -> bool:
    """Ed25519 (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_keys() -> dict[int, str]:
    """Public keys in hex by key id: those that sign here, or have signed."""
    rows = AuditCheckpoint.objects.values_list("key_id", "public_key")
    found = {key_id: bytes(key).hex() for key_id, key in rows.order_by().distinct()}
    signer = keyring.current(settings.KEYS, "sign")
    return {**found, signer.id: public_key_of(signer.id).hex()}


def public_key_of(key_id: int) -> bytes:
    """32 bytes, from the private key of that id; KeyMissing when it is not here."""
    secret = keyring.load(settings.KEYS, "sign", key_id).secret
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
