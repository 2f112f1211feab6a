"""A thousand changes to trail and checkpoints, each found where it is (T136, T137)."""

import json
import random
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit import chain, checkpoints, verifying
from audit.chain import Fault, Mark
from audit.models import AuditCheckpoint, AuditEvent
from tests.audit import chains

EVENTS, EVERY = 60, 6
EVENT_TABLE, CHECKPOINT_TABLE = "audit_auditevent", "audit_auditcheckpoint"
LENGTHS = {"hash": 32, "prev_hash": 32, "mac": 32, "digest": 32, "previous": 32}
LENGTHS |= {"public_key": 32, "signature": 64}
Tamper = Callable[[random.Random], Fault]


def columns_of(model) -> dict[str, str]:
    return {
        field.column: field.get_internal_type()
        for field in model._meta.concrete_fields
        if not field.primary_key
    }


def flip(dice: random.Random, model, key: int) -> None:
    """One bit, one character or one step of one column of one row."""
    table, pk = model._meta.db_table, model._meta.pk.column
    column, kind = dice.choice(sorted(columns_of(model).items()))
    if kind == "BinaryField":
        bit = dice.randrange(LENGTHS[column] * 8)
        new = f"set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))"
    elif kind == "DateTimeField":
        new = f"{column} + interval '1 microsecond'"
    elif kind in ("BigIntegerField", "PositiveSmallIntegerField"):
        new = f"{column} + {dice.choice((1, 2, 7))}"
    else:
        place = dice.randrange(
            max(
                1,
                chains.value(
                    f"SELECT length({column}) FROM {table} WHERE {pk} = %s", key
                ),
            )
        )
        new = (
            f"CASE WHEN substr({column}, {place + 1}, 1) = 'x' THEN"
            f" overlay({column} placing 'y' from {place + 1} for 1) ELSE"
            f" overlay({column} placing 'x' from {place + 1} for 1) END"
        )
    assert chains.sql(f"UPDATE {table} SET {column} = {new} WHERE {pk} = %s", key) == 1


def copy(model, source: int, target: int) -> None:
    """A row with everything of another but its number."""
    table, pk = model._meta.db_table, model._meta.pk.column
    names = ", ".join(columns_of(model))
    chains.sql(
        f"INSERT INTO {table} ({pk}, {names}) SELECT %s, {names}"
        f" FROM {table} WHERE {pk} = %s",
        target,
        source,
    )


def renumber(model, source: int, target: int) -> None:
    table, pk = model._meta.db_table, model._meta.pk.column
    chains.sql(f"UPDATE {table} SET {pk} = %s WHERE {pk} = %s", target, source)


def swap(model, one: int, other: int) -> None:
    for source, target in ((one, -999), (other, one), (-999, other)):
        renumber(model, source, target)


def make_room(at: int) -> None:
    """Every event from there on moves up by one."""
    for step in (1_000_000, -999_999):
        chains.sql(f"UPDATE {EVENT_TABLE} SET seq = seq + {step} WHERE seq >= %s", at)


def flip_event(dice: random.Random) -> Fault:
    seq = dice.randint(1, chain.newest_seq())
    flip(dice, AuditEvent, seq)
    return Fault("", seq)


def delete_event(dice: random.Random) -> Fault:
    seq = dice.randint(1, chain.newest_seq())
    chains.sql(f"DELETE FROM {EVENT_TABLE} WHERE seq = %s", seq)
    return Fault("", seq)


def insert_event(dice: random.Random) -> Fault:
    """Another event's copy, in the middle or after the end; all numbers in a row."""
    last = chain.newest_seq()
    seq = dice.randint(1, last + 1)
    donor = dice.choice([other for other in range(1, last + 1) if other != seq])
    copy(AuditEvent, donor, -5)
    make_room(seq)
    renumber(AuditEvent, -5, seq)
    return Fault("", seq)


def insert_before_all(dice: random.Random) -> Fault:
    seq = -dice.randint(0, 9)
    copy(AuditEvent, dice.randint(1, chain.newest_seq()), seq)
    return Fault("", seq)


def swap_events(dice: random.Random) -> Fault:
    one, other = sorted(dice.sample(range(1, chain.newest_seq() + 1), 2))
    swap(AuditEvent, one, other)
    return Fault("", one)


def move_event(dice: random.Random) -> Fault:
    seq = dice.randint(1, chain.newest_seq())
    renumber(AuditEvent, seq, chain.newest_seq() + dice.randint(2, 50))
    return Fault("", seq)


def told_at(number: int) -> int:
    """The event that tells of a checkpoint."""
    return number * (EVERY + 1)


