"""The original file with a column 原因: same places, no formula, no more than asked."""

import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.models import AuditEvent
from officials.models import Division
from residents import actions, annotated, layouts
from residents.models import Household, RosterImport
from tests.residents.conftest import SMALL, STREET, Exported, Import, as_csv
from tests.residents.workbooks import HEADER, row, sheet, workbook

MESSY = Path(project.ROOT) / "tests" / "data" / "rosters"
LABELS = ("更正后写入：", "写入，待核实：", "不写入：", "不是住户：")
WITHOUT_ROOM = (*SMALL[0][:4], "", *SMALL[0][5:])
FORMULA = (*SMALL[1][:5], "=1+1", *SMALL[1][6:])


def cells_of(content: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_report_has_the_layout_of_the_file_and_the_reasons(
    preview: Import, exported: Exported
) -> None:
    rows = cells_of(exported(preview(as_csv([WITHOUT_ROOM, FORMULA]))))
    assert rows[0][-1] == "原因"
    assert [row[5] for row in rows] == ["户主姓名", "王小明", "'=1+1"]
    assert rows[1][-1] == "不写入：社区名称已统一。 没有房号，请补上。"


def test_report_leaves_an_event_with_rows_and_digest(
    preview: Import, exported: Exported
) -> None:
    content = exported(preview(as_csv(list(SMALL))))
    event = AuditEvent.objects.get(verb="roster.report_exported")
    assert event.data.count(hashlib.sha256(content).hexdigest()) == 1
    assert event.data.count('"rows":4') == 1


def test_column_that_was_not_read_is_empty(preview: Import, exported: Exported) -> None:
    number = "12010119500101001X"
    content = workbook(
        sheet(
            row(1, ("开封道社区住户名册",)),
            row(2, (*HEADER, "身份证号")),
            row(3, ("开封里", "1号楼", "1门", "101", "王", "", "常住", number)),
        )
    )
    rows = cells_of(exported(preview(content, "名册.xlsx")))
    assert (rows[0][0], rows[1][7]) == ("开封道社区住户名册", "身份证号")
    assert (rows[2][3], rows[2][7]) == ("101", "")
    assert rows[2][8] == "写入，待核实：没有电话，请补上。"


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert annotated.neutral(text)[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert annotated.neutral(text).removeprefix("'") == text.removeprefix("'")


def test_report_of_a_purged_import_is_refused(
    preview: Import, exported: Exported, street_admin: User
) -> None:
    found = preview(as_csv(list(SMALL)))
    actions.cancel_import(roster_import=found, by=street_admin, at=timezone.now())
    with pytest.raises(actions.NothingToReport):
        exported(found)


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
    preview: Import, exported: Exported, name: str
) -> None:
    content = io.BytesIO((MESSY / name).read_bytes())
    found = preview(content, name)
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported(found)))
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


def test_report_of_the_file_leaves_the_family_out(
    confirm: Import, exported: Exported, street_admin: User
) -> None:
    done = confirm(as_csv(list(SMALL)))
    request = actions.register_request(
        household=Household.objects.get(dwelling__room="101"),
        kind="erase",
        received_on=timezone.localdate(),
        by=street_admin,
        at=timezone.now(),
    )
    actions.answer_erasure(request=request, by=street_admin, at=timezone.now())
    rows = cells_of(exported(done))
    assert [row[5] for row in rows] == ["户主姓名", "", "李秀英", "张伟", ""]
    assert [row[6] for row in rows] == [
        "联系电话",
        "",
        "19900000002",
        "19900000003",
        "",
    ]
    assert rows[1][4] == "101"


# --- the layout of the file ---------------------------------------------------------

