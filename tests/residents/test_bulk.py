"""Whole files at once: inside the database, without holding or missing a row."""

import datetime as dt
import io
import uuid
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit import crypto
from audit.actions import SYSTEM
from officials.models import Division
from residents import actions, files
from residents.actions import staging
from residents.actions.confirming import RowsGone
from residents.models import (
    PERSONAL_FIELDS,
    Dwelling,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
)
from tests.residents.conftest import KAIFENGDAO, SMALL, Import, Row, as_csv

State = RosterImport.State
NEXT_DOOR: Row = (*SMALL[0][:4], "301", "赵新", "19900000031", "2", "常住")


def rows_of_many(number: int) -> list[Row]:
    return [
        (*SMALL[0][:4], f"{room}", "王小明", f"1990000{room:04}", "3", "常住")
        for room in range(1001, 1001 + number)
    ]


def living_in(room: str) -> Household:
    return Household.objects.current().get(dwelling__room=room)


# --- staged as it will be stored ----------------------------------------------------


def test_household_takes_id_and_boxes_of_its_row(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    for row in RosterRow.objects.all():
        family = Household.objects.select_related("dwelling").get(pk=row.pk)
        assert family.dwelling_id == row.pk
        for name in PERSONAL_FIELDS:
            assert bytes(getattr(family, name)) == bytes(getattr(row, name))


def test_row_that_is_not_stored_fills_no_column_of_a_household(preview: Import) -> None:
    preview(as_csv([(*SMALL[0][:4], "", *SMALL[0][5:]), SMALL[1]]))
    row = RosterRow.objects.get(action="reject")
    boxes = {bytes(getattr(row, name)) for name in PERSONAL_FIELDS}
    found = (boxes, row.compound, row.room, row.residence_status, row.fingerprint)
    assert found == ({b""}, "", "", "", None)


def test_quotes_and_line_breaks_reach_the_roster_as_written(confirm: Import) -> None:
    odd = (*SMALL[0][:9], '第"1"网格', "", 'a "b",\\c')
    confirm(as_csv([odd]))
    assert Dwelling.objects.get().grid == '第"1"网格'


@settings(deadline=None, max_examples=20)
@given(st.integers(min_value=0, max_value=20_000))
def test_ids_rise_and_are_uuids_of_version_7(number: int) -> None:
    ids = list(staging.rising_ids(number))
    assert ids == sorted({*ids})
    assert {uuid.UUID(bytes=found).version for found in ids} <= {7}


def test_later_batch_speaks_about_an_earlier_one(
    preview: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH", 2)
    rows = [(*row[:6], "19900000009", *row[7:]) for row in SMALL[:3]]
    previewed = preview(as_csv([*rows, SMALL[3]]))
    told = RosterRow.objects.filter(roster_import=previewed).values_list(
        "action", "problems", "review_codes"
    )
    variant = "COMMUNITY_NAME_VARIANT"
    shared = ("warn", f"{variant},PHONE_SHARED", "PHONE_SHARED")
    assert list(told[:3]) == [shared] * 3


# --- what moved since the preview ---------------------------------------------------


def another_file_brings_the_door(confirm: Import, by: User) -> None:
    confirm(as_csv([*SMALL, NEXT_DOOR]))


def family_moves_away(confirm: Import, by: User) -> None:
    Household.objects.filter(pk=living_in("103").pk).update(needs_review=True)
    actions.end_household(household=living_in("103"), by=by, at=timezone.now())


def telephone_is_corrected(confirm: Import, by: User) -> None:
    actions.correct_household(
        household=living_in("102"),
        correction=actions.Correction(phone="19900000055"),
        by=by,
        at=timezone.now(),
    )


def missing_family_is_decided_upon(confirm: Import, by: User) -> None:
    Household.objects.filter(pk=living_in("201").pk).update(settled_codes="NOT_LISTED")


def staged_row_is_changed(confirm: Import, by: User) -> None:
    RosterRow.objects.filter(room="301").update(fingerprint=bytes(16))


def one_door_comes_and_another_family_goes(confirm: Import, by: User) -> None:
    """As many new and unchanged ones as before: not the same ones."""
    another_file_brings_the_door(confirm, by)
    family_moves_away(confirm, by)


@pytest.mark.parametrize(
    "move",
    [
        another_file_brings_the_door,
        family_moves_away,
        telephone_is_corrected,
        missing_family_is_decided_upon,
        staged_row_is_changed,
        one_door_comes_and_another_family_goes,
    ],
)
def test_roster_that_moved_since_the_preview_is_not_overwritten(
    confirm: Import,
    preview: Import,
    approver: User,
    street_admin: User,
    move: Callable[[Import, User], None],
) -> None:
    confirm(as_csv(list(SMALL)))
    # New: 301. Telephone: 102. Missing: 201. Unchanged: 101 and 103.
    changed = (*SMALL[1][:6], "19900000044", *SMALL[1][7:])
    found = preview(as_csv([SMALL[0], changed, SMALL[2], NEXT_DOOR]))
    move(confirm, street_admin)
    before = Household.objects.in_bulk()
    with pytest.raises(actions.DigestChanged):
        actions.confirm_import(
            roster_import=found,
            digest=bytes(found.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    after = Household.objects.in_bulk()
    assert after.keys() == before.keys()
    found.refresh_from_db()
    assert found.state == State.PREVIEWED


def test_community_with_rows_or_dwellings_is_not_deleted(
    preview: Import, confirm: Import
) -> None:
    community = Division.objects.filter(code=KAIFENGDAO)
    preview(as_csv(list(SMALL)))
    with pytest.raises(ProtectedError):
        community.delete()
    confirm(as_csv(list(SMALL)))
    RosterRow.objects.all().delete()
    RosterChange.objects.all().delete()
    with pytest.raises(ProtectedError):
        community.delete()


def test_community_that_somebody_cut_out_gets_no_dwelling(
    preview: Import, approver: User
) -> None:
    found = preview(as_csv(list(SMALL)))
    # Past every check of the application, as only the database's owner can.
    community = Division.objects.filter(code=KAIFENGDAO)
    community._raw_delete(community.db)
    with pytest.raises(RowsGone):
        actions.confirm_import(
            roster_import=found,
            digest=bytes(found.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    assert Dwelling.objects.count() == 0


def test_dwelling_with_a_household_is_not_deleted(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    RosterChange.objects.all().delete()
    with pytest.raises(ProtectedError):
        Dwelling.objects.all().delete()
    assert Dwelling.objects.count() == 4


def test_dwelling_that_somebody_cut_out_gets_no_family(
    confirm: Import, preview: Import, approver: User
) -> None:
    confirm(as_csv(list(SMALL)))
    others = (*SMALL[0][:5], "赵新", "19900000099", *SMALL[0][7:])
    found = preview(as_csv([others, *SMALL[1:]]))
    cut = Dwelling.objects.filter(room="101")
    cut._raw_delete(cut.db)
    with pytest.raises(actions.DigestChanged):
        actions.confirm_import(
            roster_import=found,
            digest=bytes(found.digest or b""),
            by=approver,
            at=timezone.now(),
        )
    assert Household.objects.filter(pk__in=found.rows.values("pk")).count() == 0


def test_unchanged_file_writes_no_household(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    before = list(Household.objects.order_by("pk").values())
    again = confirm(as_csv(list(SMALL)))
    assert list(Household.objects.order_by("pk").values()) == before
    assert RosterChange.objects.filter(roster_import=again).count() == 0


def test_empty_dwelling_gets_its_next_family(
    confirm: Import, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    family_moves_away(confirm, street_admin)
    again = confirm(as_csv(list(SMALL)))
    assert again.counts["changes"]["new"] == 1
    families = Household.objects.filter(dwelling__room="103").order_by("pk")
    assert [family.is_current for family in families] == [False, True]
    assert Dwelling.objects.count() == 4


# --- as many statements for many rows as for few ------------------------------------


def statements_of(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries.captured_queries]


def test_taking_back_loads_no_row(preview: Import, street_admin: User) -> None:
    def cancelled(number: int) -> list[str]:
        found = preview(as_csv(rows_of_many(number)))
        return statements_of(
            lambda: actions.cancel_import(
                roster_import=found, by=street_admin, at=timezone.now()
            )
        )

    few, many = cancelled(2), cancelled(60)
    assert len(few) == len(many)
    loaded = [sql for sql in many if sql.startswith('SELECT "residents_rosterrow"')]
    assert loaded == []
    assert RosterRow.objects.count() == 0


def test_comparing_again_loads_no_new_row(preview: Import, street_admin: User) -> None:
    def compared(number: int) -> int:
        found = preview(as_csv(rows_of_many(number)))
        again = lambda: actions.preview_import(  # noqa: E731
            roster_import=found, by=street_admin, at=timezone.now()
        )
        return len(statements_of(again))

    assert compared(2) == compared(60)


def test_confirming_loads_no_new_row(preview: Import, approver: User) -> None:
    def confirmed(number: int) -> list[str]:
        found = preview(as_csv(rows_of_many(number)))
        return statements_of(
            lambda: actions.confirm_import(
                roster_import=found,
                digest=bytes(found.digest or b""),
                by=approver,
                at=timezone.now(),
            )
        )

    few = confirmed(2)
    Household.objects.all().delete()
    Dwelling.objects.all().delete()
    many = confirmed(60)
    assert (len(few), Household.objects.count()) == (len(many), 60)


# --- the file at rest ---------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIECE", 16)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=100),
    places=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 50)), max_size=5),
)
def test_sealed_file_is_read_from_any_place(
    small_pieces: None, content: bytes, places: list[tuple[int, int]]
) -> None:
    number = uuid.uuid4()
    stored = files.store(io.BytesIO(content), roster_import=number)
    plain = io.BytesIO(content)
    with files.load(stored.name, roster_import=number) as opened:
        for place, size in places:
            assert opened.seek(place) == plain.seek(place)
            assert opened.read(size) == plain.read(size)
        assert opened.seek(0, io.SEEK_END) == len(content)
        opened.seek(0)
        assert opened.read() == content
    files.discard(stored.name)


def test_piece_that_was_exchanged_does_not_open(small_pieces: None) -> None:
    number = uuid.uuid4()
    stored = files.store(io.BytesIO(b"a" * 16 + b"b" * 16 + b"c"), roster_import=number)
    boxed = files.LENGTH + crypto.OVERHEAD + files.PIECE
    with default_storage.open(stored.name) as file:
        sealed = file.read()
    swapped = sealed[boxed : 2 * boxed] + sealed[:boxed] + sealed[2 * boxed :]
    name = default_storage.save("rosters/swapped", ContentFile(swapped))
    with (
        files.load(name, roster_import=number) as opened,
        pytest.raises(crypto.Unreadable),
    ):
        opened.read(1)
    for done in (stored.name, name):
        files.discard(done)


def test_thirty_days_later_the_rows_go_without_being_loaded(confirm: Import) -> None:
    done = confirm(as_csv(list(SMALL)))
    assert done.confirmed_at is not None
    late = done.confirmed_at + dt.timedelta(days=31)
    found = statements_of(lambda: actions.purge_imports(by=SYSTEM, at=late))
    assert [
        sql for sql in found if sql.startswith('SELECT "residents_rosterrow"')
    ] == []
    assert RosterRow.objects.count() == 0
