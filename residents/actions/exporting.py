"""A report holds names and numbers: two people answer for it (T77, T92).

One asks and says why, another one releases what was asked for, and whoever has asked
may take it for a day. The trail keeps each step, and with each copy rows, columns,
SHA-256, reason and both people.
"""

import datetime as dt
from typing import BinaryIO

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import crypto
from audit.actions import record
from residents import files
from residents.actions.confirming import DigestChanged
from residents.actions.corrections import KeepsThisRoster, keeps_roster
from residents.annotated import Written, write_report
from residents.models import RosterExport, RosterImport
from residents.models.exports import WAITS

REPORTED = (RosterImport.State.PREVIEWED, RosterImport.State.CONFIRMED)
COLUMN = "原因"
State = RosterExport.State


class NothingToReport(Exception):
    """The file and its rows are not, or no longer, kept."""


class ExportWaiting(Exception):
    """The same person has asked for the same report and waits for the answer."""


class ExportDecided(Exception):
    """Somebody has released or refused it, or it has waited for too long."""


class ReleasedByRequester(Exception):
    """Whoever asks for a report does not release it (T92)."""


class ExportClosed(Exception):
    """Not released to this person, or longer ago than a day."""


def request_export(
    *, roster_import: RosterImport, purpose: str, by: User, at: dt.datetime
) -> RosterExport:
    """Ask for the report of an import; it goes out when a second person agrees."""
    try:
        with transaction.atomic():
            return _request(roster_import, purpose=purpose, by=by, at=at)
    except IntegrityError as error:
        raise ExportWaiting(roster_import.pk) from error


def _request(
    roster_import: RosterImport, *, purpose: str, by: User, at: dt.datetime
) -> RosterExport:
    roster_import = reportable(roster_import)
    asked = RosterExport.objects.filter(
        roster_import=roster_import, requested_by=by, state=State.WAITING
    )
    asked.filter(requested_at__lte=at - WAITS).update(state=State.LAPSED)
    export = RosterExport(
        roster_import=roster_import,
        street_id=roster_import.street_id,
        purpose=purpose,
        requested_by=by,
        requested_at=at,
    )
    export.digest = digest_of(export)
    export.save(force_insert=True)
    _tell("roster.export_requested", export, by=by, at=at)
    return export


def reportable(roster_import: RosterImport) -> RosterImport:
    """The import as it is; NothingToReport when its file or its rows are gone."""
    found = RosterImport.objects.get(pk=roster_import.pk)
    if found.state not in REPORTED or not found.stored_as:
        raise NothingToReport(found.pk)
    return found


def digest_of(export: RosterExport) -> bytes:
    """SHA-256 over what the second person sees: file, columns, rows, who and why."""
    source = export.roster_import
    return crypto.digest(
        "export.v1",
        source.pk.bytes,
        bytes(source.sha256),
        ",".join(columns_of(source)),
        str(source.rows.count()),
        export.requested_by.audit_name,
        export.purpose,
    )


@transaction.atomic
def release_export(
    *, export: RosterExport, digest: bytes, by: User, at: dt.datetime
) -> None:
    """Let who has asked take the report, for a day; exactly what was shown."""
    waiting = _taken(export, by=by, at=at)
    reportable(waiting.roster_import)
    shown = crypto.equal(digest, bytes(waiting.digest))
    if not shown or not crypto.equal(digest, digest_of(waiting)):
        raise DigestChanged(waiting.pk)
    _decide(waiting, State.RELEASED, by=by, at=at)
    _tell("roster.export_released", waiting, by=by, at=at)


@transaction.atomic
def refuse_export(
    *, export: RosterExport, reason: str, by: User, at: dt.datetime
) -> None:
    """The report stays where it is; who has asked is told why."""
    waiting = _taken(export, by=by, at=at)
    _decide(waiting, State.REFUSED, by=by, at=at, reason=reason)
    digest = crypto.digest(reason).hex()
    _tell("roster.export_refused", waiting, by=by, at=at, reason=digest)


def _taken(export: RosterExport, *, by: User, at: dt.datetime) -> RosterExport:
    """The request, held, for a second person who may decide it."""
    waiting = RosterExport.objects.waiting(at=at).select_for_update(of=("self",))
    found = waiting.select_related("roster_import", "requested_by").filter(pk=export.pk)
    taken = found.first()
    if taken is None:
        raise ExportDecided(export.pk)
    if taken.requested_by_id == by.pk:
        raise ReleasedByRequester(export.pk)
    if keeps_roster(by, taken.street_id, at=at):
        raise KeepsThisRoster(export.pk)
    return taken


def _decide(
    export: RosterExport, state: str, *, by: User, at: dt.datetime, reason: str = ""
) -> None:
    export.state, export.reason = state, reason
    export.decided_by, export.decided_at = by, at
    export.save(update_fields=["state", "reason", "decided_by", "decided_at"])


@transaction.atomic
def export_report(
    *, export: RosterExport, by: User, at: dt.datetime, target: BinaryIO
) -> Written:
    """The original file with the column 原因, written to `target` (T77, T113)."""
    export = RosterExport.objects.select_related("decided_by").get(pk=export.pk)
    if export.requested_by_id != by.pk or not export.is_open(at=at):
        raise ExportClosed(export.pk)
    source = reportable(export.roster_import)
    with files.load(source.stored_as, roster_import=source.pk) as content:
        written = write_report(source, content, target)
    record(
        "roster.report_exported",
        target=source,
        by=by,
        at=at,
        division=source.street_id,
        data={
            "export": str(export.pk),
            "reason": export.purpose,
            "second": export.decided_by.audit_name if export.decided_by else "",
            "rows": written.rows,
            "sha256": written.sha256.hex(),
            "columns": columns_of(source),
        },
    )
    return written


def columns_of(roster_import: RosterImport) -> list[str]:
    """The fields that the report holds, and the added column."""
    names = {name for sheet in roster_import.sheets for name in sheet["columns"]}
    return [*sorted(names), COLUMN]


def _tell(
    verb: str, export: RosterExport, *, by: User, at: dt.datetime, **data: str
) -> None:
    told = {
        "import": str(export.roster_import_id),
        "purpose": export.purpose,
        "digest": export.digest_hex,
    }
    record(
        verb, target=export, by=by, at=at, division=export.street_id, data=told | data
    )
