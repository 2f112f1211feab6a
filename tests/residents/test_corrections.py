"""A correction that a household asks for: one enters it, another confirms it (T92)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from accounts.models import RoleGrant, User
from audit.models import AuditEvent
from residents import actions, privacy
from residents.actions import corrections
from residents.marks import phone_index
from residents.models import DataRequest, Household, RosterCorrection
from tests.conftest import HEPING
from tests.residents.conftest import SMALL, STREET, Import, TrailBroken, as_csv

State = RosterCorrection.State
WANTED = actions.Correction(head="王大明", phone="19900000088")


@pytest.fixture
def household(confirm: Import) -> Household:
    confirm(as_csv(list(SMALL)))
    return Household.objects.get(dwelling__room="101")


@dataclass
class Desk:
    """The street and its second person, at work on one request."""

    request: DataRequest
    street_admin: User
    approver: User

    def propose(self, wanted: actions.Correction = WANTED) -> RosterCorrection:
        return actions.propose_correction(
            request=self.request,
            correction=wanted,
            by=self.street_admin,
            at=timezone.now(),
        )

    def confirm(self, found: RosterCorrection, by: User | None = None) -> None:
        actions.confirm_correction(
            correction=found,
            digest=bytes(found.digest),
            by=by or self.approver,
            at=timezone.now(),
        )

    def reject(self, found: RosterCorrection) -> None:
        actions.reject_correction(
            correction=found,
            reason="与表上写的不一样",
            by=self.approver,
            at=timezone.now(),
        )


@pytest.fixture
def desk(household: Household, street_admin: User, approver: User) -> Desk:
    request = actions.register_request(
        household=household,
        kind="correct",
        received_on=timezone.localdate(),
        by=street_admin,
        at=timezone.now(),
    )
    return Desk(request, street_admin, approver)


def head_of(household: Household) -> str:
    return privacy.of_household(Household.objects.get(pk=household.pk)).head_name


def request_state(desk: Desk) -> str:
    desk.request.refresh_from_db()
    return desk.request.state


def test_nothing_is_written_before_the_second_person(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    assert (found.state, found.fields) == (State.WAITING, ["head", "phone"])
    assert (head_of(household), request_state(desk)) == ("王小明", "open")


def test_confirmed_correction_is_written_and_closes_the_request(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    desk.confirm(found)
    household.refresh_from_db()
    found.refresh_from_db()
    person = privacy.of_household(household)
    assert (person.head_name, person.phone) == ("王大明", "19900000088")
    assert bytes(household.phone_index or b"") == phone_index("19900000088")
    assert request_state(desk) == "done"
    assert (found.state, found.decided_by) == (State.CONFIRMED, desk.approver)
    assert bytes(found.values) == b""
    last = AuditEvent.objects.order_by("-seq").values_list("verb", "actor")[:2]
    assert list(last) == [
        ("data_request.corrected", "approver"),
        ("household.corrected", "approver"),
    ]


def test_sealed_values_say_nothing(desk: Desk) -> None:
    found = desk.propose()
    stored = bytes(RosterCorrection.objects.get().values)
    assert stored.count("王大明".encode()) == 0
    assert stored.count(b"19900000088") == 0
    assert privacy.open_correction(found.pk, stored) == {
        "head": "王大明",
        "phone": "19900000088",
    }
    told = "".join(AuditEvent.objects.values_list("data", flat=True))
    assert (told.count("19900000088"), told.count("王大明")) == (0, 0)


def test_who_has_entered_does_not_confirm(desk: Desk, household: Household) -> None:
    found = desk.propose()
    with pytest.raises(actions.ConfirmedByProposer):
        desk.confirm(found, by=desk.street_admin)
    assert (head_of(household), request_state(desk)) == ("王小明", "open")


def test_who_keeps_the_roster_does_not_confirm(
    desk: Desk, make_staff: Callable[..., User]
) -> None:
    both = make_staff("both", roles.ROSTER_APPROVER, HEPING)
    # No page grants both (T87); an older installation may hold such a pair.
    today = timezone.localdate()
    RoleGrant.objects.create(
        user=both,
        role=roles.STREET_ADMINISTRATOR.code,
        scope=STREET,
        starts_on=today,
        ends_on=today + dt.timedelta(days=365),
        granted_on=today,
        granted_by="SYSTEM",
    )
    with pytest.raises(actions.KeepsThisRoster):
        desk.confirm(desk.propose(), by=both)
    assert request_state(desk) == "open"


def test_database_refuses_one_person_for_both(desk: Desk) -> None:
    found = desk.propose()
    same = RosterCorrection.objects.filter(pk=found.pk)
    with (
        pytest.raises(IntegrityError, match="roster_correction_second_person"),
        transaction.atomic(),
    ):
        same.update(
            state=State.CONFIRMED,
            values=b"",
            decided_by=desk.street_admin,
            decided_at=timezone.now(),
        )


def test_decided_correction_keeps_no_values(desk: Desk) -> None:
    found = desk.propose()
    with (
        pytest.raises(IntegrityError, match="roster_correction_kept_while_waiting"),
        transaction.atomic(),
    ):
        RosterCorrection.objects.filter(pk=found.pk).update(
            state=State.CONFIRMED, decided_by=desk.approver, decided_at=timezone.now()
        )


def test_other_digest_than_the_shown_one_is_refused(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    with pytest.raises(actions.DigestChanged):
        actions.confirm_correction(
            correction=found, digest=bytes(32), by=desk.approver, at=timezone.now()
        )
    assert head_of(household) == "王小明"


def test_household_that_has_changed_since_is_refused(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    actions.correct_household(
        household=household,
        correction=actions.Correction(status="rented"),
        by=desk.street_admin,
        at=timezone.now(),
    )
    with pytest.raises(actions.DigestChanged):
        desk.confirm(found)
    assert (head_of(household), request_state(desk)) == ("王小明", "open")


def test_same_values_written_meanwhile_are_refused(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    actions.correct_household(
        household=household, correction=WANTED, by=desk.street_admin, at=timezone.now()
    )
    with pytest.raises(actions.DigestChanged):
        desk.confirm(found)


def test_household_that_has_left_is_refused(desk: Desk, confirm: Import) -> None:
    found = desk.propose()
    confirm(as_csv([(*SMALL[0][:5], "赵新", "19900000099", "1", "常住"), *SMALL[1:]]))
    with pytest.raises(actions.NotCurrent):
        desk.confirm(found)
    desk.reject(found)
    assert request_state(desk) == "open"


def test_rejected_correction_opens_the_request_again(
    desk: Desk, household: Household
) -> None:
    found = desk.propose()
    desk.reject(found)
    found.refresh_from_db()
    assert (found.state, found.reason) == (State.REJECTED, "与表上写的不一样")
    assert bytes(found.values) == b""
    assert (head_of(household), request_state(desk)) == ("王小明", "open")
    desk.confirm(desk.propose())
    assert (head_of(household), request_state(desk)) == ("王大明", "done")


def test_second_correction_waits_for_the_first(desk: Desk) -> None:
    desk.propose()
    with pytest.raises(actions.CorrectionWaiting):
        desk.propose()
    with pytest.raises(actions.CorrectionWaiting):
        actions.refuse_request(
            request=desk.request,
            answer="不是本户",
            by=desk.street_admin,
            at=timezone.now(),
        )


def test_correction_that_changes_nothing_is_refused(desk: Desk) -> None:
    with pytest.raises(actions.CorrectionEmpty):
        desk.propose(actions.Correction(head="王小明"))
    assert RosterCorrection.objects.count() == 0


def test_decided_correction_is_not_decided_again(desk: Desk) -> None:
    found = desk.propose()
    desk.confirm(found)
    for again in (desk.confirm, desk.reject):
        with pytest.raises(actions.CorrectionDecided):
            again(found)


def test_closed_request_takes_no_correction(desk: Desk) -> None:
    desk.confirm(desk.propose())
    with pytest.raises(actions.RequestClosed):
        desk.propose(actions.Correction(head="王二明"))


@pytest.mark.parametrize("verb", ["confirm", "reject"])
def test_decision_without_its_event_is_not_made(
    desk: Desk,
    household: Household,
    break_trail: Callable[[ModuleType], None],
    verb: str,
) -> None:
    found = desk.propose()
    break_trail(corrections)
    with pytest.raises(TrailBroken):
        getattr(desk, verb)(found)
    found.refresh_from_db()
    assert (found.state, request_state(desk)) == (State.WAITING, "open")
    assert head_of(household) == "王小明"


# --- the pages ----------------------------------------------------------------------


def at(name: str, found: RosterCorrection | DataRequest) -> str:
    return reverse(f"residents:{name}", args=[found.pk])


def test_way_through_the_pages(
    desk: Desk,
    household: Household,
    street_admin_client: Client,
    approver_client: Client,
) -> None:
    data = {"head": "王大明", "phone": "199 0000 0088"}
    street_admin_client.post(at("request-correct", desk.request), data)
    found = RosterCorrection.objects.get()
    page = street_admin_client.get(at("request-detail", desk.request)).content.decode()
    assert (page.count("名册核准人"), page.count("王大明")) == (1, 0)
    shown = approver_client.get(at("correction-detail", found)).content.decode()
    assert (shown.count("王**"), shown.count("核准并写入")) == (2, 0)
    clear = approver_client.post(at("correction-reveal", found)).content.decode()
    assert (clear.count("王小明"), clear.count("王大明")) == (1, 1)
    assert (clear.count("19900000001"), clear.count("19900000088")) == (1, 1)
    assert AuditEvent.objects.filter(verb="roster.correction_revealed").count() == 1
    confirm = {"digest": found.digest_hex, "checked": "on"}
    answer = approver_client.post(at("correction-confirm", found), confirm)
    assert answer["Location"] == at("correction-detail", found)
    assert head_of(household) == "王大明"
    after = approver_client.get(at("correction-detail", found)).content.decode()
    assert (after.count("王**"), after.count(found.digest_hex)) == (0, 1)
    reply = street_admin_client.get(at("request-reply", desk.request))
    assert reply.content.decode().count("王大明") == 0


def test_rejection_is_shown_at_the_desk(
    desk: Desk, street_admin_client: Client, approver_client: Client
) -> None:
    found = desk.propose()
    approver_client.post(at("correction-reject", found), {"reason": ""})
    found.refresh_from_db()
    assert found.state == State.WAITING
    approver_client.post(at("correction-reject", found), {"reason": "与表不符"})
    page = street_admin_client.get(at("request-detail", desk.request)).content.decode()
    assert page.count("与表不符") == 1
    assert page.count("录入，交另一个人核准") == 1


def test_desk_takes_its_entry_back(desk: Desk, street_admin_client: Client) -> None:
    found = desk.propose()
    street_admin_client.post(at("correction-withdraw", found))
    found.refresh_from_db()
    assert (found.state, bytes(found.values)) == (State.WITHDRAWN, b"")
    assert request_state(desk) == "open"


@pytest.mark.parametrize("name", ["reveal", "confirm", "reject"])
def test_second_person_decides_and_nobody_else(
    desk: Desk,
    street_admin_client: Client,
    approver_client: Client,
    neighbour_client: Client,
    name: str,
) -> None:
    url = at(f"correction-{name}", desk.propose())
    codes = [
        street_admin_client.post(url).status_code,
        neighbour_client.post(url).status_code,
        approver_client.get(url).status_code,
    ]
    assert codes == [403, 404, 405]


def test_list_shows_what_waits_and_costs_the_same(
    desk: Desk,
    confirm: Import,
    approver_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    desk.propose()
    url = reverse("residents:correction-list")
    with django_assert_num_queries(7):
        approver_client.get(url)
    for room in ("102", "103"):
        request = actions.register_request(
            household=Household.objects.get(dwelling__room=room),
            kind="correct",
            received_on=timezone.localdate(),
            by=desk.street_admin,
            at=timezone.now(),
        )
        Desk(request, desk.street_admin, desk.approver).propose()
    with django_assert_num_queries(7):
        page = approver_client.get(url).content.decode()
    assert page.count("申请 ") == 3
