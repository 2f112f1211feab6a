"""Columns that leave a doubt: asked once with masked samples, then remembered."""

import io
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from residents import actions, samples, tasks
from residents.actions import mapping
from residents.mapping import Answers
from residents.models import (
    ColumnMapping,
    ColumnQuestion,
    Household,
    LeftOutSheet,
    RosterImport,
    RosterRow,
)
from tests.residents import workbooks
from tests.residents.conftest import (
    KAIFENGDAO,
    SMALL,
    Import,
    TrailBroken,
    as_csv,
)

State = RosterImport.State
TAIANDAO = "泰安道社区"
NUMBER = "12010119500101001X"
TITLES = "院子,几号楼,门栋,户室,当家人,手机,身份证"
ROW = f"开封里,1号楼,1门,101,王小明,19900000001,{NUMBER}"
FIELDS = ("compound", "building", "unit", "room", "head", "phone", "")
DATA = {
    "sheet0": "read",
    **{f"sheet0column{number}": field for number, field in enumerate(FIELDS)},
}
NAMES = dict(zip(TITLES.split(","), FIELDS, strict=True))
GOOD = workbooks.sheet(
    workbooks.row(1, workbooks.HEADER),
    workbooks.row(2, ("开封里", "1号楼", "1门", "101", "王明", "19900000001", "常住")),
)
OTHER_HEADER = ("小区名称", "楼栋", "单元", "户室", "户主姓名", "联系电话", "居住状态")
OTHER_ROW = ("泰安里", "2号楼", "1门", "201", "李英", "19900000002", "常住")
OTHER = workbooks.sheet(workbooks.row(1, OTHER_HEADER), workbooks.row(2, OTHER_ROW))


def unknown() -> io.BytesIO:
    return io.BytesIO(f"{TITLES}\n{ROW}\n".encode())


def table(titles: str, *rows: str) -> io.BytesIO:
    return io.BytesIO("\n".join((titles, *rows, "")).encode())


def two_sheets() -> io.BytesIO:
    return workbooks.workbook(
        GOOD, OTHER, names=("开封道社区", TAIANDAO), states=("visible", "visible")
    )


@pytest.fixture
def asked(preview: Import) -> RosterImport:
    return preview(unknown(), "开封道社区.csv")


def columns_url(found: RosterImport) -> str:
    return reverse("residents:import-columns", args=[found.pk])


def answered(found: RosterImport, by: User, answers: Any) -> RosterImport:
    """Answer as the page does, and let the worker read on."""
    actions.confirm_columns(
        roster_import=found, answers=answers, by=by, at=timezone.now()
    )
    tasks.parse_roster(str(found.pk))
    return RosterImport.objects.get(pk=found.pk)


def memory() -> set[tuple[str, str, str]]:
    found = ColumnMapping.objects.values_list("division_id", "header", "field")
    return set(found)


# --- when it stops ------------------------------------------------------------------


def test_known_titles_need_no_stop(preview: Import) -> None:
    assert preview(as_csv(list(SMALL))).state == State.PREVIEWED


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", "开封里,1号楼,1门,101,王小明,常住\n".encode() * 3],
    ids=["no table", "no titles"],
)
def test_file_without_titles_is_refused_and_shows_none_of_its_cells(
    preview: Import, content: bytes
) -> None:
    found = preview(io.BytesIO(content))
    assert (found.state, found.refusal_code) == (State.REFUSED, "NO_ROSTER")
    assert "王小明" not in found.refusal_text


@pytest.mark.parametrize(
    ("titles", "row", "doubted"),
    [
        # A required column has an unknown name.
        (
            "社区,小区,楼号,单元,户室,户主,电话,居住状态",
            "开封道,开封里,1,1,101,王明,19900000001,常住",
            ["户室"],
        ),
        # A useful one has: entrances would run together.
        (
            "社区,小区,楼号,门栋,房号,户主,电话,居住状态",
            "开封道,开封里,1,1,101,王明,19900000001,常住",
            ["门栋"],
        ),
        # Two columns could be the same field.
        (
            "社区,小区,楼号,单元,房号,户主,电话,联系电话,居住状态",
            "开封道,开封里,1,1,101,王明,19900000001,19900000002,常住",
            ["电话", "联系电话"],
        ),
        # The same title twice.
        (
            "社区,小区,楼号,单元,房号,户主,电话,电话,居住状态",
            "开封道,开封里,1,1,101,王明,19900000001,19900000002,常住",
            ["电话", "电话#2"],
        ),
    ],
    ids=["required", "useful", "ambiguous", "twice"],
)
def test_doubt_about_a_column_stops_the_reading(
    preview: Import, titles: str, row: str, doubted: list[str]
) -> None:
    found = preview(table(titles, row))
    (question,) = actions.questions_of(found)
    assert (found.state, question.doubted) == (State.MAPPING, doubted)
    assert RosterRow.objects.count() == 0


