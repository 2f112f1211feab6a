"""Who lives there, and how the row looks in the file."""

from __future__ import annotations

from residents.importers import normalise
from residents.importers.checks.draft import KEY_FIELDS, Draft
from residents.importers.checks.rules import REJECT, WARN, problem
from residents.importers.rows import Problem


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
