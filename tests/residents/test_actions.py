"""From upload to the confirmed roster: two people, one digest, one transaction."""

import datetime as dt
import hashlib
import io
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from officials.models import Division
from residents import actions, tasks
from residents.actions import confirming, purging, reading, snapshots, staging, uploads
from residents.models import (
    Dwelling,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
    RosterSnapshot,
    SnapshotHousehold,
    SnapshotIsImmutable,
)
from residents.queries import addresses_of, frame_counts, frame_of
from tests.residents.conftest import (
    KAIFENGDAO,
    ROSTERS,
    SMALL,
    Import,
    TrailBroken,
    as_csv,
    kaifengdao_only,
)

State = RosterImport.State
TODAY = dt.date(2026, 11, 21)
QUARTER = ROSTERS / "heping_kaifengdao_2026q4.xlsx"


def changed(roster_import: RosterImport) -> dict[str, int]:
    counts = roster_import.counts["changes"]
    return {kind: number for kind, number in counts.items() if number}


# --- storing ------------------------------------------------------------------------


def test_confirmed_roster_has_the_rows_of_the_file(confirm: Import) -> None:
    confirmed = confirm(as_csv(list(SMALL)))
    assert confirmed.state == State.CONFIRMED
    found = Household.objects.current().order_by("dwelling__address_key")
    assert [
        (str(household.dwelling), household.residence_status, household.resident_count)
        for household in found
    ] == [
        ("开封里1号楼1门101", "resident", 3),
        ("开封里1号楼1门102", "resident", 2),
        ("开封里1号楼1门103", "rented", 1),
        ("开封里1号楼1门201", "vacant", 0),
    ]


def test_each_step_leaves_its_event(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    verbs = AuditEvent.objects.filter(verb__startswith="roster.")
    assert list(verbs.values_list("verb", "actor")) == [
        ("roster.uploaded", "street_admin"),
        ("roster.parsed", "street_admin"),
        ("roster.previewed", "street_admin"),
        ("roster.confirmed", "approver"),
    ]


def test_rejected_rows_are_not_stored(confirm: Import) -> None:
    without_room = (*SMALL[0][:4], "", *SMALL[0][5:])
    confirm(as_csv([without_room, SMALL[1]]))
    assert Dwelling.objects.count() == 1


def test_doubtful_rows_are_flagged_with_the_reason(confirm: Import) -> None:
    without_phone = (*SMALL[0][:6], "", *SMALL[0][7:])
    confirm(as_csv([without_phone, SMALL[1]]))
    found = Household.objects.order_by("dwelling__room")
    assert [(h.needs_review, h.review_codes) for h in found] == [
        (True, "PHONE_MISSING"),
        (False, ""),
    ]


def test_row_doubted_by_a_later_one_is_flagged(confirm: Import) -> None:
    rows = [(*row[:6], "19900000009", *row[7:]) for row in SMALL[:3]]
    confirm(as_csv(rows))
    codes = Household.objects.values_list("review_codes", flat=True)
    assert list(codes) == ["PHONE_SHARED"] * 3


def test_same_file_twice_changes_nothing(confirm: Import, preview: Import) -> None:
    confirm(as_csv(list(SMALL)))
    again = preview(as_csv(list(SMALL)))
    assert changed(again) == {"unchanged": 4}
    assert RosterChange.objects.filter(roster_import=again).count() == 0


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        (6, "19900000011", "phone"),
        (8, "空置", "status"),
        (5, "王大明", "other"),
        (7, "5", "other"),
    ],
)
def test_change_has_its_kind_and_keeps_the_household(
    confirm: Import, column: int, text: str, kind: str
) -> None:
    confirm(as_csv(list(SMALL)))
    before = Household.objects.get(dwelling__room="101")
    rows = [list(row) for row in SMALL]
    rows[0][column] = text
    assert changed(confirm(as_csv([tuple(row) for row in rows])))[kind] == 1
    after = Household.objects.get(dwelling__room="101")
    assert after.pk == before.pk
    assert bytes(after.fingerprint) != bytes(before.fingerprint)


