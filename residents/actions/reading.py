"""Read a file, stage its rows, show what it would change: claimed, resumed, refused."""

import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Count, F, JSONField, Value
from django.db.models.functions import Now

from audit.actions import Actor, record
from audit.vendor_sql import copy_rows, insert_from, take_stock
from officials.models import Division
from residents import files, marks, places
from residents.actions.blanking import blank_erased
from residents.actions.confirming import lock_district
from residents.actions.mapping import answers_of, ask_for_columns, remember
from residents.actions.staging import ClaimLost, Stage
from residents.actions.uploads import ImportNotOpen, forget_rows, refuse_import
from residents.difference import Difference, before_of, statuses_of
from residents.importers.log import ImportLog
from residents.importers.readers import open_book
from residents.importers.rows import Amendment, ParsedRow, Refused
from residents.importers.rows import sentence as _
from residents.importers.run import BROWSER_ROWS, Run
from residents.mapping import Answers, Matcher, Memory
from residents.models import ChangeKind, RosterChange, RosterImport
from residents.queries import BATCH, in_batches
from residents.questions import ColumnsUnknown

Watch = Callable[[Iterator[ParsedRow | Amendment]], Iterator[ParsedRow | Amendment]]
logger = logging.getLogger(__name__)
State = RosterImport.State
# A file at which this many workers have died is not tried again.
ATTEMPTS = 3
CHANGE_COLUMNS = (
    "id",
    "roster_import_id",
    "kind",
    "community_id",
    "row_id",
    "dwelling_id",
    "household_id",
    "status_before",
    "status_after",
    "before",
)
NEW_DOOR_COLUMNS = (
    "id",
    "roster_import_id",
    "kind",
    "community_id",
    "row_id",
    "status_before",
    "status_after",
    "before",
)


def read_roster(
    *,
    roster_import: RosterImport,
    by: Actor,
    at: dt.datetime,
    on: dt.date | None = None,
    max_rows: int = BROWSER_ROWS,
    answers: Answers | None = None,
) -> RosterImport:
    """Bring an uploaded file to its preview, or refuse it with the reason.

    Claimed by a conditional update: a second worker goes home, a dead one's file is
    taken over and read again from the start. Harmless twice. `on` is the day after
    which a date lies in the future: that of `at`, unless history is being told.
    Columns that nobody can name are asked about: then the import waits in MAPPING.
    `answers` say what they are, before they are asked.
    """
    today = on or at.astimezone(places.ZONE).date()
    mine = claim(roster_import, at=at)
    if mine is None:
        return RosterImport.objects.get(pk=roster_import.pk)
    try:
        _read(
            mine,
            by=by,
            at=at,
            on=today,
            max_rows=max_rows,
            answers=answers or answers_of(mine),
        )
    except (ClaimLost, ImportNotOpen):
        logger.info("Import %s was cancelled or taken over", mine.pk)
    return RosterImport.objects.get(pk=roster_import.pk)


def _read(
    roster_import: RosterImport,
    *,
    by: Actor,
    at: dt.datetime,
    on: dt.date,
    max_rows: int,
    answers: Answers,
) -> None:
    """To the preview, to a question about columns, or to the refusal."""
    try:
        if roster_import.attempts > ATTEMPTS:
            raise Refused("READ_FAILED", _("这份文件几次都没读完，请联系系统管理员。"))
        if roster_import.state == State.UPLOADED:
            _parse(
                roster_import,
                by=by,
                at=at,
                on=on,
                max_rows=max_rows,
                answers=answers,
            )
        preview_import(roster_import=roster_import, by=by, at=at)
    except ColumnsUnknown as unknown:
        ask_for_columns(
            roster_import=roster_import, questions=unknown.questions, by=by, at=at
        )
    except Refused as refusal:
        refuse_import(roster_import=roster_import, refusal=refusal, by=by, at=at)


def claim(roster_import: RosterImport, *, at: dt.datetime) -> RosterImport | None:
    waiting = RosterImport.objects.waiting(at=at).filter(pk=roster_import.pk)
    token = uuid.uuid4()
    if not waiting.update(claim=token, claimed_at=Now(), attempts=F("attempts") + 1):
        return None
    return RosterImport.objects.select_related("street").get(claim=token)


def _parse(
    roster_import: RosterImport,
    *,
    by: Actor,
    at: dt.datetime,
    on: dt.date,
    max_rows: int,
    answers: Answers,
) -> None:
    forget_rows(roster_import)
    matcher = matcher_of(roster_import.street, answers)
    with files.load(roster_import.stored_as, roster_import=roster_import.pk) as content:
        run = stage_file(
            roster_import, content, on=on, max_rows=max_rows, matcher=matcher
        )
    with transaction.atomic():
        # Whoever has asked to be erased meanwhile was not known when reading began.
        lock_district(roster_import.street_id)
        blank_erased(roster_import)
        finish_parsing(roster_import, run.log)
        remember(roster_import=roster_import, learnt=matcher.learnt, by=by, at=at)
        record(
            "roster.parsed",
            target=roster_import,
            by=by,
            at=at,
            division=roster_import.street_id,
            data={"read": run.log.read, "actions": run.log.actions},
        )


