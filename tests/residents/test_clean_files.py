"""The real-format files: identical to the row, and exactly as expected."""

import datetime as dt
import json
from collections import Counter
from typing import Any

import pytest

from residents.importers.readers import open_book
from residents.importers.rows import ParsedRow, Values
from residents.importers.run import Run
from tests.residents.conftest import ROSTERS, places_of_street

TODAY = dt.date(2026, 11, 21)
WORKBOOK = "heping_xiaobailou.xlsx"
GBK = "heping_xiaobailou_gbk.csv"
UTF8 = "heping_xiaobailou_utf8bom.csv"
QUARTER = "heping_kaifengdao_2026q4.xlsx"


def walked(name: str) -> tuple[Run, list[ParsedRow]]:
    with (ROSTERS / name).open("rb") as file:
        run = Run(open_book(file, name), places_of_street(), on=TODAY)
        rows = [item for item in run if isinstance(item, ParsedRow)]
    run.log.check()
    return run, rows


@pytest.fixture(scope="module")
def workbook() -> tuple[Run, list[ParsedRow]]:
    return walked(WORKBOOK)


def expected(name: str) -> Any:
    return json.loads((ROSTERS / name).read_text(encoding="utf-8"))


def households(rows: list[ParsedRow]) -> list[tuple[str, Values]]:
    return [
        (row.address.key, row.values)
        for row in rows
        if row.stored and row.address and row.values
    ]


def test_every_household_of_the_workbook_is_accepted(
    workbook: tuple[Run, list[ParsedRow]],
) -> None:
    run, _rows = workbook
    assert run.log.actions == {
        "accept": 13168,
        "fix": 0,
        "warn": 0,
        "reject": 0,
        "skip": 18,
    }
    assert run.log.read == 13186


def test_communities_of_the_workbook_are_as_expected(
    workbook: tuple[Run, list[ParsedRow]],
) -> None:
    run, rows = workbook
    found = []
    for sheet in run.log.rosters:
        mine = [row for row in rows if row.sheet == sheet.number and row.stored]
        values = [row.values for row in mine if row.values]
        statuses = Counter(value.status for value in values)
        found.append(
            {
                "code": sheet.community,
                "sheet": sheet.name,
                "dwellings": len(mine),
                "resident": statuses["resident"],
                "rented": statuses["rented"],
                "vacant": statuses["vacant"],
                "people": sum(value.count or 0 for value in values),
                "first_data_row": mine[0].number,
                "last_data_row": mine[-1].number,
                "without_unit": sum(
                    row.address is not None and row.address.unit.key == ""
                    for row in mine
                ),
                "with_phone": sum(bool(value.phone) for value in values),
            }
        )
    wanted = expected("heping_xiaobailou_expected.json")["communities"]
    for community in wanted:
        del community["sample_10pct"]
    assert found == wanted


def test_sheets_without_households_are_named(
    workbook: tuple[Run, list[ParsedRow]],
) -> None:
    run, _rows = workbook
    skipped = [(s.name, s.problems) for s in run.log.sheets if s.action]
    assert skipped == [
        ("填表说明", ["NOT_A_ROSTER_SHEET"]),
        ("汇总", ["NOT_A_ROSTER_SHEET"]),
    ]


@pytest.mark.parametrize("name", [GBK, UTF8])
def test_csv_gives_the_workbook_to_the_row(
    workbook: tuple[Run, list[ParsedRow]], name: str
) -> None:
    _run, rows = workbook
    _csv_run, csv_rows = walked(name)
    assert households(csv_rows) == households(rows)


@pytest.mark.parametrize(("name", "encoding"), [(GBK, "gb18030"), (UTF8, "utf-8-sig")])
def test_encoding_is_found_by_trial(name: str, encoding: str) -> None:
    with (ROSTERS / name).open("rb") as file:
        assert open_book(file, name).encoding == encoding


def test_quarter_file_has_1800_accepted_rows() -> None:
    run, _rows = walked(QUARTER)
    assert run.log.actions["accept"] == 1800
    assert run.log.read == 1800
