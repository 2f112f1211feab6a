"""待核实: masked, one after the other, every decision with its event."""

from collections.abc import Callable
from types import ModuleType

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from residents import actions, privacy
from residents.actions import deciding
from residents.marks import phone_index
from residents.models import Dwelling, Household
from tests.residents.conftest import SMALL, Import, TrailBroken, as_csv

LIST = reverse("residents:review-list")
VERBS = {
    "keep": actions.keep_household,
    "moved-away": actions.end_household,
    "suspend": actions.suspend_dwelling,
}


def at(name: str, household: Household) -> str:
    return reverse(f"residents:{name}", args=[household.pk])


@pytest.fixture
def doubtful(confirm: Import) -> list[Household]:
    """101 and 102 without a number; 103 and 201 are in order."""
    rows = [(*row[:6], "", *row[7:]) for row in SMALL[:2]]
    confirm(as_csv([*rows, *SMALL[2:]]))
    return list(Household.objects.filter(needs_review=True).order_by("dwelling__room"))


def test_list_is_masked_and_tells_the_reason(
    street_admin_client: Client, doubtful: list[Household]
) -> None:
    page = street_admin_client.get(LIST).content.decode()
    assert (page.count("王**"), page.count("王小明")) == (1, 0)
    assert page.count(">没有电话，请补上。 </td>") == 2
    assert page.count(at("review-detail", doubtful[0])) == 2
    assert AuditEvent.objects.filter(verb="roster.revealed").count() == 0


def test_list_filters_by_community_and_reason(
    street_admin_client: Client, doubtful: list[Household]
) -> None:
    shown = {
        words: street_admin_client.get(f"{LIST}?{words}").content.decode().count("王**")
        for words in ("code=PHONE_MISSING", "community=120101002014", "code=NONSENSE")
    }
    assert shown == {
        "code=PHONE_MISSING": 1,
        "community=120101002014": 1,
        "code=NONSENSE": 1,
    }


def test_same_doubt_in_the_next_file_is_not_raised_again(
    doubtful: list[Household], street_admin: User, preview: Import
) -> None:
    for household in doubtful:
        actions.keep_household(household=household, by=street_admin, at=timezone.now())
    rows = [(*row[:6], "", *row[7:]) for row in SMALL[:2]]
    again = preview(as_csv([*rows, *SMALL[2:]]))
    assert again.counts["changes"] == {"unchanged": 4}
    assert Household.objects.filter(needs_review=True).count() == 0


def test_correction_is_sealed_and_the_corrected_file_changes_nothing(
    doubtful: list[Household], street_admin: User, preview: Import
) -> None:
    actions.correct_household(
        household=doubtful[0],
        correction=actions.Correction(phone="19900000001"),
        by=street_admin,
        at=timezone.now(),
    )
    found = Household.objects.get(pk=doubtful[0].pk)
    assert privacy.of_household(found).phone == "19900000001"
    assert bytes(found.phone_index or b"") == phone_index("19900000001")
    rows = (SMALL[0], (*SMALL[1][:6], "", *SMALL[1][7:]), *SMALL[2:])
    assert preview(as_csv(list(rows))).counts["changes"] == {"unchanged": 4}
    event = AuditEvent.objects.get(verb="household.corrected")
    assert event.data == '{"fields":["phone"],"reasons":["PHONE_MISSING"]}'


def test_moved_away_leaves_the_dwelling_empty(
    doubtful: list[Household], street_admin: User, confirm: Import
) -> None:
    actions.end_household(household=doubtful[0], by=street_admin, at=timezone.now())
    assert Household.objects.current().count() == 3
    # Whoever is listed there next is a new household behind the old door.
    again = confirm(as_csv([SMALL[0], (*SMALL[1][:6], "", *SMALL[1][7:]), *SMALL[2:]]))
    assert again.counts["changes"]["new"] == 1
    assert (Household.objects.count(), Dwelling.objects.count()) == (5, 4)


def test_suspended_dwelling_leaves_the_list(
    doubtful: list[Household], street_admin: User
) -> None:
    actions.suspend_dwelling(household=doubtful[0], by=street_admin, at=timezone.now())
    assert Dwelling.objects.get(status="suspended").pk == doubtful[0].dwelling_id
    assert Household.objects.filter(needs_review=True).count() == 1


@pytest.mark.parametrize("name", VERBS)
def test_decision_without_its_event_is_not_made(
    doubtful: list[Household],
    street_admin: User,
    break_trail: Callable[[ModuleType], None],
    name: str,
) -> None:
    break_trail(deciding)
    with pytest.raises(TrailBroken):
        VERBS[name](household=doubtful[0], by=street_admin, at=timezone.now())
    found = Household.objects.get(pk=doubtful[0].pk)
    assert (found.needs_review, found.is_current) == (True, True)
    assert Dwelling.objects.filter(status="suspended").count() == 0


