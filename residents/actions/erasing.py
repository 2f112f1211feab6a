"""Name and numbers of a household go at once, wherever they still stand (T103).

Keyed marks stay as they were: by them the next file is known to speak of the same
family, and brings nothing back. The uploaded file itself is sealed in pieces that
cannot be cut; it goes with the purge, and reports made of it leave this family out.
"""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from residents import marks, privacy
from residents.importers.rows import Values
from residents.models import (
    PERSONAL_FIELDS,
    Household,
    RosterChange,
    RosterImport,
    RosterRow,
)

CODE_LENGTHS = (2, 4, 6, 9, 12)


def erase_person(household: Household, *, on: dt.date) -> None:
    """Everything but the marks; the caller holds the household and its district."""
    person = privacy.of_household(household)
    changes = RosterChange.objects.filter(
        Q(household=household) | Q(pk=household.pk)
    ).select_related("row")
    known_by = marks_of_family(household, changes)
    for row in rows_of(household, person, changes, known_by):
        row.values = privacy.without_person(row.pk, row.values)
        for name in PERSONAL_FIELDS:
            setattr(row, name, b"")
        row.phone_index, row.erased = None, True
        row.save(update_fields=["values", *PERSONAL_FIELDS, "phone_index", "erased"])
    for change in changes:
        _blank_before(change)
    for name in PERSONAL_FIELDS:
        setattr(household, name, b"")
    household.phone_index = None
    household.erased_on = household.erased_on or on
    household.save()


def _blank_before(change: RosterChange) -> None:
    """An undo puts back what is left: the marks, and no name."""
    if not change.before:
        return
    blank = dict.fromkeys(PERSONAL_FIELDS, "") | {"phone_index": None}
    change.before = change.before | {
        name: value for name, value in blank.items() if name in change.before
    }
    change.save(update_fields=["before"])


def marks_of_family(
    household: Household, changes: Iterable[RosterChange]
) -> set[bytes]:
    """Marks of its names and numbers, now and before; those of nothing left out."""
    nothing = marks.marks_of(household.dwelling.address_key, Values())
    found = {bytes(household.head_mark), bytes(household.contact_mark)}
    for change in changes:
        if change.household_id != household.pk:
            continue
        told = (change.before.get(name, "") for name in ("head_mark", "contact_mark"))
        found |= {bytes.fromhex(mark) for mark in told if mark}
    return found - {nothing.head, nothing.contact}


def rows_of(
    household: Household,
    person: privacy.Person,
    changes: Iterable[RosterChange],
    known_by: set[bytes],
) -> list[RosterRow]:
    """The staged rows, of any file still kept, that speak of this family.

    Rows that were not stored have no marks: they are opened and compared.
    """
    codes = [household.community_id[:length] for length in CODE_LENGTHS]
    kept = RosterRow.objects.filter(
        roster_import__in=RosterImport.objects.filter(street__in=codes)
    )
    family = Q(head_mark__in=known_by) | Q(contact_mark__in=known_by)
    linked = [change.row_id for change in changes if _is_own(change, household)]
    key = household.dwelling.address_key
    found = kept.filter(Q(pk__in=linked) | Q(address_key=key) & family)
    return [*found, *_unmarked(kept, household, person)]


def _is_own(change: RosterChange, household: Household) -> bool:
    """A change of the family that moved out is linked to the row of the next one."""
    moved_in = change.pk == household.pk
    return moved_in or change.kind not in {"new", "head_and_phone"}


def _unmarked(
    kept: QuerySet[RosterRow], household: Household, person: privacy.Person
) -> list[RosterRow]:
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
