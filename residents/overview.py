"""The first page of the room: streets and what their rosters hold."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models import Household, ResidenceStatus, RosterImport
from residents.queries import status_counts
from residents.tables import FIELD_NAMES, streets_of

STREET_DIGITS = 9
# The households of so many streets are counted for one page, and of no others.
STREETS_PER_PAGE = 10
RESIDENT = ResidenceStatus.RESIDENT.value
UNREAD = _("不读")


@dataclass(frozen=True, slots=True)
class StreetLine:
    """How the roster of one street stands now."""

    street: Division
    dwellings: int
    resident: int
    last: dt.datetime | None


def street_page(scopes: Scopes, number: Any) -> Page[Division]:
    return Paginator(streets_of(scopes), STREETS_PER_PAGE).get_page(number)


def street_lines(page: Page[Division]) -> list[StreetLine]:
    """Two queries, however many streets; a page holds few."""
    streets = list(page.object_list)
    last = dict(
        RosterImport.objects.filter(
            street__in=streets, state=RosterImport.State.CONFIRMED
        )
        .order_by("confirmed_at")
        .values_list("street_id", "confirmed_at")
    )
    counts: dict[str, Counter[str]] = {}
    communities = Division.objects.filter(parent__in=streets)
    households = Household.objects.current().filter(community__in=communities)
    for community, by_status in status_counts(households).items():
        counts.setdefault(community[:STREET_DIGITS], Counter()).update(by_status)
    return [
        StreetLine(
            street,
            counts.get(street.code, Counter()).total(),
            counts.get(street.code, Counter())[RESIDENT],
            last.get(street.code),
        )
        for street in streets
    ]


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """What people have said about the columns of one sheet."""

    sheet: str
    left_out: bool
    names: list[tuple[str, str | Promise]]


def answered_lines(roster_import: RosterImport) -> list[AnsweredLine]:
    """Sheets that were not read by name alone; nothing when all were."""
    lines = [
        AnsweredLine(
            sheet["name"],
            "LEFT_OUT" in sheet["problems"],
            [
                (title, FIELD_NAMES.get(name, UNREAD))
                for title, name in sheet.get("answered", {}).items()
            ],
        )
        for sheet in roster_import.sheets
    ]
    return [line for line in lines if line.left_out or line.names]