LAID_OUT = sheet(
    row(1, ("开封道社区住户名册",)),
    row(2, HEADER),
    row(3, ("开封里", "1号楼", "1门", "101", "王", "19900000001", "常住")),
    row(
        4,
        ("开封里", "1号楼", "1门", "102", "李", "19900000002", "常住"),
        attributes=' hidden="1"',
    ),
    merges=("A1:G1", "B3:B4", "C3:C4"),
).replace(
    "<sheetData>",
    '<cols><col min="1" max="1" width="18.5" customWidth="1"/>'
    '<col min="2" max="4" width="7" hidden="1"/></cols><sheetData>',
)


def part_of(content: bytes, path: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(path).decode()


def test_report_is_laid_out_like_the_file(preview: Import, exported: Exported) -> None:
    content = exported(preview(workbook(LAID_OUT), "名册.xlsx"))
    (layout,) = layouts.layouts_of(content, "xlsx")
    assert layout.merges == ((0, 0, 0, 6), (2, 1, 3, 1), (2, 2, 3, 2))
    widths = {(first, last): round(width) for first, last, width in layout.widths}
    # A hidden column is shown, as wide as any; the reasons have room.
    assert widths == {(0, 0): 19, (7, 7): 61}
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    ranges = book.get_sheet_by_index(0).merged_cell_ranges
    assert sorted(ranges or []) == [
        ((0, 0), (0, 6)),
        ((2, 1), (3, 1)),
        ((2, 2), (3, 2)),
    ]


def test_titles_are_bold_and_hidden_rows_are_marked(
    preview: Import, exported: Exported
) -> None:
    content = exported(preview(workbook(LAID_OUT), "名册.xlsx"))
    text = part_of(content, "xl/worksheets/sheet1.xml")
    styles = dict(re.findall(r'<c r="(A\d)" s="(\d)"', text))
    assert (styles, text.count(' hidden="1"')) == ({"A1": "1", "A2": "2", "A4": "3"}, 0)
    assert re.findall(r"<b/>", part_of(content, "xl/styles.xml")) == ["<b/>"]


def test_columns_of_a_later_header_count_from_there(
    preview: Import, exported: Exported
) -> None:
    """What nobody asked for is not shown because it changed its place."""
    number = "12010119500101001X"
    other = ("身份证号", *HEADER)
    content = workbook(
        sheet(
            row(1, (*HEADER, "身份证号")),
            row(2, ("开封里", "1号楼", "1门", "101", "王", "", "常住", number)),
            row(3, other),
            row(4, (number, "开封里", "1号楼", "1门", "102", "李", "", "常住")),
        )
    )
    rows = cells_of(exported(preview(content, "名册.xlsx")))
    assert str(rows).count(number) == 0
    assert [row[:6] for row in rows[1:]] == [
        ["开封里", "1号楼", "1门", "101", "王", ""],
        ["", "小区名称", "楼栋", "单元", "房号", "户主姓名"],
        ["", "开封里", "1号楼", "1门", "102", "李"],
    ]


def test_identity_number_in_a_known_column_is_blotted_out(
    preview: Import, exported: Exported
) -> None:
    row = (*SMALL[0], "", "", "身份证12010119500101001X")
    rows = cells_of(exported(preview(as_csv([row]))))
    assert rows[1][11] == "身份证＊"


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
@given(content=st.binary(max_size=200))
@example(content=b"PK\x03\x04")
@settings(max_examples=5, deadline=None)
def test_layout_that_cannot_be_read_is_left_out(kind: str, content: bytes) -> None:
    assert layouts.layouts_of(content, kind) == []


RANGES = st.tuples(*(st.integers(0, 12) for _corner in range(4)))


@given(st.lists(RANGES, max_size=20), st.integers(1, 10))
def test_fitting_ranges_never_lie_over_each_other(
    ranges: list[layouts.Range], columns: int
) -> None:
    fitting = layouts.Layout(tuple(ranges)).fitting(columns=columns)
    cells = [
        (row, column)
        for top, left, bottom, right in fitting.merges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]
    assert len(cells) == len(set(cells))
    assert all(column < columns for _row, column in cells)
    assert set(fitting.merges) <= set(ranges)
