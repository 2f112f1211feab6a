"""A glance at a row says what its judge would say of it, or nothing at all."""

import datetime as dt
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residents.importers import glance, headers
from residents.importers.book import Book, Marks, Merge, Sheet, place_of
from residents.importers.glance import Column, Glance
from residents.importers.judging import Judge
from residents.importers.places import Places
from residents.importers.rows import Cell, Refused
from residents.importers.run import Run
from tests.residents.properties import often

TODAY = dt.date(2026, 11, 21)
NAMES = {"120101002014": "开封道社区", "120101002006": "树德里社区"}
PLACES = Places(NAMES, ("和平区", "小白楼街道"), lambda stem: stem == "朝阳里")
FUTURE = dt.datetime.fromisoformat("2031-01-01")
# Without these a row can be tidy; without a status or a number it cannot.
OPTIONAL = ("serial", "community", "unit", "count", "grid", "moved_in", "note")
TITLES = {field: names[0] for field, names in headers.NAMES.items()}

# What each column says in most rosters, and what it says in some.
PLAIN: dict[str, list[Cell]] = {
    "serial": ["1", 2.0, ""],
    "community": ["开封道社区"],
    "compound": ["开封里", "建设里"],
    "building": ["1号楼", "2号楼", "7号", 3.0],
    "unit": ["1门", "2门", "", 1.0],
    "room": ["101", "102", "203-1"],
    "head": ["王小明", "李秀英"],
    "phone": ["19900000001", "19900000002"],
    "count": ["3", 2.0, ""],
    "status": ["常住", "出租"],
    "grid": ["第1网格", ""],
    "moved_in": ["2018-06-30", dt.date(2020, 1, 1), ""],
    "note": ["", "门禁坏了"],
}
ODD: dict[str, list[Cell]] = {
    "serial": ["#REF!", "合计"],
    "community": ["开封道", "树德里社区", "朝阳里社区", "月亮湾", "同上", "", None],
    "compound": ["〃", "小区", " 开封里", "#N/A", "里" * 61, "合计：4套"],
    "building": ["1栋", "一号楼", "楼栋", "#", "楼" * 31, True, 1.5],
    "unit": ["1单元", "无", "门", "#NAME?", "门" * 31, dt.date(2026, 3, 2)],
    "room": ["101室", 101.0, "房号", "301、302", "", "#REF!", dt.date(2026, 3, 2)],
    "head": ["", "无", "同上", "没有", "王 涛", "李𬭎", "<b>王</b>", "#REF!", 0.0],
    "phone": ["", "无", "022-00001234", 19900000001.0, "１９９００００１４８６"],
    "count": ["0", 0.0, "3人", "两", True, 35, "-1", "#N/A"],
    "status": ["空置", "常 住", "自住", "", "拆迁", "#REF!"],
    "grid": ["#REF!", "格" * 61, "同上", 3.0, True],
    "moved_in": ["2018.6.30", "2031-05-01", 43281.0, FUTURE, "九几"],
    "note": ["#REF!", "<b>门禁</b>", "李𬭎代收", "#3", None],
}
anything = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.none(),
)
PLAIN_CELLS = {name: st.sampled_from(cells) for name, cells in PLAIN.items()}
ODD_CELLS = {
    name: st.one_of(st.sampled_from(cells), st.sampled_from(cells), anything)
    for name, cells in ODD.items()
}
EXPLAINED: list[dict[str, str]] = [{}, {}, {}, {"建设里": "note"}, {"102": "room"}]
now_and_then = st.sampled_from([False] * 5 + [True])


@st.composite
def rows_of(draw: st.DrawFn, fields: list[str]) -> list[Cell]:
    """Mostly plain: a row is seen at a glance only when all of its cells are."""
    row = {name: draw(PLAIN_CELLS[name]) for name in fields}
    if draw(st.booleans()):
        for name in draw(st.lists(st.sampled_from(fields), max_size=2)):
            row[name] = draw(ODD_CELLS[name])
    cells = list(row.values())
    if draw(now_and_then):
        del cells[draw(st.integers(0, len(cells))) :]
    elif draw(now_and_then):
        cells += draw(st.lists(anything, max_size=2))
    elif draw(now_and_then):
        cells = [TITLES[name] for name in fields]
    return cells


def marks_in(rows: int, columns: int) -> st.SearchStrategy[Marks]:
    lines = st.integers(2, rows + 1)
    places = st.builds(place_of, lines, st.integers(0, columns - 1))
    return st.builds(
        Marks,
        hidden=st.sets(lines, max_size=1),
        struck=st.sets(lines, max_size=1),
        errors=st.sets(places, max_size=1),
        formulas=st.sets(places, max_size=1),
        filtered=st.booleans(),
    )


