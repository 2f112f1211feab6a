"""Columns that no list knows: asked once with masked samples, then remembered."""

import io

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from residents import mapping, tasks
from residents.models import ColumnMapping, Household, RosterImport
from tests.residents.conftest import SMALL, Import, as_csv

State = RosterImport.State
NUMBER = "12010119500101001X"
TITLES = "院子,几号楼,门栋,户室,当家人,手机,身份证"
ROW = f"开封里,1号楼,1门,101,王小明,19900000001,{NUMBER}"
ANSWERS = ("compound", "building", "unit", "room", "head", "phone", "")
DATA = {f"column{number}": field for number, field in enumerate(ANSWERS)}


def unknown() -> io.BytesIO:
    return io.BytesIO(f"{TITLES}\n{ROW}\n".encode())


@pytest.fixture
def asked(preview: Import) -> RosterImport:
    return preview(unknown(), "开封道社区.csv")


def columns_url(found: RosterImport) -> str:
    return reverse("residents:import-columns", args=[found.pk])


def test_known_titles_need_no_stop(preview: Import) -> None:
    assert preview(as_csv(list(SMALL))).state == State.PREVIEWED


def test_file_without_any_table_is_still_refused(preview: Import) -> None:
    assert preview(io.BytesIO(b"a,b\n1,2\n")).state == State.REFUSED


def test_unknown_titles_are_asked_with_masked_samples(
    asked: RosterImport, street_admin_client: Client
) -> None:
    assert asked.state == State.MAPPING
    page = street_admin_client.get(columns_url(asked)).content.decode()
    found = [page.count(word) for word in ("1号楼", "王**", "199****0001", "当家人")]
    assert found == [1, 1, 1, 1]
    hidden = (NUMBER, NUMBER[:17], "王小明", "19900000001")
    assert [word for word in hidden if word in page] == []


def test_answer_is_remembered_for_the_next_file(
    asked: RosterImport, street_admin_client: Client, preview: Import
) -> None:
    answer = street_admin_client.post(columns_url(asked), DATA)
    assert answer["Location"] == reverse("residents:import-detail", args=[asked.pk])
    tasks.parse_roster(str(asked.pk))
    asked.refresh_from_db()
    assert (asked.state, asked.counts["changes"]["new"]) == (State.PREVIEWED, 1)
    assert ColumnMapping.objects.filter(header="当家人").get().field == "head"
    assert preview(unknown(), "开封道社区.csv").state == State.PREVIEWED
    assert AuditEvent.objects.filter(verb="roster.mapped").count() == 1
    assert Household.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"column6": "head"}, "有两列选成了同一项。"),
        ({"column3": ""}, "至少要有小区名称、楼栋和房号三列。"),
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
    assert ColumnMapping.objects.count() == 0


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (NUMBER, "……"),
        ("19900000001", "199****0001"),
        ("1号楼", "1号楼"),
        ("王明", "王**"),
    ],
)
def test_samples_are_masked(cell: str, shown: str) -> None:
    assert mapping.masked(cell) == shown
