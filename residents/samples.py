"""A few values of a column, masked: enough to say what it is, never whose it is."""

import re
from collections.abc import Sequence

from residents.importers import normalise
from residents.importers.normalise import compact, text_of
from residents.importers.rows import Cell
from residents.privacy import mask_phone

SAMPLES = 3
SHOWN = 8
# A line with fewer titles is a heading, not a header.
ENOUGH_TITLES = 4
# Parts of an address, counts and days: they name a door or a number, not a person.
PLAIN = re.compile(
    r"[\d\-—~./#甲乙丙丁戊东南西北中上下前后一二三四五六七八九十百零两"
    r"号楼栋幢座单元门室房层口人户年月日]{1,8}|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?"
)
LONG = re.compile(r"\d{7,}")
MOBILE = re.compile(r"1\d{10}")
DOOR = re.compile(r"\d+(?:号楼|号|栋|幢|座|单元|门|室)")
# 电话2 is a title; 2号楼, 301 and 开封里1号楼 are not.
TITLE = re.compile(r"(?!.*\d{3})\D.*", re.DOTALL)


def masked(cell: Cell) -> str:
    """Doors, counts, days and statuses as they are; of all else the first sign.

    An identity number, a plate or the name of an account never shows.
    """
    text = compact(text_of(cell))
    if not text:
        return ""
    if MOBILE.fullmatch(text):
        return mask_phone(text)
    if LONG.search(text):
        return "……"
    if PLAIN.fullmatch(text) or _is_status(text):
        return text
    return f"{text[0]}**" if "\u4e00" <= text[0] <= "\u9fff" else "……"


def _is_status(text: str) -> bool:
    return normalise.status(text).value != "unverified"


def title_line(rows: Sequence[Sequence[Cell]]) -> int | None:
    """The line that looks most like column titles: words without numbers."""
    best, most = None, ENOUGH_TITLES - 1
    for index, cells in enumerate(rows):
        texts = [compact(text_of(cell)) for cell in cells]
        texts = [text for text in texts if text]
        if len(texts) > most and all(map(_may_be_title, texts)):
            best, most = index, len(texts)
    return best


def _may_be_title(text: str) -> bool:
    is_value = DOOR.search(text) or _is_status(text)
    return bool(TITLE.fullmatch(text)) and not is_value


def holds_households(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether lines below a title line speak of doors or of people's telephones."""
    texts = [compact(text_of(cell)) for cells in rows for cell in cells]
    return any(MOBILE.fullmatch(text) or DOOR.fullmatch(text) for text in texts)
