"""Each promise of the database, broken by its name."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from officials.models import Division
from residents.models import (
    Dwelling,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
    RosterSnapshot,
    SnapshotHousehold,
)
from tests.residents.conftest import KAIFENGDAO

TODAY = dt.date(2026, 11, 21)


def breaks(name: str, make: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make()


@pytest.fixture
def dwelling(street: Division) -> Dwelling:
    return Dwelling.objects.create(
        community_id=KAIFENGDAO,
        compound="开封里",
        building="1号楼",
        unit="1门",
        room="101",
        address_key=f"{KAIFENGDAO}|开封里|1|1|101",
    )


def household(dwelling: Dwelling, **fields: Any) -> Household:
    values: dict[str, Any] = {
        "dwelling": dwelling,
        "community_id": dwelling.community_id,
        "residence_status": "resident",
        "since": TODAY,
        "fingerprint": bytes(16),
        "head_mark": bytes(16),
        "contact_mark": bytes(16),
        "index_algorithm_id": "HMAC-SHA-256",
        "index_key_id": 1,
        "current_slot": dwelling.pk,
    }
    return Household.objects.create(**values | fields)


def roster_import(street: Division, **fields: Any) -> RosterImport:
    values: dict[str, Any] = {
        "street": street,
        "file_name": "名册.csv",
        "size": 1,
        "sha256": bytes(32),
        "uploaded_at": timezone.now(),
    }
    return RosterImport.objects.create(**values | fields)


def test_dwelling_key_lies_in_its_community(dwelling: Dwelling) -> None:
    key = "120101002002|开封里|1|1|101"
    dwellings = Dwelling.objects.filter(pk=dwelling.pk)
    breaks("dwelling_key_in_community", lambda: dwellings.update(address_key=key))


def test_dwelling_has_an_address(dwelling: Dwelling) -> None:
    dwellings = Dwelling.objects.filter(pk=dwelling.pk)
    breaks("dwelling_has_address", lambda: dwellings.update(room=""))


def test_dwelling_stands_once(dwelling: Dwelling) -> None:
    dwelling.pk = uuid.uuid4()
    breaks("address_key", lambda: dwelling.save(force_insert=True))


def test_dwelling_has_one_current_household(dwelling: Dwelling) -> None:
    household(dwelling)
    breaks("current_slot", lambda: household(dwelling))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"until": TODAY}, "household_current_until_left"),
        ({"current_slot": None}, "household_current_until_left"),
        ({"current_slot": uuid.uuid4()}, "household_current_until_left"),
        (
            {"until": dt.date(2020, 1, 1), "current_slot": None},
            "household_leaves_after_coming",
        ),
        ({"residence_status": "gone"}, "household_status_known"),
        ({"review_codes": "PHONE_MISSING"}, "household_review_has_flag"),
    ],
)
def test_household_keeps_its_promises(
    dwelling: Dwelling, fields: dict[str, Any], name: str
) -> None:
    breaks(name, lambda: household(dwelling, **fields))


def test_uploader_is_never_the_confirmer(street: Division, street_admin: User) -> None:
    fields = {
        "state": "confirmed",
        "digest": bytes(32),
        "uploaded_by": street_admin,
        "confirmed_by": street_admin,
        "confirmed_at": timezone.now(),
    }
    breaks("roster_import_second_person", lambda: roster_import(street, **fields))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (
            {"state": "confirmed", "digest": bytes(32)},
            "roster_import_confirmed_by_whom",
        ),
        ({"confirmed_at": timezone.now()}, "roster_import_confirmed_by_whom"),
        ({"state": "previewed"}, "roster_import_preview_has_digest"),
    ],
)
def test_import_keeps_its_promises(
    street: Division, fields: dict[str, Any], name: str
) -> None:
    breaks(name, lambda: roster_import(street, **fields))


def test_row_is_staged_once(street: Division) -> None:
    found = roster_import(street)

    def row() -> RosterRow:
        return RosterRow.objects.create(
            roster_import=found, sheet=0, row_no=2, action="skip"
        )

    row()
    breaks("roster_row_once", row)


def test_stored_row_has_an_address(street: Division) -> None:
    found = roster_import(street)
    breaks(
        "roster_row_stored_has_address",
        lambda: RosterRow.objects.create(
            roster_import=found, sheet=0, row_no=2, action="accept"
        ),
    )


def test_change_names_the_household_it_changes(street: Division) -> None:
    found = roster_import(street)
    breaks(
        "roster_change_old_household",
        lambda: RosterChange.objects.create(
            roster_import=found, kind="phone", community_id=KAIFENGDAO
        ),
    )


def test_household_changes_once_per_import(
    street: Division, dwelling: Dwelling
) -> None:
    found, family = roster_import(street), household(dwelling)

    def change() -> RosterChange:
        return RosterChange.objects.create(
            roster_import=found,
            kind="missing",
            community_id=KAIFENGDAO,
            household=family,
        )

    change()
    breaks("roster_change_once_per_household", change)


def test_household_is_in_a_snapshot_once(street: Division, dwelling: Dwelling) -> None:
    snapshot = RosterSnapshot(
        division=street,
        taken_at=timezone.now(),
        taken_by="approver",
        digest=bytes(32),
        size=1,
        counts={},
    )
    snapshot.save()
    family = household(dwelling)

    def freeze() -> None:
        SnapshotHousehold(
            snapshot=snapshot,
            household=family,
            community_id=KAIFENGDAO,
            residence_status="resident",
        ).save()

    freeze()
    breaks("snapshot_household_once", freeze)
