"""The trail: one order, keyed, append-only, in the transaction of the act."""

import hmac
import json
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import chain, crypto
from audit.actions import SYSTEM, OutsideTransaction, record
from audit.models import AuditEvent, AuditHead, TrailIsAppendOnly


def write(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            record("test.done", by=SYSTEM, at=timezone.now(), data={"number": number})


def fault() -> chain.Fault | None:
    head = AuditHead.objects.get()
    return chain.verify(head_seq=head.seq, head_hash=bytes(head.hash))


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_is_postgresql() -> None:
    assert connection.vendor == "postgresql"


def test_untouched_chain_is_sound(db: None) -> None:
    write(5)
    assert fault() is None
    assert list(AuditEvent.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


def test_changed_event_is_named(db: None) -> None:
    write(5)
    tamper("UPDATE audit_auditevent SET data = '{}' WHERE seq = 3")
    assert fault() == chain.Fault("chain", 3)


def test_removed_event_is_named(db: None) -> None:
    write(5)
    tamper("DELETE FROM audit_auditevent WHERE seq = 2")
    assert fault() == chain.Fault("chain", 2)


def test_cut_end_is_named(db: None) -> None:
    write(5)
    tamper("DELETE FROM audit_auditevent WHERE seq = 5")
    assert fault() == chain.Fault("short", 5)


def test_rehashed_event_without_the_key_is_named(db: None) -> None:
    write(2)
    event = AuditEvent.objects.get(seq=2)
    event.data = '{"number":7}'
    forged = chain.hash_of(event)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditevent SET data = %s, hash = %s WHERE seq = 2",
            [event.data, forged],
        )
        cursor.execute("UPDATE audit_audithead SET hash = %s", [forged])
    assert fault() == chain.Fault("mac", 2)


def test_verify_audit_exits_with_one_on_a_fault(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    write(3)
    call_command("verify_audit", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "events": 3,
        "checkpoints": 0,
        "sound": True,
        "fault": None,
    }
    tamper("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 1")
    with pytest.raises(CommandError) as refusal:
        call_command("verify_audit")
    assert refusal.value.returncode == 1


def test_events_refuse_change_and_deletion(db: None) -> None:
    write(1)
    event = AuditEvent.objects.get()
    for attempt in (event.save, event.delete, AuditEvent.objects.all().delete):
        with pytest.raises(TrailIsAppendOnly):
            attempt()
    with pytest.raises(TrailIsAppendOnly):
        AuditEvent.objects.update(actor="x")


@pytest.mark.django_db(transaction=True)
def test_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(OutsideTransaction):
        record("test.done", by=SYSTEM, at=timezone.now())


def test_field_opens_only_in_its_own_row_and_column(db: None) -> None:
    here, there = uuid.uuid4(), uuid.uuid4()
    sealed = crypto.seal_field("孙大爷", table="t", column="name", row=here)
    assert crypto.open_field(sealed, table="t", column="name", row=here) == "孙大爷"
    for table, column, row in (
        ("u", "name", here),
        ("t", "note", here),
        ("t", "name", there),
    ):
        with pytest.raises(crypto.Unreadable):
            crypto.open_field(sealed, table=table, column=column, row=row)


def test_empty_field_stays_empty(db: None) -> None:
    row = uuid.uuid4()
    assert crypto.seal_field("", table="t", column="c", row=row) == b""
    assert crypto.open_field(b"", table="t", column="c", row=row) == ""


def test_joined_parts_cannot_be_shifted() -> None:
    assert crypto.joined("ab", "c") != crypto.joined("a", "bc")


def test_column_of_many_rows_opens_value_by_value(db: None) -> None:
    rows = [uuid.uuid4() for _number in range(3)]
    values = ["孙大爷", "", "19900000001"]
    sealed = crypto.seal_column(
        values, table="t", column="name", rows=[row.bytes for row in rows]
    )
    opened = [
        crypto.open_field(box, table="t", column="name", row=row)
        for box, row in zip(sealed, rows, strict=True)
    ]
    assert (opened, sealed[1], len({*sealed})) == (values, b"", 3)
    with pytest.raises(crypto.Unreadable):
        crypto.open_field(sealed[0], table="t", column="name", row=rows[2])


def test_many_values_need_as_many_rows(db: None) -> None:
    with pytest.raises(ValueError, match="shorter"):
        crypto.seal_column(["甲", "乙"], table="t", column="c", rows=[bytes(16)])


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_keyed_hasher_is_hmac_sha_256(secret: bytes, message: bytes) -> None:
    expected = hmac.digest(secret, message, "sha256")
    assert crypto.KeyedHasher(secret).of(message) == expected