def flip_checkpoint(dice: random.Random) -> Fault:
    number = dice.randint(1, EVENTS // EVERY)
    flip(dice, AuditCheckpoint, number)
    return Fault("signature", told_at(number), number)


def delete_checkpoint(dice: random.Random) -> Fault:
    number = dice.randint(1, EVENTS // EVERY)
    chains.sql(f"DELETE FROM {CHECKPOINT_TABLE} WHERE number = %s", number)
    return Fault("signature", told_at(number), number)


def insert_checkpoint(dice: random.Random) -> Fault:
    last = EVENTS // EVERY
    number = dice.choice((-3, 0, last + 1, last + 9))
    copy(AuditCheckpoint, dice.randint(1, last), number)
    return Fault("signature", chain.newest_seq() + 1, number)


def swap_checkpoints(dice: random.Random) -> Fault:
    one, other = sorted(dice.sample(range(1, EVENTS // EVERY + 1), 2))
    swap(AuditCheckpoint, one, other)
    return Fault("signature", told_at(one), one)


def move_checkpoint(dice: random.Random) -> Fault:
    number = dice.randint(1, EVENTS // EVERY)
    renumber(AuditCheckpoint, number, EVENTS + dice.randint(1, 9))
    return Fault("signature", told_at(number), number)


TAMPERS: tuple[Tamper, ...] = (
    flip_event,
    flip_event,
    flip_event,
    delete_event,
    insert_event,
    insert_before_all,
    swap_events,
    move_event,
    flip_checkpoint,
    flip_checkpoint,
    delete_checkpoint,
    insert_checkpoint,
    swap_checkpoints,
    move_checkpoint,
)
PARTS, EACH = 10, 100


@pytest.mark.parametrize("part", range(PARTS))
def test_of_a_thousand_changes_each_is_found_and_named(db: None, part: int) -> None:
    chains.tell(EVENTS, every=EVERY)
    assert chains.fault() is None
    dice = random.Random(part)
    missed = []
    for number in range(EACH):
        tamper = dice.choice(TAMPERS)
        with transaction.atomic():
            expected = tamper(dice)
            found = chains.fault()
            transaction.set_rollback(True)
        # Without a kind: an event, by its number alone.
        named = found and (found if expected.kind else Fault("", found.seq))
        if named != expected:
            missed.append((number, tamper.__name__, expected, found))
    assert missed == []
    assert chains.fault() is None


def cut(count: int) -> None:
    """The last events are gone, and all that a database user can make fit is fitted."""
    last = chain.newest_seq() - count
    chains.sql(f"DELETE FROM {EVENT_TABLE} WHERE seq > %s", last)
    chains.sql(f"DELETE FROM {CHECKPOINT_TABLE} WHERE seq >= %s", last)
    chains.sql(
        f"UPDATE audit_audithead SET seq = %s, hash ="
        f" (SELECT hash FROM {EVENT_TABLE} WHERE seq = %s)",
        last,
        last,
    )


def test_cut_of_any_length_is_found_by_any_later_checkpoint(db: None) -> None:
    """The last 1 to 1,000 events; a kept checkpoint each 100 (T137)."""
    chains.tell(1_100, every=100)
    kept = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    total = chain.newest_seq()
    wrong, checked = [], 0
    for lost in range(1, 1_001):
        cut(1)
        last = total - lost
        older = [entry for entry in kept if entry["seq"] <= last]
        younger = [entry for entry in kept if entry["seq"] > last]
        # All of them now and then, the two about the cut always.
        for entry in kept if lost % 50 == 0 else older[-1:] + younger[:1]:
            expected = Fault("short", last + 1, entry["number"])
            found = verifying.check_kept([entry])
            checked += 1
            if found != (expected if entry in younger else None):
                wrong.append((lost, entry["number"], found))
        if lost in (1, 50, 101, 500, 777, 1_000):
            # From inside nothing shows: therefore checkpoints are published.
            assert chains.fault() is None
    assert (wrong, chain.newest_seq()) == ([], total - 1_000)
    assert checked > 1_000


def test_cut_that_forgets_a_checkpoint_is_found_from_inside(db: None) -> None:
    chains.tell(40, every=10)
    for lost in (1, 2, 10, 30):
        with transaction.atomic():
            last = chain.newest_seq() - lost
            rows = list(AuditCheckpoint.objects.all())
            chains.sql("DELETE FROM audit_auditevent WHERE seq > %s", last)
            chains.sql(
                "UPDATE audit_audithead SET seq = %s, hash ="
                " (SELECT hash FROM audit_auditevent WHERE seq = %s)",
                last,
                last,
            )
            found = chains.fault()
            first = next(row.number for row in rows if row.seq >= last)
            assert found == Fault("short", last + 1, first)
            transaction.set_rollback(True)


def test_chain_made_anew_with_the_key_differs_from_a_kept_checkpoint(
    db: None,
) -> None:
    """Whoever holds the server's keys rewrites everything; a kept checkpoint knows."""
    chains.tell(10, every=10)
    kept = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    for table in (EVENT_TABLE, CHECKPOINT_TABLE, "audit_audithead"):
        chains.sql(f"DELETE FROM {table}")
    chains.write(3)
    chains.tell(20, every=10)
    assert chains.fault() is None
    assert verifying.check_kept(kept) == Fault("chain", 10, 1)


def test_signature_by_a_foreign_key_is_named(db: None) -> None:
    chains.tell(10, every=10)
    (kept,) = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    kept["seq"] = 9
    assert verifying.check_kept([kept]) == Fault("signature", 9, 1)


def test_short_walk_stands_on_the_whole_one(db: None) -> None:
    at = chains.NOON
    chains.tell(20, every=10)
    with transaction.atomic():
        row = verifying.verify_and_note(by=chains.SYSTEM, at=at)
    assert (row.seq, row.checkpoint, row.fault_kind) == (22, 2, "")
    chains.tell(10, every=10)
    assert verifying.find_fault(at=at) is None
    # Behind the mark only the next night looks.
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 5")
    assert verifying.find_fault(at=at) is None
    assert verifying.find_fault(at=at + verifying.FRESH * 2) == Fault("chain", 5)
    chains.sql("UPDATE audit_auditevent SET actor = 'SYSTEM' WHERE seq = 5")
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 25")
    assert verifying.find_fault(at=at) == Fault("chain", 25)


def test_forged_mark_is_not_believed(db: None) -> None:
    """A database user who moves the mark has the whole chain walked."""
    chains.write(10)
    verifying.verify_and_note(by=chains.SYSTEM, at=chains.NOON)
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 5")
    assert verifying.find_fault(at=chains.NOON) is None
    chains.sql("UPDATE audit_auditverification SET actor = 'y'")
    assert verifying.find_fault(at=chains.NOON) == Fault("chain", 5)


def test_found_fault_stands_until_a_whole_walk_finds_none(db: None) -> None:
    chains.write(10)
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = 5")
    for _night in range(2):
        verifying.verify_and_note(by=chains.SYSTEM, at=chains.NOON)
    alerts = AuditEvent.objects.filter(verb=verifying.BROKEN)
    assert [json.loads(event.data) for event in alerts] == [
        {"kind": "chain", "seq": 5, "checkpoint": None}
    ]
    chains.sql("UPDATE audit_auditevent SET actor = 'SYSTEM' WHERE seq = 5")
    assert verifying.find_fault(at=chains.NOON) == Fault("chain", 5)
    with pytest.raises(verifying.TrailBroken, match="chain 5"):
        verifying.need_sound(at=chains.NOON)
    verifying.verify_and_note(by=chains.SYSTEM, at=chains.NOON)
    verifying.need_sound(at=chains.NOON)


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 67])
def test_walk_goes_page_by_page(
    db: None, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Each event once and in order, wherever the pages end."""
    monkeypatch.setattr(chain, "PAGE", 20)
    chains.write(count)
    seen = [event.seq for event in chain.walk(Mark(), last=chain.newest_seq())]
    assert seen == list(range(1, count + 1))


def run(*arguments: str) -> int:
    try:
        call_command("verify_audit", *arguments)
    except CommandError as refused:
        return refused.returncode
    return 0


def test_verify_audit_answers_by_its_exit_code(db: None, tmp_path, capsys) -> None:
    chains.tell(20, every=10)
    kept = tmp_path / "kept.json"
    published = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    kept.write_text(json.dumps({"checkpoints": published}))
    assert run("--checkpoints", str(kept)) == 0
    for content in ("", "[]", '{"checkpoints": [{}]}'):
        (tmp_path / "wrong.json").write_text(content)
        assert run("--checkpoints", str(tmp_path / "wrong.json")) == 2
    assert run("--checkpoints", str(tmp_path / "none.json")) == 2
    capsys.readouterr()
    cut(5)
    assert run("--json", "--checkpoints", str(kept)) == 1
    assert json.loads(capsys.readouterr().out) == {
        "events": 17,
        "checkpoints": 1,
        "sound": False,
        "fault": {"kind": "short", "seq": 18, "checkpoint": 2},
    }
