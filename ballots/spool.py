"""The spool: sealed bytes in table order, read back in an order nobody keeps (T48-T50).

A file without a name on the opener's own disk: it vanishes with the process, so even
kill -9 leaves nothing behind. It holds label numbers and sealed bytes only.
"""

import os
import random
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings

LABEL_BYTES = 2
MOST_LABELS = 1 << 8 * LABEL_BYTES


@dataclass(frozen=True, slots=True)
class Spool:
    """`count` records of label number (2 bytes) and `size` sealed bytes."""

    file: BinaryIO
    size: int
    count: int

    def shuffled(self) -> Iterator[tuple[int, bytes]]:
        """Every record once, in a fresh uniform order held in this memory only.

        Fisher-Yates on the system's CSPRNG, four bytes per record (T49, T50).
        """
        order = array("I", range(self.count))
        random.SystemRandom().shuffle(order)
        handle, length = self.file.fileno(), LABEL_BYTES + self.size
        for number in order:
            record = os.pread(handle, length, number * length)
            yield int.from_bytes(record[:LABEL_BYTES], "big"), record[LABEL_BYTES:]


@contextmanager
def stripped(records: Iterable[tuple[int, bytes]], *, size: int) -> Iterator[Spool]:
    """Write records as they come, one after the other; gone when the block ends."""
    folder = settings.VAR / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        count = 0
        for label, sealed in records:
            if len(sealed) != size:
                message = f"record of {len(sealed)} bytes, not {size}"
                raise ValueError(message)
            file.write(label.to_bytes(LABEL_BYTES, "big") + sealed)
            count += 1
        file.flush()
        yield Spool(file, size, count)
