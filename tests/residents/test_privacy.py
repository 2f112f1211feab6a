"""Personal data at rest, masked in lists, revealed with a trail (T77, T96 to T98)."""

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit import crypto
from audit.models import AuditEvent
from residents import files, privacy
from residents.marks import phone_index
from residents.models import Household, RosterImport
from tests.residents.conftest import SMALL, Import, TrailBroken, as_csv

NAMES = ("王小明", "李秀英")
PHONES = ("19900000001", "19900000002", "199000000")


def everything_stored() -> str:
    """Every cell of every table of this room, and the trail, as the database has it."""
    found = []
    tables = [
        model._meta.db_table for model in apps.get_app_config("residents").get_models()
    ]
    with connection.cursor() as cursor:
        for table in (*tables, AuditEvent._meta.db_table):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT t::text FROM {name} AS t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_every_field_is_on_the_list() -> None:
    listed = {model: set(fields) for model, fields in privacy.FIELDS.items()}
    there = {
        model.__name__: {field.name for field in model._meta.concrete_fields}
        for model in apps.get_app_config("residents").get_models()
    }
    assert listed == there


def test_no_name_and_no_number_is_stored_in_clear(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    stored = everything_stored()
    assert stored.count("开封里") > 0
    assert [word for word in (*NAMES, *PHONES) if word in stored] == []
    as_bytes = [word.encode().hex() for word in (*NAMES, *PHONES)]
    assert [word for word in as_bytes if word in stored] == []


def test_uploaded_file_is_sealed_under_a_random_name(upload: Import) -> None:
    roster_import = upload(as_csv(list(SMALL)), "小白楼.csv")
    with default_storage.open(roster_import.stored_as) as file:
        sealed = file.read()
    assert sealed.count("开封里".encode()) == 0
    assert roster_import.stored_as.count("小白楼") == 0
    assert Path(default_storage.path(roster_import.stored_as)).is_relative_to(
        project.VAR
    )


def test_file_in_several_pieces_comes_back_whole(
    upload: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE", 50)
    content = as_csv(list(SMALL))
    roster_import = upload(content)
    plain = files.load(roster_import.stored_as, roster_import=roster_import.pk)
    assert plain.read() == content.getvalue()


def test_file_without_its_last_piece_does_not_open(
    upload: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE", 50)
    roster_import = upload(as_csv(list(SMALL)))
    path = Path(default_storage.path(roster_import.stored_as))
    sealed, boxed = path.read_bytes(), files.LENGTH + crypto.OVERHEAD + files.PIECE
    path.write_bytes(sealed[: (len(sealed) - 1) // boxed * boxed])
    with pytest.raises(crypto.Unreadable):
        files.load(roster_import.stored_as, roster_import=roster_import.pk)


def test_name_moved_to_another_household_does_not_open(
    confirm: Import, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    first, second = Household.objects.exclude(head_name=b"").order_by("pk")[:2]
    Household.objects.filter(pk=second.pk).update(head_name=first.head_name)
    moved = Household.objects.filter(pk=second.pk)
    with pytest.raises(crypto.Unreadable):
        privacy.reveal(
            by=street_admin, reason="verify", households=moved, at=timezone.now()
        )


def test_phone_index_finds_the_full_number_and_nothing_else(confirm: Import) -> None:
    confirm(as_csv(list(SMALL)))
    index = phone_index("19900000001")
    found = Household.objects.filter(phone_index=index)
    assert [str(household.dwelling) for household in found] == ["开封里1号楼1门101"]
    shorter = phone_index("1990000000")
    assert Household.objects.filter(phone_index=shorter).count() == 0


def test_equal_names_behind_two_doors_have_different_marks(confirm: Import) -> None:
    twins = [
        ("开封道社区", "开封里", "1号楼", "1门", room, "王小明", "", "1", "常住")
        for room in ("101", "102")
    ]
    confirm(as_csv(twins))
    marks = {bytes(household.head_mark) for household in Household.objects.all()}
    assert len(marks) == 2


def test_revealing_opens_the_data_and_leaves_one_event(
    confirm: Import, street_admin: User
) -> None:
    confirm(as_csv(list(SMALL)))
    household = Household.objects.get(phone_index=phone_index("19900000001"))
    before = AuditEvent.objects.count()
    people = privacy.reveal(
        by=street_admin, reason="verify", households=[household], at=timezone.now()
    )
    assert people == {household.pk: privacy.Person("王小明", "19900000001", "", "", "")}
    event = AuditEvent.objects.latest("seq")
    assert AuditEvent.objects.count() == before + 1
    assert (event.verb, event.actor, event.division) == (
        "roster.revealed",
        "street_admin",
        "120101002014",
    )
    assert event.data == (f'{{"count":1,"ids":["{household.pk}"],"reason":"verify"}}')


def test_revealing_many_is_told_by_count_and_digest(
    confirm: Import, street_admin: User
) -> None:
    rows = [
        ("开封道社区", "开封里", "1号楼", "1门", f"{n}", "王", "", "1", "常住")
        for n in range(101, 152)
    ]
    confirm(as_csv(rows))
    privacy.reveal(
        by=street_admin,
        reason="verify",
        households=Household.objects.all(),
        at=timezone.now(),
    )
    data = AuditEvent.objects.latest("seq").data
    assert data.startswith('{"count":51,"digest":"')
    assert data.count("ids") == 0


def test_revealing_without_a_trail_reveals_nothing(
    confirm: Import, street_admin: User, break_trail: Callable[[ModuleType], None]
) -> None:
    confirm(as_csv(list(SMALL)))
    break_trail(privacy)
    with pytest.raises(TrailBroken):
        privacy.reveal(
            by=street_admin,
            reason="verify",
            households=Household.objects.all(),
            at=timezone.now(),
        )


@pytest.mark.parametrize(
    ("mask", "clear", "shown"),
    [
        (privacy.mask_name, "王小明", "王**"),
        (privacy.mask_name, "", ""),
        (privacy.mask_phone, "13812341234", "138****1234"),
        (privacy.mask_phone, "1234567", "12****"),
        (privacy.mask_phone, "12", "****"),
        (privacy.mask_digits, "199-0000-0001、19900000002", "199****0001、199****0002"),
        (privacy.mask_note, "住在女儿家", "……"),
    ],
)
def test_lists_show_masks(mask: Callable[[str], str], clear: str, shown: str) -> None:
    assert mask(clear) == shown


def test_refused_and_cancelled_files_leave_nothing(preview: Import) -> None:
    refused = preview(io.BytesIO(b"a,b\n1,2\n"))
    assert refused.state == RosterImport.State.REFUSED
    assert refused.stored_as == ""
    assert refused.rows.count() == 0


def test_many_names_in_a_day_alert_the_auditor_once(
    confirm: Import, street_admin: User, settings: Any
) -> None:
    settings.AUDIT_REVEALS = 20
    found = confirm(as_csv(list(SMALL)))
    rows = list(found.rows.all())
    for _page in range(6):
        privacy.reveal(
            by=street_admin,
            reason="verify",
            households=Household.objects.all(),
            at=timezone.now(),
        )
        privacy.reveal_rows(
            by=street_admin,
            reason="correct",
            rows=rows,
            division="120101002",
            at=timezone.now(),
        )
    event = AuditEvent.objects.get(verb="alert.reveals")
    # Four households or lines a page: the sixth page of twelve was one too many.
    assert (event.actor, event.data) == ("street_admin", '{"count":24,"limit":20}')
