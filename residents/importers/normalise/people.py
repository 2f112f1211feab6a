"""Who is the head of a household, and how to call them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from residents.importers.normalise.text import (
    DECIMAL_ZERO,
    DITTO,
    FULLWIDTH_DIGITS,
    HAN,
    INVISIBLE,
    NOTHING,
    SPACE,
    TO_HALFWIDTH,
    TOO_LONG,
    Text,
    is_ditto,
    is_number,
    looks,
    text_of,
)
from residents.importers.rows import Cell

PLAIN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
BETWEEN_HAN = re.compile(f"(?<=[{HAN}·])\\s+(?=[{HAN}·])")


def name(cell: Cell) -> Text:
    """The head of the household. Rare characters stay exactly as they are."""
    if isinstance(cell, str) and PLAIN_NAME.fullmatch(cell):
        return Text(cell if cell not in NOTHING and cell not in DITTO else "")
    text = text_of(cell)
    if is_ditto(cell) or (is_number(cell) and text == TOO_LONG):
        return Text("")
    visible = INVISIBLE.sub("", text)
    value = visible.translate(TO_HALFWIDTH).replace("\u00a0", " ").strip()
    codes = []
    if len(visible) != len(text) or "\u00a0" in text:
        codes.append("INVISIBLE_CHARS")
    if visible.translate(TO_HALFWIDTH) != visible:
        codes.append("FULLWIDTH_CHARS")
    if visible.replace("\u00a0", " ").strip() != visible.replace("\u00a0", " "):
        codes.append("SURROUNDING_SPACES")
    if "\n" in value or "\r" in value:
        codes.append("LINE_BREAK_IN_TEXT")
    elif SPACE.search(value) and "\u00a0" not in text:
        codes.append("SPACE_IN_NAME")
    value = SPACE.sub(" ", BETWEEN_HAN.sub("", value))
    if value in NOTHING:
        return Text("")
    return Text(value, (*codes, *looks(value)))


# --- telephone ----------------------------------------------------------------------

MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
TWO_MOBILES = re.compile(r"(1[3-9]\d{9})(1[3-9]\d{9})", re.ASCII)
COUNTRY = re.compile(r"(?:\+|00)?86(1[3-9]\d{9})", re.ASCII)
AREA = re.compile(r"(01\d|02\d|0[3-9]\d{2})(\d{7,8})", re.ASCII)
LOCAL = re.compile(r"[2-8]\d{6,7}", re.ASCII)
BETWEEN_NUMBERS = re.compile(r"[/、,;|\n和或及]+")
LABEL = re.compile(f"\\([^()\\d]*\\)|[{HAN}:]+")
INSIDE_NUMBER = re.compile(r"[\s\-\u2010-\u2015\u2212.·()_]+")


@dataclass(frozen=True, slots=True)
class Phones:
    """`phone` is the first mobile number; all others are kept beside it."""

    phone: str = ""
    alt: str = ""
    landline: str = ""
    codes: tuple[str, ...] = ()


def phones(cell: Cell) -> Phones:
    if isinstance(cell, str) and len(cell) == 11 and MOBILE.fullmatch(cell):
        return Phones(cell) if cell.isascii() else _phones(cell, cell)
    text = text_of(cell)
    if text.strip() in NOTHING:
        return Phones()
    return _phones(cell, text)


def _phones(cell: Cell, text: str) -> Phones:
    half = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    codes = ["PHONE_STORED_AS_NUMBER"] if is_number(cell) else []
    if match := DECIMAL_ZERO.fullmatch(half):
        half, codes = match[1], ["PHONE_STORED_AS_NUMBER"]
    if FULLWIDTH_DIGITS.search(text):
        codes.append("PHONE_FULLWIDTH")
    mobiles: list[str] = []
    landlines: list[str] = []
    for piece in BETWEEN_NUMBERS.split(half):
        codes += _number(piece, mobiles, landlines)
    if not mobiles and not landlines:
        return Phones(codes=("PHONE_INVALID",))
    if len(mobiles) + len(landlines) > 1:
        codes.append("PHONE_TWO_NUMBERS")
    elif landlines:
        codes.append("PHONE_LANDLINE")
    return Phones(
        mobiles[0] if mobiles else "",
        "/".join(mobiles[1:]),
        "/".join(landlines),
        tuple(dict.fromkeys(codes)),
    )


def _number(piece: str, mobiles: list[str], landlines: list[str]) -> list[str]:
    """Add what one piece holds to the lists; the codes of what was done to it."""
    bare = LABEL.sub("", piece).strip()
    digits = INSIDE_NUMBER.sub("", bare)
    if not digits:
        return []
    codes = ["PHONE_SEPARATORS"] if digits != bare else []
    if MOBILE.fullmatch(digits):
        mobiles.append(digits)
    elif match := COUNTRY.fullmatch(digits):
        mobiles.append(match[1])
        return ["PHONE_COUNTRY_CODE"]
    elif match := TWO_MOBILES.fullmatch(digits):
        mobiles.extend(match.groups())
    elif match := AREA.fullmatch(digits):
        landlines.append(f"{match[1]}-{match[2]}")
        return []
    elif LOCAL.fullmatch(digits):
        landlines.append(digits)
        return []
    else:
        return ["PHONE_INVALID"]
    return codes
