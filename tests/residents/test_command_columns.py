"""The command is told what columns are, and refuses when it is not (5.2)."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from residents.models import ColumnMapping, LeftOutSheet, RosterImport
from tests.residents.conftest import KAIFENGDAO, STREET
from tests.residents.test_mapping import FIELDS, ROW, TITLES, two_sheets

pytestmark = pytest.mark.usefixtures("street")
TOLD = [
    word
    for title, field in zip(TITLES.split(","), FIELDS, strict=True)
    for word in ("--column", f"{title}={field}")
]
TWO_PEOPLE = ("--confirm", "--by", "street_admin", "--approver", "approver")


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("import_roster", *words, "--street", STREET, stdout=out)
    return out.getvalue()


def refused(*words: str) -> tuple[str, int]:
    with pytest.raises(CommandError) as caught:
        run(*words)
    return str(caught.value), caught.value.returncode


@pytest.fixture
def one(tmp_path: Path) -> str:
    path = tmp_path / "开封道社区.csv"
    path.write_text(f"{TITLES}\n{ROW}\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "两张.xlsx"
    path.write_bytes(two_sheets().getvalue())
    return str(path)


def test_columns_in_doubt_are_named_with_their_sheet(one: str, two: str) -> None:
    hint = "用 --column '列名=户主姓名' 说明，不读的写 --column '列名='。"
    assert refused(two) == (f"先说明这些列名是什么——泰安道社区：户室。{hint}", 1)
    titles = "院子、几号楼、门栋、户室、当家人、身份证"
    assert refused(one) == (f"先说明这些列名是什么——开封道社区：{titles}。{hint}", 1)
    assert RosterImport.objects.count() == 0


def test_columns_that_are_told_are_read(one: str) -> None:
    found: dict[str, Any] = json.loads(run(one, "--json", *TOLD))
    (sheet,) = found["files"]["开封道社区.csv"]["sheets"]
    assert sheet["rows"][0]["key"] == {
        "compound": "开封里",
        "building": "1",
        "unit": "1",
        "room": "101",
    }
    # A dry run remembers nothing.
    assert ColumnMapping.objects.count() == 0


def test_field_may_be_named_as_the_page_names_it(two: str) -> None:
    found = json.loads(run(two, "--json", "--column", "泰安道社区!户室=房号"))
    assert found["totals"]["rows_read"] == 2


def test_sheet_may_be_left_out(two: str) -> None:
    found = json.loads(run(two, "--json", "--leave-out", "泰安道社区"))
    sheets = found["files"]["两张.xlsx"]["sheets"]
    assert found["totals"]["rows_read"] == 1
    assert sheets[1]["problems"] == ["LEFT_OUT"]


def test_what_was_told_is_remembered_when_it_is_stored(
    one: str, two: str, street_admin: User, approver: User
) -> None:
    run(one, *TOLD, *TWO_PEOPLE)
    found = ColumnMapping.objects.get(header="当家人")
    assert (found.division_id, found.confirmed_by) == (KAIFENGDAO, street_admin)
    assert json.loads(run(one, "--json"))["totals"]["changes"]["unchanged"] == 1
    run(two, "--leave-out", "泰安道社区", *TWO_PEOPLE)
    assert LeftOutSheet.objects.get().name == "泰安道社区"
    assert json.loads(run(two, "--json"))["totals"]["rows_read"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--column", "没有=head"), "文件里没有这样的列或工作表：没有。"),
        (("--column", "没有!户室=room"), "文件里没有这样的列或工作表：没有。"),
        (("--leave-out", "没有"), "文件里没有这样的列或工作表：没有。"),
        (("--column", "户室=住址"), "--column 写成 列名=户主姓名；等号后可以写："),
        (("--column", "户室"), "--column 写成 列名=户主姓名；等号后可以写："),
    ],
)
def test_answer_that_fits_nothing_is_wrong_usage(
    two: str, words: tuple[str, ...], sentence: str
) -> None:
    text, code = refused(two, "--column", "户室=room", *words)
    assert (text.startswith(sentence), code) == (True, 2)
