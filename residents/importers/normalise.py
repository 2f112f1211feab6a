"""Cleaning single cells: pure functions, twice equals once, no digit is lost.

Each returns the clean value with the codes of what was done to it; what a code means
for the row is decided in `checks`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from residents.importers.rows import Cell, Part

CACHE = 1 << 16
# Zero-width, direction marks, control signs; line breaks and tabs count as space.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
SPACE = re.compile(r"\s+")
# Signs that no cleaning touches.
PLAIN = re.compile("[!-~\u4e00-\u9fa5]*")
FULLWIDTH_DIGITS = re.compile("[\uff10-\uff19\uff0b]")
FULLWIDTH = re.compile("[\uff01-\uff5e]")
TO_HALFWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?!\d)")
BLOTTED = "＊"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
RARE = re.compile("[\u3400-\u4dbf\U00010000-\U0010ffff]")
MARKUP = re.compile(r"<[^>]*>")
FORMULA_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
NOTHING = frozenset(
    {"", "无", "无无", "没有", "不详", "未知", "不清楚", "暂无", "空", "-", "--", "—"}
    | {"/", "\\", "无电话", "没电话", "无户主", "N/A", "n/a", "null", "NULL", "None"}
)
DIGITS_EXCEL_KEEPS = 15
TOO_LONG = "数字过长"
# "As above": copied where a column repeats by nature, and nowhere else.
DITTO = frozenset({"同上", "上同", "同前", "〃", "″", "〃〃", '"', "''", "”", "“"})


def text_of(cell: Cell) -> str:
    """A cell as text, as a spreadsheet shows it: 101.0 is 101, True is TRUE.

    Identity numbers are blotted out here, before anybody keeps or reports them, and
    numbers longer than a spreadsheet can hold have lost digits already.
    """
    if isinstance(cell, str):
        return IDENTITY_NUMBER.sub(BLOTTED, cell) if len(cell) > 17 else cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        return number_text(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def number_text(number: int | float) -> str:
    if not math.isfinite(number) or abs(number) >= 10**DIGITS_EXCEL_KEEPS:
        return TOO_LONG
    if number == int(number):
        return str(int(number))
    # As many digits as a spreadsheet shows; more would look like an identity number.
    return f"{number:.15g}" if abs(number) >= 1 else f"{number:.10g}"


def is_ditto(cell: Cell) -> bool:
    if not isinstance(cell, str) or len(cell) > 8:
        return False
    return cell in DITTO or SPACE.sub("", INVISIBLE.sub("", cell)) in DITTO


def is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def compact(text: str) -> str:
    """NFKC without spaces and invisible signs, until nothing changes any more."""
    if PLAIN.fullmatch(text):
        return text
    while True:
        clean = SPACE.sub("", INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
        if clean == text:
            return text
        text = clean


def traces(text: str) -> tuple[str, ...]:
    """Codes for what `compact` will remove from this text."""
    found = []
    if FULLWIDTH.search(text):
        found.append("FULLWIDTH_CHARS")
    if INVISIBLE.search(text) or "\u00a0" in text:
        found.append("INVISIBLE_CHARS")
    visible = INVISIBLE.sub("", text)
    if "\n" in visible.strip() or "\r" in visible.strip():
        found.append("LINE_BREAK_IN_TEXT")
    elif SPACE.search(visible):
        found.append("SURROUNDING_SPACES")
    return tuple(found)


# --- numerals -----------------------------------------------------------------------

NUMERALS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
UNITS = {"十": 10, "百": 100}
CHINESE_NUMBER = re.compile("[零〇一二三四五六七八九十百]+")


def chinese_number(text: str) -> str:
    """三 -> 3, 十二 -> 12, 一百零三 -> 103, 二〇一 -> 201; otherwise unchanged."""
    if not any(sign in UNITS for sign in text):
        return "".join(str(NUMERALS[sign]) for sign in text)
    total, digit, last = 0, -1, 1000
    for sign in text:
        if sign in UNITS:
            if UNITS[sign] >= last:
                return text
            last = UNITS[sign]
            total += (1 if digit < 0 else digit) * last
            digit = -1
        elif digit > 0:
            return text
        else:
            digit = NUMERALS[sign]
    return str(total + max(digit, 0))


def with_digits(text: str) -> str:
    return CHINESE_NUMBER.sub(lambda match: chinese_number(match[0]), text)


# --- address ------------------------------------------------------------------------

DECIMAL_ZERO = re.compile(r"^(\d+)\.0$")
# What follows the number of a building may itself be followed by 甲 and the like.
BUILDING_WORD = re.compile(r"(?<=.)(号楼|栋|幢|座|楼|号|#)(?=[甲乙丙丁戊]?$)")
UNIT_WORD = re.compile(r"(?<=.)(单元|门)$")
ROOM_WORD = re.compile(r"(?<=.)(室|房)$")
WORDS = {"building": BUILDING_WORD, "unit": UNIT_WORD, "room": ROOM_WORD}
SEVERAL = re.compile(
    r"\d\s*[室房]?\s*(?:[、,，;；/&+~～和至]|\n)\s*\d|\d{3,}[ \t\u3000]+\d{3,}"
)


@lru_cache(CACHE, typed=True)
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


@lru_cache(CACHE, typed=True)
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


# --- people -------------------------------------------------------------------------

PLAIN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
BETWEEN_HAN = re.compile(f"(?<=[{HAN}·])\\s+(?=[{HAN}·])")


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    codes: tuple[str, ...] = ()


NO_TEXT = Text("")


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


def looks(text: str) -> tuple[str, ...]:
    """Codes for what is kept as it is and only mentioned."""
    rare = ("RARE_CHARACTER",) if RARE.search(text) else ()
    return (*rare, "MARKUP_IN_TEXT") if MARKUP.search(text) else rare


def free_text(cell: Cell) -> Text:
    """A note: line breaks may stay, invisible signs go."""
    if cell == "":
        return NO_TEXT
    text = text_of(cell)
    value = INVISIBLE.sub("", text.replace("\r\n", "\n")).strip()
    return Text(value, looks(value))


@lru_cache(CACHE, typed=True)
def short_text(cell: Cell) -> Text:
    """A grid or a similar label on one line; "as above" is not copied into it."""
    if is_ditto(cell):
        return Text("")
    return Text(SPACE.sub(" ", INVISIBLE.sub("", text_of(cell))).strip())


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


# --- status, count, date ------------------------------------------------------------

STATUSES = {"常住": "resident", "出租": "rented", "空置": "vacant"}
STATUS_NAMES = {identifier: text for text, identifier in STATUSES.items()}
STATUS_VARIANTS = STATUSES | {
    **dict.fromkeys(("常住户", "自住", "自住户", "自用", "业主自住"), "resident"),
    **dict.fromkeys(("租住", "出租户", "租户", "租赁", "出租房", "已出租"), "rented"),
    **dict.fromkeys(("空", "空房", "空置房", "空置户", "无人居住"), "vacant"),
}


@lru_cache(CACHE, typed=True)
def status(cell: Cell) -> Text:
    text = text_of(cell)
    if text in STATUSES:
        return Text(STATUSES[text])
    clean = compact(text)
    if not clean:
        return Text("unverified", ("STATUS_MISSING",))
    if clean in STATUS_VARIANTS:
        return Text(STATUS_VARIANTS[clean], ("STATUS_VARIANT",))
    return Text("unverified", ("STATUS_UNKNOWN",))


LARGEST_HOUSEHOLD = 20
LARGEST_COUNT = 999
COUNT = re.compile(r"(\d{1,3}|[零〇一二三四五六七八九十]+)[人口个]*")


@dataclass(frozen=True, slots=True)
class Count:
    value: int | None
    codes: tuple[str, ...] = ()


@lru_cache(CACHE, typed=True)
def count(cell: Cell) -> Count:
    """People in the household; what cannot be a count is empty and named."""
    text = text_of(cell)
    clean = compact(text).replace("两", "二").replace("俩", "二")
    if clean in NOTHING:
        return Count(None)
    if is_number(cell) or re.fullmatch(r"-\d+|\d+\.\d+", clean):
        return plausible(clean, ())
    match = COUNT.fullmatch(clean)
    if match is None:
        return Count(None, ("COUNT_TEXT_UNCLEAR",))
    plain = isinstance(cell, str) and cell == match[1] and cell.isascii()
    return plausible(with_digits(match[1]), () if plain else ("COUNT_TEXT",))


def plausible(text: str, codes: tuple[str, ...]) -> Count:
    if match := DECIMAL_ZERO.fullmatch(text):
        text = match[1]
    if not text.isascii() or not text.isdigit() or int(text) > LARGEST_COUNT:
        return Count(None, (*codes, "COUNT_IMPLAUSIBLE"))
    if int(text) > LARGEST_HOUSEHOLD:
        codes = (*codes, "COUNT_IMPLAUSIBLE")
    return Count(int(text), codes)


YEAR_MONTH_DAY = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})[日号]?(?:00:00(?::00)?)?"
)
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
EIGHT_DIGITS = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
PART_OF_DATE = re.compile(
    r"\d{4}(?:[-/.年](?:\d{1,2}月?)?)?(?:以?[前后]|左右)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
)
SERIAL = re.compile(r"\d{4,5}(?:\.\d+)?")
# Serial number 0 of the two calendars of spreadsheets; 60 is a day that never was.
EPOCHS = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}
FIRST_SERIAL, LAST_SERIAL = 3000, 80000


@dataclass(frozen=True, slots=True)
class Day:
    value: dt.date | None
    codes: tuple[str, ...] = ()


@lru_cache(CACHE, typed=True)
def day(cell: Cell, *, since_1904: bool = False) -> Day:
    if isinstance(cell, dt.datetime):
        return Day(cell.date())
    if isinstance(cell, dt.date):
        return Day(cell)
    clean = compact(text_of(cell))
    if clean in NOTHING:
        return Day(None)
    if match := EIGHT_DIGITS.fullmatch(clean) or YEAR_MONTH_DAY.fullmatch(clean):
        plain = isinstance(cell, str) and ISO.fullmatch(cell) and cell.isascii()
        return _day(match.groups(), () if plain else ("DATE_TEXT",))
    if SERIAL.fullmatch(clean) and FIRST_SERIAL <= float(clean) <= LAST_SERIAL:
        serial = dt.timedelta(days=int(float(clean)))
        return Day(EPOCHS[since_1904] + serial, ("DATE_SERIAL_NUMBER",))
    if PART_OF_DATE.fullmatch(clean):
        return Day(None, ("DATE_AMBIGUOUS",))
    return Day(None, ("DATE_UNREADABLE",))


def _day(parts: tuple[str, ...], codes: tuple[str, ...]) -> Day:
    year, month, number = (int(part) for part in parts)
    try:
        value = dt.date(year, month, number)
    except ValueError:
        return Day(None, ("DATE_UNREADABLE",))
    return Day(value, codes) if year >= 1900 else Day(None, ("DATE_UNREADABLE",))