@pytest.mark.parametrize("name", VERBS)
def test_decision_through_the_page_goes_on_to_the_next(
    doubtful: list[Household], street_admin_client: Client, name: str
) -> None:
    url = f"{at(f'review-{name}', doubtful[0])}?code=PHONE_MISSING"
    answer = street_admin_client.post(url)
    following = at("review-detail", doubtful[1])
    assert answer["Location"] == f"{following}?code=PHONE_MISSING"
    assert Household.objects.filter(needs_review=True).count() == 1
    # A second click finds that it is done.
    page = street_admin_client.post(url, follow=True).content.decode()
    told = page.count("这一户已经有人核实过了。") + page.count("这一户已经不住在这里")
    assert told == 1


def test_correction_through_the_page(
    doubtful: list[Household], street_admin_client: Client
) -> None:
    url = at("review-correct", doubtful[0])
    wrong = street_admin_client.post(url, {"phone": "123"}).content.decode()
    assert wrong.count("电话不对，请填 11 位手机号或带区号的固话。") == 1
    empty = street_admin_client.post(url, {}).content.decode()
    assert empty.count("请填要改的内容。") == 1
    street_admin_client.post(url, {"phone": "199 0000 0001", "status": "rented"})
    found = Household.objects.get(pk=doubtful[0].pk)
    assert (found.needs_review, found.residence_status) == (False, "rented")


def test_revealing_one_household_leaves_an_event(
    doubtful: list[Household], street_admin_client: Client
) -> None:
    masked = street_admin_client.get(at("review-detail", doubtful[0])).content.decode()
    assert masked.count("王小明") == 0
    url = at("review-reveal", doubtful[0])
    page = street_admin_client.post(url, {"reason": "verify"}).content.decode()
    assert page.count("王小明") == 1
    assert AuditEvent.objects.filter(verb="roster.revealed").count() == 1


@pytest.mark.parametrize("name", [*VERBS, "correct"])
def test_decisions_are_for_those_who_keep_the_roster(
    doubtful: list[Household],
    approver_client: Client,
    neighbour_client: Client,
    street_admin_client: Client,
    name: str,
) -> None:
    url = at(f"review-{name}", doubtful[0])
    codes = [
        approver_client.post(url).status_code,
        neighbour_client.post(url).status_code,
        street_admin_client.get(url).status_code,
    ]
    assert codes == [403, 404, 405]


# --- suspended dwellings and their way back -----------------------------------------


@pytest.fixture
def suspended(doubtful: list[Household], street_admin: User) -> Dwelling:
    actions.suspend_dwelling(household=doubtful[0], by=street_admin, at=timezone.now())
    return Dwelling.objects.get(status="suspended")


def resume(dwelling: Dwelling) -> str:
    return reverse("residents:dwelling-resume", args=[dwelling.pk])


def test_suspended_dwelling_is_resumed_on_its_page(
    suspended: Dwelling, street_admin_client: Client
) -> None:
    listed = street_admin_client.get(reverse("residents:dwelling-list"))
    detail = reverse("residents:dwelling-detail", args=[suspended.pk])
    assert listed.content.decode().count(detail) == 1
    street_admin_client.post(resume(suspended), {"reason": "because"})
    suspended.refresh_from_db()
    assert suspended.status == "suspended"
    street_admin_client.post(resume(suspended), {"reason": "mistake"})
    suspended.refresh_from_db()
    assert suspended.status == "active"
    event = AuditEvent.objects.get(verb="dwelling.resumed")
    assert (event.actor, event.data) == ("street_admin", '{"reason":"mistake"}')
    again = street_admin_client.post(resume(suspended), {"reason": "mistake"})
    page = street_admin_client.get(again["Location"]).content.decode()
    assert page.count("这套房屋已经恢复使用。") == 1
    assert AuditEvent.objects.filter(verb="dwelling.resumed").count() == 1


def test_resumed_dwelling_is_in_the_next_frame(
    suspended: Dwelling, street_admin: User, approver: User
) -> None:
    street = suspended.community.parent
    now = timezone.now()
    before = actions.take_snapshot(division=street, by=approver, at=now)
    actions.resume_dwelling(
        dwelling=suspended, reason="lived_in", by=street_admin, at=now
    )
    after = actions.take_snapshot(division=street, by=approver, at=now)
    assert after.size - before.size == 1


def test_resuming_without_its_event_resumes_nothing(
    suspended: Dwelling,
    street_admin: User,
    break_trail: Callable[[ModuleType], None],
) -> None:
    break_trail(deciding)
    with pytest.raises(TrailBroken):
        actions.resume_dwelling(
            dwelling=suspended, reason="mistake", by=street_admin, at=timezone.now()
        )
    suspended.refresh_from_db()
    assert suspended.status == "suspended"


def test_resuming_is_for_whoever_may_suspend(
    suspended: Dwelling,
    approver_client: Client,
    neighbour_client: Client,
    street_admin_client: Client,
) -> None:
    codes = [
        approver_client.post(resume(suspended)).status_code,
        neighbour_client.post(resume(suspended)).status_code,
        street_admin_client.get(resume(suspended)).status_code,
    ]
    assert codes == [403, 404, 405]
