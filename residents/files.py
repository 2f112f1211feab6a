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
from typing import IO, TYPE_CHECKING, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from audit import crypto, keyring

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1 << 20
LENGTH = 4
IN_MEMORY = 4 << 20


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
    """The plain file, opened one piece at a time; nothing of it is written anywhere.

    crypto.Unreadable, here for a missing end or at the piece that is read, when
    anything was changed.
    Holds two pieces of 1 MB, however long the file is.
    """
    return io.BufferedReader(Pieces(default_storage.open(name), roster_import), PIECE)


class Pieces(io.RawIOBase):
    """The plain bytes of a sealed file, to be read from any place."""

    def __init__(self, sealed: IO[bytes], roster_import: uuid.UUID) -> None:
        super().__init__()
        self.sealed = sealed
        self.roster_import = roster_import
        # Every piece but the last is full; one is there even of an empty file.
        self.boxed = LENGTH + crypto.OVERHEAD + PIECE
        self.count = max(-(-sealed.seek(0, io.SEEK_END) // self.boxed), 1)
        self.number, self.piece = self.count - 1, self._opened(self.count - 1)
        self.size = self.number * PIECE + len(self.piece)
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(start + offset, 0)
        return self.at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        number, place = divmod(self.at, PIECE)
        if number >= self.count:
            return 0
        if number != self.number:
            self.number, self.piece = number, self._opened(number)
        target = memoryview(buffer).cast("B")
        found = self.piece[place : place + len(target)]
        target[: len(found)] = found
        self.at += len(found)
        return len(found)

    def _opened(self, number: int) -> bytes:
        self.sealed.seek(number * self.boxed)
        head, box = self.sealed.read(LENGTH), self.sealed.read(self.boxed - LENGTH)
        is_last = number == self.count - 1
        if len(box) < crypto.OVERHEAD or int.from_bytes(head, "big") != len(box):
            message = "a piece of the stored file is cut off"
            raise crypto.Unreadable(message)
        key = keyring.load(settings.KEYS, "field", box[1])
        bound_to = _place(self.roster_import, number, is_last=is_last)
        return crypto.unseal(key.secret, box, bound_to=bound_to)

    def close(self) -> None:
        if not self.closed:
            self.sealed.close()
        super().close()


def discard(name: str) -> None:
    if name:
        default_storage.delete(name)
