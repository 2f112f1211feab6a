"""What a resident is shown: every field of T96 for one household, with its why."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from residents import doubts
from residents.importers.normalise import compact
from residents.models import (
    PERSONAL_FIELDS,
    DataRequest,
    Dwelling,
    Household,
    ResidenceStatus,
    RosterChange,
    RosterCorrection,
    SnapshotHousehold,
)
from residents.privacy import (
    CONTACT,
    FIELDS,
    LINK,
    Kept,
    Person,
    masked_correction,
    masked_person,
)
from residents.reviews import sentence_of
from residents.tables import FIELD_NAMES

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

    name: str | Promise
    value: str | Promise
    kept: Kept


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """One field of a correction: what stands there, and what shall."""

    name: str | Promise
    before: str | Promise
    after: str | Promise


def field_names(correction: RosterCorrection) -> list[str | Promise]:
    """In the words of the page: 户主姓名, 联系电话."""
    return [CORRECTED[name] for name in correction.fields if name in CORRECTED]


CORRECTED: dict[str, str | Promise] = {
    "head": FIELD_NAMES["head"],
    "phone": FIELD_NAMES["phone"],
    "landline": _("固定电话"),
    "status": FIELD_NAMES["status"],
}


def masked_lines(correction: RosterCorrection) -> list[CorrectionLine]:
    person = masked_person(correction.request.household)
    return correction_lines(correction, person, masked_correction(correction))


def correction_lines(
    correction: RosterCorrection, person: Person, values: dict[str, str]
) -> list[CorrectionLine]:
    """Old beside new, for the fields that change; none once it is decided."""
    household = correction.request.household
    before = {
        "head": person.head_name,
        "phone": person.phone,
        "landline": person.landline,
        "status": household.get_residence_status_display(),
    }
    return [
        CorrectionLine(CORRECTED[name], before[name], _told(name, values[name]))
        for name in correction.fields
        if name in values
    ]


def _told(name: str, value: str) -> str | Promise:
    return ResidenceStatus(value).label if name == "status" else value


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """Fields that are kept for the same purpose, in the same way, for as long."""

    kept: Kept
    lines: list[KeptLine]


# What the models give no name to, because no page shows it.
NAMES: dict[str, str | Promise] = {
    "id": _("记录编号"),
    "current_slot": _("现住标记"),
    "phone_index": _("电话的摘要"),
    "fingerprint": _("整条记录的摘要"),
    "head_mark": _("姓名的摘要"),
    "contact_mark": _("号码的摘要"),
    "index_algorithm_id": _("摘要的算法"),
    "index_key_id": _("摘要的密钥编号"),
}


def everything_kept(household: Household, person: Person) -> list[KeptGroup]:
    """Every field, grouped by its line of T96; what a person reads comes first."""
    clear = {name: getattr(person, name) for name in PERSONAL_FIELDS}
    lines = [
        *_lines(household, "Household", clear),
        *_lines(household.dwelling, "Dwelling", {}),
    ]
    groups: dict[Kept, list[KeptLine]] = {CONTACT: []}
    for line in lines:
        groups.setdefault(line.kept, []).append(line)
    ordered = sorted(groups.items(), key=lambda group: group[0] == LINK)
    return [KeptGroup(kept, found) for kept, found in ordered]


def _lines(
    row: Dwelling | Household, model: str, clear: dict[str, str]
) -> list[KeptLine]:
    return [
        KeptLine(
            NAMES.get(field.name, str(field.verbose_name)),
            clear[field.name] if field.name in clear else _shown(row, field),
            FIELDS[model][field.name],
        )
        for field in row._meta.concrete_fields
    ]


def _shown(row: Dwelling | Household, field: "Field[Any, Any]") -> str | Promise:
    """A stored value in words; keyed marks cannot be read by anybody."""
    value: Any = getattr(row, field.attname)
    if value is None or value == "":
        return ""
    if isinstance(value, bytes | memoryview):
        return MARKED
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if field.name == "community":
        return str(row.community)
    if field.name == "given":
        return "、".join(str(CORRECTED[name]) for name in doubts.split(value))
    if field.name in {"review_codes", "settled_codes"}:
        return " ".join(str(sentence_of(code)) for code in doubts.split(value))
    return str(value)


def other_tables(household: Household) -> list[tuple[str, int]]:
    """Where else the household stands, and how often."""
    changes = RosterChange.objects.filter(Q(household=household) | Q(pk=household.pk))
    frozen = SnapshotHousehold.objects.filter(household=household)
    asked = DataRequest.objects.filter(household=household)
    corrected = RosterCorrection.objects.filter(request__household=household)
    return [
        (str(rows.model._meta.verbose_name), rows.count())
        for rows in (changes, frozen, asked, corrected)
    ]
