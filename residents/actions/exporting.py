"""A report goes out: it holds names and numbers, so the trail keeps who took it."""

import datetime as dt
from typing import BinaryIO

from django.db import transaction

from audit.actions import Actor, record
from residents import files
from residents.annotated import Written, write_report
from residents.models import RosterImport

REPORTED = (RosterImport.State.PREVIEWED, RosterImport.State.CONFIRMED)
COLUMN = "原因"


class NothingToReport(Exception):
    """The file and its rows are not, or no longer, kept."""


@transaction.atomic
def export_report(
    *,
    roster_import: RosterImport,
    reason: str,
    by: Actor,
    at: dt.datetime,
    target: BinaryIO,
) -> Written:
    """The original file with the column 原因, written to `target` (T77, T113)."""
    roster_import = RosterImport.objects.get(pk=roster_import.pk)
    if roster_import.state not in REPORTED or not roster_import.stored_as:
        raise NothingToReport(roster_import.pk)
    with files.load(roster_import.stored_as, roster_import=roster_import.pk) as content:
        written = write_report(roster_import, content, target)
    record(
        "roster.report_exported",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={
            "reason": reason,
            "rows": written.rows,
            "sha256": written.sha256.hex(),
            "columns": columns_of(roster_import),
        },
    )
    return written


def columns_of(roster_import: RosterImport) -> list[str]:
    """The fields that the report holds, and the added column."""
    names = {name for sheet in roster_import.sheets for name in sheet["columns"]}
    return [*sorted(names), COLUMN]
