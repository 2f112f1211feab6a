"""A dry run: the real staging and the real comparison, in a transaction taken back.

Nothing of it stays: no row, no file, no event. What is shown is therefore what a
confirmation would do, by the same code.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from django.db import transaction

from officials.models import Division
from residents.actions.reading import (
    file_counts,
    finish_parsing,
    matcher_of,
    stage_file,
    write_difference,
)
from residents.annotated import write_report
from residents.importers.log import ImportLog
from residents.importers.rows import Amendment, ParsedRow, worst
from residents.mapping import Answers
from residents.models import RosterImport
from residents.places import ZONE

PIECE = 1 << 20


class AnswersUnused(Exception):
    """Answers about columns or sheets that the file does not have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


@dataclass
class Rehearsal:
    """What a file would do. `rows` by sheet number; empty when not asked for."""

    street: Division
    file_name: str
    log: ImportLog
    counts: dict[str, Any]
    digest: bytes
    names: dict[str, str]
    rows: dict[int, list[ParsedRow]] = field(default_factory=dict)


@dataclass
class Witness:
    """Keeps the judged rows that pass by, with what later rows said about them."""

    rows: dict[tuple[int, int], ParsedRow] = field(default_factory=dict)

    def watch(
        self, items: Iterator[ParsedRow | Amendment]
    ) -> Iterator[ParsedRow | Amendment]:
        for item in items:
            place = (item.sheet, item.number)
            if isinstance(item, Amendment):
                row = self.rows[place]
                problems = (*row.problems, item.problem)
                item_now = replace(row, problems=problems, action=worst(problems))
                self.rows[place] = item_now
            else:
                self.rows[place] = item
            yield item

    def by_sheet(self) -> dict[int, list[ParsedRow]]:
        sheets: dict[int, list[ParsedRow]] = {}
        for (sheet, _number), row in sorted(self.rows.items()):
            sheets.setdefault(sheet, []).append(row)
        return sheets


@transaction.atomic
def rehearse(
    *,
    street: Division,
    file_name: str,
    content: BinaryIO,
    at: dt.datetime,
    max_rows: int,
    keep_rows: bool,
    report: BinaryIO | None = None,
    answers: Answers | None = None,
) -> Rehearsal:
    """Refused when the file cannot be read. The database is as it was before.

    `answers` say what its columns are; ColumnsUnknown tells what is still to be said,
    AnswersUnused that the file has no such column or sheet.
    `report` takes the file with its reasons: they were in the caller's hands already.
    """
    size, sha256 = _measured(content)
    roster_import = RosterImport.objects.create(
        street=street,
        file_name=file_name[:200],
        size=size,
        sha256=sha256,
        claim=uuid.uuid4(),
        uploaded_at=at,
    )
    witness, matcher = Witness(), matcher_of(street, answers)
    run = stage_file(
        roster_import,
        content,
        on=at.astimezone(ZONE).date(),
        max_rows=max_rows,
        watch=witness.watch if keep_rows else None,
        matcher=matcher,
    )
    if matcher.unused:
        raise AnswersUnused(matcher.unused)
    finish_parsing(roster_import, run.log)
    if report:
        roster_import.sheets = [sheet.as_data() for sheet in run.log.sheets]
        write_report(roster_import, content, report)
    difference = write_difference(roster_import)
    rehearsal = Rehearsal(
        street,
        file_name,
        run.log,
        roster_import.counts | file_counts(difference),
        difference.digest,
        dict(run.places.names),
        witness.by_sheet(),
    )
    transaction.set_rollback(True)
    return rehearsal


def _measured(content: BinaryIO) -> tuple[int, bytes]:
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := content.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return size, digest.digest()
