"""The check of a box: silent when sound, precise when not (T68, T78)."""

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from ballots import actions, custody, verifying
from ballots.models import BallotBox
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO

pytestmark = pytest.mark.django_db
STAGES = ("sealed_setup", "open", "closed", "opened", "destroyed", "too_few")


def box_at(stage: str) -> BallotBox:
    box = world.set_up()
    issued = world.issue(box, *[KAIFENGDAO] * 12)
    if stage == "sealed_setup":
        return box
    actions.open_voting(box=box, by=world.HEAD, at=world.NOON)
    world.vote_all(box, issued[: 3 if stage == "too_few" else 11])
    void = world.code_row(issued[11])
    actions.void_code(code=void, reason="lost", by=world.CLERK, at=world.NOON)
    if stage != "open":
        world.close(box)
    if stage in ("opened", "destroyed", "too_few"):
        world.open_up(box)
    if stage == "too_few":
        custody.destroy_half_key(box.pk)
    if stage == "destroyed":
        actions.finish_opened(box=box, by=world.CLERK, at=world.TECHNICAL_CLOSE)
    return world.fresh(box)


def kinds(box: BallotBox) -> set[str]:
    faults = verifying.verify_box(world.fresh(box)).faults
    return {fault.split(":")[0] for fault in faults}


@pytest.mark.parametrize("stage", STAGES)
def test_sound_box_has_no_fault_at_any_stage(stage: str):
    assert verifying.verify_box(box_at(stage)).faults == ()


def update(table: str, change: str) -> str:
    return f"UPDATE {table} SET {change}"


def delete_one(table: str) -> str:
    return f"DELETE FROM {table} WHERE id = (SELECT id FROM {table} LIMIT 1)"


def rehash(table: str, column: str) -> str:
    """Another value of the same length."""
    return update(table, f"{column} = sha256({column})")


BOX, ENVELOPE, OPENING = "ballots_ballotbox", "ballots_envelope", "ballots_opening"
RECEIPT, EVENT = "ballots_receiptentry", "audit_auditevent"
OF_CLOSING = "WHERE verb = 'box.closed'"


@pytest.mark.parametrize(
    ("stage", "statement", "expected"),
    [
        ("open", update("ballots_promisetext", "zh = 'x'"), {"text"}),
        ("open", update(ENVELOPE, "day = day + 1"), {"macs"}),
        ("open", delete_one(ENVELOPE), {"counts"}),
        ("closed", rehash(ENVELOPE, "digest"), {"macs", "envelopes_root"}),
        ("closed", delete_one(RECEIPT), {"receipts_root", "receipts"}),
        ("opened", rehash(RECEIPT, "receipt_hash"), {"receipts_root", "receipts"}),
        ("opened", update(RECEIPT, "label = '120101009'"), {"receipts"}),
        ("open", rehash(ENVELOPE, "receipt_hash"), {"receipts"}),
        ("opened", update(OPENING, "opened = opened + 1"), {"balance"}),
        ("opened", update(OPENING, "papers = papers + 1"), {"balance"}),
        ("opened", update(OPENING, "words = words + 1"), {"balance"}),
        ("opened", update("ballots_turnout", "count = count + 1"), {"balance"}),
        ("opened", rehash(OPENING, "receipts_root"), {"opening"}),
        ("destroyed", rehash(BOX, "envelopes_root"), {"envelopes_root"}),
        ("closed", update(EVENT, f"data = '{{}}' {OF_CLOSING}"), {"trail"}),
        ("closed", f"DELETE FROM {EVENT} {OF_CLOSING}", {"trail"}),
    ],
)
def test_fault_is_named(stage: str, statement: str, expected: set[str]):
    box = box_at(stage)
    world.sql(statement)
    assert kinds(box) == expected


def lose_half_key(box: BallotBox) -> None:
    custody.half_key_paths(box.pk)[0].unlink()


def keep_half_key(box: BallotBox) -> None:
    custody.store_half_key(box.pk, bytes(16))


@pytest.mark.parametrize(
    ("stage", "spoil"), [("open", lose_half_key), ("destroyed", keep_half_key)]
)
def test_half_key_out_of_place_is_named(stage: str, spoil: Callable):
    box = box_at(stage)
    spoil(box)
    assert kinds(box) == {"half-key"}


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_box", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def test_command_says_that_a_box_is_sound():
    code, said = run(str(box_at("opened").pk))
    assert code == 0
    assert said.splitlines()[-1] == "票箱完好。"


def test_command_lists_the_faults_and_ends_with_one():
    box = box_at("closed")
    world.sql("UPDATE ballots_promisetext SET zh = 'x' WHERE kind = 'notice'")
    code, said = run(str(box.pk), "--json")
    assert code == 1
    answer = json.loads(said)
    edition = box.notice.version
    assert answer["faults"] == [f"text: notice {edition} is not what was promised"]
    assert (answer["codes"], answer["used"], answer["envelopes"]) == (12, 11, 11)
    assert (answer["receipts"], answer["sound"]) == (12, False)


def test_command_without_such_a_box_ends_with_two():
    assert run("00000000-0000-4000-8000-000000000000") == (2, "")
