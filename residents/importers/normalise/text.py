"""Any cell as text, and what cleaning takes away from every text."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

from residents.importers.rows import Cell

F = TypeVar("F", bound=Callable[..., object])
# Values of one column that are remembered, and how long they may be.
REMEMBERED = 1 << 14
LONGEST_REMEMBERED = 60
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
DECIMAL_ZERO = re.compile(r"^(\d+)\.0$")
FORMULA_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
NOTHING = frozenset(
    {"", "无", "无无", "没有", "不详", "未知", "不清楚", "暂无", "空", "-", "--", "—"}
    | {"/", "\\", "无电话", "没电话", "无户主", "N/A", "n/a", "null", "NULL", "None"}
)
DIGITS_EXCEL_KEEPS = 15
TOO_LONG = "数字过长"
# "As above": copied where a column repeats by nature, and nowhere else.
DITTO = frozenset({"同上", "上同", "同前", "〃", "″", "〃〃", '"', "''", "”", "“"})


def remembered(clean: F) -> F:
    """Clean equal cells once: a column of a roster says the same again and again.

    1, 1.0 and True are different cells. Long texts do not repeat and are not kept.
    """
    cached = lru_cache(REMEMBERED, typed=True)(clean)

    @wraps(clean)
    def once(cell: Cell, *args: Any, **kwargs: Any) -> Any:
        if isinstance(cell, str) and len(cell) > LONGEST_REMEMBERED:
            return clean(cell, *args, **kwargs)
        return cached(cell, *args, **kwargs)

    return cast(F, once)


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


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    codes: tuple[str, ...] = ()


NO_TEXT = Text("")


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


@remembered
def short_text(cell: Cell) -> Text:
    """A grid or a similar label on one line; "as above" is not copied into it."""
    if is_ditto(cell):
        return Text("")
    return Text(SPACE.sub(" ", INVISIBLE.sub("", text_of(cell))).strip())
