"""`import_roster --json` says of every row what the office expects (5.6)."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.residents.conftest import STREET
from tests.residents.test_messy_files import FILES, ROSTERS, expected, mismatch

pytestmark = pytest.mark.usefixtures("street")


def told(name: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(
        "import_roster", str(ROSTERS / name), "--street", STREET, "--json", stdout=out
    )
    sheets: list[dict[str, Any]] = json.loads(out.getvalue())["files"][name]["sheets"]
    return sheets


@pytest.mark.parametrize("name", FILES)
def test_rows_are_as_expected(name: str) -> None:
    """Action, key and normalised values of every row, sheet by sheet, in order."""
    for found, wanted in zip(told(name), expected(name), strict=True):
        assert found["name"] == wanted["name"]
        pairs = list(zip(found.get("rows", []), wanted.get("rows", []), strict=True))
        assert [row["row"] for row, _wanted in pairs] == [
            row["row"] for _row, row in pairs
        ]
        wrong = {row["row"]: mismatch(row, want) for row, want in pairs}
        assert {row: differs for row, differs in wrong.items() if differs} == {}


@pytest.mark.parametrize("name", FILES)
def test_counts_and_left_out_sheets_are_as_expected(name: str) -> None:
    for found, wanted in zip(told(name), expected(name), strict=True):
        keys = (
            {"action", "problems"} if "action" in wanted else {"counts", "header_row"}
        )
        assert {key: found[key] for key in keys} == {key: wanted[key] for key in keys}


@pytest.mark.parametrize("name", FILES)
def test_every_problem_is_a_known_code(name: str) -> None:
    """Code names may differ from the expectations, but they are those of 5.4."""
    codes = {
        code
        for sheet in told(name)
        for row in sheet.get("rows", [])
        for code in row["problems"]
    }
    text = (ROSTERS / "messy_expected.json").read_text(encoding="utf-8")
    assert sorted(code for code in codes if f'"{code}"' not in text) == []
