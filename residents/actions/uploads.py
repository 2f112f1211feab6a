"""A file comes in; it may be refused or taken back before it is confirmed."""

import contextlib
import datetime as dt
import uuid
from typing import Any, BinaryIO

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record
from officials.models import Division
from residents import files
from residents.importers import readers
from residents.importers.normalise import INVISIBLE
from residents.importers.rows import Refused
from residents.models import RosterChange, RosterImport, RosterRow

State = RosterImport.State
UNFINISHED = (State.UPLOADED, State.MAPPING, State.PARSED, State.PREVIEWED)


class ImportNotOpen(Exception):
    """The import has been confirmed, refused or cancelled already."""


def upload_roster(
    *,
    street: Division,
    file_name: str,
    content: BinaryIO,
    by: Actor,
    at: dt.datetime,
) -> RosterImport:
    """Keep a file, sealed, until it is read. Refused when it is no roster at all.

    Storage knows no transactions: the file is removed again when the row fails.
    """
    content.seek(0)
    kind = readers.kind_of(content.read(readers.HEAD), file_name)
    number = uuid.uuid4()
    with contextlib.ExitStack() as undo:
        stored = files.store(content, roster_import=number)
        undo.callback(files.discard, stored.name)
        roster_import = _register(
            RosterImport(
                pk=number,
                street=street,
                file_name=INVISIBLE.sub("", file_name)[:200],
                stored_as=stored.name,
                size=stored.size,
                sha256=stored.sha256,
                format=kind,
                uploaded_by=by if isinstance(by, User) else None,
                uploaded_at=at,
            ),
            by=by,
            at=at,
        )
        undo.pop_all()
    return roster_import


@transaction.atomic
def _register(
    roster_import: RosterImport, *, by: Actor, at: dt.datetime
) -> RosterImport:
    roster_import.save(force_insert=True)
    record(
        "roster.uploaded",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={
            "sha256": bytes(roster_import.sha256).hex(),
            "size": roster_import.size,
            "format": roster_import.format,
        },
    )
    return roster_import


@transaction.atomic
def refuse_import(
    *, roster_import: RosterImport, refusal: Refused, by: Actor, at: dt.datetime
) -> None:
    """The file cannot be read: say why, keep nothing of it.

    The reason is kept by code and parameters: whoever looks has a language, the worker
    has none.
    """
    params = dict(refusal.params or {})
    _finish(
        roster_import,
        before=(State.UPLOADED, State.PARSED),
        values={
            "state": State.REFUSED,
            "refusal_code": refusal.code,
            "refusal": refusal.sentence,
            "refusal_params": params,
        },
    )
    record(
        "roster.refused",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"code": refusal.code, "params": params},
    )


@transaction.atomic
def cancel_import(*, roster_import: RosterImport, by: Actor, at: dt.datetime) -> None:
    """Take a file back before anybody has confirmed it; a reader stops by itself."""
    _finish(roster_import, before=UNFINISHED, values={"state": State.CANCELLED})
    record(
        "roster.cancelled",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
    )


def _finish(
    roster_import: RosterImport, *, before: tuple[str, ...], values: dict[str, Any]
) -> None:
    unfinished = RosterImport.objects.filter(pk=roster_import.pk, state__in=before)
    name = roster_import.stored_as
    if not unfinished.update(stored_as="", **values):
        raise ImportNotOpen(roster_import.pk)
    forget_rows(roster_import)
    roster_import.questions.all().delete()
    transaction.on_commit(lambda: files.discard(name))


def forget_rows(roster_import: RosterImport) -> None:
    """Remove what was read of a file; the changes keep no link to it."""
    changes = RosterChange.objects.filter(roster_import=roster_import)
    changes.exclude(row=None).update(row=None)
    RosterRow.objects.filter(roster_import=roster_import).delete()
