"""Rows through the whole pipeline: headers, merged cells, skips, problems, doubles."""

import datetime as dt
import io

import pytest

from residents.importers import checks, headers
from residents.importers.log import CountsDisagree
from residents.importers.readers import open_book
from residents.importers.rows import Action, Amendment, ParsedRow, Refused
from residents.importers.run import Run
from tests.residents.conftest import SMALL, Row, as_csv, places_of_street
from tests.residents.workbooks import HEADER, row, sheet, workbook

TODAY = dt.date(2026, 11, 21)


class Walked(Run):
    """A run that remembers what it has yielded."""

    items: list[ParsedRow | Amendment]

    @property
    def rows(self) -> list[ParsedRow]:
        return [item for item in self.items if isinstance(item, ParsedRow)]


def walk(file: io.BytesIO, name: str = "名册.csv", **limits: int) -> Walked:
    run = Walked(open_book(file, name), places_of_street(), on=TODAY, **limits)
    run.items = list(run)
    run.log.check()
    return run


def judged(file: io.BytesIO, name: str = "名册.csv") -> list[ParsedRow]:
    return walk(file, name).rows


def only(changed: dict[int, str]) -> ParsedRow:
    """The first household of the small roster with some cells changed."""
    cells = list(SMALL[0]) + [""] * 3
    for index, text in changed.items():
        cells[index] = text
    return judged(as_csv([tuple(cells)]))[0]


# --- headers ------------------------------------------------------------------------


def test_header_is_found_by_names_in_any_order() -> None:
    found = headers.find([("名册",), ("房号", "序号", "小区", "楼号", "备注")])
    assert found is not None
    assert found.columns == {
        "room": 0,
        "serial": 1,
        "compound": 2,
        "building": 3,
        "note": 4,
    }
    assert found.row == 2


def test_header_of_two_rows_is_joined() -> None:
    found = headers.find(
        [
            ("小区名称", "楼栋", "单元", "房号", "户主", "联系"),
            ("", "", "", "", "姓名", "电话"),
        ]
    )
    assert found is not None
    assert (found.first_row, found.row) == (1, 2)
    assert list(found.columns) == [
        "compound",
        "building",
        "unit",
        "room",
        "head",
        "phone",
    ]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("联系\n电话", "phone"),
        ("户主姓名*", "head"),
        ("单元（门）", "unit"),
        ("【房号】", "room"),
        ("身份证号", ""),
        ("微信", ""),
    ],
)
def test_title_is_known_or_dropped(title: str, name: str) -> None:
    assert headers.field_of(title) == name


def test_roster_without_a_needed_column_is_refused_by_sheet() -> None:
    file = io.BytesIO("小区名称,楼栋,户主姓名,联系电话\n开封里,1,王,1\n".encode())
    run = Run(open_book(file, "名册.csv"), places_of_street(), on=TODAY)
    with pytest.raises(Refused) as caught:
        list(run)
    assert caught.value.code == "NO_ROSTER"
    assert run.log.sheets[0].missing == ["room"]


def test_unknown_columns_never_reach_a_row() -> None:
    text = "身份证号,小区名称,楼栋,房号,户主姓名\n12010119000310735X,开封里,1,101,王\n"
    run = walk(io.BytesIO(text.encode()), "开封道.csv")
    assert run.log.sheets[0].dropped == ["身份证号"]
    assert repr(run.items).count("120101190003107") == 0


# --- one row ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "action", "codes"),
    [
        ({}, "accept", []),
        ({3: ""}, "accept", ["UNIT_ABSENT_OK"]),
        ({11: "<b>门禁</b>"}, "accept", ["MARKUP_IN_TEXT"]),
        ({2: "一号楼"}, "fix", ["CHINESE_NUMERALS"]),
        ({4: "101室"}, "fix", ["ROOM_SUFFIX"]),
        ({0: "开封道社区居委会"}, "fix", ["COMMUNITY_NAME_VARIANT"]),
        ({0: "小白楼街道开封道社区"}, "fix", ["COMMUNITY_NAME_VARIANT"]),
        ({8: "自住"}, "fix", ["STATUS_VARIANT"]),
        ({10: "2018.6.30"}, "fix", ["DATE_TEXT"]),
        ({6: ""}, "warn", ["PHONE_MISSING"]),
        ({6: "123"}, "warn", ["PHONE_INVALID"]),
        ({5: ""}, "warn", ["HEAD_MISSING"]),
        ({8: ""}, "warn", ["STATUS_MISSING"]),
        ({8: "拆迁"}, "warn", ["STATUS_UNKNOWN"]),
        ({7: "0"}, "warn", ["COUNT_STATUS_CONFLICT"]),
        ({8: "空置"}, "warn", ["COUNT_STATUS_CONFLICT"]),
        ({10: "2031-05-01"}, "warn", ["DATE_FUTURE"]),
        ({5: "#REF!"}, "warn", ["FORMULA_ERROR"]),
        ({1: ""}, "reject", ["COMPOUND_MISSING"]),
        ({2: "　"}, "reject", ["BUILDING_MISSING"]),
        ({4: ""}, "reject", ["ROOM_MISSING"]),
        ({4: "301、302"}, "reject", ["ROOM_SEVERAL"]),
        ({4: "#REF!"}, "reject", ["FORMULA_ERROR"]),
        ({0: "朝阳里社区"}, "reject", ["COMMUNITY_OUT_OF_SCOPE"]),
        ({0: "月亮湾社区"}, "reject", ["COMMUNITY_UNKNOWN"]),
        ({0: ""}, "reject", ["COMMUNITY_MISSING"]),
        ({4: "1" * 40}, "reject", ["TEXT_TOO_LONG"]),
    ],
)
def test_row_has_the_action_of_its_worst_problem(
    changed: dict[int, str], action: str, codes: list[str]
) -> None:
    changed = {0: "开封道社区"} | changed
    found = only(changed)
    assert (found.action.value, list(found.codes)) == (action, codes)


