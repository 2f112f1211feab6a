"""Custody: the box's secret S, the half-key H, and how they meet (T37, T38, T43)."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit import crypto, keyring
from ballots import sealing
from ballots.errors import HalfKeyMissing, KeyMismatch
from ballots.models import BallotBox

SECRET_BYTES = 16
HALF_KEY_BYTES = 16
KEY_INFO = b"minping.box.v1"
WRAP_INFO = b"minping.wrap.v1"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What a new box keeps of its key: never the private half."""

    public_key: bytes
    wrapped: bytes
    wrap_key_id: int


def make_secret(box_id: UUID) -> NewSecret:
    """Software custody (T43): S wrapped under WRAP_KEY and H; H in its two folders."""
    secret = secrets.token_bytes(SECRET_BYTES)
    half = secrets.token_bytes(HALF_KEY_BYTES)
    store_half_key(box_id, half)
    wrap = keyring.current(settings.KEYS, "wrap")
    wrapped = crypto.seal(
        _wrapping_key(box_id, wrap, half),
        secret,
        bound_to=_bound_to(box_id),
        key_id=wrap.id,
    )
    public_key = key_pair(box_id, secret).public
    return NewSecret(public_key, wrapped, wrap.id)


def key_pair(box_id: UUID, secret: bytes) -> sealing.KeyPair:
    """HKDF-SHA-256(S, salt box id, info "minping.box.v1"), 32 bytes (T37)."""
    private = crypto.derive(secret, salt=box_id.bytes, info=KEY_INFO)
    return sealing.key_pair(private)


def recover(box: BallotBox) -> sealing.KeyPair:
    """S from its wrapping, the key pair from S; KeyMismatch on any difference (T37)."""
    if box.wrapped_secret is None:
        raise KeyMismatch(str(box.pk))
    wrap = keyring.load(settings.KEYS, "wrap", box.key_id)
    half = half_key(box.pk)
    try:
        secret = crypto.unseal(
            _wrapping_key(box.pk, wrap, half),
            bytes(box.wrapped_secret),
            bound_to=_bound_to(box.pk),
        )
    except crypto.Unreadable as error:
        raise KeyMismatch(str(box.pk)) from error
    keys = key_pair(box.pk, secret)
    if not crypto.equal(keys.public, bytes(box.public_key)):
        raise KeyMismatch(str(box.pk))
    return keys


def rehearse(box: BallotBox) -> bool:
    """Seal an envelope full of nothing and open it again, with the real keys (T13)."""
    keys = recover(box)
    largest = sealing.Ballot(
        tuple(
            sealing.Paper((None,) * sealing.MOST_ITEMS, slot, "volunteer")
            for slot in range(box.paper_slots)
        ),
        tuple(
            sealing.Words("𠮷" * sealing.MOST_CHARACTERS, slot, slot)
            for slot in range(box.text_slots)
        ),
    )
    sealed = sealing.seal_ballot(
        bytes(box.public_key),
        largest,
        paper_slots=box.paper_slots,
        text_slots=box.text_slots,
    )
    papers = tuple(
        sealing.open_paper(keys, piece)
        for piece in sealing.pieces(sealed.papers, sealing.SEALED_PAPER)
    )
    words = tuple(
        sealing.open_words(keys, piece)
        for piece in sealing.pieces(sealed.texts, sealing.SEALED_WORDS)
    )
    return papers == largest.papers and words == largest.words


def half_key_paths(box_id: UUID) -> list[Path]:
    return [folder / f"{box_id}.half" for folder in settings.HALF_KEYS]


def store_half_key(box_id: UUID, half: bytes) -> None:
    """One copy per folder, mode 0600, on the disk before the box exists (T38)."""
    for path in half_key_paths(box_id):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(half)
            file.flush()
            os.fsync(file.fileno())


def half_key(box_id: UUID) -> bytes:
    """H from the first readable copy."""
    for path in half_key_paths(box_id):
        try:
            half = path.read_bytes()
        except OSError:
            continue
        if len(half) == HALF_KEY_BYTES:
            return half
    raise HalfKeyMissing(str(box_id))


def half_keys_agree(box_id: UUID) -> bool:
    """Every copy is readable and they are equal: asked before the box opens (T13)."""
    try:
        copies = {path.read_bytes() for path in half_key_paths(box_id)}
    except OSError:
        return False
    return len(copies) == 1 and len(copies.pop()) == HALF_KEY_BYTES


def stored_half_keys() -> Iterator[UUID]:
    """Boxes of which some copy of H still exists."""
    for folder in settings.HALF_KEYS:
        for path in folder.glob("*.half"):
            yield UUID(path.stem)


def destroy_half_key(box_id: UUID) -> None:
    """Both copies; harmless twice. Only when nothing shall ever open again (T53)."""
    for path in half_key_paths(box_id):
        path.unlink(missing_ok=True)


def _wrapping_key(box_id: UUID, wrap: keyring.Key, half: bytes) -> bytes:
    return crypto.derive(wrap.secret + half, salt=box_id.bytes, info=WRAP_INFO)


def _bound_to(box_id: UUID) -> bytes:
    return crypto.joined("ballots.secret", box_id.bytes)
