"""Finding the header by the names of its columns, wherever it stands (5.2)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from residents.importers.normalise import INVISIBLE, compact, text_of
from residents.importers.rows import Cell

NAMES: Mapping[str, tuple[str, ...]] = {
    "serial": ("序号", "编号"),
    "community": ("社区", "所属社区", "社区名称"),
    "compound": ("小区名称", "小区", "所属小区"),
    "building": ("楼栋", "楼号", "栋号", "楼栋号", "楼幢"),
    "unit": ("单元", "门", "单元门", "单元号", "门洞"),
    "room": ("房号", "门牌", "室号", "门牌号", "房间号"),
    "head": ("户主姓名", "户主"),
    "phone": ("联系电话", "手机号码", "电话", "手机", "手机号", "联系方式"),
    "count": ("居住人数", "人口数", "人数"),
    "status": ("居住状态", "房屋使用情况", "居住情况"),
    "grid": ("网格", "所属网格"),
    "moved_in": ("入住日期", "迁入时间", "入住时间", "迁入日期"),
    "note": ("备注",),
}
FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
REQUIRED = ("compound", "building", "room")
# A sheet with this many known columns is a roster, or was meant to be one.
ENOUGH = 4
SEARCHED_ROWS = 30
TITLE_LENGTH = 60
# Titles that a person has explained: the field they mean here, "" for none.
Names = Mapping[str, str]
NO_NAMES: Names = {}

INSIDE_BRACKETS = re.compile(r"[(\[{【〔《<][^)\]}】〕》>]*[)\]}】〕》>]")
DECORATION = re.compile(r"[\s*★☆:·()\[\]{}【】〔〕《》<>/\\、_-]+")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are. `row` is the last header row, counted from 1."""

    row: int
    first_row: int
    columns: Mapping[str, int]
    dropped: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    untitled: tuple[int, ...] = ()
    width: int = 0

    @property
    def complete(self) -> bool:
        return not self.missing and not self.twice

    @property
    def side_by_side(self) -> bool:
        """Two tables beside each other: the address columns stand there twice."""
        return len(set(self.twice) & {*REQUIRED, "serial"}) > 1


@lru_cache(1 << 12)
def field_of(text: str) -> str:
    """The field a column title means, or ""."""
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    without = DECORATION.sub("", INSIDE_BRACKETS.sub("", plain))
    return FIELD_OF.get(without) or FIELD_OF.get(DECORATION.sub("", plain), "")


def title_of(text: str) -> str:
    """A column title as it is asked about and remembered."""
    return compact(text)[:TITLE_LENGTH]


def titles_of(texts: Sequence[str]) -> list[str]:
    """Titles of one line; the second 电话 is 电话#2, so that each has its own name."""
    seen: Counter[str] = Counter()
    titles = []
    for text in texts:
        title = title_of(text)
        seen[title] += 1
        again = f"#{seen[title]}" if title and seen[title] > 1 else ""
        titles.append(title + again)
    return titles


def meaning_of(text: str, names: Names) -> str:
    """The field that a title means, explained or known to everybody, or ""."""
    if not names:
        return field_of(text)
    return names[title] if (title := title_of(text)) in names else field_of(text)


def find(
    rows: Sequence[Sequence[Cell]], first_number: int = 1, names: Names = NO_NAMES
) -> Header | None:
    """The best header among the first rows; two rows may make one together.

    None when no line has enough known columns: then the sheet is no roster.
    """
    candidates = []
    texts = [[text_of(cell) for cell in row] for row in rows[:SEARCHED_ROWS]]
    for index, row in enumerate(texts):
        number = first_number + index
        candidates.append(_header(row, number, number, names))
        if index:
            joined = join(texts[index - 1], row, names)
            candidates.append(_header(joined, number - 1, number, names))
    # The first of equals: a repeated header further down is not the header.
    best = max(candidates, key=lambda header: len(header.columns), default=None)
    return best if best and len(best.columns) >= ENOUGH else None


def _header(
    texts: Sequence[str], first_row: int, row: int, names: Names = NO_NAMES
) -> Header:
    columns: dict[str, int] = {}
    dropped, twice, untitled = [], [], []
    titles = titles_of(texts) if names else texts
    for index, (title, text) in enumerate(zip(titles, texts, strict=True)):
        known = names[title] if title in names else field_of(text)
        if known and known not in columns:
            columns[known] = index
        elif known:
            twice.append(known)
        elif text.strip():
            dropped.append(INVISIBLE.sub("", DECORATION.sub("", text))[:20])
        else:
            untitled.append(index)
    missing = tuple(name for name in REQUIRED if name not in columns)
    return Header(
        row,
        first_row,
        columns,
        tuple(dropped),
        tuple(twice),
        missing,
        tuple(untitled),
        len(texts),
    )


def again(cells: Sequence[Cell], number: int, names: Names = NO_NAMES) -> Header | None:
    """A header further down, or None when the line is no header."""
    found = _header([text_of(cell) for cell in cells], number, number, names)
    if len(found.columns) < ENOUGH or "room" not in found.columns:
        return None
    return found


def beside(rows: Sequence[Sequence[Cell]], header: Header) -> bool:
    """Whether another header stands in columns that this one leaves untitled."""
    return any(
        len(
            {
                field_of(text_of(cell))
                for index, cell in enumerate(row)
                if index in header.untitled or index >= header.width
            }
            & set(REQUIRED)
        )
        > 1
        for row in rows
    )


def join(
    above: Sequence[str], below: Sequence[str], names: Names = NO_NAMES
) -> list[str]:
    """Titles of two rows: the lower one, or both together, or the upper one."""
    joined = []
    for high, low in zip_longest(above, below, fillvalue=""):
        options = (low, high + low, high)
        joined.append(
            next((text for text in options if meaning_of(text, names)), low or high)
        )
    return joined
