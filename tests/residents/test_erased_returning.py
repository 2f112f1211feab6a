"""What a household had erased: no later file brings it back (T103)."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.keyring import LENGTH
from residents import actions, marks, privacy
from residents.actions import reading
from residents.actions.blanking import blank_erased
from residents.erased import Door, Told
from residents.importers.rows import Values
from residents.models import (
    Household,
    RosterImport,
    RosterRow,
)
from residents.never_call import never_called
from tests.residents.conftest import (
    SMALL,
    Ask,
    Erase,
    Exported,
    Import,
    as_csv,
    everything_opened,
    first,
)

NAME, PHONE = "王小明", "19900000001"
NOBODY = privacy.Person("", "", "", "", "")
OTHERS = ("赵新", "19900000099")


def next_file(**said: str) -> io.BytesIO:
    """The small file with other words in some columns of its first row."""
    columns = ("head", "phone", "count", "status", "grid", "moved_in", "note")
    told = dict(zip(columns, (*SMALL[0][5:], "", "", ""), strict=True)) | said
    return as_csv([(*SMALL[0][:5], *told.values()), *SMALL[1:]])


def row_of(roster_import: RosterImport, number: int = 2) -> RosterRow:
    return roster_import.rows.get(row_no=number)


@pytest.fixture
def family(confirm: Import, erase: Erase) -> Household:
    """王小明 of 101, who has asked; three neighbours, who have not."""
    confirm(as_csv(list(SMALL)))
    return erase(first())


# --- what the next file says --------------------------------------------------------

SAME_FAMILY = [
    ({"phone": "19900000077"}, "phone"),
    ({"head": "王晓明"}, "other"),
    ({"status": "出租"}, "status"),
    ({"count": "5"}, "other"),
    ({"note": "找王小明的女儿 19900000078"}, "other"),
    # Another spelling and one more number: known by the number never to be called.
    ({"head": "王 晓明", "phone": "19900000001 19900000079"}, "phone"),
    # The street has taken the name out of its own file.
    ({"head": "", "phone": ""}, "phone"),
]


@pytest.mark.parametrize(("said", "kind"), SAME_FAMILY)
def test_same_family_keeps_nothing_of_the_file(
    family: Household, confirm: Import, said: dict[str, str], kind: str
) -> None:
    found = confirm(next_file(**said))
    changed = {name: n for name, n in found.counts["changes"].items() if n}
    leaves_frame = {"leaves_frame": 1} if "status" in said else {}
    assert changed == {kind: 1, "unchanged": 3} | leaves_frame
    household = first()
    assert (household.pk, household.erased_on) == (family.pk, family.erased_on)
    assert (household.phone_index, household.needs_review) == (None, False)
    after = everything_opened()
    told = [*said.values(), NAME, PHONE, "王晓明", "19900000078", "19900000079"]
    personal = {word for word in told if word not in {"", "出租", "5"}}
    assert [word for word in personal if word in after] == []
    # The neighbours are read as ever: two files, a row and a household.
    assert after.count("李秀英") == 3


@pytest.mark.parametrize(("said", "kind"), SAME_FAMILY)
def test_same_file_once_more_is_unchanged(
    family: Household, confirm: Import, said: dict[str, str], kind: str
) -> None:
    confirm(next_file(**said))
    again = confirm(next_file(**said))
    assert again.counts["changes"] == {"unchanged": 4}


def test_status_number_and_dates_are_written(
    family: Household, confirm: Import
) -> None:
    confirm(
        next_file(
            status="出租", count="5", moved_in="2020-02-03", grid="三", note="门朝北"
        )
    )
    household = first()
    assert privacy.of_household(household) == NOBODY
    assert (household.residence_status, household.resident_count) == ("rented", 5)
    assert f"{household.moved_in} {household.dwelling.grid}" == "2020-02-03 三"


def test_other_family_is_stored_as_ever(family: Household, confirm: Import) -> None:
    head, phone = OTHERS
    confirm(next_file(head=head, phone=phone))
    family.refresh_from_db()
    household = first()
    assert (family.is_current, household.pk == family.pk) == (False, False)
    person = privacy.of_household(household)
    assert (person.head_name, person.phone) == OTHERS
    assert (household.erased_on, privacy.of_household(family)) == (None, NOBODY)
    # Its own next file is compared with it, and not with who was there before.
    later = confirm(next_file(head=head, phone="19900000098"))
    assert later.counts["changes"]["phone"] == 1
    assert privacy.of_household(first()).phone == "19900000098"


def test_family_that_comes_back_after_another_one_is_still_erased(
    family: Household, confirm: Import
) -> None:
    head, phone = OTHERS
    confirm(next_file(head=head, phone=phone))
    confirm(as_csv(list(SMALL)))
    household = first()
    assert household.pk != family.pk
    assert (household.erased_on, household.phone_index) == (timezone.localdate(), None)
    after = everything_opened()
    # The first file is older than the erasure, the last one younger.
    assert (after.count(NAME), after.count(PHONE)) == (0, 0)


def test_empty_dwelling_is_no_longer_theirs(family: Household, confirm: Import) -> None:
    found = confirm(next_file(head="", phone="", status="空置", count="0"))
    family.refresh_from_db()
    assert (found.counts["changes"]["head_and_phone"], family.is_current) == (1, False)
    assert (first().erased_on, first().residence_status) == (None, "vacant")
    confirm(as_csv(list(SMALL)))
    assert (privacy.of_household(first()), first().erased_on) == (
        NOBODY,
        timezone.localdate(),
    )


def test_old_file_with_an_earlier_number_is_known_by_the_history(
    confirm: Import, erase: Erase
) -> None:
    confirm(as_csv(list(SMALL)))
    confirm(next_file(phone="19900000077"))
    confirm(next_file(phone="19900000077", head="王晓明"))
    household = erase(first())
    # Neither its last name nor its last number: the first file of all.
    confirm(as_csv(list(SMALL)))
    assert (first().pk, privacy.of_household(first())) == (household.pk, NOBODY)
    after = everything_opened()
    assert [
        word for word in (NAME, PHONE, "王晓明", "19900000077") if word in after
    ] == []


def test_refused_lines_keep_no_name_either(family: Household, preview: Import) -> None:
    without_room = (*SMALL[0][:4], "", *SMALL[0][5:])
    twice = (*SMALL[0][:5], "王 小明", "199-0000-0001", "4", "常住")
    neighbour = (*SMALL[1][:4], "", *SMALL[1][5:])
    found = preview(as_csv([*SMALL, without_room, twice, neighbour]))
    lines = {row.row_no: (row.action, row.erased) for row in found.rows.all()}
    assert lines == {
        2: ("warn", True),
        3: ("fix", False),
        4: ("fix", False),
        5: ("fix", False),
        6: ("reject", True),
        7: ("reject", True),
        8: ("reject", False),
    }
    after = everything_opened()
    assert [
        word for word in (NAME, PHONE, "王 小明", "199-0000") if word in after
    ] == []


# --- files that were on their way ---------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [{}, {"phone": "19900000077"}, {"head": "王晓明"}, {"head": "", "phone": ""},
     {"head": "王晓明", "phone": "19900000001 19900000079"}],
)  # fmt: skip
def test_file_read_before_and_confirmed_after_brings_nothing_back(
    confirm: Import,
    preview: Import,
    erase: Erase,
    approver: User,
    said: dict[str, str],
) -> None:
    confirm(as_csv(list(SMALL)))
    waiting = preview(next_file(**said))
    erase(first())
    waiting = actions.preview_import(
        roster_import=waiting, by=approver, at=timezone.now()
    )
    actions.confirm_import(
        roster_import=waiting,
        digest=bytes(waiting.digest or b""),
        by=approver,
        at=timezone.now(),
    )
    assert (privacy.of_household(first()), first().erased_on) == (
        NOBODY,
        timezone.localdate(),
    )
    told = everything_opened()
    personal = (NAME, PHONE, "王晓明", "19900000077", "19900000079")
    assert [word for word in personal if word in told] == []


def test_household_that_asks_while_its_file_is_read_is_left_out(
    confirm: Import,
    preview: Import,
    erase: Erase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    confirm(as_csv(list(SMALL)))
    stage_file = reading.stage_file

    def watched(*args: Any, **kwargs: Any) -> Any:
        def ask(items: Iterator[Any]) -> Iterator[Any]:
            erase(first())
            yield from items

        return stage_file(*args, **kwargs, watch=ask)

    monkeypatch.setattr(reading, "stage_file", watched)
    found = preview(next_file(phone="19900000077"))
    assert (row_of(found).erased, found.counts["changes"]["phone"]) == (True, 1)
    told = everything_opened()
    assert [word for word in (NAME, PHONE, "19900000077") if word in told] == []


def test_confirmation_blanks_what_an_older_version_has_staged(
    family: Household, preview: Import, approver: User, confirm: Import
) -> None:
    found = preview(next_file(head="王晓明"))
    row = row_of(found)
    values = {"head_name": "王晓明", "phone": PHONE, "phone_alt": "", "landline": "",
              "note": ""}  # fmt: skip
    sealed = privacy.seal_household(row.pk, values)
    RosterRow.objects.filter(pk=row.pk).update(**sealed, erased=False)
    assert everything_opened().count("王晓明") == 1
    actions.confirm_import(
        roster_import=found,
        digest=bytes(found.digest or b""),
        by=approver,
        at=timezone.now(),
    )
    assert everything_opened().count("王晓明") == 0
    assert privacy.of_household(first()) == NOBODY


def test_undo_of_a_later_file_brings_nothing_back(
    family: Household, confirm: Import, street_admin: User, approver: User
) -> None:
    later = confirm(next_file(status="出租", phone="19900000077"))
    undo = actions.propose_undo(roster_import=later, by=street_admin, at=timezone.now())
    actions.confirm_undo(
        undo=undo, digest=bytes(undo.digest or b""), by=approver, at=timezone.now()
    )
    assert undo.counts["changes"] == {"restored": 1}
    household = first()
    assert (household.residence_status, privacy.of_household(household)) == (
        "resident",
        NOBODY,
    )
    again = confirm(as_csv(list(SMALL)))
    assert again.counts["changes"] == {"unchanged": 4}


# --- what pages and reports show ----------------------------------------------------


def test_report_of_a_later_file_leaves_the_person_out(
    family: Household, preview: Import, exported: Exported
) -> None:
    found = preview(next_file(head="王 晓明", note="按两下门铃"))
    target = io.BytesIO(exported(found))
    sheet = CalamineWorkbook.from_filelike(target).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    assert [row[5:7] for row in rows[1:3]] == [["", ""], ["李秀英", "19900000002"]]
    assert (rows[1][4], rows[1][8], rows[1][11]) == ("101", "常住", "")
    # What was cleaned is named by column, never by content.
    assert rows[1][12] == "更正后写入：姓名中间的空格已去掉。 社区名称已统一。"


def test_pages_of_a_later_file_show_nothing_of_the_person(
    family: Household, preview: Import, street_admin_client: Client
) -> None:
    found = preview(next_file(head="王 晓明", phone="199-0000-0077 199-0000-0001"))
    assert found.counts["changes"]["phone"] == 1
    pages = [
        street_admin_client.get(reverse(f"residents:{name}", args=[found.pk]))
        for name in ("import-detail", "change-list", "row-list")
    ]
    reveal = reverse("residents:row-reveal", args=[found.pk])
    pages.append(street_admin_client.post(reveal, {"reason": "correct"}))
    text = "\n".join(page.content.decode() for page in pages)
    shown = ("王**", "王 晓明", "199****0077", "199-0000", "1990000")
    assert [word for word in shown if word in text] == []
    assert text.count("开封里1号楼1门101") == 1


def test_nobody_is_asked_for_what_was_erased(
    confirm: Import, erase: Erase, street_admin_client: Client
) -> None:
    confirm(next_file(phone="1990000"))
    assert (first().needs_review, first().review_codes) == (True, "PHONE_INVALID")
    erase(first())
    assert (first().needs_review, first().review_codes) == (False, "")
    again = confirm(next_file(phone="1990000"))
    assert again.counts["changes"] == {"unchanged": 4}
    confirm(next_file(phone="", status="人户分离"))
    assert first().review_codes == "STATUS_UNKNOWN"
    page = street_admin_client.get(reverse("residents:review-list")).content.decode()
    assert page.count("居住状态认不出，不算常住，请核对。") > 0
    assert page.count("王**") == 0


def test_number_of_three_doors_is_asked_of_the_other_two(
    family: Household, confirm: Import
) -> None:
    shared = [(*row[:6], PHONE, *row[7:]) for row in SMALL[1:3]]
    confirm(as_csv([SMALL[0], *shared, SMALL[3]]))
    asked = Household.objects.filter(review_codes="PHONE_SHARED")
    assert sorted(household.dwelling.room for household in asked) == ["102", "103"]
    assert privacy.of_household(first()) == NOBODY


# --- what the family gives itself ---------------------------------------------------


@pytest.fixture
def give(ask: Ask, street_admin: User, approver: User) -> Callable[..., Household]:
    """A correction that the household asks for and a second person confirms."""

    def carry_out(household: Household, **fields: str) -> Household:
        found = actions.propose_correction(
            request=ask("correct", household),
            correction=actions.Correction(**fields),
            by=street_admin,
            at=timezone.now(),
        )
        actions.confirm_correction(
            correction=found, digest=bytes(found.digest), by=approver, at=timezone.now()
        )
        household.refresh_from_db()
        return household

    return carry_out


def test_number_given_by_the_family_brings_no_name_back(
    family: Household, give: Callable[..., Household], confirm: Import
) -> None:
    household = give(family, phone="19900000088")
    assert (household.given, household.erased_on) == ("phone", timezone.localdate())
    confirm(as_csv(list(SMALL)))
    confirm(next_file(head="王晓明", note="狗"))
    person = privacy.of_household(first())
    assert (first().pk, person) == (
        family.pk,
        privacy.Person("", "19900000088", "", "", ""),
    )
    assert bytes(first().phone_index or b"") == marks.phone_index("19900000088")
    # A file that has the given number and another name speaks of them, too.
    confirm(next_file(head="王先生", phone="19900000088"))
    assert privacy.of_household(first()).head_name == ""


def test_everything_given_again_is_still_the_family_s_own(
    family: Household, give: Callable[..., Household], confirm: Import
) -> None:
    give(family, phone="19900000088")
    household = give(family, head="王先生", status="rented")
    assert household.given == "head,phone"
    confirm(next_file(phone="19900000077", status="出租"))
    person = privacy.of_household(first())
    assert (person.head_name, person.phone) == ("王先生", "19900000088")


def test_second_erasure_takes_what_was_given(
    family: Household, give: Callable[..., Household], erase: Erase, confirm: Import
) -> None:
    household = erase(give(family, phone="19900000088"))
    assert (household.given, privacy.of_household(household)) == ("", NOBODY)
    assert actions.may_be_called("19900000088") is False
    confirm(next_file(head="王先生", phone="19900000088"))
    assert privacy.of_household(first()) == NOBODY


def test_number_never_to_be_called_is_not_given_again(
    family: Household, ask: Ask, street_admin_client: Client
) -> None:
    request = ask("correct", family)
    url = reverse("residents:request-correct", args=[request.pk])
    answer = street_admin_client.post(url, {"phone": PHONE}, follow=True)
    refusal = "本户要求过不再拨打这个号码，不能再登记。请本人另给一个，或者不填。"
    assert answer.content.decode().count(refusal) == 1
    assert (request.corrections.count(), actions.may_be_called(PHONE)) == (0, False)


def test_other_household_may_have_the_number_and_is_not_called(
    family: Household, confirm: Import
) -> None:
    confirm(as_csv([SMALL[0], (*SMALL[1][:6], PHONE, *SMALL[1][7:]), *SMALL[2:]]))
    neighbour = Household.objects.get(dwelling__room="102")
    assert privacy.of_household(neighbour).phone == PHONE
    assert never_called([PHONE, "19900000003", ""]) == {PHONE}


@pytest.mark.parametrize(
    "column", ["head_name", "phone", "phone_alt", "landline", "note"]
)
def test_database_keeps_no_name_of_an_erased_household(
    family: Household, column: str
) -> None:
    with (
        pytest.raises(IntegrityError, match="household_erased_keeps_nothing"),
        transaction.atomic(),
    ):
        Household.objects.filter(pk=family.pk).update(**{column: b"x"})


def test_given_is_for_erased_households_only(family: Household) -> None:
    with (
        pytest.raises(IntegrityError, match="household_given_after_erasure"),
        transaction.atomic(),
    ):
        Household.objects.filter(erased_on=None).update(given="phone")


# --- keys and marks -----------------------------------------------------------------


def test_family_is_known_after_the_keys_have_changed(
    family: Household, confirm: Import, settings: Any, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for path in Path(project.KEYS).iterdir():
        if path.is_file():
            (keys / path.name).write_bytes(path.read_bytes())
    (keys / "index.2.key").write_bytes(bytes(range(LENGTH)))
    settings.KEYS = keys
    assert (marks.key_in_use()[1], actions.may_be_called(PHONE)) == (2, False)
    confirm(next_file(phone="19900000077"))
    household = first()
    assert (household.pk, privacy.of_household(household)) == (family.pk, NOBODY)
    assert household.index_key_id == 2
    again = confirm(next_file(phone="19900000077"))
    assert again.counts["changes"] == {"unchanged": 4}


def test_reading_where_nobody_has_asked_costs_one_query(
    confirm: Import, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    found = confirm(as_csv(list(SMALL)))
    with django_assert_num_queries(1):
        assert blank_erased(found) == 0


KEY = "120101002014|开封里|1|1|101"
NAMES = st.sampled_from(["", "王小明", "王晓明", "赵新"])
NUMBERS = st.sampled_from(["", "19900000001", "19900000077", "02212345678"])


@given(a=st.tuples(NAMES, NUMBERS, NUMBERS), b=st.tuples(NAMES, NUMBERS, NUMBERS))
def test_one_equal_mark_is_the_same_family_and_none_is_another(
    a: tuple[str, str, str], b: tuple[str, str, str]
) -> None:
    was, says = Values(a[0], a[1], "", a[2]), Values(b[0], b[1], "", b[2])
    key_id = marks.key_in_use()[1]
    nothing = marks.marks_of(KEY, Values())
    known = marks.marks_of(KEY, was)
    door = Door(
        KEY, {key_id: {known.head, known.contact} - {nothing.head, nothing.contact}}
    )
    same_head = bool(was.head) and was.head == says.head
    numbers = (was.phone, was.landline)
    same_numbers = any(numbers) and numbers == (says.phone, says.landline)
    told = Told(KEY, "120101002014", says)
    assert door.is_meant(told, set()) == (same_head or same_numbers)
    if told.numbers:
        assert door.is_meant(told, told.numbers) is True
