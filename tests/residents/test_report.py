"""The original file with a column 原因: same places, no formula, no more than asked."""

import hashlib
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.models import AuditEvent
from officials.models import Division
from residents import actions, annotated
from residents.models import RosterImport
from tests.residents.conftest import SMALL, STREET, Import, as_csv
from tests.residents.workbooks import HEADER, row, sheet, workbook

MESSY = Path(settings.ROOT) / "tests" / "data" / "rosters"
LABELS = ("更正后写入：", "写入，待核实：", "不写入：", "不是住户：")
WITHOUT_ROOM = (*SMALL[0][:4], "", *SMALL[0][5:])
FORMULA = (*SMALL[1][:5], "=1+1", *SMALL[1][6:])


def cells_of(content: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def exported(roster_import: RosterImport, by: User) -> bytes:
    target = io.BytesIO()
    actions.export_report(
        roster_import=roster_import,
        reason="correct",
        by=by,
        at=timezone.now(),
        target=target,
    )
    return target.getvalue()


def test_report_has_the_layout_of_the_file_and_the_reasons(
    preview: Import, street_admin: User
) -> None:
    rows = cells_of(exported(preview(as_csv([WITHOUT_ROOM, FORMULA])), street_admin))
    assert rows[0][-1] == "原因"
    assert [row[5] for row in rows] == ["户主姓名", "王小明", "'=1+1"]
    assert rows[1][-1] == "不写入：社区名称已统一。 没有房号，请补上。"


def test_report_leaves_an_event_with_rows_and_digest(
    preview: Import, street_admin: User
) -> None:
    content = exported(preview(as_csv(list(SMALL))), street_admin)
    event = AuditEvent.objects.get(verb="roster.report_exported")
    assert event.data.count(hashlib.sha256(content).hexdigest()) == 1
    assert event.data.count('"rows":4') == 1


def test_column_that_was_not_read_is_empty(preview: Import, street_admin: User) -> None:
    number = "12010119500101001X"
    content = workbook(
        sheet(
            row(1, ("开封道社区住户名册",)),
            row(2, (*HEADER, "身份证号")),
            row(3, ("开封里", "1号楼", "1门", "101", "王", "", "常住", number)),
        )
    )
    rows = cells_of(exported(preview(content, "名册.xlsx"), street_admin))
    assert (rows[0][0], rows[1][7]) == ("开封道社区住户名册", "身份证号")
    assert (rows[2][3], rows[2][7]) == ("101", "")
    assert rows[2][8] == "写入，待核实：没有电话，请补上。"


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert annotated.neutral(text)[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert annotated.neutral(text).removeprefix("'") == text.removeprefix("'")


def test_report_is_a_download_for_those_who_may_read_names(
    preview: Import, street_admin_client: Client, approver_client: Client
) -> None:
    url = reverse("residents:import-report", args=[preview(as_csv(list(SMALL))).pk])
    assert approver_client.post(url, {"reason": "correct"}).status_code == 403
    assert street_admin_client.post(url, {}).status_code == 302
    assert AuditEvent.objects.filter(verb="roster.report_exported").count() == 0
    answer = street_admin_client.post(url, {"reason": "correct"})
    assert answer["Content-Disposition"].startswith("attachment;") is True
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert len(cells_of(answer.getvalue())) == 5


def test_report_of_a_purged_import_is_refused(
    preview: Import, street_admin: User
) -> None:
    found = preview(as_csv(list(SMALL)))
    actions.cancel_import(roster_import=found, by=street_admin, at=timezone.now())
    with pytest.raises(actions.NothingToReport):
        exported(found, street_admin)


def test_command_writes_the_report_of_a_dry_run(
    street: Division, tmp_path: Path
) -> None:
    path, out = tmp_path / "名册.csv", tmp_path / "原因.xlsx"
    path.write_bytes(as_csv([WITHOUT_ROOM]).getvalue())
    call_command(
        "import_roster",
        str(path),
        "--street",
        STREET,
        "--report",
        str(out),
        stdout=io.StringIO(),
    )
    assert cells_of(out.read_bytes())[0][-1] == "原因"
    assert (RosterImport.objects.count(), AuditEvent.objects.filter(
        verb__startswith="roster."
    ).count()) == (0, 0)  # fmt: skip


def test_command_takes_an_import_back(
    confirm: Import, street_admin: User, approver: User
) -> None:
    done = confirm(as_csv(list(SMALL)))
    out = io.StringIO()
    people = ("--by", "street_admin", "--approver", "approver")
    call_command("import_roster", "--undo", str(done.pk), *people, stdout=out)
    assert out.getvalue().splitlines()[0] == "撤回新增 4"
    done.refresh_from_db()
    assert done.state == RosterImport.State.UNDONE


@pytest.mark.parametrize("name", ["messy.xlsx", "messy_legacy.xls"])
def test_report_of_a_messy_file_tells_every_row(
    preview: Import, street_admin: User, name: str
) -> None:
    content = io.BytesIO((MESSY / name).read_bytes())
    found = preview(content, name)
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported(found, street_admin)))
    told = sum(
        1
        for sheet_name in book.sheet_names
        for row in book.get_sheet_by_name(sheet_name).to_python()
        if row and str(row[-1]).startswith(LABELS)
    )
    actions_of = found.counts["actions"]
    assert told == sum(actions_of.values()) - actions_of["accept"]
    event = AuditEvent.objects.get(verb="roster.report_exported")
    assert event.data.count(f'"rows":{found.counts["read"]},') == 1
