"""Every rule of the roster contract (5.4) that a single file can show."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence

import pytest

from residents.importers.checks import RULES, SHEET_NOTES, SHEET_SENTENCES
from residents.importers.log import SheetLog
from residents.importers.places import Places
from residents.importers.readers import open_book
from residents.importers.rows import Action, ParsedRow, Refused
from residents.importers.run import Run
from residents.importers.workbooks import open_workbook
from tests.residents.workbooks import HEADER, cell, letter, row, sheet, workbook

TODAY = dt.date(2026, 11, 21)
PLACES = Places(
    {"120101002014": "开封道社区", "120101002013": "泰安道社区"},
    ("小白楼街道",),
    lambda stem: stem == "朝阳里",
)
TITLES = (*HEADER, "居住人数", "入住日期", "社区")
PERSON = ("王小明", "19900000001", "常住", "3", "2018-06-30", "开封道社区")
GOOD = ("开封里", "1号楼", "1门", "101", *PERSON)


def walk(content: bytes, kind: str = "xlsx") -> tuple[SheetLog, list[ParsedRow]]:
    run = Run(open_workbook(content, f"a.{kind}", kind), PLACES, on=TODAY)
    rows = [item for item in run if isinstance(item, ParsedRow)]
    run.log.check()
    return run.log.sheets[0], rows


def walk_csv(*lines: Sequence[str]) -> tuple[SheetLog, list[ParsedRow]]:
    text = "\n".join(",".join(f'"{part}"' for part in line) for line in lines)
    run = Run(open_book(io.BytesIO(text.encode()), "名册.csv"), PLACES, on=TODAY)
    rows = [item for item in run if isinstance(item, ParsedRow)]
    run.log.check()
    return run.log.sheets[0], rows


def changed(**values: str) -> tuple[str, ...]:
    names = ("compound", "building", "unit", "room", "head", "phone", "status")
    names += ("count", "moved_in", "community")
    return tuple(values.get(name, text) for name, text in zip(names, GOOD, strict=True))


def judged(line: Sequence[str]) -> tuple[Action, set[str]]:
    _log, (only,) = walk_csv(TITLES, line)
    return only.action, set(only.codes)


@pytest.mark.parametrize(
    ("values", "action", "code"),
    [
        ({"unit": ""}, "accept", "UNIT_ABSENT_OK"),
        ({"head": "王㛃"}, "accept", "RARE_CHARACTER"),
        ({"head": "<b>王</b>"}, "accept", "MARKUP_IN_TEXT"),
        ({"room": "101室"}, "fix", "ROOM_SUFFIX"),
        ({"room": "一〇一"}, "fix", "CHINESE_NUMERALS"),
        ({"room": "１０１"}, "fix", "FULLWIDTH_CHARS"),
        ({"room": "101\u200b"}, "fix", "INVISIBLE_CHARS"),
        ({"room": " 101"}, "fix", "SURROUNDING_SPACES"),
        ({"compound": "开封\n里"}, "fix", "LINE_BREAK_IN_TEXT"),
        ({"head": "王 明"}, "fix", "SPACE_IN_NAME"),
        ({"community": "开封道居委会"}, "fix", "COMMUNITY_NAME_VARIANT"),
        ({"phone": "199 0000 0001"}, "fix", "PHONE_SEPARATORS"),
        ({"phone": "１９９００００００01"}, "fix", "PHONE_FULLWIDTH"),
        ({"phone": "+8619900000001"}, "fix", "PHONE_COUNTRY_CODE"),
        ({"phone": "19900000001.0"}, "fix", "PHONE_STORED_AS_NUMBER"),
        ({"moved_in": "43281"}, "fix", "DATE_SERIAL_NUMBER"),
        ({"moved_in": "2018年6月30日"}, "fix", "DATE_TEXT"),
        ({"count": "3人"}, "fix", "COUNT_TEXT"),
        ({"status": "自住"}, "fix", "STATUS_VARIANT"),
        ({"phone": ""}, "warn", "PHONE_MISSING"),
        ({"phone": "1.99E+10"}, "warn", "PHONE_INVALID"),
        ({"phone": "022-23110000"}, "warn", "PHONE_LANDLINE"),
        ({"phone": "19900000001/19900000002"}, "warn", "PHONE_TWO_NUMBERS"),
        ({"phone": "同上"}, "warn", "PHONE_INVALID"),
        ({"head": ""}, "warn", "HEAD_MISSING"),
        ({"head": "同上"}, "warn", "HEAD_MISSING"),
        ({"status": ""}, "warn", "STATUS_MISSING"),
        ({"status": "人户分离"}, "warn", "STATUS_UNKNOWN"),
        ({"status": "同上"}, "warn", "STATUS_UNKNOWN"),
        ({"count": "2-3"}, "warn", "COUNT_TEXT_UNCLEAR"),
        ({"count": "35"}, "warn", "COUNT_IMPLAUSIBLE"),
        ({"count": "0"}, "warn", "COUNT_STATUS_CONFLICT"),
        ({"moved_in": "2018年6月"}, "warn", "DATE_AMBIGUOUS"),
        ({"moved_in": "2030-01-01"}, "warn", "DATE_FUTURE"),
        ({"moved_in": "九几年"}, "warn", "DATE_UNREADABLE"),
        ({"head": "#N/A"}, "warn", "FORMULA_ERROR"),
        ({"compound": ""}, "reject", "COMPOUND_MISSING"),
        ({"building": "\u3000"}, "reject", "BUILDING_MISSING"),
        ({"room": ""}, "reject", "ROOM_MISSING"),
        ({"room": "301、302"}, "reject", "ROOM_SEVERAL"),
        ({"room": "同上"}, "reject", "DITTO_NOT_COPIED"),
        ({"building": "〃"}, "reject", "DITTO_NOT_COPIED"),
        ({"unit": "同 上"}, "reject", "DITTO_NOT_COPIED"),
        ({"room": "120101199001011234"}, "reject", "IDENTITY_NUMBER"),
        ({"unit": "12010119900101123X"}, "reject", "IDENTITY_NUMBER"),
        ({"building": "#REF!"}, "reject", "FORMULA_ERROR"),
        ({"room": "长" * 31}, "reject", "TEXT_TOO_LONG"),
        ({"community": "开封到"}, "reject", "COMMUNITY_UNKNOWN"),
        ({"community": "朝阳里社区"}, "reject", "COMMUNITY_OUT_OF_SCOPE"),
        ({"community": ""}, "reject", "COMMUNITY_MISSING"),
    ],
)
def test_row_has_its_action_and_its_code(
    values: dict[str, str], action: str, code: str
) -> None:
    found, codes = judged(changed(**values))
    assert (found, code in codes) == (action, True)


def test_good_row_is_accepted_without_a_word() -> None:
    assert judged(GOOD) == (Action.ACCEPT, set())


def test_every_code_has_a_sentence_for_the_clerk() -> None:
    sentences = [rule.sentence for rule in RULES.values()]
    sentences += [*SHEET_SENTENCES.values(), *SHEET_NOTES.values()]
    assert [text for text in map(str, sentences) if not text.endswith("。")] == []


def test_ditto_copies_community_and_compound_from_the_row_above() -> None:
    again = changed(compound="〃", room="102", community="同上", phone="19900000002")
    _log, rows = walk_csv(TITLES, GOOD, again)
    assert [(r.action, r.address and r.address.key) for r in rows] == [
        (Action.ACCEPT, "120101002014|开封里|1|1|101"),
        (Action.ACCEPT, "120101002014|开封里|1|1|102"),
    ]


def test_ditto_above_which_nothing_stands_is_missing() -> None:
    action, codes = judged(changed(compound="同上"))
    assert (action, "COMPOUND_MISSING" in codes) == (Action.REJECT, True)


# --- headers ------------------------------------------------------------------------


def test_header_of_two_rows_is_joined() -> None:
    upper = ("房屋", "", "", "", "住户信息", "", "居住", "居住", "", "社区")
    lower = ("小区", "楼栋", "单元", "房号", "户主", "电话", "状态", "人数")
    lower += ("入住日期", "")
    log, rows = walk_csv(upper, lower, GOOD)
    assert log.header_row == 2
    assert set(log.columns) == {
        *("compound", "building", "unit", "room", "head", "phone"),
        *("status", "count", "moved_in", "community"),
    }
    assert [r.action for r in rows] == [Action.ACCEPT]


def test_header_with_stars_brackets_and_line_breaks_is_known() -> None:
    titles = ("*小区\n名称", "楼栋（必填）", "单 元", "★房号", *TITLES[4:])
    log, rows = walk_csv(titles, GOOD)
    assert (log.header_row, [r.action for r in rows]) == (1, [Action.ACCEPT])


def test_repeated_header_is_skipped() -> None:
    _log, rows = walk_csv(TITLES, GOOD, TITLES, changed(room="102", phone=""))
    assert [r.action for r in rows] == [Action.ACCEPT, Action.SKIP, Action.WARN]
    assert rows[1].codes == ("REPEATED_HEADER",)


def test_repeated_header_in_another_order_counts_from_there() -> None:
    other = changed(room="102", phone="19900000002")
    _log, rows = walk_csv(TITLES, GOOD, TITLES[::-1], other[::-1])
    assert [r.action for r in rows] == [Action.ACCEPT, Action.SKIP, Action.ACCEPT]
    assert rows[2].address is not None
    assert rows[2].address.key == "120101002014|开封里|1|1|102"


def test_second_header_without_an_address_refuses_the_file() -> None:
    titles = ("备注", "微信", "单元", "房号", *TITLES[4:])
    with pytest.raises(Refused) as caught:
        walk_csv(TITLES, GOOD, titles, GOOD)
    assert caught.value.code == "HEADER_CHANGES"
    assert caught.value.reason.count("第 3 行") == 1


@pytest.mark.parametrize(
    "lines",
    [
        ((*TITLES, "", *TITLES), (*GOOD, "", *GOOD)),
        (("第一组",), (*TITLES, "", *TITLES[:4]), (*GOOD, "", *GOOD[:4])),
        (TITLES, (*GOOD, "", *TITLES[:4]), (*GOOD, "", *GOOD[:4])),
    ],
)
def test_tables_side_by_side_are_refused_with_the_reason(
    lines: tuple[tuple[str, ...], ...],
) -> None:
    good = (TITLES, GOOD)
    pages = [
        sheet(*(row(n, line) for n, line in enumerate(page, 1)))
        for page in (lines, good)
    ]
    names, states = ("甲", "乙"), ("visible", "visible")
    content = workbook(*pages, names=names, states=states).getvalue()
    log, rows = walk(content)
    assert (log.action, log.problems) == ("reject", ["SIDE_BY_SIDE"])
    assert [r.sheet for r in rows] == [1]


def test_stray_cells_are_named_by_place_and_not_by_content() -> None:
    log, rows = walk_csv(TITLES, GOOD, (*changed(room="102"), "", "秘密"))
    assert log.stray == ["L3"]
    assert log.problems == ["STRAY_CELLS"]
    assert repr((log, rows)).count("秘密") == 0


# --- what only a workbook can hold --------------------------------------------------


def page_with(second: str, tail: str = "") -> bytes:
    page = sheet(row(1, TITLES), second).replace("</worksheet>", f"{tail}</worksheet>")
    return workbook(page).getvalue()


def with_cell(index: int, text: str) -> str:
    """The good row with one cell of our own."""
    cells = [cell(part, f"{letter(n)}2") for n, part in enumerate(GOOD)]
    cells[index] = text
    return f'<row r="2">{"".join(cells)}</row>'


@pytest.mark.parametrize(
    ("index", "text", "action", "code"),
    [
        (7, '<c r="H2"><f>1+2</f><v>3</v></c>', "accept", "FORMULA_VALUE"),
        (7, '<c r="H2"><f>1+2</f></c>', "warn", "FORMULA_ERROR"),
        (7, '<c r="H2"><f>1+2</f><v></v></c>', "warn", "FORMULA_ERROR"),
        (2, '<c r="C2"><f>B2</f></c>', "reject", "FORMULA_ERROR"),
        (2, '<c r="C2" t="e"><v>#REF!</v></c>', "reject", "FORMULA_ERROR"),
        (4, '<c r="E2" t="e"><v>#N/A</v></c>', "warn", "FORMULA_ERROR"),
        (3, '<c r="D2"><v>101</v></c>', "fix", "ROOM_AS_NUMBER"),
        (5, '<c r="F2"><v>19900000001</v></c>', "fix", "PHONE_STORED_AS_NUMBER"),
        (3, '<c r="D2"><v>1234567890123456</v></c>', "reject", "NUMBER_TOO_LONG"),
        (2, '<c r="C2"><v>1.2E+17</v></c>', "reject", "NUMBER_TOO_LONG"),
        (3, '<c r="D2"><v>3.1</v></c>', "reject", "NUMBER_WITH_FRACTION"),
        (5, '<c r="F2"><v>1.2E+17</v></c>', "warn", "PHONE_INVALID"),
        (4, '<c r="E2"><v>1.2E+17</v></c>', "warn", "HEAD_MISSING"),
    ],
)
def test_cell_of_a_workbook_has_its_action_and_its_code(
    index: int, text: str, action: str, code: str
) -> None:
    _log, (only,) = walk(page_with(with_cell(index, text)))
    assert (only.action, code in only.codes) == (action, True)


def test_empty_result_of_a_formula_is_a_value() -> None:
    text = '<c r="C2" t="str"><f>IF(1,"","")</f><v></v></c>'
    _log, (only,) = walk(page_with(with_cell(2, text)))
    assert only.action == Action.ACCEPT
    assert set(only.codes) == {"UNIT_ABSENT_OK", "FORMULA_VALUE"}


def test_filtered_rows_are_named_apart_from_hidden_ones() -> None:
    hidden = row(2, GOOD, attributes=' hidden="1"')
    _log, (only,) = walk(page_with(hidden))
    assert only.codes == ("HIDDEN_ROW",)
    filtered = '<autoFilter ref="A1:J2"><filterColumn colId="0"/></autoFilter>'
    log, (only,) = walk(page_with(hidden, filtered))
    assert only.codes == ("FILTERED_ROW",)
    assert log.problems == ["FILTER_IN_USE"]


def test_looks_are_found_without_places_and_with_a_prefix() -> None:
    """Some programs write neither r= nor the usual namespace."""
    page = page_of_another_program()
    log, rows = walk(workbook(page).getvalue())
    assert [(r.number, r.codes) for r in rows] == [(2, ("HIDDEN_ROW",))]
    assert log.header_row == 1


def page_of_another_program() -> str:
    def cells(texts: Sequence[str]) -> str:
        return "".join(
            f"<x:c t='inlineStr'><x:is><x:t>{text}</x:t></x:is></x:c>" for text in texts
        )

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row>{cells(TITLES)}</x:row>'
        f"<x:row hidden='1'>{cells(GOOD)}</x:row></x:sheetData></x:worksheet>"
    )


@pytest.mark.parametrize(("epoch", "serial"), [(1900, 43281), (1904, 41819)])
@pytest.mark.parametrize("style", ["", ' s="2"'])
def test_dates_count_from_the_day_the_workbook_says(
    epoch: int, serial: int, style: str
) -> None:
    content = page_with(with_cell(8, f'<c r="I2"{style}><v>{serial}</v></c>'))
    if epoch == 1904:
        content = replaced(content, b"<sheets>", b'<workbookPr date1904="1"/><sheets>')
    content = replaced(
        content,
        b'<cellXfs count="2">',
        b'<cellXfs count="3">',
    )
    content = replaced(
        content, b"</cellXfs>", b'<xf numFmtId="14" fontId="0" xfId="0"/></cellXfs>'
    )
    _log, (only,) = walk(content)
    assert only.values is not None
    assert only.values.moved_in == dt.date(2018, 6, 30)
    assert only.codes == (() if style else ("DATE_SERIAL_NUMBER",))


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same workbook with other bytes in its parts."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return file.getvalue()


# --- huge, but harmless --------------------------------------------------------------


def test_styled_cells_far_below_are_no_rows() -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    content = workbook(sheet(row(1, TITLES), row(2, GOOD), far)).getvalue()
    _log, rows = walk(content)
    assert [(r.number, r.action) for r in rows] == [(2, Action.ACCEPT)]


def test_csv_row_without_an_end_is_refused() -> None:
    endless = ",".join(TITLES) + "\n" + '"a\n",' * 300_000
    run = Run(open_book(io.BytesIO(endless.encode()), "名册.csv"), PLACES, on=TODAY)
    with pytest.raises(Refused) as caught:
        list(run)
    assert caught.value.code == "CSV"
