"""One small checker per rule: what is wrong with a row, and how bad it is (5.4).

`rules` says for every code which column it is about, how bad it is and what to do.
Cells that cleaning has touched bring their codes with them; `CHECKERS` look at what a
single cell cannot know: what is missing, what contradicts. A new rule is a line in
`RULES` and, where needed, one more function in `CHECKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from residents.importers.checks import address, household
from residents.importers.checks.draft import (
    KEY_FIELDS,
    PART_LENGTH,
    TEXT_LENGTH,
    Draft,
    of_cell,
    shown,
)
from residents.importers.checks.rules import (
    PUBLIC_NAMES,
    RULES,
    SHEET_NOTES,
    SHEET_SENTENCES,
    WORD_VARIANTS,
    Rule,
    problem,
)
from residents.importers.rows import Problem

__all__ = [
    "CHECKERS",
    "KEY_FIELDS",
    "PART_LENGTH",
    "PUBLIC_NAMES",
    "RULES",
    "SHEET_NOTES",
    "SHEET_SENTENCES",
    "TEXT_LENGTH",
    "WORD_VARIANTS",
    "Draft",
    "Rule",
    "found_in",
    "of_cell",
    "problem",
    "shown",
]

Checker = Callable[[Draft], Problem | None]
CHECKERS: tuple[Checker, ...] = (
    address.community_missing,
    address.community_elsewhere,
    address.community_variant,
    address.community_from_sheet,
    address.community_differs,
    address.compound_missing,
    address.building_missing,
    address.room_missing,
    address.text_too_long,
    address.building_word_variant,
    address.unit_word_variant,
    address.unit_absent,
    household.head_missing,
    household.phone_missing,
    household.count_status_conflict,
    household.date_future,
    household.hidden_row,
    household.filtered_row,
    household.struck_row,
    household.merged_fill,
    household.formula_error,
    household.formula_value,
)


def found_in(row: Draft) -> Iterator[Problem]:
    for checker in CHECKERS:
        found = checker(row)
        if found is not None:
            yield found
