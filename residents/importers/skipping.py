"""Lines that are no household, and no mistake: totals, notes, repeated headers."""

from __future__ import annotations

from collections.abc import Mapping

from residents.importers import headers, normalise
from residents.importers.headers import NO_NAMES, Names
from residents.importers.rows import EMPTY, Cell, RawRow

# A line with a room and one of these is a household, whatever else it says.
LIVED_IN = ("building", "head", "phone")
SUBTOTAL = ("合计", "小计", "总计", "共计", "累计", "本页")


def skip_code(raw: RawRow, names: Names = NO_NAMES) -> str:
    """Why a line is no household, or "". Its key cells decide, not its looks."""
    cell = raw.cells.get
    room = cell("room")
    if room not in EMPTY and any(cell(name) not in EMPTY for name in LIVED_IN):
        is_title = isinstance(room, str) and headers.meaning_of(room, names) == "room"
        return "REPEATED_HEADER" if is_title and is_header(raw, names) else ""
    texts = {
        name: normalise.compact(normalise.text_of(value))
        for name, value in raw.cells.items()
        if name not in raw.merged
    }
    texts = {name: text for name, text in texts.items() if text}
    if not texts:
        return "BLANK_ROW"
    if any(text.startswith(SUBTOTAL) for text in texts.values()):
        return "SUBTOTAL_ROW"
    return "NOTE_ROW" if is_note(texts) else ""


def is_header(raw: RawRow, names: Names = NO_NAMES) -> bool:
    return (
        sum(
            isinstance(cell, str) and headers.meaning_of(cell, names) == name
            for name, cell in raw.cells.items()
        )
        >= headers.ENOUGH
    )


def is_note(texts: Mapping[str, str]) -> bool:
    """A sentence or a signature line: no room, no building, nobody to call."""
    if texts.get("room") or texts.get("building"):
        return False
    if normalise.phones(texts.get("phone", "")).phone:
        return False
    signed = any(text.endswith(":") for text in texts.values())
    return signed or len(texts) == 1


def looks_like_title(cell: Cell, names: Names = NO_NAMES) -> bool:
    """Where an address is expected, the title of any column."""
    if not isinstance(cell, str) or not cell or cell[0].isdigit():
        return False
    return bool(headers.meaning_of(cell, names) if names else headers.field_of(cell))
