"""A correction that a household has asked for: entered by one, confirmed by another.

T103 sends it through the roster change set, T92 asks for two people: nothing is written
before the second has seen it. How it is kept: ADR 0014.
"""

import datetime as dt

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from audit import crypto
from audit.actions import Actor, record
from residents import privacy
from residents.actions.confirming import DigestChanged, lock_district
from residents.actions.deciding import (
    Correction,
    held,
    rewrite,
    write_correction,
)
from residents.models import DataRequest, Household, RosterCorrection
from residents.models.exports import WAITS
from residents.never_call import never_called
from residents.places import ZONE

State = RosterCorrection.State
ERASED = "erased"


class RequestClosed(Exception):
    """The request has been answered already."""


class CorrectionWaiting(Exception):
    """A correction for this request lies with the second person already."""


class CorrectionDecided(Exception):
    """Somebody has confirmed it, sent it back or taken it back."""


class CorrectionEmpty(Exception):
    """What shall be written stands there already."""


class NumberNeverCalled(Exception):
    """The household had this number erased, for good: it gives another one or none."""


class ConfirmedByProposer(Exception):
    """Whoever has entered a correction does not confirm it (T92)."""


class CorrectionTooOld(Exception):
    """Entered more than 72 hours ago: it is entered again (T92)."""


class KeepsThisRoster(Exception):
    """Whoever keeps a roster does not approve what is written into it (T87)."""


def propose_correction(
    *, request: DataRequest, correction: Correction, by: User, at: dt.datetime
) -> RosterCorrection:
    """Keep the correction, sealed, until a second person has decided."""
    try:
        with transaction.atomic():
            return _propose(request, correction, by=by, at=at)
    except IntegrityError as error:
        raise CorrectionWaiting(request.pk) from error


def _propose(
    request: DataRequest, correction: Correction, *, by: User, at: dt.datetime
) -> RosterCorrection:
    lock_district(request.community_id)
    asked = DataRequest.objects.select_for_update(no_key=True).filter(
        pk=request.pk, kind=DataRequest.Kind.CORRECT, state=DataRequest.State.OPEN
    )
    if asked.first() is None:
        raise RequestClosed(request.pk)
    household = held(request.household)
    _check_numbers(household, correction)
    proposed = RosterCorrection(
        request=request,
        community_id=request.community_id,
        fields=correction.changed,
        proposed_by=by,
        proposed_at=at,
    )
    values = {name: getattr(correction, name) for name in correction.changed}
    proposed.values = privacy.seal_correction(proposed.pk, values)
    proposed.digest = digest_of(household, correction)
    proposed.save(force_insert=True)
    _tell("data_request.correction_entered", proposed, by=by, at=at)
    return proposed


def _check_numbers(household: Household, correction: Correction) -> None:
    """A number that must never be called does not come back to who had it erased."""
    told = (correction.phone or "", correction.landline or "")
    if household.erased_on and never_called(told):
        raise NumberNeverCalled(household.pk)


def digest_of(household: Household, correction: Correction) -> bytes:
    """SHA-256 over household, fields, and all its values before and after.

    Values are told by their keyed marks: the digest stays in the history and nobody
    finds a number by trying. The household is not saved. CorrectionEmpty when nothing
    would change.
    """
    before = bytes(household.fingerprint)
    draft = Household.objects.select_related("dwelling").get(pk=household.pk)
    rewrite(draft, correction)
    after = bytes(draft.fingerprint)
    if after == before:
        raise CorrectionEmpty(household.pk)
    fields = ",".join(correction.changed)
    return crypto.digest("correction.v1", household.pk.bytes, fields, before, after)


