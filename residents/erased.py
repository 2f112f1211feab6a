"""Families that had their name and numbers erased, as later files meet them (T103).

A file is known to speak of such a family by keyed marks bound to its door, or by a
number that must never be called: then nothing personal of that line is kept.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from residents import privacy
from residents.importers.rows import Values
from residents.marks import Marker
from residents.models import (
    Household,
    HouseholdQuerySet,
    ResidenceStatus,
    RosterChange,
)
from residents.never_call import never_called

NOBODY = Values()
VACANT = ResidenceStatus.VACANT.value
# Key id -> marks of names and of numbers that were made under it.
KnownBy = dict[int, set[bytes]]


@dataclass(frozen=True, slots=True)
class Told:
    """What one line of a file says. Without a key it names no door that exists."""

    address_key: str
    community: str
    values: Values

    @property
    def numbers(self) -> set[str]:
        values = self.values
        return {values.phone, values.phone_alt, values.landline} - {""}


@dataclass(slots=True)
class Door:
    """One door: the erased families behind it or gone from it, and who is there now."""

    key: str
    families: KnownBy = field(default_factory=lambda: defaultdict(set))
    # An erased family lives there now.
    is_theirs: bool = False
    # Another family does, which has not asked for anything.
    others: KnownBy = field(default_factory=lambda: defaultdict(set))

    def is_meant(self, told: Told, never: set[str]) -> bool:
        """Whether a line about this door speaks of an erased family.

        One equal mark is enough, as it is to be the same household. A line that names
        nobody says nothing of another family, unless the dwelling is empty.
        """
        if matches(self.others, self.key, told.values):
            return False
        if not told.values.head and not told.numbers:
            return self.is_theirs and told.values.status != VACANT
        return bool(told.numbers & never) or matches(
            self.families, self.key, told.values
        )


class Erased:
    """The erased families of some households, by door. False when there is none."""

    def __init__(self, households: HouseholdQuerySet) -> None:
        """Three queries; none but the first when nobody has asked."""
        self.doors: dict[str, Door] = {}
        erased = list(
            households.exclude(erased_on=None)
            # Purged: nothing is left by which they could be known.
            .exclude(fingerprint=b"")
            .select_related("dwelling")
        )
        befores = befores_of(erased) if erased else {}
        for household in erased:
            key = household.dwelling.address_key
            door = self.doors.setdefault(key, Door(key))
            door.is_theirs |= household.is_current
            _add(door.families, known_by(household, befores.get(household.pk, ())))
        others = Household.objects.current().filter(
            dwelling__in={household.dwelling_id for household in erased}, erased_on=None
        )
        for household in others.select_related("dwelling") if erased else ():
            door = self.doors[household.dwelling.address_key]
            _add(door.others, known_by(household, ()))

    @classmethod
    def under(cls, code: str) -> "Erased":
        return cls(Household.objects.under(code))

    def __bool__(self) -> bool:
        return bool(self.doors)

    def meant(self, lines: Sequence[Told]) -> list[bool]:
        """For each line whether it speaks of one of the families; one query or two."""
        never = never_called(
            number
            for told in lines
            if not told.address_key or told.address_key in self.doors
            for number in told.numbers
        )
        return [self._is_meant(told, never) for told in lines]

    def _is_meant(self, told: Told, never: set[str]) -> bool:
        """A line that names no door may mean any door of its community."""
        if told.address_key:
            door = self.doors.get(told.address_key)
            return door is not None and door.is_meant(told, never)
        if told.numbers & never:
            return True
        return any(
            matches(door.families, key, told.values)
            for key, door in self.doors.items()
            if key.startswith(told.community)
        )


def befores_of(
    households: Iterable[Household],
) -> Mapping[uuid.UUID, list[dict[str, Any]]]:
    """What each household was before every change of it, as the history keeps it."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    changes = RosterChange.objects.filter(
        household__in=[household.pk for household in households]
    ).exclude(before={})
    for change in changes:
        if change.household_id:
            found[change.household_id].append(change.before)
    return found


def known_by(household: Household, befores: Iterable[dict[str, Any]]) -> KnownBy:
    """Marks of its names and numbers, now and before; those of nothing left out."""
    found: KnownBy = defaultdict(set)
    found[household.index_key_id] |= {
        bytes(household.head_mark),
        bytes(household.contact_mark),
    }
    for before in befores:
        told = (before.get(name, "") for name in ("head_mark", "contact_mark"))
        found[before.get("index_key_id", household.index_key_id)] |= {
            bytes.fromhex(mark) for mark in told if mark
        }
    key = household.dwelling.address_key
    if household.given:
        person = privacy.of_household(household)
        given = Values(person.head_name, person.phone, "", person.landline)
        for key_id in found:
            found[key_id] |= said(key_id, key, given)
    return {
        key_id: marks - set(_head_and_contact(key_id, key, NOBODY))
        for key_id, marks in found.items()
    }


def matches(known: KnownBy, address_key: str, values: Values) -> bool:
    return any(
        not marks.isdisjoint(said(key_id, address_key, values))
        for key_id, marks in known.items()
    )


def said(key_id: int, address_key: str, values: Values) -> set[bytes]:
    """The marks of a name and of numbers, where there are any."""
    nothing = _head_and_contact(key_id, address_key, NOBODY)
    return set(_head_and_contact(key_id, address_key, values)) - set(nothing)


def _head_and_contact(
    key_id: int, address_key: str, values: Values
) -> tuple[bytes, bytes]:
    _fingerprint, head, contact, _phone = Marker(key_id).digests(address_key, values)
    return head, contact


def _add(known: KnownBy, more: KnownBy) -> None:
    for key_id, marks in more.items():
        known[key_id] |= marks
