"""Parts of an address: the text that is printed and the key that decides (5.3)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from residents.importers.normalise.numerals import with_digits
from residents.importers.normalise.text import (
    BLOTTED,
    DECIMAL_ZERO,
    NOTHING,
    TOO_LONG,
    compact,
    is_ditto,
    is_number,
    remembered,
    text_of,
    traces,
)
from residents.importers.rows import Cell, Part

# What follows the number of a building may itself be followed by 甲 and the like.
BUILDING_WORD = re.compile(r"(?<=.)(号楼|栋|幢|座|楼|号|#)(?=[甲乙丙丁戊]?$)")
UNIT_WORD = re.compile(r"(?<=.)(单元|门)$")
ROOM_WORD = re.compile(r"(?<=.)(室|房)$")
WORDS = {"building": BUILDING_WORD, "unit": UNIT_WORD, "room": ROOM_WORD}
SEVERAL = re.compile(
    r"\d\s*[室房]?\s*(?:[、,，;；/&+~～和至]|\n)\s*\d|\d{3,}[ \t\u3000]+\d{3,}"
)


@remembered
def compound(cell: Cell) -> Part:
    text = text_of(cell)
    if code := unusable(cell, text):
        return Part(text, "", (code,))
    clean = compact(text)
    if clean in NOTHING:
        return Part("", "")
    return Part(clean, clean, traces(text) if clean != text else ())


def unusable(cell: Cell, text: str) -> str:
    """The code of what can never be part of an address, or ""."""
    if is_ditto(cell):
        return "DITTO_NOT_COPIED"
    if is_number(cell) and text == TOO_LONG:
        return "NUMBER_TOO_LONG"
    if isinstance(cell, float) and not cell.is_integer():
        return "NUMBER_WITH_FRACTION"
    return "IDENTITY_NUMBER" if BLOTTED in text and text != cell else ""


@remembered
def address_part(cell: Cell, field: str) -> Part:
    """Building, unit or room. A date or several rooms give an empty key."""
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return Part(text_of(cell), "", (f"{field.upper()}_BECAME_DATE",))
    text = text_of(cell)
    if code := unusable(cell, text):
        return Part(text, "", (code,))
    if field == "room" and SEVERAL.search(unicodedata.normalize("NFKC", text)):
        return Part(compact(text), "", ("ROOM_SEVERAL",))
    clean = compact(text)
    if clean in NOTHING:
        return Part("", "")
    codes = list(traces(text)) if clean != text else []
    if field == "room" and is_number(cell):
        codes.append("ROOM_AS_NUMBER")
    numbered = with_digits(clean)
    if numbered != clean:
        codes.append("CHINESE_NUMERALS")
    key = address_key(clean, field)
    if field == "room":
        if ROOM_WORD.search(clean):
            codes.append("ROOM_SUFFIX")
        numbered = key
    return Part(numbered, key, tuple(codes))


def address_key(text: str, field: str) -> str:
    """The part that decides sameness: `１号楼` is 1, `三单元` is 3, `203-1` stays.

    Suffixes go one by one until none is left; a suffix alone is a name and stays.
    """
    key = with_digits(compact(text))
    while True:
        shorter = WORDS[field].sub("", DECIMAL_ZERO.sub(r"\1", key), count=1)
        if shorter == key:
            return key
        key = shorter


def word_of(part: Part, field: str) -> str:
    """The suffix a building or unit was written with: 号楼, 栋, 门 ..."""
    match = WORDS[field].search(part.text)
    return match[1] if match else ""
