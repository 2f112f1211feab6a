"""How verbs hold their rows. One order for all: box, code, audit head."""

from audit import vendor_sql
from audit.actions import SYSTEM, Actor
from ballots.errors import SecondPersonNeeded
from ballots.models import BallotBox, BallotCode


def locked(box: BallotBox) -> BallotBox:
    """The fresh row, alone: waits for casts in flight and keeps new ones waiting."""
    return BallotBox.objects.select_for_update().get(pk=box.pk)


def held(box: BallotBox) -> BallotBox:
    """The fresh row, kept in its state beside others until this transaction ends."""
    vendor_sql.hold_row(BallotBox, box.pk)
    return BallotBox.objects.get(pk=box.pk)


def locked_code(code: BallotCode) -> BallotCode:
    return BallotCode.objects.select_for_update().get(pk=code.pk)


def need_second(by: Actor, second: Actor | None) -> None:
    """A grave act asks for another person (T92)."""
    if second is None or second.audit_name == by.audit_name or second == SYSTEM:
        raise SecondPersonNeeded(by.audit_name)
