"""Files and rows of confirmed imports go after 30 days (T96, T101)."""

import datetime as dt

from django.db import transaction

from audit.actions import Actor, record
from residents import files
from residents.actions.uploads import forget_rows
from residents.models import RosterImport

KEPT = dt.timedelta(days=30)


def purge_imports(*, by: Actor, at: dt.datetime) -> int:
    """Remove every file and row that is past its time; the number of imports."""
    done = (RosterImport.State.CONFIRMED, RosterImport.State.UNDONE)
    due = RosterImport.objects.filter(
        state__in=done, confirmed_at__lte=at - KEPT
    ).exclude(stored_as="")
    numbers = list(due.values_list("pk", flat=True))
    for number in numbers:
        _purge(RosterImport.objects.get(pk=number), by=by, at=at)
    return len(numbers)


@transaction.atomic
def _purge(roster_import: RosterImport, *, by: Actor, at: dt.datetime) -> None:
    name = roster_import.stored_as
    still_there = RosterImport.objects.filter(pk=roster_import.pk, stored_as=name)
    if not still_there.update(stored_as=""):
        return
    forget_rows(roster_import)
    record(
        "roster.purged",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
    )
    transaction.on_commit(lambda: files.discard(name))