def test_new_head_with_new_phone_is_a_new_household(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    rows = [(*SMALL[0][:5], "赵新", "19900000099", *SMALL[0][7:]), *SMALL[1:]]
    assert changed(confirm(as_csv(rows))) == {"head_and_phone": 1, "unchanged": 3}
    families = Household.objects.filter(dwelling__room="101").order_by("until")
    assert [family.is_current for family in families] == [False, True]
    assert families[0].until == timezone.localdate()


def test_missing_household_stays_in_the_frame_and_is_told_once(
    confirm: Import, preview: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    shorter = confirm(as_csv(list(SMALL[1:])))
    assert changed(shorter) == {"missing": 1, "unchanged": 3}
    gone = Household.objects.get(dwelling__room="101")
    assert (gone.is_current, gone.residence_status) == (True, "resident")
    assert (gone.needs_review, gone.review_codes) == (True, "NOT_LISTED")
    assert changed(preview(as_csv(list(SMALL[1:])))) == {"unchanged": 3}


def test_communities_that_a_file_does_not_hold_are_not_missing(
    confirm: Import, preview: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    elsewhere = ("泰安道", "泰安里", *SMALL[0][2:])
    assert changed(preview(as_csv([elsewhere]))) == {"new": 1}


def test_leaving_the_frame_is_counted_by_community(
    confirm: Import, preview: Import
) -> None:
    confirm(as_csv(list(SMALL)))
    rows = [(*SMALL[0][:8], "出租"), (*SMALL[1][:7], "0", "空置"), *SMALL[2:]]
    previewed = preview(as_csv(rows))
    assert previewed.counts["by_community"] == {
        KAIFENGDAO: {"status": 2, "leaves_frame": 2, "unchanged": 2}
    }


def test_quarter_file_changes_what_is_expected(confirm: Import) -> None:
    base = confirm(kaifengdao_only())
    assert changed(base) == {"new": 1787}
    quarter = confirm(io.BytesIO(QUARTER.read_bytes()), QUARTER.name)
    assert changed(quarter) == {
        "new": 25,
        "head_and_phone": 18,
        "phone": 22,
        "status": 16,
        "missing": 12,
        "unchanged": 1719,
        "leaves_frame": 16,
    }
    assert Household.objects.current().count() == 1787 + 25
    assert Household.objects.filter(review_codes="NOT_LISTED").count() == 12


def test_whole_street_is_stored_and_its_csv_changes_nothing(
    confirm: Import, preview: Import, approver: User, street: Division
) -> None:
    workbook, table = "heping_xiaobailou.xlsx", "heping_xiaobailou_gbk.csv"
    confirm(io.BytesIO((ROSTERS / workbook).read_bytes()), workbook)
    snapshot = actions.take_snapshot(division=street, by=approver, at=timezone.now())
    assert snapshot.size == 13168
    frame = [1102, 1187, 1346, 1268, 1215, 1093, 1371, 1254, 1544]
    assert list(frame_counts(snapshot).values()) == frame
    again = preview(io.BytesIO((ROSTERS / table).read_bytes()), table)
    assert changed(again) == {"unchanged": 13168}


# --- two people, one digest ---------------------------------------------------------


def test_uploader_cannot_confirm(preview: Import, street_admin: User) -> None:
    previewed = preview(as_csv(list(SMALL)))
    with pytest.raises(actions.ConfirmedByUploader):
        actions.confirm_import(
            roster_import=previewed,
            digest=bytes(previewed.digest or b""),
            by=street_admin,
            at=timezone.now(),
        )
    assert Household.objects.count() == 0


def test_another_digest_is_refused(preview: Import, approver: User) -> None:
    previewed = preview(as_csv(list(SMALL)))
    with pytest.raises(actions.DigestChanged):
        actions.confirm_import(
            roster_import=previewed, digest=bytes(32), by=approver, at=timezone.now()
        )
    previewed.refresh_from_db()
    assert (previewed.state, Household.objects.count()) == (State.PREVIEWED, 0)


def test_roster_changed_since_the_preview_is_refused_until_previewed_again(
    preview: Import, confirm: Import, approver: User
) -> None:
    first = preview(as_csv(list(SMALL)))
    confirm(as_csv(list(SMALL[:2])))
    stale = bytes(first.digest or b"")
    with pytest.raises(actions.DigestChanged):
        actions.confirm_import(
            roster_import=first, digest=stale, by=approver, at=timezone.now()
        )
    renewed = actions.preview_import(
        roster_import=first, by=approver, at=timezone.now()
    )
    assert changed(renewed) == {"new": 2, "unchanged": 2}
    actions.confirm_import(
        roster_import=renewed,
        digest=bytes(renewed.digest or b""),
        by=approver,
        at=timezone.now(),
    )
    assert Household.objects.count() == 4


def test_confirming_twice_is_refused(confirm: Import, approver: User) -> None:
    confirmed = confirm(as_csv(list(SMALL)))
    with pytest.raises(actions.NotPreviewed):
        actions.confirm_import(
            roster_import=confirmed,
            digest=bytes(confirmed.digest or b""),
            by=approver,
            at=timezone.now(),
        )


@pytest.mark.parametrize(
    ("module", "state", "households"),
    [
        (uploads, None, 0),
        (reading, State.UPLOADED, 0),
        (confirming, State.PREVIEWED, 0),
    ],
)
def test_without_its_event_nothing_is_saved(
    confirm: Import,
    break_trail: Callable[[ModuleType], None],
    module: ModuleType,
    state: str | None,
    households: int,
) -> None:
    break_trail(module)
    with pytest.raises(TrailBroken):
        confirm(as_csv(list(SMALL)))
    found = RosterImport.objects.values_list("state", flat=True)
    assert list(found) == ([state] if state else [])
    assert Household.objects.count() == households


def test_upload_that_fails_leaves_no_file(
    upload: Import, break_trail: Callable[[ModuleType], None]
) -> None:
    folder = Path(default_storage.path("rosters"))
    before = set(folder.iterdir()) if folder.exists() else set()
    break_trail(uploads)
    with pytest.raises(TrailBroken):
        upload(as_csv(list(SMALL)))
    assert set(folder.iterdir()) == before


# --- workers ------------------------------------------------------------------------


def test_second_worker_goes_home(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    first = reading.claim(roster_import, at=timezone.now())
    assert first is not None
    found = actions.read_roster(
        roster_import=roster_import, by=SYSTEM, at=timezone.now()
    )
    assert (found.state, found.rows.count()) == (State.UPLOADED, 0)


def test_file_of_a_dead_worker_is_read_again_from_the_start(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    reading.claim(roster_import, at=timezone.now())
    RosterRow.objects.create(
        roster_import=roster_import, sheet=0, row_no=2, action="skip"
    )
    later = timezone.now() + dt.timedelta(minutes=5)
    found = actions.read_roster(roster_import=roster_import, by=SYSTEM, at=later)
    assert (found.state, found.rows.count()) == (State.PREVIEWED, 4)


def test_file_that_kills_every_worker_is_refused(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    RosterImport.objects.update(attempts=reading.ATTEMPTS)
    found = actions.read_roster(
        roster_import=roster_import, by=SYSTEM, at=timezone.now()
    )
    assert found.state == State.REFUSED
    assert found.refusal == "这份文件几次都没读完，请联系系统管理员。"


def test_reader_stops_when_its_claim_is_lost(upload: Import) -> None:
    mine = reading.claim(upload(as_csv(list(SMALL))), at=timezone.now())
    assert mine is not None
    RosterImport.objects.update(claim=uuid.uuid4())
    with pytest.raises(staging.ClaimLost):
        reading.stage_file(mine, as_csv(list(SMALL)), on=TODAY, max_rows=100)
    assert RosterRow.objects.count() == 0


def test_reader_stops_when_the_import_is_cancelled(
    upload: Import, street_admin: User
) -> None:
    mine = reading.claim(upload(as_csv(list(SMALL))), at=timezone.now())
    assert mine is not None
    actions.cancel_import(roster_import=mine, by=street_admin, at=timezone.now())
    with pytest.raises(staging.ClaimLost):
        reading.stage_file(mine, as_csv(list(SMALL)), on=TODAY, max_rows=100)
    assert RosterRow.objects.count() == 0


@pytest.mark.parametrize(
    ("on", "codes"), [(None, "DATE_FUTURE"), (dt.date(2026, 11, 21), "")]
)
def test_day_of_reading_decides_what_lies_in_the_future(
    upload: Import, on: dt.date | None, codes: str
) -> None:
    moved_in_later = ("开封道社区", *SMALL[0][1:], "第1网格", "2026-08-30")
    roster_import = upload(as_csv([moved_in_later]))
    at = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
    actions.read_roster(roster_import=roster_import, by=SYSTEM, at=at, on=on)
    assert RosterRow.objects.get().problems == codes


def test_task_reads_the_file(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    tasks.parse_roster(str(roster_import.pk))
    roster_import.refresh_from_db()
    assert (roster_import.state, roster_import.rows_done) == (State.PREVIEWED, 4)


def test_task_finds_what_waits(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)))
    tasks.parse_waiting()
    roster_import.refresh_from_db()
    assert roster_import.state == State.PREVIEWED


def test_task_for_an_import_that_is_gone_does_nothing(db: None) -> None:
    tasks.parse_roster(str(uuid.uuid4()))
    assert RosterImport.objects.count() == 0


# --- taking back and clearing away --------------------------------------------------


def test_cancelled_import_keeps_neither_file_nor_rows(
    preview: Import,
    street_admin: User,
    django_capture_on_commit_callbacks: object,
) -> None:
    previewed = preview(as_csv(list(SMALL)))
    name = previewed.stored_as
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        actions.cancel_import(
            roster_import=previewed, by=street_admin, at=timezone.now()
        )
    previewed.refresh_from_db()
    assert (previewed.state, previewed.stored_as) == (State.CANCELLED, "")
    assert RosterRow.objects.count() == 0
    assert default_storage.exists(name) is False


def test_confirmed_import_cannot_be_cancelled(
    confirm: Import, street_admin: User
) -> None:
    confirmed = confirm(as_csv(list(SMALL)))
    with pytest.raises(actions.ImportNotOpen):
        actions.cancel_import(
            roster_import=confirmed, by=street_admin, at=timezone.now()
        )


def test_rows_and_file_go_after_thirty_days_and_the_history_stays(
    confirm: Import, django_capture_on_commit_callbacks: object
) -> None:
    confirmed = confirm(as_csv(list(SMALL)))
    path = Path(default_storage.path(confirmed.stored_as))
    before = timezone.now() + purging.KEPT - dt.timedelta(minutes=1)
    assert actions.purge_imports(by=SYSTEM, at=before) == 0
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        gone = actions.purge_imports(by=SYSTEM, at=timezone.now() + purging.KEPT)
    assert (gone, RosterRow.objects.count(), path.exists()) == (1, 0, False)
    assert RosterChange.objects.filter(row=None).count() == 4
    assert actions.purge_imports(by=SYSTEM, at=timezone.now() + purging.KEPT) == 0


# --- snapshots ----------------------------------------------------------------------


def test_snapshot_freezes_households_and_can_be_recomputed(
    confirm: Import, approver: User, street: Division
) -> None:
    confirm(as_csv(list(SMALL)))
    snapshot = actions.take_snapshot(division=street, by=approver, at=timezone.now())
    assert (snapshot.size, snapshot.counts) == (
        4,
        {KAIFENGDAO: {"resident": 2, "rented": 1, "vacant": 1}},
    )
    lines = hashlib.sha256()
    for frozen in snapshot.households.order_by("household_id"):
        text = f"{frozen.household_id}|{frozen.community_id}|{frozen.residence_status}"
        lines.update(f"{text}\n".encode())
    assert bytes(snapshot.digest) == lines.digest()


def test_frame_is_the_resident_households_of_the_snapshot(
    confirm: Import, approver: User, street: Division
) -> None:
    confirm(as_csv(list(SMALL)))
    snapshot = actions.take_snapshot(division=street, by=approver, at=timezone.now())
    confirm(as_csv([(*SMALL[0][:8], "出租"), *SMALL[1:]]))
    assert frame_of(snapshot).count() == 2
    assert frame_counts(snapshot) == {KAIFENGDAO: 2}
    assert frame_counts(snapshot, ("resident", "rented")) == {KAIFENGDAO: 3}


def test_suspended_dwelling_is_not_frozen(
    confirm: Import, approver: User, street: Division
) -> None:
    confirm(as_csv(list(SMALL)))
    Dwelling.objects.filter(room="101").update(status=Dwelling.Status.SUSPENDED)
    snapshot = actions.take_snapshot(division=street, by=approver, at=timezone.now())
    assert snapshot.size == 3


def test_empty_roster_cannot_be_frozen(approver: User, street: Division) -> None:
    with pytest.raises(actions.RosterEmpty):
        actions.take_snapshot(division=street, by=approver, at=timezone.now())
    assert RosterSnapshot.objects.count() == 0


def test_snapshot_without_its_event_is_not_taken(
    confirm: Import,
    approver: User,
    street: Division,
    break_trail: Callable[[ModuleType], None],
) -> None:
    confirm(as_csv(list(SMALL)))
    break_trail(snapshots)
    with pytest.raises(TrailBroken):
        actions.take_snapshot(division=street, by=approver, at=timezone.now())
    assert (RosterSnapshot.objects.count(), SnapshotHousehold.objects.count()) == (0, 0)


def test_snapshot_cannot_be_changed(
    confirm: Import, approver: User, street: Division
) -> None:
    confirm(as_csv(list(SMALL)))
    snapshot = actions.take_snapshot(division=street, by=approver, at=timezone.now())
    with pytest.raises(SnapshotIsImmutable):
        snapshot.save()
    with pytest.raises(SnapshotIsImmutable):
        snapshot.households.update(residence_status="vacant")
    with pytest.raises(SnapshotIsImmutable):
        snapshot.households.all().delete()


def test_addresses_come_in_the_order_of_a_walk(confirm: Import) -> None:
    rows = [
        ("开封道社区", "开封里", building, "1门", room, "王", "", "1", "常住")
        for building, room in (("10号楼", "101"), ("2号楼", "1203"), ("2号楼", "902"))
    ]
    confirm(as_csv(rows))
    numbers = list(Household.objects.values_list("pk", flat=True))
    found = addresses_of([*numbers, uuid.uuid4()])
    ordered = sorted(found.values(), key=lambda address: address.sort_key)
    assert [address.line for address in ordered] == [
        "开封道社区开封里2号楼1门902",
        "开封道社区开封里2号楼1门1203",
        "开封道社区开封里10号楼1门101",
    ]
