"""An export that takes longer than a request may: asked, written, taken, forgotten.

The row says what is due (docs/adr/0016). Writing it is one transaction with the event
`figures.exported`; each copy that is taken is an event of its own, as with reports of
rosters (T77).
"""

import datetime as dt
import logging
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils import translation
from xlsxwriter.exceptions import FileCreateError

from accounts.models import User
from audit import crypto
from audit.actions import record
from audit.vendor_sql import hold_name
from evaluations.exports import kept
from evaluations.exports.actions import Asked, export_figures
from evaluations.exports.files import FileDisagrees, digest_of
from evaluations.models import FigureExport
from evaluations.models.figure_exports import KEPT, Format
from evaluations.publication import Audience

JOB = "evaluations.write_export"
DOWNLOADED = "figures.downloaded"
# Ratings that one request writes: 1 to 3 seconds. A web worker is killed after 30.
AT_ONCE = 2_000
State = FigureExport.State
logger = logging.getLogger(__name__)


class ExportBusy(Exception):
    """Somebody else is writing it at this moment."""


class ExportOver(Exception):
    """Written already, or not wanted any more."""


class ExportClosed(Exception):
    """Not written yet, kept for long enough, or another person's."""


class FileMissing(ExportClosed):
    """The file was taken away before its time."""


class FileChanged(ExportClosed):
    """The file is not the one that was written: it is not given out."""


# What writing refuses with a sentence: a file that disagrees, a disk that is full.
REFUSALS = (FileDisagrees, FileCreateError, OSError)


def is_large(rows: int) -> bool:
    return rows > AT_ONCE


def ask_export(
    asked: Asked, *, rows: int, language: str, by: User, at: dt.datetime
) -> FigureExport:
    """Ask that the file be written; the same one asked for twice is written once."""
    same = FigureExport.objects.asked().filter(
        asked_by=by,
        district=asked.district,
        first=asked.first,
        last=asked.last,
        audience=asked.audience.value,
        form=asked.form,
    )
    same.lapsed(at=at).update(state=State.LAPSED)
    if waiting := same.first():
        return waiting
    try:
        with transaction.atomic():
            return FigureExport.objects.create(
                district=asked.district,
                first=asked.first,
                last=asked.last,
                audience=asked.audience.value,
                form=asked.form,
                reason=asked.reason,
                language=language,
                expected=rows,
                asked_by=by,
                asked_at=at,
            )
    except IntegrityError:
        # The second click of two came first.
        return same.get()


def write_export(*, export: FigureExport, at: dt.datetime) -> FigureExport:
    """Write the file and say that it is there, once.

    ExportBusy when another worker is at it, ExportOver when nothing is left to do;
    whatever is raised leaves no file, no event and the row as it was.
    """
    with kept.new_file() as stored:
        return _write(export, stored, at=at)


@transaction.atomic
def _write(
    export: FigureExport, stored: kept.Stored, *, at: dt.datetime
) -> FigureExport:
    if not hold_name(_name(export)):
        raise ExportBusy(export.pk)
    asked = FigureExport.objects.waiting(at=at).filter(pk=export.pk)
    waiting = asked.select_related("district", "asked_by").first()
    if waiting is None:
        raise ExportOver(export.pk)
    with translation.override(waiting.language):
        made = export_figures(
            what(waiting), by=waiting.asked_by, at=at, target=stored.target
        )
    stored.settle()
    asked.update(
        state=State.DONE,
        done_at=at,
        rows=made.rows,
        sha256=made.sha256,
        stored_as=stored.name,
    )
    return FigureExport.objects.get(pk=waiting.pk)


def _name(export: FigureExport) -> str:
    """Held by whoever changes the state of an export that was asked for."""
    return f"figure export {export.pk}"


def what(export: FigureExport) -> Asked:
    return Asked(
        district=export.district,
        first=export.first,
        last=export.last,
        audience=Audience(export.audience),
        form=Format(export.form),
        reason=export.reason,
    )


def take_export(*, export: FigureExport, by: User, at: dt.datetime) -> BinaryIO:
    """The file, open at its start, after its SHA-256 was compared and told of.

    ExportClosed, FileMissing or FileChanged give nothing out.
    """
    found = FigureExport.objects.get(pk=export.pk)
    if found.asked_by_id != by.pk or not found.is_open(at=at):
        raise ExportClosed(found.pk)
    try:
        content = kept.opened(found.stored_as)
    except FileNotFoundError as error:
        logger.warning("The file of export %s is missing", found.pk)
        raise FileMissing(found.pk) from error
    try:
        _tell_of_copy(found, content, by=by, at=at)
    except BaseException:
        content.close()
        raise
    return content


@transaction.atomic
def _tell_of_copy(
    export: FigureExport, content: BinaryIO, *, by: User, at: dt.datetime
) -> None:
    """What is hashed here is what goes out: the same open file."""
    if not crypto.equal(digest_of(content).encode(), export.sha256.encode()):
        logger.error("The file of export %s is not the one written", export.pk)
        raise FileChanged(export.pk)
    record(
        DOWNLOADED,
        target=export,
        by=by,
        at=at,
        division=export.district_id,
        data={
            "export": str(export.pk),
            "reason": export.reason,
            "rows": export.rows,
            "sha256": export.sha256,
        },
    )


def purge_exports(*, at: dt.datetime) -> int:
    """Delete files after their 24 hours; give up what was not written in as long."""
    gone = [_forget(export) for export in FigureExport.objects.expired(at=at)]
    for export in FigureExport.objects.lapsed(at=at):
        _give_up(export)
    named = FigureExport.objects.filter(state=State.DONE)
    known = set(named.values_list("stored_as", flat=True))
    return sum(gone) + kept.discard_left(known, before=at - KEPT)


@transaction.atomic
def _forget(export: FigureExport) -> int:
    still_there = FigureExport.objects.filter(pk=export.pk, state=State.DONE)
    done = still_there.update(state=State.GONE, stored_as="")
    transaction.on_commit(lambda: kept.discard(export.stored_as))
    return done


@transaction.atomic
def _give_up(export: FigureExport) -> None:
    """Unless somebody is writing it after all."""
    if hold_name(_name(export)):
        FigureExport.objects.asked().filter(pk=export.pk).update(state=State.LAPSED)