@transaction.atomic
def confirm_correction(
    *, correction: RosterCorrection, digest: bytes, by: User, at: dt.datetime
) -> None:
    """Write exactly what was shown, close the request; everything, or nothing.

    1. another person than who entered it, and none who keeps this roster;
    2. district and household are held: what was shown is still what would be written;
    3. the values are written and forgotten here, the request is closed;
    4. the event comes last; without it nothing has happened.
    """
    lock_district(correction.community_id)
    waiting = _taken(correction)
    _check_second_person(waiting, by=by, at=at)
    if at >= waiting.proposed_at + WAITS:
        raise CorrectionTooOld(waiting.pk)
    household = held(waiting.request.household)
    wanted = Correction(**privacy.open_correction(waiting.pk, waiting.values))
    shown = crypto.equal(digest, bytes(waiting.digest))
    if not shown or not crypto.equal(digest, _digest_now(household, wanted)):
        raise DigestChanged(waiting.pk)
    _check_numbers(household, wanted)
    write_correction(household, wanted, by=by, at=at)
    _decide(waiting, State.CONFIRMED, by=by, at=at)
    still_open = DataRequest.objects.filter(
        pk=waiting.request_id, state=DataRequest.State.OPEN
    )
    closed_on = at.astimezone(ZONE).date()
    if not still_open.update(state=DataRequest.State.DONE, closed_on=closed_on):
        raise RequestClosed(waiting.request_id)
    _tell("data_request.corrected", waiting, by=by, at=at)


def _digest_now(household: Household, wanted: Correction) -> bytes:
    """Of the household as it is; b"" when somebody has written the same meanwhile."""
    try:
        return digest_of(household, wanted)
    except CorrectionEmpty:
        return b""


@transaction.atomic
def reject_correction(
    *, correction: RosterCorrection, reason: str, by: User, at: dt.datetime
) -> None:
    """Back to the desk with the reason; the request is open again, nothing written."""
    waiting = _taken(correction)
    _check_second_person(waiting, by=by, at=at)
    _decide(waiting, State.REJECTED, by=by, at=at, reason=reason)
    digest = crypto.digest(reason).hex()
    _tell("data_request.correction_rejected", waiting, by=by, at=at, reason=digest)


@transaction.atomic
def withdraw_correction(
    *, correction: RosterCorrection, by: User, at: dt.datetime
) -> None:
    """The desk takes it back, to enter it anew or to answer otherwise."""
    waiting = _taken(correction)
    _decide(waiting, State.WITHDRAWN, by=by, at=at)
    _tell("data_request.correction_withdrawn", waiting, by=by, at=at)


def drop_corrections(household: Household, *, by: User, at: dt.datetime) -> None:
    """What waits would bring a name back that has just been erased."""
    waiting = RosterCorrection.objects.waiting().select_for_update()
    for correction in waiting.filter(request__household=household):
        _decide(correction, State.WITHDRAWN, by=by, at=at)
        _tell(
            "data_request.correction_withdrawn",
            correction,
            by=by,
            at=at,
            reason=ERASED,
        )


def _taken(correction: RosterCorrection) -> RosterCorrection:
    """The correction, held; CorrectionDecided when somebody was faster."""
    waiting = RosterCorrection.objects.waiting().select_for_update(of=("self",))
    found = waiting.filter(pk=correction.pk).first()
    if found is None:
        raise CorrectionDecided(correction.pk)
    return found


def _check_second_person(
    correction: RosterCorrection, *, by: User, at: dt.datetime
) -> None:
    if correction.proposed_by_id == by.pk:
        raise ConfirmedByProposer(correction.pk)
    if keeps_roster(by, correction.community_id, at=at):
        raise KeepsThisRoster(correction.pk)


def keeps_roster(user: User, code: str, *, at: dt.datetime) -> bool:
    """Whether this user uploads and mends the roster of a division (T87)."""
    day = at.astimezone(ZONE).date()
    return scopes_of(user, Permission.ROSTER_IMPORT, on=day).cover(code)


def _decide(
    correction: RosterCorrection,
    state: str,
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
) -> None:
    correction.state, correction.reason = state, reason
    correction.decided_by, correction.decided_at = by, at
    correction.values = b""
    correction.save(
        update_fields=["state", "reason", "decided_by", "decided_at", "values"]
    )


def _tell(
    verb: str, correction: RosterCorrection, *, by: Actor, at: dt.datetime, **data: str
) -> None:
    told = {
        "request": str(correction.request_id),
        "fields": correction.fields,
        "digest": correction.digest_hex,
    }
    record(
        verb,
        target=correction,
        by=by,
        at=at,
        division=correction.community_id,
        data=told | data,
    )
