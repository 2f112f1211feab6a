"""Find a person or a place by characters, by full spelling or by initials.

Pure: no database. Names have a stored spelling where somebody entered one; for the
others pypinyin gives every reading of each character, because a surname is often read
otherwise than the same character elsewhere.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from pypinyin import Style, pinyin

Readings = Sequence[Sequence[str]]


def is_found(query: str, name: str, *, spelling: str = "") -> bool:
    """Whether `query` names `name`: 李建, lijian, lj, lijianguo, jianguo, ljg.

    `spelling`: as stored, with blanks between the syllables; used when it has one for
    each character. Upper and lower case, blanks and tone marks do not matter.
    """
    wanted = plain(query)
    if not wanted:
        return True
    if wanted in plain(name):
        return True
    if not wanted.isascii():
        return False
    syllables = [plain(part) for part in spelling.split()]
    if len(syllables) == len(name):
        return _begins_anywhere(wanted, [[syllable] for syllable in syllables])
    return _begins_anywhere(wanted, readings(name))


def plain(text: str) -> str:
    """Small letters without blanks and marks; ü is v, as people type it."""
    spread = unicodedata.normalize("NFKD", text.casefold().replace("ü", "v"))
    return "".join(
        letter
        for letter in spread
        if not letter.isspace() and not unicodedata.combining(letter)
    )


@lru_cache(maxsize=20_000)
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """Every reading of every character, in small letters."""
    # One by one: inside a known word only the reading of that word would come.
    found = [pinyin(letter, style=Style.NORMAL, heteronym=True) for letter in name]
    return tuple(
        tuple(dict.fromkeys(plain(one) for one in each[0])) if each else ()
        for each in found
    )


def _begins_anywhere(wanted: str, syllables: Readings) -> bool:
    return any(_follows(wanted, syllables, start) for start in range(len(syllables)))


def _follows(wanted: str, syllables: Readings, place: int) -> bool:
    """Whether `wanted` is spelt by the syllables from `place` on, whole or initials."""
    if not wanted:
        return True
    if place == len(syllables):
        return False
    for reading in syllables[place]:
        if not reading:
            continue
        if reading.startswith(wanted):
            return True
        if wanted.startswith(reading) and _follows(
            wanted[len(reading) :], syllables, place + 1
        ):
            return True
        if wanted[0] == reading[0] and _follows(wanted[1:], syllables, place + 1):
            return True
    return False
