"""The pages: who sees what, upload to confirmation, one address per act."""

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape

from accounts.models import User
from audit.models import AuditEvent
from officials.models import Division
from residents import actions, overview, tables, tasks
from residents.models import Household, RosterImport, RosterSnapshot
from tests.residents.conftest import SMALL, STREET, Import, as_csv

Queries = Callable[[int], AbstractContextManager[Any]]
LIST = reverse("residents:import-list")
UPLOAD = reverse("residents:import-upload")
SNAPSHOTS = reverse("residents:snapshot-list")
TAKE = reverse("residents:snapshot-take")
PAGES = ("import-detail", "change-list", "row-list")
POSTS = (
    *("import-cancel", "import-renew", "row-reveal", "import-undo"),
    *("import-report", "import-forget-columns"),
)
TYPED_BADLY = (*SMALL[0][:6], "1990000123", *SMALL[0][7:])


def at(name: str, roster_import: RosterImport) -> str:
    return reverse(f"residents:{name}", args=[roster_import.pk])


def text_of(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def a_file(name: str = "名册.csv", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or as_csv(list(SMALL)).getvalue())


@pytest.fixture
def previewed(preview: Import) -> RosterImport:
    return preview(as_csv([TYPED_BADLY, *SMALL[1:]]))


# --- who may ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "import-confirm", "import-columns"])
def test_import_of_another_street_is_404(
    neighbour_client: Client, previewed: RosterImport, name: str
) -> None:
    assert neighbour_client.get(at(name, previewed)).status_code == 404


@pytest.mark.parametrize("name", [*POSTS, "import-confirm", "import-columns"])
def test_act_on_an_import_of_another_street_is_404(
    neighbour_client: Client, previewed: RosterImport, name: str
) -> None:
    assert neighbour_client.post(at(name, previewed)).status_code == 404
    previewed.refresh_from_db()
    assert previewed.state == RosterImport.State.PREVIEWED


def test_list_shows_the_own_street_only(
    neighbour_client: Client, street_admin_client: Client, previewed: RosterImport
) -> None:
    link = at("import-detail", previewed)
    assert text_of(street_admin_client.get(LIST)).count(link) == 1
    assert text_of(neighbour_client.get(LIST)).count(link) == 0


@pytest.mark.parametrize("name", PAGES)
def test_clerk_without_the_permission_gets_403(
    clerk_client: Client, previewed: RosterImport, name: str
) -> None:
    assert clerk_client.get(at(name, previewed)).status_code == 403


@pytest.mark.parametrize("url", [LIST, UPLOAD, SNAPSHOTS])
def test_lists_are_403_without_the_permission(clerk_client: Client, url: str) -> None:
    assert clerk_client.get(url).status_code == 403


def test_approver_cannot_upload(approver_client: Client) -> None:
    assert approver_client.get(UPLOAD).status_code == 403


def test_uploading_role_cannot_confirm(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    assert street_admin_client.get(at("import-confirm", previewed)).status_code == 403


def test_approver_cannot_reveal(
    approver_client: Client, previewed: RosterImport
) -> None:
    assert approver_client.post(at("row-reveal", previewed)).status_code == 403


def test_unknown_import_is_404(street_admin_client: Client) -> None:
    url = reverse("residents:import-detail", args=[uuid.uuid4()])
    assert street_admin_client.get(url).status_code == 404


def test_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize("name", POSTS)
def test_act_by_get_is_405(
    street_admin_client: Client, previewed: RosterImport, name: str
) -> None:
    assert street_admin_client.get(at(name, previewed)).status_code == 405


def test_taking_a_snapshot_by_get_is_405(approver_client: Client) -> None:
    assert approver_client.get(TAKE).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_page_by_post_is_405(
    street_admin_client: Client, previewed: RosterImport, name: str
) -> None:
    assert street_admin_client.post(at(name, previewed)).status_code == 405


@pytest.mark.parametrize("name", ["import-columns", "import-forget-columns"])
def test_explaining_columns_needs_the_permission_to_import(
    approver_client: Client, previewed: RosterImport, name: str
) -> None:
    assert approver_client.post(at(name, previewed)).status_code == 403


# --- upload -------------------------------------------------------------------------


def test_uploading_stores_the_file_and_shows_its_progress(
    street_admin_client: Client, street: Division
) -> None:
    response = street_admin_client.post(UPLOAD, {"street": STREET, "file": a_file()})
    found = RosterImport.objects.get()
    assert (response.status_code, response["Location"]) == (
        302,
        at("import-detail", found),
    )
    page = street_admin_client.get(at("import-detail", found))
    assert page["Refresh"] == "2"
    assert text_of(page).count("排队等候读取。") == 1


def test_read_file_no_longer_refreshes(
    street_admin_client: Client, upload: Import
) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    tasks.parse_roster(str(roster_import.pk))
    page = street_admin_client.get(at("import-detail", roster_import))
    assert page.has_header("Refresh") is False
    assert text_of(page).count("还没有写入。") == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (
            ("名册.xls", b"<html><table>"),
            "名册.xls 其实是网页（HTML）。请用表格软件打开，另存为 .xlsx 再传。",
        ),
        (
            ("名册.xlsx", b"a,b\n"),
            "名册.xlsx 的扩展名是 .xlsx，内容其实是 .csv。请另存再传。",
        ),
        (("名册.doc", b"a,b\n"), "名册.doc：只能读 .xlsx、.xls 和 .csv 文件。"),
    ],
)
def test_file_that_is_no_roster_is_refused_on_the_form(
    street_admin_client: Client,
    street: Division,
    file: tuple[str, bytes],
    sentence: str,
) -> None:
    answer = street_admin_client.post(UPLOAD, {"street": STREET, "file": a_file(*file)})
    assert text_of(answer).count(sentence) == 1
    assert RosterImport.objects.count() == 0