@st.composite
def sheets(draw: st.DrawFn) -> dict[str, Any]:
    """What a sheet is made of, so that it can be made twice."""
    lacking = draw(st.sets(st.sampled_from(OPTIONAL), max_size=3))
    fields = draw(st.permutations([name for name in TITLES if name not in lacking]))
    teaching = [PLAIN[name][0] for name in fields]
    rows = [teaching, *draw(st.lists(rows_of(fields), min_size=2, max_size=10))]
    lines = st.integers(2, len(rows) + 1)
    merge = st.builds(Merge, lines, lines, st.integers(0, len(fields) - 1))
    is_marked, is_merged = draw(now_and_then), draw(now_and_then)
    return {
        "name": "树德里社区" if draw(now_and_then) else "名册",
        "rows": [[TITLES[name] for name in fields], *rows],
        "marks": draw(marks_in(len(rows), len(fields))) if is_marked else Marks(),
        "merges": (draw(merge),) if is_merged else (),
        "since_1904": draw(st.booleans()),
        "names": draw(
            st.sampled_from([{}] * 4 + [{"建设里": "note"}, {"102": "room"}])
        ),
    }


def walk(made_of: dict[str, Any]) -> tuple[list[Any], list[dict[str, Any]], str]:
    """All that a run says: its items, its log, its refusal."""
    rows = made_of["rows"]
    numbered = iter([(number, list(cells)) for number, cells in enumerate(rows, 1)])
    sheet = Sheet(**{**made_of, "rows": numbered}, height=len(rows))
    run = Run(Book("xlsx", "", iter((sheet,)), len(rows)), PLACES, TODAY)
    items, refusal = [], ""
    try:
        items.extend(run)
    except Refused as error:
        refusal = error.code
    return (
        [asdict(item) for item in items],
        [log.as_data() for log in run.log.sheets],
        refusal,
    )


def assert_seen_as_judged(made_of: dict[str, Any]) -> None:
    seen = walk(made_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Glance, "row", lambda *_arguments: None)
        judged = walk(made_of)
    assert seen == judged


@often
@given(made_of=sheets())
def test_glance_says_what_the_judge_says(made_of: dict[str, Any]) -> None:
    assert_seen_as_judged(made_of)


@pytest.mark.parametrize("field", TITLES)
@pytest.mark.parametrize("status", ["常住", "空置"])
@pytest.mark.parametrize("sheet", ["名册", "树德里社区"])
def test_glance_lets_no_odd_cell_pass(field: str, status: str, sheet: str) -> None:
    """Every odd cell alone in a tidy row, below a row that has taught the words."""
    tidy = {name: cells[0] for name, cells in PLAIN.items()} | {"status": status}
    if status == "空置":
        tidy |= {"head": "", "phone": "", "count": "0"}
    lines = [tidy | {field: cell} for cell in [*PLAIN[field], *ODD[field]]]
    rows = [
        list((line | {"room": line["room"] if field == "room" else f"{n}01"}).values())
        for n, line in enumerate([tidy, *lines, tidy], 1)
    ]
    assert_seen_as_judged({"name": sheet, "rows": [list(TITLES.values()), *rows]})


def test_explained_titles_stop_a_glance() -> None:
    """What looks like a household is a header where a person has said so."""
    tidy = {name: cells[0] for name, cells in PLAIN.items()}
    titles = {
        "compound": "建设里",
        "building": "2号楼",
        "room": "102",
        "head": "李秀英",
    }
    rows = [list(line.values()) for line in (tidy, tidy | titles)]
    made_of = {"name": "名册", "rows": [list(TITLES.values()), *rows]}
    assert [item["action"] for item in walk(made_of)[0]] == ["accept"] * 2
    made_of["names"] = {title: name for name, title in titles.items()}
    assert [item["action"] for item in walk(made_of)[0]] == ["accept", "skip"]
    assert_seen_as_judged(made_of)


def test_glance_takes_every_known_column_apart() -> None:
    assert set(glance.FIELDS) == set(headers.NAMES)


@pytest.mark.parametrize("unit", ["1门", ""])
def test_tidy_rows_are_seen_at_a_glance(
    monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    """The first row teaches the words of the sheet; then nobody needs the judge."""
    judged: list[int] = []
    judge = Judge.judge

    def remember(self: Judge, raw: Any) -> Any:
        judged.append(raw.number)
        return judge(self, raw)

    monkeypatch.setattr(Judge, "judge", remember)
    first = {name: cells[0] for name, cells in PLAIN.items()} | {"unit": unit}
    vacant = {"head": "", "phone": "", "count": "0", "status": "空置"}
    rows = [first, first | {"room": "102"}, first | {"room": "103"} | vacant]
    items, _logs, _refusal = walk(
        {
            "name": "名册",
            "rows": [list(TITLES.values()), *(list(row.values()) for row in rows)],
        }
    )
    assert [item["action"] for item in items] == ["accept"] * 3
    assert judged == [2]


def test_column_looks_once_at_a_text_and_takes_no_number_for_another() -> None:
    looked: list[Cell] = []

    def look(cell: Cell) -> str:
        looked.append(cell)
        return repr(cell)

    column = Column(look)
    assert [column["1"], column["1"], column["1"]] == ["'1'"] * 3
    assert [column[1], column[1.0], column[True]] == ["1", "1.0", "True"]
    assert looked == ["1", 1, 1.0, True]


def test_column_remembers_few_and_short_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "REMEMBERED", 3)
    column = Column(lambda cell: cell)
    for number in range(10):
        assert column[f"{number}"] == f"{number}"
        assert len(column) <= 3
    long = "长" * (glance.LONGEST + 1)
    assert column[long] == long
    assert long not in column
