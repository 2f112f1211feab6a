"""A file whose columns nobody knows waits for one answer, which is remembered."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record
from residents import files
from residents.actions.uploads import ImportNotOpen, forget_rows
from residents.importers.readers import open_book
from residents.mapping import Column, columns_of
from residents.models import ColumnMapping, RosterImport

State = RosterImport.State


@transaction.atomic
def ask_for_columns(*, roster_import: RosterImport, by: Actor, at: dt.datetime) -> bool:
    """Stop and ask, when the file has a table whose titles are unknown.

    False when there is nothing to ask: then the file is to be refused.
    """
    columns = columns_in(roster_import)
    if not any(not column.known for column in columns):
        return False
    mine = RosterImport.objects.filter(pk=roster_import.pk, state=State.UPLOADED)
    if not mine.update(state=State.MAPPING, claim=None, claimed_at=None):
        raise ImportNotOpen(roster_import.pk)
    forget_rows(roster_import)
    record(
        "roster.columns_asked",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"columns": len(columns)},
    )
    return True


def columns_in(roster_import: RosterImport) -> list[Column]:
    """Titles and masked samples, read from the stored file."""
    with files.load(roster_import.stored_as, roster_import=roster_import.pk) as content:
        return columns_of(open_book(content, roster_import.file_name))


@transaction.atomic
def confirm_columns(
    *, roster_import: RosterImport, names: Mapping[str, str], by: User, at: dt.datetime
) -> None:
    """Remember what the titles mean in this street, and read the file again."""
    waiting = RosterImport.objects.filter(pk=roster_import.pk, state=State.MAPPING)
    if not waiting.update(state=State.UPLOADED, attempts=0):
        raise ImportNotOpen(roster_import.pk)
    for header, field in names.items():
        ColumnMapping.objects.update_or_create(
            division_id=roster_import.street_id,
            header=header,
            defaults={"field": field, "confirmed_by": by, "confirmed_at": at},
        )
    record(
        "roster.mapped",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"fields": sorted(names.values())},
    )
