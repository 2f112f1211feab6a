"""One small checker per rule: what is wrong with a row, and how bad it is (5.4).

`RULES` says for every code which column it is about, how bad it is and what to do, in
the words of the clerk. Cells that cleaning has touched bring their codes with them;
`CHECKERS` look at what a single cell cannot know: what is missing, what contradicts.
A new rule is a line in `RULES` and, where needed, one more function in `CHECKERS`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from residents.importers import normalise
from residents.importers.places import Places
from residents.importers.rows import (
    Action,
    Address,
    Cell,
    Part,
    Problem,
    RawRow,
    Values,
)

ACCEPT, FIX, WARN, REJECT, SKIP = (
    Action.ACCEPT,
    Action.FIX,
    Action.WARN,
    Action.REJECT,
    Action.SKIP,
)


@dataclass(frozen=True, slots=True)
class Rule:
    level: Action
    sentence: str | Promise
    field: str = ""


RULES: Mapping[str, Rule] = {
    # accepted as they are
    "MERGED_CELL_FILL": Rule(ACCEPT, _("合并单元格的值已填到本行。")),
    "FORMULA_VALUE": Rule(ACCEPT, _("格子里是公式，已取算好的值。")),
    "UNIT_ABSENT_OK": Rule(ACCEPT, _("旧楼没有单元，可以不填。"), "unit"),
    "RARE_CHARACTER": Rule(ACCEPT, _("有生僻字，已原样保存。")),
    "MARKUP_IN_TEXT": Rule(ACCEPT, _("有网页代码，只当普通文字保存。")),
    # corrected by rule
    "BUILDING_WORD_VARIANT": Rule(FIX, _("楼栋写法与上面不同，已统一。"), "building"),
    "UNIT_WORD_VARIANT": Rule(FIX, _("单元写法与上面不同，已统一。"), "unit"),
    "ROOM_SUFFIX": Rule(FIX, _("房号后的“室”字已去掉。"), "room"),
    "ROOM_AS_NUMBER": Rule(FIX, _("房号是数字格式，已改成文字。"), "room"),
    "CHINESE_NUMERALS": Rule(FIX, _("中文数字已换成阿拉伯数字。")),
    "FULLWIDTH_CHARS": Rule(FIX, _("全角字符已换成半角。")),
    "INVISIBLE_CHARS": Rule(FIX, _("看不见的字符已去掉。")),
    "LINE_BREAK_IN_TEXT": Rule(FIX, _("格子里的换行已去掉。")),
    "SPACE_IN_NAME": Rule(FIX, _("姓名中间的空格已去掉。"), "head"),
    "SURROUNDING_SPACES": Rule(FIX, _("多余的空格已去掉。")),
    "COMMUNITY_NAME_VARIANT": Rule(FIX, _("社区名称已统一。"), "community"),
    "COMMUNITY_FROM_SHEET": Rule(FIX, _("社区空着，已取工作表的社区。"), "community"),
    "PHONE_STORED_AS_NUMBER": Rule(FIX, _("电话是数字格式，已改成文字。"), "phone"),
    "PHONE_SEPARATORS": Rule(FIX, _("电话里的空格和横线已去掉。"), "phone"),
    "PHONE_FULLWIDTH": Rule(FIX, _("电话里的全角数字已换成半角。"), "phone"),
    "PHONE_COUNTRY_CODE": Rule(FIX, _("电话前的 86 已去掉。"), "phone"),
    "DATE_SERIAL_NUMBER": Rule(FIX, _("日期是序列数，已换算。"), "moved_in"),
    "DATE_TEXT": Rule(FIX, _("日期写法已统一。"), "moved_in"),
    "COUNT_TEXT": Rule(FIX, _("人数已换成数字。"), "count"),
    "STATUS_VARIANT": Rule(FIX, _("居住状态的写法已统一。"), "status"),
    # stored, to be verified
    "PHONE_MISSING": Rule(WARN, _("没有电话，请补上。"), "phone"),
    "PHONE_INVALID": Rule(WARN, _("电话不对，可能丢了数字，请核对原始记录。"), "phone"),
    "PHONE_LANDLINE": Rule(WARN, _("只有固定电话，请问一个手机号码。"), "phone"),
    "PHONE_TWO_NUMBERS": Rule(WARN, _("有两个号码，第二个存为备用，请核对。"), "phone"),
    "PHONE_SHARED": Rule(WARN, _("三套以上房屋同一个号码，请核对是否房东。"), "phone"),
    "HEAD_MISSING": Rule(WARN, _("没有户主姓名，请补上。"), "head"),
    "STATUS_MISSING": Rule(WARN, _("没有居住状态，不算常住，请核对。"), "status"),
    "STATUS_UNKNOWN": Rule(WARN, _("居住状态认不出，不算常住，请核对。"), "status"),
    "COUNT_TEXT_UNCLEAR": Rule(WARN, _("人数不明确，请填一个数。"), "count"),
    "COUNT_IMPLAUSIBLE": Rule(WARN, _("人数不合常理，请核对。"), "count"),
    "COUNT_STATUS_CONFLICT": Rule(WARN, _("人数和居住状态矛盾，请核对。"), "count"),
    "DATE_AMBIGUOUS": Rule(WARN, _("日期不完整或有两种读法，请填年月日。"), "moved_in"),
    "DATE_FUTURE": Rule(WARN, _("入住日期在将来，请核对。"), "moved_in"),
    "DATE_UNREADABLE": Rule(WARN, _("日期认不出，请填年月日。"), "moved_in"),
    "HIDDEN_ROW": Rule(WARN, _("这一行在表里是隐藏的，请核对还要不要。")),
    "FILTERED_ROW": Rule(WARN, _("这一行被筛选隐藏了，请取消筛选后核对还要不要。")),
    "STRIKETHROUGH": Rule(WARN, _("整行划了删除线，请核对是否已搬走。")),
    "COMMUNITY_DIFFERS_FROM_SHEET": Rule(
        WARN, _("社区与工作表不一致，按本行的社区存，请核对。"), "community"
    ),
    "DUPLICATE_CONFLICT": Rule(WARN, _("同一套房屋在下面又出现，内容不同，请核对。")),
    "FORMULA_ERROR": Rule(WARN, _("公式出错或没有算出值，请填上值。")),
    # not stored until somebody corrects it
    "COMPOUND_MISSING": Rule(REJECT, _("没有小区名称，请补上。"), "compound"),
    "BUILDING_MISSING": Rule(
        REJECT, _("没有楼栋，请补上（不沿用上一行）。"), "building"
    ),
    "ROOM_MISSING": Rule(REJECT, _("没有房号，请补上。"), "room"),
    "ROOM_BECAME_DATE": Rule(
        REJECT, _("房号被表格软件改成了日期，请把这一列设为文本重填。"), "room"
    ),
    "BUILDING_BECAME_DATE": Rule(
        REJECT, _("楼栋被表格软件改成了日期，请把这一列设为文本重填。"), "building"
    ),
    "UNIT_BECAME_DATE": Rule(
        REJECT, _("单元被表格软件改成了日期，请把这一列设为文本重填。"), "unit"
    ),
    "NUMBER_TOO_LONG": Rule(
        REJECT, _("数字超过 15 位，表格软件已改坏，请设为文本重填。")
    ),
    "NUMBER_WITH_FRACTION": Rule(
        REJECT, _("数字带小数，末尾的 0 可能已丢，请设为文本重填。")
    ),
    "IDENTITY_NUMBER": Rule(REJECT, _("格子里像是身份证号，请删去并填上正确的内容。")),
    "DITTO_NOT_COPIED": Rule(REJECT, _("“同上”只在社区和小区列有效，请把这一格写全。")),
    "ROOM_SEVERAL": Rule(REJECT, _("一行写了几套房，请一套房一行。"), "room"),
    "TEXT_TOO_LONG": Rule(REJECT, _("格子里的字太多，请核对是否填错了列。")),
    "COMMUNITY_MISSING": Rule(REJECT, _("看不出是哪个社区，请补上。"), "community"),
    "COMMUNITY_UNKNOWN": Rule(REJECT, _("没有这个社区，请改正。"), "community"),
    "COMMUNITY_OUT_OF_SCOPE": Rule(
        REJECT, _("这个社区不在本次导入的街道里。"), "community"
    ),
    "DUPLICATE_LATER": Rule(REJECT, _("同一套房屋上面已有，内容不同，请留一行。")),
    "DUPLICATE_AFTER_NORMALISING": Rule(
        REJECT, _("与上面是同一套房屋，只是写法不同，请留一行。")
    ),
    # no household, and no mistake
    "BLANK_ROW": Rule(SKIP, _("空行。")),
    "REPEATED_HEADER": Rule(SKIP, _("重复的表头。")),
    "SUBTOTAL_ROW": Rule(SKIP, _("合计行。")),
    "NOTE_ROW": Rule(SKIP, _("说明或签字。")),
    "DUPLICATE_EXACT": Rule(SKIP, _("与上面一行完全相同。")),
}
# Whole sheets that are left out: named to the administrator, never silently dropped.
SHEET_SENTENCES: Mapping[str, str | Promise] = {
    "HIDDEN_SHEET": _("隐藏的工作表，没有导入。"),
    "NOT_A_ROSTER_SHEET": _("不是名册，没有导入。"),
    "SIDE_BY_SIDE": _(
        "一张表里并排放了两份名册，没有导入。请上下接成一份，或分到两张工作表。"
    ),
    "HEADER_INCOMPLETE": _("表头缺列或重复，没有导入，请改表头。"),
    "LEFT_OUT": _("上传时说明不要这张工作表，没有导入。"),
}
# What stands in a roster beside its rows: named, and not imported.
SHEET_NOTES: Mapping[str, str | Promise] = {
    "STRAY_CELLS": _("表格外还有零散的格子，没有导入，请核对。"),
    "FILTER_IN_USE": _("表里开着筛选，被筛掉的行也读了，并列入待核实。"),
    "CELL_COMMENTS": _("单元格批注没有导入。"),
}
# Two codes that the office knows by one name.
PUBLIC_NAMES = {
    "COUNT_TEXT_UNCLEAR": "COUNT_TEXT",
    "DUPLICATE_LATER": "DUPLICATE_CONFLICT",
}
PART_LENGTH = {"compound": 60, "building": 30, "unit": 30, "room": 30}
WORD_VARIANTS = frozenset({"BUILDING_WORD_VARIANT", "UNIT_WORD_VARIANT"})
SHOWN = 120
KEY_FIELDS = frozenset({"community", *PART_LENGTH})


@dataclass(slots=True)
class Draft:
    """A row in the making: raw cells, clean values, and the file around it."""

    raw: RawRow
    places: Places
    on: dt.date
    sheet_community: str
    has_community_column: bool
    community: str
    address: Address
    values: Values
    # How buildings and units were written in the first row that had a word.
    words: Mapping[str, str]

    def original(self, field: str) -> str:
        return shown(self.raw.cells.get(field))


def shown(cell: Cell) -> str:
    """A cell for the report: short, and writable in any encoding."""
    text = normalise.text_of(cell)[:SHOWN]
    return text.encode("utf-8", "replace").decode()


def problem(
    code: str, field: str = "", original: str = "", cleaned: str = ""
) -> Problem:
    rule = RULES[code]
    return Problem(code, rule.level, field or rule.field, original, cleaned)


Checker = Callable[[Draft], Problem | None]


# --- the address --------------------------------------------------------------------


def compound_missing(row: Draft) -> Problem | None:
    if row.address.compound.key or row.address.compound.codes:
        return None
    return problem("COMPOUND_MISSING", original=row.original("compound"))


def building_missing(row: Draft) -> Problem | None:
    building = row.address.building
    if building.key or building.codes:  # a code says already what happened to it
        return None
    return problem("BUILDING_MISSING", original=row.original("building"))


def room_missing(row: Draft) -> Problem | None:
    room = row.address.room
    if room.key or room.codes:
        return None
    return problem("ROOM_MISSING", original=row.original("room"))


def unit_absent(row: Draft) -> Problem | None:
    if row.address.unit.text:
        return None
    return problem("UNIT_ABSENT_OK")


def building_word_variant(row: Draft) -> Problem | None:
    return _word_variant(row, "building", row.address.building)


def unit_word_variant(row: Draft) -> Problem | None:
    return _word_variant(row, "unit", row.address.unit)


def _word_variant(row: Draft, field: str, part: Part) -> Problem | None:
    word, usual = normalise.word_of(part, field), row.words.get(field, "")
    # 7号 is the number in the street of an old house, not another word for 楼.
    if word in {"", usual, "号"} or usual in {"", "号"}:
        return None
    code = f"{field.upper()}_WORD_VARIANT"
    return problem(code, original=part.text, cleaned=part.key + usual)


def text_too_long(row: Draft) -> Problem | None:
    for field, part in row.address.parts:
        if max(len(part.text), len(part.key)) > PART_LENGTH[field]:
            return problem("TEXT_TOO_LONG", field, row.original(field))
    if len(row.values.grid) > 60 or len(row.values.head) > 60:
        return problem("TEXT_TOO_LONG", "grid" if row.values.grid else "head")
    return None


# --- the community ------------------------------------------------------------------


def community_missing(row: Draft) -> Problem | None:
    if row.community or row.original("community").strip():
        return None
    return problem("COMMUNITY_MISSING")


def community_elsewhere(row: Draft) -> Problem | None:
    if row.community:
        return None
    text = row.original("community")
    if not text.strip():
        return None
    if row.places.is_elsewhere(text):
        return problem("COMMUNITY_OUT_OF_SCOPE", original=text)
    return problem("COMMUNITY_UNKNOWN", "", text, row.places.similar(text))


def community_variant(row: Draft) -> Problem | None:
    if not row.community:
        return None
    name = row.places.names[row.community]
    if row.raw.cells.get("community") == name:
        return None
    text = row.original("community")
    if not normalise.compact(text):
        return None
    return problem("COMMUNITY_NAME_VARIANT", "", text, name)


def community_from_sheet(row: Draft) -> Problem | None:
    if not row.has_community_column or not row.community:
        return None
    if normalise.compact(normalise.text_of(row.raw.cells.get("community"))):
        return None
    name = row.places.names[row.community]
    return problem("COMMUNITY_FROM_SHEET", cleaned=name)


def community_differs(row: Draft) -> Problem | None:
    if not row.community or row.sheet_community in {"", row.community}:
        return None
    text = row.original("community")
    return problem("COMMUNITY_DIFFERS_FROM_SHEET", original=text)


# --- the household ------------------------------------------------------------------


def head_missing(row: Draft) -> Problem | None:
    if row.values.head or row.values.status == "vacant":
        return None
    return problem("HEAD_MISSING", original=row.original("head"))


def phone_missing(row: Draft) -> Problem | None:
    values = row.values
    if values.phone or values.landline or values.status == "vacant":
        return None
    original = row.original("phone")
    if original.strip() not in normalise.NOTHING:
        return None
    return problem("PHONE_MISSING", original=original)


def count_status_conflict(row: Draft) -> Problem | None:
    count, status = row.values.count, row.values.status
    empty_home = status in {"resident", "rented"} and count == 0
    lived_in = status == "vacant" and bool(count)
    if not empty_home and not lived_in:
        return None
    return problem("COUNT_STATUS_CONFLICT", original=row.original("count"))


def date_future(row: Draft) -> Problem | None:
    if row.values.moved_in is None or row.values.moved_in <= row.on:
        return None
    return problem("DATE_FUTURE", original=row.original("moved_in"))


# --- how the row looks in the file --------------------------------------------------


def hidden_row(row: Draft) -> Problem | None:
    if not row.raw.hidden or row.raw.filtered:
        return None
    return problem("HIDDEN_ROW")


def filtered_row(row: Draft) -> Problem | None:
    return problem("FILTERED_ROW") if row.raw.filtered else None


def struck_row(row: Draft) -> Problem | None:
    return problem("STRIKETHROUGH") if row.raw.struck else None


def merged_fill(row: Draft) -> Problem | None:
    if not row.raw.merged:
        return None
    return problem("MERGED_CELL_FILL", ",".join(sorted(row.raw.merged)))


def formula_error(row: Draft) -> Problem | None:
    """Harmless in an optional cell; without its value an address is another one."""
    if row.raw.broken:
        level = REJECT if row.raw.broken & KEY_FIELDS else WARN
        return Problem("FORMULA_ERROR", level, ",".join(sorted(row.raw.broken)))
    for field, cell in row.raw.cells.items():
        if isinstance(cell, str) and cell[:1] == "#" and is_formula_error(cell):
            level = REJECT if field in KEY_FIELDS else WARN
            return Problem("FORMULA_ERROR", level, field, cell.strip())
    return None


def formula_value(row: Draft) -> Problem | None:
    if not row.raw.formulas:
        return None
    return problem("FORMULA_VALUE", ",".join(sorted(row.raw.formulas)))


def is_formula_error(text: str) -> bool:
    return bool(normalise.FORMULA_ERROR.fullmatch(text.strip()))


CHECKERS: tuple[Checker, ...] = (
    community_missing,
    community_elsewhere,
    community_variant,
    community_from_sheet,
    community_differs,
    compound_missing,
    building_missing,
    room_missing,
    text_too_long,
    building_word_variant,
    unit_word_variant,
    unit_absent,
    head_missing,
    phone_missing,
    count_status_conflict,
    date_future,
    hidden_row,
    filtered_row,
    struck_row,
    merged_fill,
    formula_error,
    formula_value,
)


def found_in(row: Draft) -> Iterator[Problem]:
    for checker in CHECKERS:
        found = checker(row)
        if found is not None:
            yield found


def of_cell(
    codes: tuple[str, ...], field: str, cell: Cell, cleaned: str
) -> list[Problem]:
    """What cleaning one cell has found; most cells bring nothing."""
    original = shown(cell)
    return [problem(code, field, original, cleaned) for code in codes]
