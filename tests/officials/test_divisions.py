"""Real divisions: 6 streets and 64 communities of 和平区, loaded once or twice."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from officials.divisions import DivisionRow
from officials.models import Division

FILE = Path("demo/divisions.csv")


def test_heping_has_six_streets_and_sixty_four_communities(heping: Division) -> None:
    under = Division.objects.under("120101")
    assert under.filter(level="street").count() == 6
    assert under.communities().count() == 64
    kaifengdao = Division.objects.get(code="120101002014")
    assert kaifengdao.short_name == "开封道社区"
    assert kaifengdao.parent_id == "120101002"
    assert kaifengdao.code12 == "120101002014"


def test_loading_all_divisions_twice_changes_nothing(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_divisions", str(FILE), "--json")
    call_command("load_divisions", str(FILE), "--json")
    assert capsys.readouterr().out.splitlines() == [
        '{"new": 1928, "renamed": 0}',
        '{"new": 0, "renamed": 0}',
    ]


@pytest.mark.parametrize(
    ("code", "name", "kind", "short_name"),
    [
        ("120101002014", "开封道社区居委会", "community", "开封道社区"),
        ("120101002", "小白楼街道", "street", "小白楼街道"),
        ("500101102", "某镇", "town", "某镇"),
        ("500101200", "某乡", "township", "某乡"),
        ("500101102201", "安溪村村民委员会", "village", "安溪村"),
        ("230404001001", "鹤岗市南山区铁东社区", "community", "鹤岗市南山区铁东社区"),
    ],
)
def test_kind_and_short_name_are_read_off_code_and_name(
    code: str, name: str, kind: str, short_name: str
) -> None:
    row = DivisionRow(code, name)
    assert (row.kind, row.short_name) == (kind, short_name)


def test_wrong_row_names_file_line_and_column(db: None, tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code,name\n12,天津市\n120,错\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"codes\.csv 第 3 行 code 列"):
        call_command("load_divisions", str(path))
    assert Division.objects.count() == 0


def test_child_outside_its_parent_is_refused(heping: Division) -> None:
    wrong = Division(
        code="230402999",
        level="street",
        kind="street",
        name="错",
        short_name="错",
        parent=heping,
        valid_from=dt.date(2026, 1, 1),
    )
    broken = pytest.raises(IntegrityError, match="division_code_under_parent")
    with broken, transaction.atomic():
        wrong.save(force_insert=True)
