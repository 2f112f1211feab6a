"""Files and rows go after 30 days, households 12 months after they left (T96, T101)."""

import contextlib
import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q

from audit.actions import Actor, record
from residents import files
from residents.actions.uploads import (
    UNFINISHED,
    ImportNotOpen,
    cancel_import,
    forget_rows,
)
from residents.models import (
    PERSONAL_FIELDS,
    Household,
    ResidenceStatus,
    RosterChange,
    RosterImport,
)
from residents.places import ZONE
from residents.queries import BATCH, in_batches

KEPT = dt.timedelta(days=30)
MONTHS_AFTER_LEAVING = 12


def purge_imports(*, by: Actor, at: dt.datetime) -> int:
    """Remove every file and row that is past its time; the number of imports.

    A file that nobody has confirmed is taken back when it has waited as long.
    """
    for waiting in RosterImport.objects.filter(
        state__in=UNFINISHED, uploaded_at__lte=at - KEPT
    ):
        with contextlib.suppress(ImportNotOpen):
            cancel_import(roster_import=waiting, by=by, at=at)
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


# --- households that have left ------------------------------------------------------


@transaction.atomic
def purge_left_households(*, by: Actor, at: dt.datetime) -> int:
    """Forget who lived there 12 months ago or earlier; the number of households.

    Names, numbers, notes and their marks go, here and in the old values of changes,
    and with them what was particular to the household. Its row stays: a frozen frame
    counts it. Without marks it is done and is not looked at again.
    """
    last = months_before(at.astimezone(ZONE).date(), MONTHS_AFTER_LEAVING)
    left = Household.objects.filter(until__lte=last).exclude(fingerprint=b"")
    gone = list(left.values_list("pk", flat=True))
    for batch in in_batches(gone, BATCH):
        _forget(batch)
    if gone:
        data = {"households": len(gone), "left_until": last.isoformat()}
        record("roster.households_purged", by=by, at=at, data=data)
    return len(gone)


def _forget(numbers: list[uuid.UUID]) -> None:
    touched = Q(household__in=numbers) | Q(pk__in=numbers)
    RosterChange.objects.filter(touched).exclude(before={}).update(before={})
    Household.objects.filter(pk__in=numbers).update(
        **dict.fromkeys(PERSONAL_FIELDS, b""),
        **dict.fromkeys(("fingerprint", "head_mark", "contact_mark"), b""),
        phone_index=None,
        given="",
        resident_count=None,
        moved_in=None,
        residence_status=ResidenceStatus.UNVERIFIED,
        needs_review=False,
        review_codes="",
        settled_codes="",
    )


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    first = dt.date(index // 12, index % 12 + 1, 1)
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, (following - dt.timedelta(days=1)).day))
