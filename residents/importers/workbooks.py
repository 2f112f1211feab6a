"""Workbooks: values from the reader library, looks from the file itself.

Runs in a process of its own (`child`): whatever a file does to the library, it does
there. `open_workbook` may be called directly where the file is trusted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from residents.importers import legacy
from residents.importers.archive import CELLS, DAMAGED, Looks, looks_of
from residents.importers.book import Book, Marks, Merge, Sheet
from residents.importers.rows import Refused
from residents.importers.rows import sentence as _

# Sheets of an .xls file have at most 65,536 rows; an .xlsx file tells how many.
PASSWORD = _("%(name)s 加了密码。请去掉密码再传。")
BROKEN = _("%(name)s 打不开，文件可能已损坏。请在表格软件里另存一份再传。")
NOT_A_WORKBOOK = _("%(name)s 不是表格，里面是别的办公文件。请另存为 .xlsx 再传。")
BROKEN_SHEET = _("%(name)s 里有一张表读不出来。请在表格软件里另存一份再传。")
TOO_WIDE = _("%(name)s 有一张表的使用范围大得不正常，请删去远处的空格子。")


def open_workbook(content: bytes, name: str, kind: str) -> Book:
    """An .xlsx or .xls file, checked before the library sees it. Raises Refused."""
    looks = looks_of(io.BytesIO(content), name) if kind == "xlsx" else Looks()
    old = _legacy(content, name) if kind == "xls" else legacy.Legacy()
    if any(mark.last_row * mark.last_column > CELLS for mark in old.sheets):
        raise Refused("ARCHIVE", TOO_WIDE, {"name": name})
    workbook = _opened(io.BytesIO(content), name)
    if kind == "xls":
        names = [data.name for data in workbook.sheets_metadata]
        if len(names) != len(old.sheets):
            raise Refused("BROKEN", BROKEN, {"name": name})
        looks = Looks(dict(zip(names, old.sheets, strict=True)), old.since_1904)
    height = sum(mark.last_row for mark in looks.sheets.values())
    return Book(kind, "", _sheets(workbook, looks, name), height)


def _legacy(content: bytes, name: str) -> legacy.Legacy:
    try:
        return legacy.marks_of(content)
    except legacy.Encrypted as error:
        raise Refused("PASSWORD", PASSWORD, {"name": name}) from error
    except legacy.NotAWorkbook as error:
        raise Refused("OTHER_OFFICE", NOT_A_WORKBOOK, {"name": name}) from error
    except legacy.Damaged as error:
        raise Refused("BROKEN", BROKEN, {"name": name}) from error


def _opened(file: BinaryIO, name: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise Refused("PASSWORD", PASSWORD, {"name": name}) from error
    except (CalamineError, *DAMAGED) as error:
        raise Refused("BROKEN", BROKEN, {"name": name}) from error


def _sheets(workbook: CalamineWorkbook, looks: Looks, name: str) -> Iterator[Sheet]:
    for data in workbook.sheets_metadata:
        if data.typ != SheetTypeEnum.WorkSheet:
            continue
        is_visible = data.visible == SheetVisibleEnum.Visible
        marks = looks.sheets.get(data.name, Marks())
        if not is_visible:
            # Named, never read.
            yield Sheet(data.name, iter(()), 0, visible=False)
            continue
        try:
            sheet = workbook.get_sheet_by_name(data.name)
        except (CalamineError, *DAMAGED) as error:
            raise Refused("BROKEN", BROKEN_SHEET, {"name": name}) from error
        if sheet.total_height * sheet.total_width > CELLS:
            raise Refused("ARCHIVE", TOO_WIDE, {"name": name})
        yield _sheet(sheet, data.name, marks, since_1904=looks.since_1904)


def _sheet(sheet: CalamineSheet, name: str, marks: Marks, *, since_1904: bool) -> Sheet:
    # The reader leaves out empty columns on the left: put them back, so that columns,
    # merged ranges and marks count alike.
    left = [""] * (sheet.start[1] if sheet.start else 0)
    rows = ((number, [*left, *row]) for number, row in enumerate(sheet.iter_rows(), 1))
    merges = tuple(
        Merge(first[0] + 1, last[0] + 1, first[1])
        for first, last in sheet.merged_cell_ranges or ()
        if last[0] > first[0]
    )
    return Sheet(
        name,
        rows,
        sheet.total_height,
        merges=merges,
        marks=marks,
        since_1904=since_1904,
    )
