"""Every code of 5.4: the column it is about, how bad it is, and what to do.

The sentences are the words of the clerk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from residents.importers.rows import Action, Problem

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
WORD_VARIANTS = frozenset({"BUILDING_WORD_VARIANT", "UNIT_WORD_VARIANT"})


def problem(
    code: str, field: str = "", original: str = "", cleaned: str = ""
) -> Problem:
    rule = RULES[code]
    return Problem(code, rule.level, field or rule.field, original, cleaned)