def test_unknown_column_beside_all_useful_ones_is_dropped_without_a_word(
    preview: Import,
) -> None:
    titles = "社区,小区,楼号,单元,房号,户主,电话,居住状态,微信"
    found = preview(table(titles, "开封道,开封里,1,1,101,王明,19900000001,常住,wx1"))
    assert (found.state, found.sheets[0]["dropped"]) == (State.PREVIEWED, ["微信"])


def test_missing_column_with_none_left_to_be_it_is_no_question(
    preview: Import,
) -> None:
    found = preview(table("社区,小区,楼号,房号,户主", "开封道,开封里,1,101,王明"))
    assert found.state == State.PREVIEWED


def test_one_sheet_in_doubt_stops_the_whole_file(preview: Import) -> None:
    found = preview(two_sheets(), "两张.xlsx")
    (question,) = actions.questions_of(found)
    assert (found.state, question.name) == (State.MAPPING, TAIANDAO)
    assert (question.doubted, question.lacking) == (["户室"], ("room",))
    assert RosterRow.objects.count() == 0


def test_households_under_unknown_titles_beside_a_roster_are_asked_about(
    preview: Import,
) -> None:
    strange = workbooks.sheet(
        workbooks.row(1, tuple(TITLES.split(",")[:5])),
        workbooks.row(2, ("泰安里", "2号楼", "1门", "201", "李英")),
    )
    file = workbooks.workbook(
        GOOD, strange, names=("开封道社区", TAIANDAO), states=("visible", "visible")
    )
    found = preview(file, "两张.xlsx")
    (question,) = actions.questions_of(found)
    assert (found.state, question.titles) == (State.MAPPING, TITLES.split(",")[:5])


def test_summary_beside_a_roster_is_no_question(preview: Import) -> None:
    summary = workbooks.sheet(
        workbooks.row(1, ("片区", "总户数", "人数", "出租", "空置")),
        workbooks.row(2, ("开封道", "1800", "4100", "120", "80")),
    )
    file = workbooks.workbook(
        GOOD, summary, names=("开封道社区", "汇总"), states=("visible", "visible")
    )
    found = preview(file, "汇总.xlsx")
    assert (found.state, found.sheets[1]["problems"]) == (
        State.PREVIEWED,
        ["NOT_A_ROSTER_SHEET"],
    )


def test_hidden_sheet_is_no_question(preview: Import) -> None:
    file = workbooks.workbook(
        GOOD, OTHER, names=("开封道社区", TAIANDAO), states=("visible", "hidden")
    )
    assert preview(file, "隐藏.xlsx").state == State.PREVIEWED


# --- what is shown ------------------------------------------------------------------


def test_unknown_titles_are_asked_with_masked_samples(
    asked: RosterImport, street_admin_client: Client
) -> None:
    assert asked.state == State.MAPPING
    page = street_admin_client.get(columns_url(asked)).content.decode()
    found = [page.count(word) for word in ("1号楼", "王**", "199****0001", "当家人")]
    assert found == [1, 1, 1, 1]
    hidden = (NUMBER, NUMBER[:17], "王小明", "19900000001")
    assert [word for word in hidden if word in page] == []


def test_samples_are_sealed_and_go_with_the_answer(
    asked: RosterImport, street_admin: User
) -> None:
    stored = bytes(ColumnQuestion.objects.get().columns)
    assert "1号楼".encode() not in stored
    answered(asked, street_admin, {0: NAMES})
    assert bytes(ColumnQuestion.objects.get().columns) == b""


