"""How a dwelling is lived in: status, number of people, since when."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from residents.importers.normalise.numerals import with_digits
from residents.importers.normalise.text import (
    DECIMAL_ZERO,
    NOTHING,
    Text,
    compact,
    is_number,
    remembered,
    text_of,
)
from residents.importers.rows import Cell

STATUSES = {"常住": "resident", "出租": "rented", "空置": "vacant"}
STATUS_NAMES = {identifier: text for text, identifier in STATUSES.items()}
STATUS_VARIANTS = STATUSES | {
    **dict.fromkeys(("常住户", "自住", "自住户", "自用", "业主自住"), "resident"),
    **dict.fromkeys(("租住", "出租户", "租户", "租赁", "出租房", "已出租"), "rented"),
    **dict.fromkeys(("空", "空房", "空置房", "空置户", "无人居住"), "vacant"),
}


@remembered
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


@remembered
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


@remembered
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
