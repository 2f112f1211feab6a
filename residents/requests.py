"""What a resident is shown: every field of T96 for one household, with its why."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from residents.importers.normalise import compact
from residents.models import (
    PERSONAL_FIELDS,
    DataRequest,
    Dwelling,
    Household,
    RosterChange,
    SnapshotHousehold,
)
from residents.privacy import FIELDS, Kept, Person

MOST_DOORS = 20
MARKED = _("（加密钥的摘要，读不出原文）")


def doors(scopes: Scopes, address: str) -> QuerySet[Household]:
    """Households whose address has all these words, at most 20."""
    if not address.strip():
        return Household.objects.none()
    households = Household.objects.current().within(scopes)
    for word in address.split():
        part = f"|{compact(word)}"
        households = households.filter(dwelling__address_key__contains=part)
    return households.select_related("dwelling", "community").order_by(
        "dwelling__address_key"
    )[:MOST_DOORS]


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One stored field: its name, what stands in it, and the line of T96."""

    name: str
    value: str | Promise
    kept: Kept


def everything_kept(household: Household, person: Person) -> list[KeptLine]:
    return [
        *_lines(household.dwelling, "Dwelling", {}),
        *_lines(
            household,
            "Household",
            {name: getattr(person, name) for name in PERSONAL_FIELDS},
        ),
    ]


def _lines(
    row: Dwelling | Household, model: str, clear: dict[str, str]
) -> list[KeptLine]:
    lines = []
    for field in row._meta.concrete_fields:
        value: Any = clear.get(field.name)
        if value is None:
            value = getattr(row, field.attname)
        if isinstance(value, bytes | memoryview):
            value = MARKED
        name = str(field.verbose_name)
        lines.append(
            KeptLine(name, "" if value is None else value, FIELDS[model][field.name])
        )
    return lines


def other_tables(household: Household) -> list[tuple[str, int]]:
    """Where else the household stands, and how often."""
    tables = (RosterChange, SnapshotHousehold, DataRequest)
    return [
        (
            str(table._meta.verbose_name),
            table._default_manager.filter(household=household).count(),
        )
        for table in tables
    ]
