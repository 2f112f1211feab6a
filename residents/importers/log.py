"""What an import has read and done with it, per sheet (5.5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from residents.importers.rows import Action, Amendment, ParsedRow


class CountsDisagree(Exception):
    """Rows read is not accept + fix + warn + reject + skip: nothing may be stored."""


@dataclass(slots=True)
class SheetLog:
    """One sheet. `action` is "" for a roster and "skip" or "reject" for the others.

    `problems` of a roster are notes for the administrator; `stray` are places of cells
    outside the table (T9), never what they hold; `answered` are titles that a person
    has explained, with the field of each.
    """

    number: int
    name: str
    action: str = ""
    problems: list[str] = field(default_factory=list)
    community: str = ""
    header_row: int = 0
    first_row: int = 0
    last_row: int = 0
    columns: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)
    read: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def note(self, code: str) -> None:
        """Once per sheet."""
        if code not in self.problems:
            self.problems.append(code)

    def add(self, row: ParsedRow) -> None:
        self.actions[row.action] += 1
        if row.problems:
            self.codes.update(row.codes)

    def as_data(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.name,
            "action": self.action,
            "problems": self.problems,
            "community": self.community,
            "header_row": self.header_row,
            "first_row": self.first_row,
            "last_row": self.last_row,
            "columns": self.columns,
            "dropped": self.dropped,
            "missing": self.missing,
            "stray": self.stray,
            "answered": self.answered,
            "read": self.read,
            "actions": {action.value: self.actions[action] for action in Action},
            "codes": dict(sorted(self.codes.items())),
        }


@dataclass(slots=True)
class ImportLog:
    sheets: list[SheetLog] = field(default_factory=list)

    @property
    def rosters(self) -> list[SheetLog]:
        return [sheet for sheet in self.sheets if not sheet.action]

    @property
    def read(self) -> int:
        return sum(sheet.read for sheet in self.sheets)

    @property
    def actions(self) -> dict[str, int]:
        total: Counter[str] = Counter()
        for sheet in self.sheets:
            total.update(sheet.actions)
        return {action.value: total[action] for action in Action}

    def amend(self, amendment: Amendment, before: Action, after: Action) -> None:
        sheet = self.sheets[amendment.sheet]
        sheet.actions[before] -= 1
        sheet.actions[after] += 1
        sheet.codes[amendment.problem.code] += 1

    def check(self) -> None:
        """Every row that was read has exactly one action."""
        for sheet in self.sheets:
            if sheet.read != sum(sheet.actions.values()):
                message = f"{sheet.name}: {sheet.read} != {dict(sheet.actions)}"
                raise CountsDisagree(message)
