"""Name and numbers of a household go at once, wherever they still stand (T103).

Keyed marks stay as they were: by them the next file is known to speak of the same
family, and brings nothing back. The uploaded file itself is sealed in pieces that
cannot be cut; it goes with the purge, and reports made of it leave this family out.
"""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from residents import doubts, privacy
from residents.actions.blanking import blank_row, blank_rows_about
from residents.erased import Erased
from residents.models import (
    PERSONAL_FIELDS,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
)

CODE_LENGTHS = (2, 4, 6, 9, 12)


def erase_person(household: Household, *, on: dt.date) -> None:
    """Everything but the marks; the caller holds the household and its district.

    Its numbers are on the list of those never to be called already.
    """
    person = privacy.of_household(household)
    changes = RosterChange.objects.filter(
        Q(household=household) | Q(pk=household.pk)
    ).select_related("row")
    kept = _kept_rows(household)
    linked = [
        change.row_id
        for change in changes
        if change.row_id and _is_own(change, household)
    ]
    for row in [*kept.filter(pk__in=linked), *_unmarked(kept, household, person)]:
        blank_row(row)
    for change in changes:
        if change.household_id == household.pk:
            _blank_before(change)
    _blank_household(household, on=on)
    erased = Erased(Household.objects.filter(pk=household.pk))
    blank_rows_about(erased, kept.filter(address_key__in=list(erased.doors)))


def _kept_rows(household: Household) -> QuerySet[RosterRow]:
    """The staged rows of every file that may speak of this household."""
    codes = [household.community_id[:length] for length in CODE_LENGTHS]
    return RosterRow.objects.filter(
        roster_import__in=RosterImport.objects.filter(street__in=codes)
    )


def _blank_household(household: Household, *, on: dt.date) -> None:
    for name in PERSONAL_FIELDS:
        setattr(household, name, b"")
    household.phone_index, household.given = None, ""
    household.review_codes = doubts.without_person(household.review_codes)
    household.needs_review = bool(household.review_codes)
    household.erased_on = household.erased_on or on
    household.save()


def _blank_before(change: RosterChange) -> None:
    """An undo puts back what is left: the marks, and no name."""
    if not change.before:
        return
    codes = doubts.without_person(change.before.get("review_codes", ""))
    blank = dict.fromkeys(PERSONAL_FIELDS, "") | {
        "phone_index": None,
        "review_codes": codes,
        "needs_review": bool(codes),
    }
    change.before = change.before | {
        name: value for name, value in blank.items() if name in change.before
    }
    change.save(update_fields=["before"])


def _is_own(change: RosterChange, household: Household) -> bool:
    """A change of the family that moved out is linked to the row of the next one."""
    moved_in = change.pk == household.pk
    return moved_in or change.kind not in {"new", "head_and_phone"}


def _unmarked(
    kept: QuerySet[RosterRow], household: Household, person: privacy.Person
) -> Iterable[RosterRow]:
    """Rows that were not stored have no marks: they are opened and compared."""
    numbers = {person.phone, person.phone_alt, person.landline} - {""}
    key = household.dwelling.address_key
    unmarked = (
        kept.filter(fingerprint=None)
        .filter(Q(address_key=key) | Q(address_key=""))
        .exclude(values=b"")
    )
    return [
        row
        for row in unmarked.iterator(chunk_size=1000)
        if _names(privacy.open_row(row.pk, row.values), person.head_name, numbers)
    ]


def _names(content: dict[str, object], head: str, numbers: set[str]) -> bool:
    """Whether a row that was refused has this name or one of these numbers."""
    values = content.get("values")
    if not isinstance(values, dict):
        return False
    told = {values.get(name, "") for name in ("phone", "phone_alt", "landline")}
    return bool(numbers & told) or (bool(head) and values.get("head") == head)
