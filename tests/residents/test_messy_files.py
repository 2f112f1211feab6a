"""Rosters with every mistake that real ones have: each row exactly as expected."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from residents.importers.normalise import STATUS_NAMES
from residents.importers.readers import open_book
from residents.importers.rows import Amendment, ParsedRow, worst
from residents.importers.run import Run
from tests.residents.conftest import places_of_street

ROSTERS = Path(__file__).parents[1] / "data" / "rosters"
FILES = ("messy.xlsx", "messy_legacy.xls")
TODAY = dt.date(2026, 11, 21)


def expected(name: str) -> list[Any]:
    text = (ROSTERS / "messy_expected.json").read_text(encoding="utf-8")
    sheets: list[Any] = json.loads(text)["files"][name]["sheets"]
    return sheets


def walked(name: str) -> tuple[Run, dict[tuple[int, int], ParsedRow]]:
    """The log, and every row by sheet and line with what later rows said about it."""
    rows: dict[tuple[int, int], ParsedRow] = {}
    with (ROSTERS / name).open("rb") as file:
        run = Run(open_book(file, name), places_of_street(), on=TODAY)
        for item in run:
            place = (item.sheet, item.number)
            if isinstance(item, Amendment):
                row = rows[place]
                problems = (*row.problems, item.problem)
                rows[place] = ParsedRow(
                    row.sheet,
                    row.number,
                    worst(problems),
                    problems,
                    row.community,
                    row.address,
                    row.values,
                )
            else:
                rows[place] = item
    run.log.check()
    return run, rows


def told(row: ParsedRow, names: Any) -> dict[str, Any]:
    if not row.stored or row.address is None or row.values is None:
        return {"row": row.number, "action": row.action.value}
    values = row.values
    return {
        "row": row.number,
        "action": row.action.value,
        "key": {name: part.key for name, part in row.address.parts},
        "normalised": {
            "community": names[row.community],
            "head": values.head,
            "phone": values.phone,
            "phone_alt": values.phone_alt,
            "landline": values.landline,
            "n": values.count,
            "status": STATUS_NAMES.get(values.status),
            "date": values.moved_in.isoformat() if values.moved_in else None,
            "note": values.note,
        },
    }


def mismatch(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What differs. Rejecting a row that only has to be verified is allowed."""
    if wanted["action"] == "warn" and found["action"] == "reject":
        return {}
    values = wanted.get("normalised") or {}
    pairs = {
        "action": (found["action"], wanted["action"]),
        "key": (found.get("key"), wanted.get("key")),
        **{
            name: (found.get("normalised", {}).get(name), value)
            for name, value in values.items()
        },
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_as_expected(name: str) -> None:
    run, rows = walked(name)
    sheets = expected(name)
    wrong, seen = {}, 0
    for number, sheet in enumerate(sheets):
        for wanted in sheet.get("rows", []):
            seen += 1
            row = rows[number, wanted["row"]]
            if differs := mismatch(told(row, run.places.names), wanted):
                wrong[sheet["name"], wanted["row"]] = differs
    assert wrong == {}
    assert seen == len(rows) == run.log.read


@pytest.mark.parametrize("name", FILES)
def test_every_sheet_is_as_expected(name: str) -> None:
    run, _rows = walked(name)
    found = [
        {"name": log.name, "action": log.action, "problems": log.problems}
        if log.action
        else {
            "name": log.name,
            "community": run.places.names[log.community],
            "header_row": log.header_row,
            "first_row": log.first_row,
            "last_row": log.last_row,
            "counts": log.as_data()["actions"],
        }
        for log in run.log.sheets
    ]
    keys = ("name", "action", "community", "header_row", "first_row", "last_row")
    wanted = [
        {key: sheet[key] for key in keys if key in sheet}
        | ({"problems": sheet["problems"]} if "action" in sheet else {})
        | ({"counts": sheet["counts"]} if "counts" in sheet else {})
        for sheet in expected(name)
    ]
    assert found == wanted


def test_what_lies_outside_the_table_is_named_by_its_place() -> None:
    run, _rows = walked("messy.xlsx")
    log = run.log.rosters[0]
    assert log.stray == ["T9"]
    assert log.problems == ["CELL_COMMENTS", "STRAY_CELLS"]


def test_identity_numbers_are_nowhere() -> None:
    run, rows = walked("messy.xlsx")
    assert run.log.sheets[1].dropped == ["身份证号", "微信"]
    everything = repr(run.log) + repr(rows)
    with (ROSTERS / "messy.xlsx").open("rb") as file:
        sheets = [list(sheet.rows) for sheet in open_book(file, "messy.xlsx").sheets]
    header = next(cells for _n, cells in sheets[1] if "身份证号" in cells)
    column = header.index("身份证号")
    numbers = [str(cells[column]) for _n, cells in sheets[1][2:] if cells[column]]
    assert len(numbers) == 36
    assert [number for number in numbers if number in everything] == []
