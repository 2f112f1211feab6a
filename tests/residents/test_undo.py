"""Taking an import back: two people, nothing lost, what has moved on is left alone."""

import datetime as dt
import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from officials.models import Division
from residents import actions
from residents.actions import purging, undoing
from residents.models import Dwelling, Household, RosterChange, RosterImport
from tests.residents.conftest import (
    ROSTERS,
    SMALL,
    Import,
    TrailBroken,
    as_csv,
    kaifengdao_only,
)

State = RosterImport.State
QUARTER = ROSTERS / "heping_kaifengdao_2026q4.xlsx"
NEXT = (
    (*SMALL[0][:5], "赵新", "19900000099", *SMALL[0][7:]),
    (*SMALL[1][:6], "", *SMALL[1][7:]),
    ("开封道", "开封里", "1号楼", "1门", "301", "孙七", "19900000007", "2", "常住"),
    SMALL[3],
)
Undo = Callable[[RosterImport], RosterImport]


def living() -> list[dict[str, Any]]:
    """Every column of everybody who lives there now, and their doors."""
    found = Household.objects.current().order_by("pk")
    columns = [field.attname for field in Household._meta.concrete_fields]
    rows = found.values(*columns, "dwelling__grid", "dwelling__status")
    return [
        {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.fixture
def propose(street_admin: User) -> Undo:
    return lambda done: actions.propose_undo(
        roster_import=done, by=street_admin, at=timezone.now()
    )


@pytest.fixture
def undo(propose: Undo, approver: User) -> Undo:
    def take_back(done: RosterImport) -> RosterImport:
        proposed = propose(done)
        return actions.confirm_undo(
            undo=proposed,
            digest=bytes(proposed.digest or b""),
            by=approver,
            at=timezone.now(),
        )

    return take_back


def changed(roster_import: RosterImport) -> dict[str, int]:
    counts: dict[str, int] = roster_import.counts["changes"]
    return counts


def test_undo_puts_every_column_back(confirm: Import, undo: Undo) -> None:
    confirm(as_csv(list(SMALL)))
    before = living()
    second = confirm(as_csv(list(NEXT)))
    assert living() != before
    undone = undo(second)
    # the new door; the new family, the lost number, the two that were not listed
    assert changed(undone) == {"withdrawn": 1, "restored": 3}
    assert living() == before
    second.refresh_from_db()
    assert (second.state, undone.state) == (State.UNDONE, State.CONFIRMED)


def test_undo_of_a_real_quarter_puts_everything_back(
    confirm: Import, undo: Undo
) -> None:
    confirm(kaifengdao_only())
    before = living()
    quarter = confirm(io.BytesIO(QUARTER.read_bytes()), QUARTER.name)
    assert changed(undo(quarter)) == {"withdrawn": 25, "restored": 68}
    assert living() == before


def test_undone_file_can_be_stored_again(confirm: Import, undo: Undo) -> None:
    undo(confirm(as_csv(list(SMALL))))
    assert (Household.objects.current().count(), Dwelling.objects.count()) == (0, 4)
    again = confirm(as_csv(list(SMALL)))
    assert again.counts["changes"]["new"] == 4
    assert (Household.objects.current().count(), Dwelling.objects.count()) == (4, 4)


def test_household_changed_since_is_listed_and_left_alone(
    confirm: Import, undo: Undo
) -> None:
    first = confirm(as_csv(list(SMALL)))
    corrected = (*SMALL[0][:6], "19900000055", *SMALL[0][7:])
    confirm(as_csv([corrected, *SMALL[1:]]))
    undone = undo(first)
    assert changed(undone) == {"kept": 1, "withdrawn": 3}
    kept = RosterChange.objects.get(roster_import=undone, kind="kept")
    assert str(kept.dwelling) == "开封里1号楼1门101"
    assert [h.dwelling.room for h in Household.objects.current()] == ["101"]


def test_household_that_is_missed_since_is_left_alone(
    confirm: Import, undo: Undo
) -> None:
    first = confirm(as_csv(list(SMALL)))
    confirm(as_csv(list(SMALL[1:])))
    assert changed(undo(first)) == {"kept": 1, "withdrawn": 3}


def test_each_step_of_an_undo_leaves_its_event(confirm: Import, undo: Undo) -> None:
    undo(confirm(as_csv(list(SMALL))))
    verbs = AuditEvent.objects.filter(verb__startswith="roster.und")
    assert list(verbs.values_list("verb", "actor")) == [
        ("roster.undo_proposed", "street_admin"),
        ("roster.undone", "approver"),
    ]


def test_proposer_cannot_confirm_the_undo(
    confirm: Import, propose: Undo, street_admin: User
) -> None:
    proposed = propose(confirm(as_csv(list(SMALL))))
    with pytest.raises(actions.ConfirmedByUploader):
        actions.confirm_undo(
            undo=proposed,
            digest=bytes(proposed.digest or b""),
            by=street_admin,
            at=timezone.now(),
        )
    assert Household.objects.current().count() == 4


def test_roster_changed_since_the_proposal_asks_for_a_new_look(
    confirm: Import, propose: Undo, approver: User
) -> None:
    proposed = propose(confirm(as_csv(list(SMALL))))
    confirm(as_csv(list(SMALL[1:])))
    stale = bytes(proposed.digest or b"")
    with pytest.raises(actions.DigestChanged):
        actions.confirm_undo(
            undo=proposed, digest=stale, by=approver, at=timezone.now()
        )
    assert Household.objects.current().count() == 4
    renewed = actions.renew_undo(undo=proposed, by=approver, at=timezone.now())
    assert changed(renewed) == {"kept": 1, "withdrawn": 3}


def test_undo_twice_is_refused(confirm: Import, propose: Undo, undo: Undo) -> None:
    done = confirm(as_csv(list(SMALL)))
    record_of_undo = undo(done)
    with pytest.raises(actions.NotStored):
        propose(done)
    with pytest.raises(actions.NotStored):
        propose(record_of_undo)


def test_second_proposal_is_refused_while_one_waits(
    confirm: Import, propose: Undo, street_admin: User
) -> None:
    done = confirm(as_csv(list(SMALL)))
    first = propose(done)
    with pytest.raises(actions.UndoProposed):
        propose(done)
    actions.cancel_import(roster_import=first, by=street_admin, at=timezone.now())
    assert propose(done).state == State.PREVIEWED


@pytest.mark.parametrize("of", ["120101", "120101002", "120101002014"])
def test_undo_after_a_snapshot_is_refused(
    confirm: Import, propose: Undo, approver: User, heping: Division, of: str
) -> None:
    done = confirm(as_csv(list(SMALL)))
    division = Division.objects.get(code=of)
    actions.take_snapshot(division=division, by=approver, at=timezone.now())
    with pytest.raises(actions.UndoAfterSnapshot):
        propose(done)


def test_snapshot_between_proposal_and_confirmation_refuses_the_undo(
    confirm: Import, propose: Undo, approver: User, street: Division
) -> None:
    proposed = propose(confirm(as_csv(list(SMALL))))
    actions.take_snapshot(division=street, by=approver, at=timezone.now())
    with pytest.raises(actions.UndoAfterSnapshot):
        actions.confirm_undo(
            undo=proposed,
            digest=bytes(proposed.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    assert Household.objects.current().count() == 4


@pytest.mark.parametrize(
    ("late", "refused"), [(dt.timedelta(minutes=-1), False), (dt.timedelta(0), True)]
)
def test_undo_ends_with_the_thirtieth_day(
    confirm: Import, street_admin: User, late: dt.timedelta, refused: bool
) -> None:
    done = confirm(as_csv(list(SMALL)))
    assert done.confirmed_at is not None
    at = done.confirmed_at + purging.KEPT + late
    try:
        actions.propose_undo(roster_import=done, by=street_admin, at=at)
        told = False
    except actions.UndoTooLate:
        told = True
    assert told == refused


def test_undo_without_its_event_is_not_done(
    confirm: Import,
    propose: Undo,
    undo: Undo,
    break_trail: Callable[[ModuleType], None],
    approver: User,
) -> None:
    done = confirm(as_csv(list(SMALL)))
    proposed = propose(done)
    before = living()
    break_trail(undoing)
    with pytest.raises(TrailBroken):
        actions.confirm_undo(
            undo=proposed,
            digest=bytes(proposed.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    done.refresh_from_db()
    proposed.refresh_from_db()
    assert (done.state, proposed.state) == (State.CONFIRMED, State.PREVIEWED)
    assert living() == before


# --- doubts that come, go and stay answered -----------------------------------------


def test_listed_again_is_doubted_no_longer(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    confirm(as_csv(list(SMALL[1:])))
    assert Household.objects.filter(needs_review=True).count() == 1
    again = confirm(as_csv(list(SMALL)))
    assert again.counts["changes"] == {"review": 1, "unchanged": 3, "leaves_frame": 0}
    assert Household.objects.filter(needs_review=True).count() == 0


def test_unchanged_household_comes_into_doubt(confirm: Import, undo: Undo) -> None:
    confirm(as_csv([SMALL[0]]))
    shared = [(*row[:6], SMALL[0][6], *row[7:]) for row in SMALL[1:3]]
    doubtful = confirm(as_csv([SMALL[0], *shared]))
    assert doubtful.counts["changes"] == {"new": 2, "review": 1, "leaves_frame": 0,
        "unchanged": 0}  # fmt: skip
    first = Household.objects.get(dwelling__room="101")
    assert (first.needs_review, first.review_codes) == (True, "PHONE_SHARED")
    undo(doubtful)
    first.refresh_from_db()
    assert (first.needs_review, first.review_codes) == (False, "")


# --- pages --------------------------------------------------------------------------


def at(name: str, roster_import: RosterImport) -> str:
    return reverse(f"residents:{name}", args=[roster_import.pk])


def test_undo_through_the_pages(
    confirm: Import, street_admin_client: Client, approver_client: Client
) -> None:
    done = confirm(as_csv(list(SMALL)))
    page = street_admin_client.get(at("import-detail", done)).content.decode()
    assert page.count(at("import-undo", done)) == 1
    answer = street_admin_client.post(at("import-undo", done))
    proposed = RosterImport.objects.get(undoes=done)
    assert answer["Location"] == at("import-detail", proposed)
    page = approver_client.get(at("import-confirm", proposed)).content.decode()
    assert page.count("撤回新增") == 1
    approver_client.post(
        at("import-confirm", proposed),
        {"digest": proposed.digest_hex, "checked": "on"},
    )
    done.refresh_from_db()
    assert done.state == State.UNDONE
    lines = approver_client.get(at("change-list", proposed) + "?kind=withdrawn")
    assert lines.content.decode().count("<tr>") == 5


def test_refused_undo_says_why(
    confirm: Import, street_admin_client: Client, approver: User, street: Division
) -> None:
    done = confirm(as_csv(list(SMALL)))
    actions.take_snapshot(division=street, by=approver, at=timezone.now())
    page = street_admin_client.get(at("import-detail", done)).content.decode()
    assert page.count("已经用这份名册冻结过快照，不能撤销。") == 1
    answer = street_admin_client.post(at("import-undo", done), follow=True)
    assert answer.content.decode().count("已经用这份名册冻结过快照，不能撤销。") == 2


def test_undo_is_for_those_who_import(
    confirm: Import,
    approver_client: Client,
    neighbour_client: Client,
    street_admin_client: Client,
) -> None:
    url = at("import-undo", confirm(as_csv(list(SMALL))))
    codes = [
        approver_client.post(url).status_code,
        neighbour_client.post(url).status_code,
        street_admin_client.get(url).status_code,
    ]
    assert codes == [403, 404, 405]