def test_unknown_community_gets_a_suggestion() -> None:
    (found,) = only({0: "开封路社区"}).problems
    assert (found.code, found.cleaned) == ("COMMUNITY_UNKNOWN", "开封道社区")


def test_vacant_dwelling_needs_neither_head_nor_phone() -> None:
    assert judged(as_csv([SMALL[3]]))[0].action == Action.FIX  # 开封道 → 开封道社区
    named = ("开封道社区", *SMALL[3][1:])
    assert judged(as_csv([named]))[0].action == Action.ACCEPT


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("", "", "", ""), "BLANK_ROW"),
        (("合计：4套", "", "", ""), "SUBTOTAL_ROW"),
        (("填表人：", "", "", "", "", "", "审核人："), "NOTE_ROW"),
        (("以上房屋由张三核对",), "NOTE_ROW"),
        (
            ("社区", "小区名称", "楼栋", "单元", "房号", "户主姓名", "联系电话"),
            "REPEATED_HEADER",
        ),
    ],
)
def test_line_without_a_household_is_skipped(cells: Row, code: str) -> None:
    found = judged(as_csv([SMALL[0], cells, SMALL[1]]))
    assert (found[1].action, found[1].codes) == (Action.SKIP, (code,))
    assert found[2].stored


def test_blank_lines_at_the_end_are_not_rows() -> None:
    blank: Row = ("",) * 12
    run = walk(as_csv([SMALL[0], blank, SMALL[1], blank, blank]))
    assert run.log.read == 3
    assert run.log.sheets[0].last_row == 4


# --- the sheet around a row ---------------------------------------------------------


def test_merged_cells_fill_down_and_empty_cells_do_not() -> None:
    page = sheet(
        row(1, HEADER),
        row(2, ("开封里", "1号楼", "1门", "101", "王", "19900000001", "常住")),
        row(3, ("", "", "1门", "102", "李", "19900000002", "常住")),
        row(4, ("开封里", "", "1门", "103", "张", "19900000003", "常住")),
        merges=("A2:A3", "B2:B3"),
    )
    found = judged(workbook(page), "名册.xlsx")
    keys = [parsed.address.key for parsed in found if parsed.address]
    assert keys[:2] == [
        "120101002014|开封里|1|1|101",
        "120101002014|开封里|1|1|102",
    ]
    assert found[1].codes == ("MERGED_CELL_FILL",)
    assert found[2].codes == ("BUILDING_MISSING",)


def test_hidden_and_struck_rows_are_to_be_verified() -> None:
    page = sheet(
        row(1, HEADER),
        row(
            2,
            ("开封里", "1号楼", "1门", "101", "王", "19900000001", "常住"),
            attributes=' hidden="1"',
        ),
        row(3, ("开封里", "1号楼", "1门", "102", "李", "19900000002", "常住"), style=1),
    )
    found = judged(workbook(page), "名册.xlsx")
    assert [parsed.codes for parsed in found] == [("HIDDEN_ROW",), ("STRIKETHROUGH",)]


def test_hidden_sheet_is_named_and_not_read() -> None:
    page = sheet(
        row(1, HEADER),
        row(2, ("开封里", "1号楼", "1门", "101", "王", "19900000001", "常住")),
    )
    file = workbook(
        page, page, names=("开封道社区", "旧表勿用"), states=("visible", "hidden")
    )
    run = walk(file, "名册.xlsx")
    assert [(log.name, log.action, log.problems) for log in run.log.sheets] == [
        ("开封道社区", "", []),
        ("旧表勿用", "skip", ["HIDDEN_SHEET"]),
    ]
    assert run.log.read == 1