def test_file_over_the_limit_is_refused(
    street_admin_client: Client, street: Division, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    answer = street_admin_client.post(UPLOAD, {"street": STREET, "file": a_file()})
    assert text_of(answer).count("名册.csv 超过 20 MB。") == 1


def test_street_of_somebody_else_is_no_choice(
    street_admin_client: Client, street: Division
) -> None:
    data = {"street": "120101003", "file": a_file()}
    assert street_admin_client.post(UPLOAD, data).status_code == 200
    assert RosterImport.objects.count() == 0


def test_refused_file_says_why_and_what_to_do(
    street_admin_client: Client, preview: Import
) -> None:
    refused = preview(as_csv([]), "空.csv")
    refused_without_header = preview(type(as_csv([]))(b"a,b\n1,2\n"), "别的.csv")
    page = text_of(street_admin_client.get(at("import-detail", refused_without_header)))
    assert page.count("文件里没有找到名册") == 1
    assert page.count(UPLOAD) == 1
    assert refused.state == RosterImport.State.PREVIEWED


def test_refusal_is_told_in_the_language_of_the_reader(
    street_admin_client: Client, preview: Import
) -> None:
    """The worker has read it in its own; the reader's counts."""
    found = preview(type(as_csv([]))(b"a,b\n1,2\n"), "别的.csv")
    texts = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            texts[language] = found.refusal_text
        street_admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        page = text_of(street_admin_client.get(at("import-detail", found)))
        assert page.count(escape(texts[language])) == 1
    assert texts["zh-hans"].startswith("文件里没有找到名册")
    assert texts["en"].isascii()


def test_refusal_with_its_parameters_and_an_old_one_are_told() -> None:
    new = RosterImport(
        refusal_code="PASSWORD",
        refusal="%(name)s 加了密码。请去掉密码再传。",
        refusal_params={"name": "名%s册.xlsx"},
    )
    old = RosterImport(refusal="100% 读不出来。")
    assert (new.refusal_text, old.refusal_text, RosterImport().refusal_text) == (
        "名%s册.xlsx 加了密码。请去掉密码再传。",
        "100% 读不出来。",
        "",
    )


# --- preview ------------------------------------------------------------------------


def test_preview_shows_counts_and_communities(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    page = text_of(street_admin_client.get(at("import-detail", previewed)))
    assert page.count('<span class="card__figure">4</span>') == 1
    assert page.count("开封道社区</a>") == 1


def test_preview_shows_what_was_done_with_the_rows(
    street_admin_client: Client, preview: Import
) -> None:
    without_room = (*SMALL[0][:4], "", *SMALL[0][5:])
    rows = [("开封道社区", *row[1:]) for row in (*SMALL[:2], without_room, TYPED_BADLY)]
    found = preview(as_csv([*rows, ("合计",)]))
    (line,) = tables.sheet_lines(found)
    # accepted, corrected, doubted, rejected, skipped
    assert (line.read, line.actions) == (5, [1, 0, 1, 2, 1])


def test_unchanged_file_says_so(
    street_admin_client: Client, confirm: Import, preview: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    again = preview(as_csv(list(SMALL)))
    page = text_of(street_admin_client.get(at("import-detail", again)))
    assert page.count("与现有名册相同，没有变化。") == 1


def test_changes_can_be_filtered(
    street_admin_client: Client, confirm: Import, preview: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    rows = [(*SMALL[0][:8], "出租"), (*SMALL[1][:6], "19900000077", *SMALL[1][7:])]
    changed = preview(as_csv([*rows, *SMALL[2:]]))
    url = at("change-list", changed)
    shown = {
        words: text_of(street_admin_client.get(f"{url}?{words}")).count("<tr>") - 1
        for words in (
            "",
            "kind=phone",
            "kind=leaves_frame",
            "kind=new",
            "address=102",
            "address=1201",
            "community=120101002014",
            "kind=nonsense",
        )
    }
    assert shown == {
        "": 2,
        "kind=phone": 1,
        "kind=leaves_frame": 1,
        "kind=new": -1,
        "address=102": 1,
        "address=1201": -1,
        "community=120101002014": 2,
        "kind=nonsense": 2,
    }


def test_rows_with_problems_are_masked(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    page = text_of(street_admin_client.get(at("row-list", previewed)))
    assert page.count("19****") == 1
    assert page.count("1990000123") == 0
    assert page.count("电话不对，可能丢了数字，请核对原始记录。</td>") == 1
    assert AuditEvent.objects.filter(verb="roster.rows_revealed").count() == 0


def test_original_and_cleaned_value_stand_side_by_side(
    street_admin_client: Client, preview: Import
) -> None:
    row = ("开封道", "开封里", "１号楼", "1门", "101室", "王小明", "199-0000-0001")
    found = preview(as_csv([(*row, "3", "常住")]))
    page = text_of(street_admin_client.get(at("row-list", found)))
    cells = re.findall(r'<span class="roster__cell">(.*?)</span>', page)
    assert list(zip(cells[::2], cells[1::2], strict=True)) == [
        ("１号楼", "1"),
        ("101室", "101"),
        ("199****0001", "199****0001"),
        ("开封道", "开封道社区"),
    ]


def test_revealing_rows_shows_them_and_leaves_an_event(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    url = at("row-reveal", previewed)
    page = text_of(street_admin_client.post(url, {"reason": "correct"}))
    assert page.count("1990000123") == 1
    event = AuditEvent.objects.get(verb="roster.rows_revealed")
    assert (event.actor, event.data.count("correct")) == ("street_admin", 1)


def test_revealing_rows_without_a_reason_shows_masks(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    page = text_of(street_admin_client.post(at("row-reveal", previewed), {}))
    assert page.count("1990000123") == 0
    assert AuditEvent.objects.filter(verb="roster.rows_revealed").count() == 0


def test_rows_can_be_filtered_by_problem(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    url = at("row-list", previewed)
    invalid = text_of(street_admin_client.get(f"{url}?code=PHONE_INVALID"))
    assert invalid.count('scope="rowgroup"') == 1
    rejected = text_of(street_admin_client.get(f"{url}?action=reject"))
    assert rejected.count("没有这样的行。") == 1


# --- confirm ------------------------------------------------------------------------


def test_second_person_confirms_what_was_shown(
    approver_client: Client, previewed: RosterImport
) -> None:
    url = at("import-confirm", previewed)
    assert text_of(approver_client.get(url)).count(previewed.digest_hex) == 2
    answer = approver_client.post(
        url, {"digest": previewed.digest_hex, "checked": "on"}
    )
    assert answer["Location"] == at("import-detail", previewed)
    assert Household.objects.count() == 4


@pytest.mark.parametrize("data", [{"checked": "on"}, {"digest": "0" * 64}])
def test_confirmation_needs_the_digest_and_the_tick(
    approver_client: Client, previewed: RosterImport, data: dict[str, str]
) -> None:
    answer = approver_client.post(at("import-confirm", previewed), data)
    assert answer.status_code == 200
    assert Household.objects.count() == 0


def test_stale_digest_is_told_with_the_way_out(
    approver_client: Client, previewed: RosterImport
) -> None:
    data = {"digest": "0" * 64, "checked": "on"}
    page = text_of(approver_client.post(at("import-confirm", previewed), data))
    assert page.count("预检之后名册有了变化。请点“重新预检”，看过再核准。") == 1
    assert page.count(at("import-renew", previewed)) == 1
    assert Household.objects.count() == 0


def test_uploader_with_both_roles_still_cannot_confirm(
    approver_client: Client, approver: User, street: Division
) -> None:
    own = actions.upload_roster(
        street=street,
        file_name="名册.csv",
        content=as_csv(list(SMALL)),
        by=approver,
        at=timezone.now(),
    )
    own = actions.read_roster(roster_import=own, by=approver, at=timezone.now())
    page = text_of(approver_client.get(at("import-confirm", own)))
    assert page.count("上传的人不能核准，请另一个人来核准。") == 1
    data = {"digest": own.digest_hex, "checked": "on"}
    approver_client.post(at("import-confirm", own), data)
    assert Household.objects.count() == 0


def test_renewing_the_preview_compares_again(
    approver_client: Client, previewed: RosterImport, confirm: Import
) -> None:
    confirm(as_csv(list(SMALL[1:])))
    approver_client.post(at("import-renew", previewed))
    previewed.refresh_from_db()
    counts = previewed.counts["changes"]
    assert (counts["new"], counts["unchanged"]) == (1, 3)


def test_cancelling_takes_the_file_back(
    street_admin_client: Client, previewed: RosterImport
) -> None:
    answer = street_admin_client.post(at("import-cancel", previewed))
    assert answer["Location"] == LIST
    previewed.refresh_from_db()
    assert previewed.state == RosterImport.State.CANCELLED


def test_cancelling_a_confirmed_import_is_refused_in_words(
    street_admin_client: Client, confirm: Import
) -> None:
    confirmed = confirm(as_csv(list(SMALL)))
    url = at("import-cancel", confirmed)
    page = text_of(street_admin_client.post(url, follow=True))
    assert page.count("这次导入已经结束，不能再改。") == 1


# --- snapshots ----------------------------------------------------------------------


def test_taking_a_snapshot_freezes_the_roster(
    approver_client: Client, confirm: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    answer = approver_client.post(TAKE, {"division": STREET})
    assert answer["Location"] == SNAPSHOTS
    snapshot = RosterSnapshot.objects.get()
    assert text_of(approver_client.get(SNAPSHOTS)).count(snapshot.digest_hex) == 1


def test_empty_roster_cannot_be_frozen_and_says_why(
    approver_client: Client, street: Division
) -> None:
    page = text_of(approver_client.post(TAKE, {"division": STREET}))
    assert page.count("这个范围还没有核准过的名册") == 1


def test_street_administrator_cannot_freeze(
    street_admin_client: Client, street: Division
) -> None:
    assert street_admin_client.post(TAKE, {"division": STREET}).status_code == 403
    assert text_of(street_admin_client.get(SNAPSHOTS)).count("还没有快照。") == 1


# --- cost ---------------------------------------------------------------------------


@pytest.mark.parametrize("imports", [1, 3])
def test_list_costs_the_same_with_one_and_three(
    street_admin_client: Client,
    upload: Import,
    imports: int,
    django_assert_num_queries: Queries,
) -> None:
    for _number in range(imports):
        upload(as_csv(list(SMALL)))
    with django_assert_num_queries(14):
        street_admin_client.get(LIST)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("change-list", 8), ("row-list", 11)])
def test_pages_of_an_import_cost_the_same_with_one_row_and_three(
    street_admin_client: Client,
    preview: Import,
    rows: int,
    name: str,
    queries: int,
    django_assert_num_queries: Queries,
) -> None:
    typed = [(*row[:6], "123", *row[7:]) for row in SMALL[:rows]]
    found = preview(as_csv(typed))
    with django_assert_num_queries(queries):
        street_admin_client.get(at(name, found))


def test_list_counts_the_households_of_one_page_of_streets_only(
    approver_client: Client, confirm: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees a city sees its streets page by page, each with its numbers."""
    confirm(as_csv(list(SMALL)))
    monkeypatch.setattr(overview, "STREETS_PER_PAGE", 4)
    with CaptureQueriesContext(connection) as queries:
        page = text_of(approver_client.get(LIST))
    (counted,) = [
        query["sql"] for query in queries if "residents_household" in query["sql"]
    ]
    streets = Division.objects.filter(parent="120101")
    shown = [street for street in streets if f">{street}</th>" in page]
    assert (len(shown), len(streets)) == (4, 6)
    assert [f"'{street.code}'" in counted for street in streets] == [
        street in shown for street in streets
    ]
    assert page.count("?streets=2#streets") == 1
