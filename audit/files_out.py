"""Files that leave the house: rows as CSV, harmless to spreadsheets, and counted."""

import csv
import io
from collections.abc import Iterable
from hashlib import sha256
from typing import BinaryIO

BOM = "\ufeff"
# What a spreadsheet takes for a formula (T113), and the apostrophe that we put before
# it, so that it can be taken off again without a doubt.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
END = "end"


class Counted:
    """Writes text as UTF-8, and knows the digest of what was written."""

    def __init__(self, target: BinaryIO) -> None:
        self._target, self._digest = target, sha256()

    def write(self, text: str) -> None:
        data = text.encode()
        self._target.write(data)
        self._digest.update(data)

    def digest(self) -> str:
        return self._digest.hexdigest()


def csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def last_line(rows: int, digest: str) -> str:
    """How many rows, and the SHA-256 of everything before this line."""
    return csv_line([END, str(rows), digest])


def harmless(cell: str) -> str:
    """No spreadsheet reads it as a formula."""
    return "'" + cell if cell.startswith(RISKY) else cell