def stage_file(
    roster_import: RosterImport,
    content: BinaryIO,
    *,
    on: dt.date,
    max_rows: int,
    watch: Watch | None = None,
    matcher: Matcher | None = None,
) -> Run:
    """Read the whole file into the staging table; Refused when it cannot be read.

    `watch` sees every judged row pass by, for a dry run that prints them. `matcher`
    knows what a person has said about columns; without it only what is remembered.
    """
    matcher = matcher or matcher_of(roster_import.street)
    book = matcher.matched(open_book(content, roster_import.file_name))
    algorithm_id, key_id = marks.key_in_use()
    RosterImport.objects.filter(pk=roster_import.pk).update(
        rows_total=book.height,
        rows_done=0,
        started_at=Now(),
        encoding=book.encoding,
        index_algorithm_id=algorithm_id,
        index_key_id=key_id,
    )
    run = Run(book, matcher.places, on=on, max_rows=max_rows)
    Stage(roster_import).store_all(run, watch(iter(run)) if watch else iter(run))
    return run


def matcher_of(street: Division, answers: Answers | None = None) -> Matcher:
    return Matcher(Memory(street), places.places_of(street), answers or Answers())


def finish_parsing(roster_import: RosterImport, log: ImportLog) -> None:
    mine = RosterImport.objects.filter(
        pk=roster_import.pk, claim=roster_import.claim, state=State.UPLOADED
    )
    sheets = [sheet.as_data() for sheet in log.sheets]
    counts = {"read": log.read, "actions": log.actions}
    if not mine.update(
        state=State.PARSED,
        sheets=sheets,
        counts=counts,
        rows_done=log.read,
        rows_total=log.read,
    ):
        raise ImportNotOpen(roster_import.pk)
    roster_import.counts = counts


@transaction.atomic
def preview_import(
    *, roster_import: RosterImport, by: Actor, at: dt.datetime
) -> RosterImport:
    """Compare with the roster of this moment; a later preview replaces an earlier."""
    roster_import = RosterImport.objects.select_for_update(no_key=True).get(
        pk=roster_import.pk
    )
    if roster_import.is_undo or roster_import.state not in {
        State.PARSED,
        State.PREVIEWED,
    }:
        raise ImportNotOpen(roster_import.pk)
    blank_erased(roster_import)
    difference = write_difference(roster_import)
    roster_import.state = State.PREVIEWED
    roster_import.digest = difference.digest
    roster_import.previewed_at = at
    roster_import.counts = roster_import.counts | file_counts(difference)
    roster_import.save(update_fields=["state", "digest", "previewed_at", "counts"])
    record(
        "roster.previewed",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={
            "digest": roster_import.digest_hex,
            "changes": roster_import.counts["changes"],
        },
    )
    return roster_import


def write_difference(roster_import: RosterImport) -> Difference:
    """Store the changes of an import anew."""
    RosterChange.objects.filter(roster_import=roster_import).delete()
    difference = Difference(roster_import)
    # COPY needs the connection for itself: it runs between two fetches of the walk.
    for batch in in_batches(_change_columns(difference), BATCH):
        copy_rows(RosterChange, CHANGE_COLUMNS, batch)
    if difference.new:
        _write_new_doors(difference)
    take_stock(RosterChange, "id", "roster_import_id", "kind", "dwelling_id")
    return difference


def _write_new_doors(difference: Difference) -> None:
    """A change for each row that brings a dwelling, under the id of the row."""
    nothing = Value({}, output_field=JSONField())
    rows = difference.new_doors.order_by().values_list(
        "pk",
        "roster_import_id",
        Value(ChangeKind.NEW.value),
        "community_id",
        "pk",
        Value(""),
        "residence_status",
        nothing,
    )
    insert_from(RosterChange, NEW_DOOR_COLUMNS, rows)


def _change_columns(difference: Difference) -> Iterator[tuple[Any, ...]]:
    for change in difference.changes():
        old = change.household
        yield (
            change.row or uuid.uuid4(),
            difference.roster_import.pk,
            str(change.kind),
            change.community,
            change.row,
            change.dwelling,
            old.pk if old else None,
            change.status_before,
            change.status_after,
            json.dumps(before_of(old)),
        )


def file_counts(difference: Difference) -> dict[str, Any]:
    """Differences, and what the file itself says about statuses."""
    by_status = (
        difference.stored.order_by()
        .values_list("community_id", "residence_status")
        .annotate(number=Count("pk"))
        .order_by("community_id", "residence_status")
    )
    return difference.counts() | {"statuses": statuses_of(by_status)}
