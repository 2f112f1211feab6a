"""Uploaded files at rest: random names, sealed in pieces, outside the web root (T110).

Each piece is bound to its import and its place in the file, and the last one says so:
pieces cannot be swapped, left out or moved into another file.
"""

import hashlib
import io
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from audit import crypto, keyring

PIECE = 1 << 20
LENGTH = 4
IN_MEMORY = 32 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    size: int
    sha256: bytes


def _place(roster_import: uuid.UUID, number: int, *, is_last: bool) -> bytes:
    field = crypto.place("residents_rosterimport", "file", roster_import)
    return crypto.joined(field, str(number), "last" if is_last else "more")


def _pieces(content: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Plain pieces, each with whether it is the last; an empty file has one."""
    piece = content.read(PIECE)
    while True:
        following = content.read(PIECE)
        yield piece, not following
        if not following:
            return
        piece = following


def store(content: BinaryIO, *, roster_import: uuid.UUID) -> Stored:
    """Seal a file into the default storage; its name there says nothing."""
    key = keyring.current(settings.KEYS, "field")
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as sealed:
        for number, (piece, is_last) in enumerate(_pieces(content)):
            digest.update(piece)
            size += len(piece)
            bound_to = _place(roster_import, number, is_last=is_last)
            box = crypto.seal(key.secret, piece, bound_to=bound_to, key_id=key.id)
            sealed.write(len(box).to_bytes(LENGTH, "big") + box)
        sealed.seek(0)
        name = default_storage.save(f"rosters/{uuid.uuid4().hex}", File(sealed))
    return Stored(name, size, digest.digest())


def load(name: str, *, roster_import: uuid.UUID) -> BinaryIO:
    """The plain file, in memory only; crypto.Unreadable when anything was changed."""
    plain = io.BytesIO()
    with default_storage.open(name) as sealed:
        boxes = list(_boxes(sealed))
    for number, box in enumerate(boxes):
        key = keyring.load(settings.KEYS, "field", box[1])
        bound_to = _place(roster_import, number, is_last=number == len(boxes) - 1)
        plain.write(crypto.unseal(key.secret, box, bound_to=bound_to))
    plain.seek(0)
    return plain


def _boxes(sealed: IO[bytes]) -> Iterator[bytes]:
    while head := sealed.read(LENGTH):
        yield sealed.read(int.from_bytes(head, "big"))


def discard(name: str) -> None:
    if name:
        default_storage.delete(name)
