"""A person decides about one household; each decision is a verb with its event.

Events name the household and the fields, never what stood in them.
"""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction

from audit.actions import Actor, record
from residents import doubts, marks, privacy
from residents.actions.confirming import lock_district
from residents.difference import doubts_of
from residents.importers.rows import Values
from residents.models import Dwelling, Household
from residents.places import ZONE

RECOGNISED_BY = ("head_mark", "contact_mark", "index_algorithm_id", "index_key_id")
# Fields of a correction that name a person.
OF_THE_PERSON = frozenset({"head", "phone", "landline"})
DECIDED = ["needs_review", "review_codes", "settled_codes"]


class NotCurrent(Exception):
    """Nobody of this name lives there any more: an import or a person was faster."""


class NothingToDecide(Exception):
    """Somebody has answered already."""


class PersonErased(Exception):
    """The household had its name and numbers erased: only itself may bring them."""


class NotSuspended(Exception):
    """The dwelling is in use already."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be written instead; None leaves a value as it is."""

    head: str | None = None
    phone: str | None = None
    landline: str | None = None
    status: str | None = None

    @property
    def changed(self) -> list[str]:
        return [f.name for f in fields(self) if getattr(self, f.name) is not None]

    @property
    def names_person(self) -> bool:
        return not OF_THE_PERSON.isdisjoint(self.changed)


@transaction.atomic
def keep_household(*, household: Household, by: Actor, at: dt.datetime) -> None:
    """Everything is right as it stands; the same doubt will not be raised again."""
    household = _open(household)
    reasons = _settle(household)
    household.save(update_fields=DECIDED)
    _tell("household.kept", household, by=by, at=at, data={"reasons": reasons})


@transaction.atomic
def correct_household(
    *, household: Household, correction: Correction, by: Actor, at: dt.datetime
) -> None:
    """Write what was found out. Open reasons count as answered."""
    household = held(household)
    if household.erased_on and correction.names_person:
        raise PersonErased(household.pk)
    write_correction(household, correction, by=by, at=at)


def write_correction(
    household: Household, correction: Correction, *, by: Actor, at: dt.datetime
) -> None:
    """The part that needs no asking; the household is held by the caller."""
    reasons = _settle(household)
    rewrite(household, correction)
    household.save()
    data = {"reasons": reasons, "fields": correction.changed}
    _tell("household.corrected", household, by=by, at=at, data=data)


@transaction.atomic
def end_household(*, household: Household, by: Actor, at: dt.datetime) -> None:
    """They have moved away: the dwelling is empty until a file names somebody."""
    household = _open(household)
    reasons = _settle(household)
    household.until = max(at.astimezone(ZONE).date(), household.since)
    household.current_slot = None
    household.save(update_fields=[*DECIDED, "until", "current_slot"])
    _tell("household.moved_away", household, by=by, at=at, data={"reasons": reasons})


@transaction.atomic
def suspend_dwelling(*, household: Household, by: Actor, at: dt.datetime) -> None:
    """The dwelling is no longer lived in, torn down for example: out of every frame."""
    household = _open(household)
    reasons = _settle(household)
    household.save(update_fields=DECIDED)
    Dwelling.objects.filter(pk=household.dwelling_id).update(
        status=Dwelling.Status.SUSPENDED
    )
    _tell("dwelling.suspended", household, by=by, at=at, data={"reasons": reasons})


@transaction.atomic
def resume_dwelling(
    *, dwelling: Dwelling, reason: str, by: Actor, at: dt.datetime
) -> None:
    """It is lived in again, or was suspended by mistake: back into the next frame."""
    lock_district(dwelling.community_id)
    suspended = Dwelling.objects.filter(
        pk=dwelling.pk, status=Dwelling.Status.SUSPENDED
    )
    if not suspended.update(status=Dwelling.Status.ACTIVE):
        raise NotSuspended(dwelling.pk)
    record(
        "dwelling.resumed",
        target=dwelling,
        by=by,
        at=at,
        division=dwelling.community_id,
        data={"reason": reason},
    )


def rewrite(household: Household, correction: Correction) -> None:
    """Seal the corrected values and make their marks anew; nothing is saved yet.

    An erased family stays erased and recognisable: its marks are kept, so that the
    next file does not take it for another one. What it has given itself is written and
    noted; what it has not stays erased (ADR 0017).
    """
    kept = {name: getattr(household, name) for name in RECOGNISED_BY}
    person = privacy.of_household(household)
    head = person.head_name if correction.head is None else correction.head
    phone = person.phone if correction.phone is None else correction.phone
    landline = person.landline if correction.landline is None else correction.landline
    status = correction.status or household.residence_status
    values = Values(
        head,
        phone,
        person.phone_alt,
        landline,
        household.resident_count,
        status,
        household.moved_in,
        household.dwelling.grid,
        person.note,
    )
    write_values(household, values)
    if household.erased_on:
        for name, value in kept.items():
            setattr(household, name, value)
        given = {*doubts.split(household.given), *correction.changed} & OF_THE_PERSON
        household.given = ",".join(sorted(given))


def write_values(household: Household, values: Values) -> None:
    sealed = privacy.seal_household(
        household.pk,
        {
            "head_name": values.head,
            "phone": values.phone,
            "phone_alt": values.phone_alt,
            "landline": values.landline,
            "note": values.note,
        },
    )
    for name, box in sealed.items():
        setattr(household, name, box)
    found = marks.marks_of(household.dwelling.address_key, values)
    household.residence_status = values.status
    household.phone_index = found.phone
    household.fingerprint = found.fingerprint
    household.head_mark = found.head
    household.contact_mark = found.contact
    household.index_algorithm_id, household.index_key_id = marks.key_in_use()


def held(household: Household) -> Household:
    """The household as it is now, held until the end of the transaction.

    Files of the district wait meanwhile: what they write was compared before.
    """
    lock_district(household.community_id)
    found = as_it_is(household)
    if not found.is_current:
        raise NotCurrent(household.pk)
    return found


def as_it_is(household: Household) -> Household:
    living = Household.objects.select_for_update(of=("self",))
    return living.select_related("dwelling").get(pk=household.pk)


def _open(household: Household) -> Household:
    found = held(household)
    if not found.needs_review:
        raise NothingToDecide(household.pk)
    return found


def _settle(household: Household) -> list[str]:
    """The reasons that were open; they are answered now."""
    before = doubts_of(household)
    household.needs_review = False
    household.review_codes, household.settled_codes = doubts.when_settled(before)
    return doubts.split(before.review)


def _tell(
    verb: str, household: Household, *, by: Actor, at: dt.datetime, data: dict[str, Any]
) -> None:
    record(
        verb, target=household, by=by, at=at, division=household.community_id, data=data
    )
