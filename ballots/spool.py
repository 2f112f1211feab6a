"""The spool: sealed bytes in table order, read back in an order nobody keeps (T48-T50).

A file without a name on the opener's own disk: it vanishes with the process, so even
kill -9 leaves nothing behind. It holds label numbers and sealed bytes only.
"""

import os
import random
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from django.conf import settings

LABEL_BYTES = 2
MOST_LABELS = 1 << 8 * LABEL_BYTES
BUFFER = 1 << 18


@dataclass(slots=True)
class Spool:
    """`count` records of label number (2 bytes) and `size` sealed bytes."""

    file: IO[bytes]
    size: int
    count: int = 0

    def put(self, label: int, sealed: bytes) -> None:
        """One record more, after the others."""
        if len(sealed) != self.size:
            message = f"record of {len(sealed)} bytes, not {self.size}"
            raise ValueError(message)
        self.file.write(label.to_bytes(LABEL_BYTES, "big") + sealed)
        self.count += 1

    def shuffled(self) -> Iterator[tuple[int, bytes]]:
        """Every record once, in a fresh uniform order held in this memory only.

        Fisher-Yates on the system's CSPRNG, four bytes per record (T49, T50).
        """
        self.file.flush()
        order = array("I", range(self.count))
        random.SystemRandom().shuffle(order)
        handle, length = self.file.fileno(), LABEL_BYTES + self.size
        for number in order:
            record = os.pread(handle, length, number * length)
            yield int.from_bytes(record[:LABEL_BYTES], "big"), record[LABEL_BYTES:]


@contextmanager
def spools(*sizes: int) -> Iterator[list[Spool]]:
    """One empty spool per size, each with a file of its own; gone with the block."""
    folder = settings.VAR / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as files:
        yield [
            Spool(
                files.enter_context(
                    tempfile.TemporaryFile(dir=folder, buffering=BUFFER)
                ),
                size,
            )
            for size in sizes
        ]