def test_samples_go_when_the_import_is_cancelled(
    asked: RosterImport, street_admin: User
) -> None:
    actions.cancel_import(roster_import=asked, by=street_admin, at=timezone.now())
    assert ColumnQuestion.objects.count() == 0


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (NUMBER, "……"),
        ("19900000001", "199****0001"),
        (19900000001.0, "199****0001"),
        ("1号楼", "1号楼"),
        (301.0, "301"),
        ("三单元", "三单元"),
        ("2019年6月30日", "2019年6月30日"),
        ("出租", "出租"),
        ("王明", "王**"),
        ("开封里1号楼", "开**"),
        ("津A12345", "津**"),
        ("wx_abc12", "……"),
        ("022-23456789", "……"),
        ("", ""),
        (None, ""),
    ],
)
def test_samples_are_masked(cell: Any, shown: str) -> None:
    assert samples.masked(cell) == shown


# --- what is remembered -------------------------------------------------------------


def test_answer_is_remembered_for_the_next_file(
    asked: RosterImport, street_admin_client: Client, preview: Import
) -> None:
    answer = street_admin_client.post(columns_url(asked), DATA)
    assert answer["Location"] == reverse("residents:import-detail", args=[asked.pk])
    tasks.parse_roster(str(asked.pk))
    asked.refresh_from_db()
    assert (asked.state, asked.counts["changes"]["new"]) == (State.PREVIEWED, 1)
    said = {(KAIFENGDAO, title, name) for title, name in NAMES.items()}
    # 手机 says by itself what it is.
    assert memory() == said - {(KAIFENGDAO, "手机", "phone")}
    assert preview(unknown(), "开封道社区.csv").state == State.PREVIEWED
    verbs = ("roster.columns_asked", "roster.mapped", "roster.columns_remembered")
    found = AuditEvent.objects.filter(verb__in=verbs).order_by("pk")
    assert [event.verb for event in found] == list(verbs)
    assert Household.objects.count() == 0


def test_answer_of_one_community_is_not_taken_for_another(
    asked: RosterImport, street_admin: User, preview: Import
) -> None:
    answered(asked, street_admin, {0: NAMES})
    assert preview(unknown(), "泰安道社区.csv").state == State.MAPPING


def test_answer_for_a_sheet_of_several_communities_counts_for_each(
    street_admin: User, preview: Import
) -> None:
    titles = "社区,小区,楼号,单元,户室,户主,电话,居住状态"
    rows = (
        "开封道,开封里,1,1,101,王明,19900000001,常住",
        "泰安道,泰安里,1,1,101,李英,19900000002,常住",
    )
    found = preview(table(titles, *rows), "街道.csv")
    assert answered(found, street_admin, {0: {"户室": "room"}}).state == State.PREVIEWED
    assert {code for code, _title, _field in memory()} == {
        KAIFENGDAO,
        RosterRow.objects.get(row_no=3).community_id,
    }
    assert preview(table(titles, rows[1]), "街道.csv").state == State.PREVIEWED


def test_answer_that_a_column_is_not_read_is_asked_once(
    street_admin: User, preview: Import
) -> None:
    titles = "社区,小区,楼号,房号,户主,电话,居住状态,微信"
    file = (titles, "开封道,开封里,1,101,王明,19900000001,常住,wx1")
    found = preview(table(*file))
    assert [q.doubted for q in actions.questions_of(found)] == [["微信"]]
    assert answered(found, street_admin, {0: {"微信": ""}}).state == State.PREVIEWED
    assert preview(table(*file)).state == State.PREVIEWED


def test_one_of_two_alike_is_read_and_alone_it_is_read_again(
    street_admin: User, preview: Import
) -> None:
    titles = "社区,小区,楼号,单元,房号,户主,电话,联系电话,居住状态"
    row = "开封道,开封里,1,1,101,王明,19900000001,19900000002,常住"
    found = preview(table(titles, row))
    done = answered(found, street_admin, {0: {"电话": "phone", "联系电话": ""}})
    assert (done.state, done.sheets[0]["dropped"]) == (State.PREVIEWED, ["联系电话"])
    # Without 电话 the other one is the telephone again: nothing is lost in silence.
    alone = preview(
        table(titles.replace("电话,", "", 1), row.replace("19900000001,", ""))
    )
    assert (alone.state, "phone" in alone.sheets[0]["columns"]) == (
        State.PREVIEWED,
        True,
    )


