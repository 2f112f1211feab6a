"""Requests of residents: to see, correct or erase what is kept of them (T103)."""

import datetime as dt

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import crypto
from audit.actions import record
from residents import marks, privacy
from residents.actions.confirming import lock_district
from residents.actions.corrections import (
    CorrectionWaiting,
    RequestClosed,
    drop_corrections,
)
from residents.actions.deciding import as_it_is
from residents.actions.erasing import erase_person
from residents.models import DataRequest, Household, NeverCall, RosterCorrection
from residents.places import ZONE

WORKING_DAYS = 15
SATURDAY = 5
State = DataRequest.State
Kind = DataRequest.Kind


class RequestOpen(Exception):
    """The same household has asked the same and waits for the answer."""


def due_after(day: dt.date, *, days: int = WORKING_DAYS) -> dt.date:
    """The last of so many working days after `day`; only weekends are known as free.

    Public holidays are not: the day is then too early, never too late.
    """
    while days:
        day += dt.timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day


def register_request(
    *, household: Household, kind: str, received_on: dt.date, by: User, at: dt.datetime
) -> DataRequest:
    """A form came in; it is due in 15 working days."""
    try:
        with transaction.atomic():
            return _register(
                household, kind=kind, received_on=received_on, by=by, at=at
            )
    except IntegrityError as error:
        raise RequestOpen(household.pk) from error


def _register(
    household: Household, *, kind: str, received_on: dt.date, by: User, at: dt.datetime
) -> DataRequest:
    request = DataRequest.objects.create(
        household=household,
        community_id=household.community_id,
        kind=kind,
        received_on=received_on,
        due_on=due_after(received_on),
        received_by=by,
    )
    _tell("data_request.registered", request, by=by, at=at)
    return request


@transaction.atomic
def answer_view(
    *, request: DataRequest, by: User, at: dt.datetime
) -> tuple[Household, privacy.Person]:
    """Everything that is kept of the household, to be printed and handed over."""
    _close(request, Kind.VIEW, State.DONE, at=at)
    household = Household.objects.select_related("dwelling", "community").get(
        pk=request.household_id
    )
    shown = privacy.reveal(by=by, reason="request", households=[household], at=at)
    _tell("data_request.viewed", request, by=by, at=at)
    return household, shown[household.pk]


@transaction.atomic
def answer_erasure(*, request: DataRequest, by: User, at: dt.datetime) -> None:
    """Remove name, telephones and note at once; never call these numbers again.

    Address and status stay while the frame needs them: a dwelling that is left out of
    the frame would no longer have its chance to be drawn. The district is held: no
    file that was opened before can bring the name back while it goes.
    """
    lock_district(request.community_id)
    _close(request, Kind.ERASE, State.DONE, at=at)
    household = as_it_is(request.household)
    day = at.astimezone(ZONE).date()
    person = privacy.of_household(household)
    for number in (person.phone, person.phone_alt, person.landline):
        if number:
            _never_call(number, on=day)
    drop_corrections(household, by=by, at=at)
    erase_person(household, on=day)
    _tell("data_request.erased", request, by=by, at=at)


def _never_call(number: str, *, on: dt.date) -> None:
    algorithm_id, key_id = marks.key_in_use()
    NeverCall.objects.get_or_create(
        phone_index=marks.phone_index(number),
        defaults={
            "index_algorithm_id": algorithm_id,
            "index_key_id": key_id,
            "since": on,
        },
    )


@transaction.atomic
def refuse_request(
    *, request: DataRequest, answer: str, by: User, at: dt.datetime
) -> None:
    """It cannot be done; the resident is told why. The trail keeps only a digest."""
    if RosterCorrection.objects.waiting().filter(request=request).exists():
        raise CorrectionWaiting(request.pk)
    _close(request, request.kind, State.REFUSED, at=at, answer=answer)
    digest = crypto.digest(answer).hex()
    _tell("data_request.refused", request, by=by, at=at, digest=digest)


def _close(
    request: DataRequest, kind: str, state: str, *, at: dt.datetime, answer: str = ""
) -> None:
    still_open = DataRequest.objects.filter(pk=request.pk, kind=kind, state=State.OPEN)
    closed_on = at.astimezone(ZONE).date()
    if not still_open.update(state=state, closed_on=closed_on, answer=answer):
        raise RequestClosed(request.pk)


def _tell(
    verb: str, request: DataRequest, *, by: User, at: dt.datetime, **data: str
) -> None:
    record(
        verb,
        target=request,
        by=by,
        at=at,
        division=request.community_id,
        data={"kind": str(request.kind), **data},
    )
