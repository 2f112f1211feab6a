"""Erased means erased: no page, no row, no old value, no report brings it back."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from residents import actions, erased, marks, privacy
from residents.importers.rows import Values
from residents.models import DataRequest, Dwelling, Household
from tests.residents.conftest import (
    SMALL,
    Ask,
    Erase,
    Import,
    as_csv,
    everything_opened,
    first,
)

NAME, PHONE = "王小明", "19900000001"
NEW_PHONE = (*SMALL[0][:6], "19900000077", *SMALL[0][7:])
NOBODY = privacy.Person("", "", "", "", "")


def test_name_and_number_open_nowhere_any_more(
    confirm: Import, preview: Import, erase: Erase
) -> None:
    confirm(as_csv(list(SMALL)))
    confirm(as_csv([NEW_PHONE, *SMALL[1:]]))
    # A third file waits, with the same family twice: the second time it is refused.
    without_room = (*NEW_PHONE[:4], "", *NEW_PHONE[5:])
    preview(as_csv([NEW_PHONE, *SMALL[1:], without_room]))
    before = everything_opened()
    assert (before.count(NAME), before.count(PHONE)) == (6, 2)
    erase(first())
    after = everything_opened()
    told = [after.count(word) for word in (NAME, PHONE, "19900000077")]
    assert told == [0, 0, 0]
    # The neighbours keep theirs: two households, three files each, one old number.
    assert (after.count("李秀英"), after.count("张伟")) == (4, 4)


def test_keyed_marks_stay_and_the_day_is_kept(confirm: Import, erase: Erase) -> None:
    confirm(as_csv(list(SMALL)))
    before = first()
    after = erase(first())
    for name in ("fingerprint", "head_mark", "contact_mark"):
        assert bytes(getattr(after, name)) == bytes(getattr(before, name))
    assert (after.phone_index, after.erased_on) == (None, timezone.localdate())
    assert privacy.of_household(after) == NOBODY


def test_next_file_with_the_same_family_brings_nothing_back(
    confirm: Import, erase: Erase
) -> None:
    confirm(as_csv(list(SMALL)))
    erase(first())
    again = confirm(as_csv(list(SMALL)))
    assert again.counts["changes"] == {"unchanged": 4}
    assert privacy.of_household(first()) == NOBODY


def test_undo_after_the_erasure_brings_nothing_back(
    confirm: Import, erase: Erase, street_admin: User, approver: User
) -> None:
    confirm(as_csv(list(SMALL)))
    second = confirm(as_csv([NEW_PHONE, *SMALL[1:]]))
    erase(first())
    undo = actions.propose_undo(
        roster_import=second, by=street_admin, at=timezone.now()
    )
    actions.confirm_undo(
        undo=undo, digest=bytes(undo.digest or b""), by=approver, at=timezone.now()
    )
    household = first()
    assert privacy.of_household(household) == NOBODY
    assert (household.phone_index, household.erased_on) == (None, timezone.localdate())


def test_row_of_the_next_family_keeps_its_values(
    confirm: Import, preview: Import, erase: Erase
) -> None:
    confirm(as_csv(list(SMALL)))
    others = (*SMALL[0][:5], "赵新", "19900000099", *SMALL[0][7:])
    preview(as_csv([others, *SMALL[1:]]))
    erase(first())
    after = everything_opened()
    assert (after.count(NAME), after.count("赵新"), after.count("19900000099")) == (
        0,
        1,
        1,
    )


def test_waiting_correction_goes_with_the_erasure(
    confirm: Import, ask: Ask, erase: Erase, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    request = ask("correct", first())
    found = actions.propose_correction(
        request=request,
        correction=actions.Correction(head="王大明"),
        by=street_admin,
        at=timezone.now(),
    )
    erase(first())
    found.refresh_from_db()
    request.refresh_from_db()
    assert (found.state, bytes(found.values)) == ("withdrawn", b"")
    assert request.state == "open"


def test_clerk_alone_brings_no_name_back(
    confirm: Import, erase: Erase, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    household = erase(first())
    with pytest.raises(actions.PersonErased):
        actions.correct_household(
            household=household,
            correction=actions.Correction(head=NAME),
            by=street_admin,
            at=timezone.now(),
        )
    assert privacy.of_household(first()) == NOBODY


def test_erased_family_with_another_status_is_still_the_same_family(
    confirm: Import, preview: Import, erase: Erase, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    household = erase(first())
    actions.correct_household(
        household=household,
        correction=actions.Correction(status="rented"),
        by=street_admin,
        at=timezone.now(),
    )
    again = preview(as_csv(list(SMALL)))
    assert again.counts["changes"] == {
        "status": 1,
        "unchanged": 3,
        "leaves_frame": 0,
    }


def test_family_itself_may_come_back_by_a_request(
    confirm: Import, ask: Ask, erase: Erase, street_admin: User, approver: User
) -> None:
    confirm(as_csv(list(SMALL)))
    household = erase(first())
    found = actions.propose_correction(
        request=ask("correct", household),
        correction=actions.Correction(head=NAME),
        by=street_admin,
        at=timezone.now(),
    )
    actions.confirm_correction(
        correction=found, digest=bytes(found.digest), by=approver, at=timezone.now()
    )
    household = first()
    assert privacy.of_household(household).head_name == NAME
    # What it has not given itself stays erased.
    assert (household.erased_on, household.given) == (timezone.localdate(), "head")


def test_reply_says_what_stays_and_until_when(
    confirm: Import, erase: Erase, street_admin_client: Client
) -> None:
    confirm(as_csv(list(SMALL)))
    erase(first())
    url = reverse("residents:request-reply", args=[DataRequest.objects.get().pk])
    page = street_admin_client.get(url).content.decode()
    assert (
        page.count("上传的名册原文件加密保存，拆不开，最多再留 30 天，到期整份删去。")
        == 1
    )
    assert (page.count(NAME), page.count(PHONE)) == (0, 0)


def test_open_request_has_no_reply_yet(
    confirm: Import, ask: Ask, street_admin_client: Client
) -> None:
    confirm(as_csv(list(SMALL)))
    request = ask("erase", first())
    url = reverse("residents:request-reply", args=[request.pk])
    answer = street_admin_client.get(url)
    assert answer["Location"] == reverse("residents:request-detail", args=[request.pk])
    page = street_admin_client.get(answer["Location"]).content.decode()
    assert page.count("最多再留 30 天，到期整份删去") == 1


@given(head=st.text(max_size=20), phone=st.from_regex(r"1\d{10}", fullmatch=True))
def test_marks_of_nothing_never_make_a_family(head: str, phone: str) -> None:
    door = Dwelling(address_key="120101002014|开封里|1|1|101")
    nothing = marks.marks_of(door.address_key, Values())
    some = marks.marks_of(door.address_key, Values(head=head, phone=phone))
    household = Household(dwelling=door, head_mark=some.head, contact_mark=some.contact)
    household.index_key_id = marks.key_in_use()[1]
    found = erased.known_by(household, [])
    assert found == {
        household.index_key_id: {some.head, some.contact}
        - {nothing.head, nothing.contact}
    }