def test_sheet_left_out_is_named_and_remembered(
    street_admin: User, preview: Import
) -> None:
    found = answered(preview(two_sheets(), "两张.xlsx"), street_admin, {1: None})
    assert (found.state, found.counts["read"]) == (State.PREVIEWED, 1)
    assert [sheet["problems"] for sheet in found.sheets] == [[], ["LEFT_OUT"]]
    said = AuditEvent.objects.get(verb="roster.mapped")
    assert json.loads(said.data) == {"sheets": {TAIANDAO: None}}
    again = preview(two_sheets(), "两张.xlsx")
    assert [sheet["problems"] for sheet in again.sheets] == [[], ["LEFT_OUT"]]
    assert LeftOutSheet.objects.get().titles == list(OTHER_HEADER)


def test_sheet_left_out_is_asked_again_when_its_titles_change(
    street_admin: User, preview: Import
) -> None:
    answered(preview(two_sheets(), "两张.xlsx"), street_admin, {1: None})
    changed = workbooks.sheet(
        workbooks.row(1, (*OTHER_HEADER, "车牌")), workbooks.row(2, OTHER_ROW)
    )
    file = workbooks.workbook(
        GOOD, changed, names=("开封道社区", TAIANDAO), states=("visible", "visible")
    )
    assert preview(file, "两张.xlsx").state == State.MAPPING


def test_wrong_answer_can_be_given_again(
    asked: RosterImport, street_admin: User, street_admin_client: Client
) -> None:
    found = answered(asked, street_admin, {0: NAMES})
    url = reverse("residents:import-forget-columns", args=[found.pk])
    page = street_admin_client.get(reverse("residents:import-detail", args=[found.pk]))
    assert page.content.decode().count(url) == 1
    street_admin_client.post(url)
    assert memory() == set()
    tasks.parse_roster(str(found.pk))
    found.refresh_from_db()
    assert found.state == State.MAPPING


def test_repeated_titles_of_an_answered_sheet_are_no_household(
    street_admin: User, preview: Import
) -> None:
    rows = [ROW.replace("101,", f"{number},") for number in range(101, 140)]
    found = preview(
        table(TITLES, *rows, TITLES, ROW.replace("101,", "999,")), "开封道社区.csv"
    )
    done = answered(found, street_admin, {0: NAMES})
    assert (done.counts["actions"]["skip"], done.counts["actions"]["reject"]) == (1, 0)


# --- answers that do not do ---------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sheet0column6": "head"}, "有两列选成了同一项。"),
        ({"sheet0column3": ""}, "至少要有小区名称、楼栋和房号三列。"),
    ],
)
def test_answer_that_makes_no_roster_is_sent_back(
    asked: RosterImport,
    street_admin_client: Client,
    change: dict[str, str],
    sentence: str,
) -> None:
    page = street_admin_client.post(columns_url(asked), DATA | change)
    assert page.content.decode().count(sentence) == 1
    assert ColumnQuestion.objects.get().answered_at is None


def test_leaving_out_every_sheet_refuses_the_file(
    asked: RosterImport, street_admin: User
) -> None:
    found = answered(asked, street_admin, {0: None})
    assert (found.state, found.refusal_code) == (State.REFUSED, "NO_ROSTER")


def test_answering_twice_is_told_and_changes_nothing(
    asked: RosterImport, street_admin: User
) -> None:
    answered(asked, street_admin, {0: NAMES})
    with pytest.raises(actions.ImportNotOpen):
        answered(asked, street_admin, {0: None})
    assert LeftOutSheet.objects.count() == 0


def test_answers_without_their_event_are_not_taken(
    asked: RosterImport,
    street_admin: User,
    break_trail: Callable[[ModuleType], None],
) -> None:
    break_trail(mapping)
    with pytest.raises(TrailBroken):
        answered(asked, street_admin, {0: NAMES})
    asked.refresh_from_db()
    assert asked.state == State.MAPPING


def test_narrowest_answer_counts() -> None:
    answers = Answers({("", "户"): "room", ("甲", "户"): "", (1, "户"): "head"})
    assert [answers.of_sheet(*place)["户"] for place in ((0, "乙"), (0, "甲"))] == [
        "room",
        "",
    ]
    assert answers.of_sheet(1, "甲") == {"户": "head"}