def test_row_of_another_community_than_its_sheet_is_to_be_verified() -> None:
    titles = ("社区", *HEADER)
    page = sheet(
        row(1, titles),
        row(
            2,
            ("泰安道社区", "泰安里", "1号楼", "1门", "1", "王", "19900000001", "常住"),
        ),
        row(3, ("", "开封里", "1号楼", "1门", "2", "李", "19900000002", "常住")),
    )
    found = judged(workbook(page), "名册.xlsx")
    assert [(parsed.community, parsed.codes) for parsed in found] == [
        ("120101002002", ("COMMUNITY_DIFFERS_FROM_SHEET",)),
        ("120101002014", ("COMMUNITY_FROM_SHEET",)),
    ]


def test_words_differing_from_the_first_rows_are_variants() -> None:
    base = ("开封道社区", "开封里")
    rest = ("王小明", "19900000001", "2", "常住")
    found = judged(
        as_csv(
            [
                (*base, "1号楼", "1门", "101", *rest),
                (*base, "1栋", "1单元", "102", "李秀英", "19900000002", "2", "常住"),
                (*base, "7号", "", "103", "张伟", "19900000003", "2", "常住"),
            ]
        )
    )
    assert [parsed.codes for parsed in found] == [
        (),
        ("BUILDING_WORD_VARIANT", "UNIT_WORD_VARIANT"),
        ("UNIT_ABSENT_OK",),
    ]
    spelt = [parsed.address for parsed in found if parsed.address]
    assert [(place.building.text, place.unit.text) for place in spelt] == [
        ("1号楼", "1门"),
        ("1号楼", "1门"),
        ("7号", ""),
    ]


# --- the whole file -----------------------------------------------------------------


def amendments(run: Walked) -> list[tuple[int, str]]:
    return [(i.number, i.problem.code) for i in run.items if isinstance(i, Amendment)]


def household(room: str, name: str, phone: str) -> Row:
    return ("开封道社区", "开封里", "1号楼", "1门", room, name, phone, "2", "常住")


def test_exact_double_is_skipped() -> None:
    twice = household("101", "王小明", "19900000001")
    found = judged(as_csv([twice, twice]))
    assert [parsed.codes for parsed in found] == [(), ("DUPLICATE_EXACT",)]


def test_same_door_with_other_values_is_rejected_and_the_first_doubted() -> None:
    run = walk(
        as_csv(
            [
                household("101", "王小明", "19900000001"),
                household("101", "李秀英", "19900000002"),
                household("１０１", "张伟", "19900000003"),
            ]
        )
    )
    assert [parsed.codes[-1:] for parsed in run.rows] == [
        (),
        ("DUPLICATE_LATER",),
        ("DUPLICATE_AFTER_NORMALISING",),
    ]
    assert amendments(run) == [(2, "DUPLICATE_CONFLICT")]
    assert run.log.actions == {
        "accept": 0,
        "fix": 0,
        "warn": 1,
        "reject": 2,
        "skip": 0,
    }


@pytest.mark.parametrize(("doors", "shared"), [(2, 0), (3, 3), (4, 4)])
def test_phone_of_three_doors_is_doubted_at_all_of_them(
    doors: int, shared: int
) -> None:
    rows = [household(f"10{n}", f"王{n}", "19900000001") for n in range(doors)]
    run = walk(as_csv(rows))
    assert run.log.actions["warn"] == shared
    assert len(amendments(run)) == min(shared, 2)


def test_row_doubted_twice_is_counted_once() -> None:
    shared = [household(f"10{n}", f"王{n}", "19900000001") for n in range(3)]
    run = walk(as_csv([*shared, household("102", "赵新", "19900000002")]))
    assert run.rows[2].codes == ("PHONE_SHARED",)
    assert amendments(run)[2:] == [(4, "DUPLICATE_CONFLICT")]
    assert run.log.actions == {
        "accept": 0,
        "fix": 0,
        "warn": 3,
        "reject": 1,
        "skip": 0,
    }


def test_rows_over_the_limit_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        walk(as_csv(list(SMALL)), max_rows=3)
    assert caught.value.code == "TOO_MANY_ROWS"


def test_counts_that_do_not_add_up_stop_the_import() -> None:
    run = walk(as_csv(list(SMALL)))
    run.log.sheets[0].read += 1
    with pytest.raises(CountsDisagree):
        run.log.check()


def test_every_rule_has_a_sentence_and_every_code_a_rule() -> None:
    used = {code for code in checks.RULES if str(checks.RULES[code].sentence)}
    assert used == set(checks.RULES)
    assert set(checks.PUBLIC_NAMES) <= used
