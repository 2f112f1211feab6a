"""Issue, void and re-issue codes (T17 to T23)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from audit import crypto, vendor_sql
from audit.actions import Actor, record
from ballots import codes, labels, receipts, trail
from ballots.actions import locks
from ballots.errors import BoxNotOpen, CodeVoid, HouseholdHasCode, TermsRefused
from ballots.models import BallotBox, BallotCode, ReceiptEntry

MOST_CODES = 1_000_000
COLUMNS = (
    "id",
    "box_id",
    "household",
    "slot_key",
    "stratum",
    "voter_class",
    "code_hash",
    "algorithm_id",
    "key_id",
    "batch",
    "state",
    "void_reason",
    "replaces_id",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Who gets a code: an opaque household (none at meetings) and its stratum.

    A stratum begins with the 12 digits of its community.
    """

    household: UUID | None
    stratum: str
    voter_class: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """The only place where a code stands in clear: hand it on and forget it (T19)."""

    code_id: UUID
    household: UUID | None
    stratum: str
    code: str
    receipt: str

    def __repr__(self) -> str:
        return f"IssuedCode({self.code_id})"


@transaction.atomic
def issue_codes(
    *, box: BallotBox, places: Iterable[Place], by: Actor, at: dt.datetime
) -> list[IssuedCode]:
    """One new code per place, in their order; in clear in the answer only (T17, T19).

    Raises HouseholdHasCode, or BoxNotOpen once the box takes no ballots any more.
    """
    box = locks.held(box)
    _must_take_codes(box, at)
    wanted = list(places)
    if box.codes.count() + len(wanted) > MOST_CODES:
        message = f"more than {MOST_CODES} codes"
        raise TermsRefused(message)
    batch = uuid4()
    issued = _insert(box, wanted, batch)
    record(
        "codes.issued",
        by=by,
        at=at,
        target=box,
        division=box.division,
        data={
            "batch": str(batch),
            "count": len(issued),
            "by_place": Counter(labels.community_of(p.stratum) for p in wanted),
        },
    )
    return issued


@transaction.atomic
def void_code(
    *,
    code: BallotCode,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> None:
    """Void a code and its envelope, unread (T23). A used code needs two persons.

    While the box takes ballots the envelope goes at once and the household is free
    for one new code. In the void window of a closed box a used code is only listed;
    the opening applies the list (T48).
    """
    box = locks.held(code.box)
    code = locks.locked_code(code)
    if code.state == BallotCode.State.VOID or code.void_reason:
        raise CodeVoid(code.void_reason)
    closed = box.state == BallotBox.State.CLOSED
    if closed or code.state == BallotCode.State.USED:
        locks.need_second(by, second)
    if closed:
        _list_as_void(box, code, reason, at)
    else:
        _must_take_codes(box, at)
        _void_now(box, code, reason)
    record(
        "code.voided",
        by=by,
        at=at,
        target=box,
        division=labels.community_of(code.stratum)[:12],
        data={
            "code": str(code.pk),
            "reason": BallotCode.VoidReason(reason).value,
            "second": second.audit_name if second else "",
        },
    )


@transaction.atomic
def reissue_code(
    *,
    code: BallotCode,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> IssuedCode:
    """A new code for the household of a void one, once; a live code is voided first.

    Above the box's share of a community the act needs two persons (T23).
    """
    box = locks.held(code.box)
    _must_take_codes(box, at)
    code = locks.locked_code(code)
    if code.state != BallotCode.State.VOID:
        void_code(code=code, reason=reason, by=by, at=at, second=second)
    if _reissues_are_many(box, code.stratum):
        locks.need_second(by, second)
    place = Place(code.household, code.stratum, code.voter_class)
    batch = uuid4()
    try:
        (issued,) = _insert(box, [place], batch, replaces=code.pk)
    except IntegrityError as error:
        raise HouseholdHasCode(str(code.pk)) from error
    record(
        "code.reissued",
        by=by,
        at=at,
        target=box,
        division=labels.community_of(code.stratum)[:12],
        data={
            "batch": str(batch),
            "code": str(issued.code_id),
            "replaces": str(code.pk),
            "second": second.audit_name if second else "",
        },
    )
    return issued


def slot_key(box_id: UUID, household: UUID | None) -> str | None:
    """SHA-256(box, household) in hex: one live code per household and box (T11)."""
    if household is None:
        return None
    return crypto.digest(box_id.bytes, household.bytes).hex()


def _must_take_codes(box: BallotBox, at: dt.datetime) -> None:
    if box.state == BallotBox.State.SEALED_SETUP or box.takes_ballots(at=at):
        return
    raise BoxNotOpen(box.state)


def _insert(
    box: BallotBox,
    places: Sequence[Place],
    batch: UUID,
    *,
    replaces: UUID | None = None,
) -> list[IssuedCode]:
    issued, rows = [], []
    for place in places:
        code, code_id = codes.new_code(), uuid4()
        hashed = codes.code_hash(code)
        receipt = receipts.receipt(box.pk, code_id, key_id=box.receipt_key_id)
        issued.append(
            IssuedCode(code_id, place.household, place.stratum, code, receipt)
        )
        rows.append(
            (
                code_id,
                box.pk,
                place.household,
                slot_key(box.pk, place.household),
                place.stratum,
                place.voter_class,
                hashed.digest,
                hashed.algorithm_id,
                hashed.key_id,
                batch,
                BallotCode.State.ISSUED.value,
                "",
                replaces,
            )
        )
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            vendor_sql.copy_rows(BallotCode, COLUMNS, rows)
    except IntegrityError as error:
        if "code_one_live_per_household" in str(error):
            raise HouseholdHasCode(str(box.pk)) from None
        raise
    return issued


def _void_now(box: BallotBox, code: BallotCode, reason: str) -> None:
    """Envelope away unread, slot free, and an entry for the look-up (T66)."""
    code.envelopes.all().delete()
    code.state = BallotCode.State.VOID
    code.void_reason = BallotCode.VoidReason(reason)
    code.slot_key = None
    code.save(update_fields=["state", "void_reason", "slot_key"])
    ReceiptEntry.objects.create(
        box=box,
        receipt_hash=receipts.hash_of_code(box, code.pk),
        state=ReceiptEntry.State.VOID,
        reason=code.void_reason,
    )


def _list_as_void(
    box: BallotBox, code: BallotCode, reason: str, at: dt.datetime
) -> None:
    """On the void list of the window; only what lies in the box can stand there.

    An envelope smuggled in for an unused code counts as its use: so it can be listed.
    """
    ends = trail.void_window_ends(box)
    tampered = reason == BallotCode.VoidReason.TAMPERED and code.envelopes.exists()
    in_box = code.state == BallotCode.State.USED or tampered
    # What was tampered with stops the opening, so it may be listed until then (T52).
    late = ends is None or (at >= ends and reason != BallotCode.VoidReason.TAMPERED)
    if late or not in_box:
        raise BoxNotOpen(box.state)
    code.state = BallotCode.State.USED
    code.void_reason = BallotCode.VoidReason(reason)
    code.save(update_fields=["state", "void_reason"])


def _reissues_are_many(box: BallotBox, stratum: str) -> bool:
    """Would one more exceed the share of this community?"""
    here = box.codes.filter(stratum__startswith=labels.community_of(stratum))
    reissued = here.filter(replaces__isnull=False).count()
    return (reissued + 1) * 1000 > here.count() * box.reissue_permille
