"""Merged cells that reach over several rows: their value belongs to all of them."""

from __future__ import annotations

from collections.abc import Sequence

from residents.importers.book import Merge
from residents.importers.checks import KEY_FIELDS
from residents.importers.headers import Header
from residents.importers.rows import EMPTY, NO_FIELDS, Cell

FILLED_DOWN = KEY_FIELDS | {"grid", "status"}


class MergedColumns:
    """The merged ranges of one sheet, walked from its first row to its last."""

    def __init__(self, merges: Sequence[Merge], header: Header) -> None:
        self.merges = merges
        self.open: dict[str, tuple[int, Cell]] = {}
        self.last_open = 0
        self.starts: dict[int, list[tuple[str, int]]] = {}
        self.now(header)

    def now(self, header: Header) -> None:
        """The columns of this header count from its row on."""
        names = {index: name for name, index in header.columns.items()}
        self.starts.clear()
        for merge in self.merges:
            name = names.get(merge.column, "")
            if name in FILLED_DOWN and merge.first_row > header.row:
                self.starts.setdefault(merge.first_row, []).append(
                    (name, merge.last_row)
                )

    def reach(self, number: int) -> bool:
        """Whether a merged range may lie in this row; if not, `fill_down` is idle."""
        return number <= self.last_open or number in self.starts

    def fill_down(self, row: dict[str, Cell], number: int) -> frozenset[str]:
        """Put merged values into an empty cell of the row; the fields so filled."""
        filled = []
        for name, (last_row, value) in self.open.items():
            if number <= last_row and row[name] in EMPTY and value not in EMPTY:
                row[name] = value
                filled.append(name)
        for name, last_row in self.starts.get(number, ()):
            self.open[name] = (last_row, row[name])
            self.last_open = max(self.last_open, last_row)
        return frozenset(filled) if filled else NO_FIELDS
