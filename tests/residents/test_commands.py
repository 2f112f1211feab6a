"""The command: a dry run that touches nothing, and storing with two people."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import User
from audit.models import AuditEvent
from officials.models import Division
from residents.models import Household, RosterImport
from tests.residents.conftest import ROSTERS, SMALL, STREET, as_csv

WORKBOOK = ROSTERS / "heping_xiaobailou.xlsx"
TARGETS = [110, 119, 135, 127, 122, 109, 137, 125, 154]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("import_roster", *words, "--street", STREET, stdout=out)
    return out.getvalue()


def refused(*words: str) -> tuple[str, int]:
    with pytest.raises(CommandError) as caught:
        run(*words)
    return str(caught.value), caught.value.returncode


@pytest.fixture
def small_file(tmp_path: Path) -> str:
    path = tmp_path / "开封道.csv"
    path.write_bytes(as_csv(list(SMALL)).getvalue())
    return str(path)


def whole_database() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT t::text FROM {name} AS t")
            found[table] = sorted(row[0] for row in cursor.fetchall())
    return found


def test_dry_run_of_the_whole_street_reports_what_the_office_expects(
    street: Division,
) -> None:
    report: dict[str, Any] = json.loads(run(str(WORKBOOK), "--json", "--summary"))
    totals = report["totals"]
    assert (totals["dwellings"], totals["statuses"]) == (
        13168,
        {"resident": 11380, "rented": 1059, "vacant": 729, "unverified": 0},
    )
    assert list(totals["target"]["communities"].values()) == TARGETS
    assert (totals["frame"]["size"], totals["target"]["size"]) == (11380, 1138)
    assert totals["changes"]["new"] == 13168


def test_dry_run_leaves_the_database_untouched(
    street: Division, street_admin: User, small_file: str
) -> None:
    folder = Path(default_storage.path("rosters"))
    files = set(folder.iterdir()) if folder.exists() else set()
    before = whole_database()
    run(small_file, "--json")
    run(small_file, "--dry-run")
    assert whole_database() == before
    assert (set(folder.iterdir()) if folder.exists() else set()) == files


def test_json_gives_files_sheets_rows(street: Division, small_file: str) -> None:
    report = json.loads(run(small_file, "--json"))
    (sheet,) = report["files"]["开封道.csv"]["sheets"]
    assert sheet["counts"] == {
        "accept": 0,
        "fix": 4,
        "warn": 0,
        "reject": 0,
        "skip": 0,
    }
    assert sheet["rows"][0] == {
        "row": 2,
        "action": "fix",
        "problems": ["COMMUNITY_NAME_VARIANT"],
        "key": {"compound": "开封里", "building": "1", "unit": "1", "room": "101"},
        "normalised": {
            "community": "开封道社区",
            "head": "王小明",
            "phone": "19900000001",
            "phone_alt": "",
            "landline": "",
            "n": 3,
            "status": "常住",
            "date": None,
            "grid": "",
            "note": "",
        },
    }


def test_text_is_for_people(street: Division, small_file: str) -> None:
    lines = run(small_file).splitlines()
    assert lines[0] == "开封道.csv → 小白楼街道 120101002"
    assert lines[-1] == "这是预检，没有改动数据库。"


def test_confirming_needs_a_second_person(
    street: Division, street_admin: User, approver: User, small_file: str
) -> None:
    sentence, code = refused(small_file, "--confirm", "--by", "street_admin")
    assert sentence.startswith("要有第二人核准")
    assert code == 1
    assert RosterImport.objects.count() == 0


def test_confirming_stores_the_roster(
    street: Division, street_admin: User, approver: User, small_file: str
) -> None:
    people = ("--by", "street_admin", "--approver", "approver")
    assert run(small_file, "--confirm", *people).splitlines()[-1] == "已核准并写入。"
    assert Household.objects.count() == 4
    again = run(small_file)
    assert again.splitlines().count("与现有名册相同，没有变化。") == 1


def test_approver_without_the_permission_is_refused(
    street: Division, street_admin: User, clerk: User, small_file: str
) -> None:
    sentence, _code = refused(small_file, "--confirm", "--approver", "clerk")
    assert sentence == "账号 clerk 没有这个街道的权限（roster_approve）。"
    assert AuditEvent.objects.filter(verb__startswith="roster.").count() == 0


def test_submitting_leaves_the_confirmation_to_the_page(
    street: Division, street_admin: User, small_file: str
) -> None:
    run(small_file, "--submit", "--by", "street_admin")
    found = RosterImport.objects.get()
    assert (found.state, found.uploaded_by) == ("previewed", street_admin)
    assert Household.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nowhere.xlsx",), "找不到文件 nowhere.xlsx。"),
        (("README.md",), "README.md：只能读 .xlsx、.xls 和 .csv 文件。"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_the_reason(
    street: Division, words: tuple[str, ...], sentence: str
) -> None:
    assert refused(*words) == (sentence, 1)


def test_unknown_street_is_refused(db: None, small_file: str) -> None:
    sentence, code = refused(small_file)
    assert sentence == "没有代码为 120101002 的街道。先用 load_divisions 读入区划。"
    assert code == 1


@pytest.mark.parametrize("rate", ["much", "1.5", "-0.1"])
def test_rate_outside_its_range_is_wrong_usage(
    street: Division, small_file: str, rate: str
) -> None:
    assert refused(small_file, f"--rate={rate}")[1] == 2
