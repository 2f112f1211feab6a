"""Promise and notice as stored texts with a digest (T2)."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from audit import crypto
from audit.actions import Actor, record
from ballots.models import PromiseText


def text_digest(kind: str, version: int, zh: str, en: str) -> bytes:
    """SHA-256 over kind, version and both wordings, 32 bytes."""
    return crypto.digest("text.v1", kind, str(version), zh, en)


def is_unchanged(text: PromiseText, digest: bytes) -> bool:
    """Do the stored words still give the digest that the box was set up with?"""
    found = text_digest(text.kind, text.version, text.zh, text.en)
    return crypto.equal(found, digest) and crypto.equal(found, bytes(text.digest))


def newest(kind: str) -> PromiseText | None:
    """The text of this kind that the next box is set up with."""
    return PromiseText.objects.filter(kind=kind).order_by("-version").first()


@transaction.atomic
def issue_text(
    *, kind: str, version: int, zh: str, en: str, by: Actor, at: dt.datetime
) -> PromiseText:
    """Store a text once and for all; a change is a new version (T2)."""
    text = PromiseText(
        kind=kind,
        version=version,
        zh=zh,
        en=en,
        digest=text_digest(kind, version, zh, en),
        algorithm_id=crypto.SHA_256,
        issued_on=timezone.localdate(at),
    )
    text.save()
    record(
        "text.issued",
        by=by,
        at=at,
        target=text,
        data={"kind": kind, "version": version, "digest": bytes(text.digest).hex()},
    )
    return text
