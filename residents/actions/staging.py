"""Judged rows on their way into the staging table, batch by batch."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from audit.vendor_sql import copy_rows
from residents import marks, privacy
from residents.importers.rows import Amendment, ParsedRow, Values
from residents.importers.run import Run
from residents.models import RosterImport, RosterRow, RowAction
from residents.queries import BATCH, in_batches

COLUMNS = (
    "id",
    "roster_import_id",
    "sheet",
    "row_no",
    "action",
    "problems",
    "community_id",
    "address_key",
    "residence_status",
    "phone_index",
    "fingerprint",
    "head_mark",
    "contact_mark",
    "values",
)


class ClaimLost(Exception):
    """The import was cancelled, or another worker has taken it over."""


@dataclass(slots=True)
class Stage:
    """Where the rows of one import go, as long as its claim holds."""

    roster_import: RosterImport
    amendments: list[Amendment] = field(default_factory=list)

    def store_all(self, run: Run, items: Iterator[ParsedRow | Amendment]) -> None:
        """Store what `items`, a walk through `run`, yields; then check the counts."""
        for batch in in_batches(self._rows(items), BATCH):
            with transaction.atomic():
                copy_rows(RosterRow, COLUMNS, map(self._columns, batch))
                self._show_progress(run.read)
        for amendments in in_batches(self.amendments, BATCH):
            self._amend(amendments)
        run.log.check()

    def _rows(self, items: Iterator[ParsedRow | Amendment]) -> Iterator[ParsedRow]:
        for item in items:
            if isinstance(item, Amendment):
                self.amendments.append(item)
            else:
                yield item

    def _columns(self, row: ParsedRow) -> tuple[Any, ...]:
        number = uuid.uuid4()
        content = privacy.seal_row(number, content_of(row)) if row.values else b""
        columns = (
            number,
            self.roster_import.pk,
            row.sheet,
            row.number,
            row.action.value,
            ",".join(row.codes),
            row.community or None,
        )
        if not row.stored or row.address is None or row.values is None:
            key = row.address.key if row.address and has_key(row) else ""
            return (*columns, key, "", None, None, None, None, content)
        found = marks.marks_of(row.address.key, row.values)
        return (
            *columns,
            row.address.key,
            row.values.status,
            found.phone,
            found.fingerprint,
            found.head,
            found.contact,
            content,
        )

    def _show_progress(self, rows_done: int) -> None:
        mine = RosterImport.objects.filter(
            pk=self.roster_import.pk,
            claim=self.roster_import.claim,
            state=RosterImport.State.UPLOADED,
        )
        if not mine.update(rows_done=rows_done, claimed_at=Now()):
            raise ClaimLost(self.roster_import.pk)

    def _amend(self, amendments: Iterable[Amendment]) -> None:
        """Rows that were stored before a later row spoke about them."""
        codes: dict[tuple[int, int], list[str]] = {}
        for amendment in amendments:
            place = (amendment.sheet, amendment.number)
            codes.setdefault(place, []).append(amendment.problem.code)
        for sheet in {place[0] for place in codes}:
            numbers = [number for at, number in codes if at == sheet]
            rows = list(
                RosterRow.objects.filter(
                    roster_import=self.roster_import, sheet=sheet, row_no__in=numbers
                )
            )
            for row in rows:
                told = [code for code in row.problems.split(",") if code]
                row.problems = ",".join([*told, *codes[sheet, row.row_no]])
                row.action = RowAction.WARN
            RosterRow.objects.bulk_update(rows, ["problems", "action"], batch_size=500)


def has_key(row: ParsedRow) -> bool:
    """Whether a row that is not stored still names a door: then it is not missing."""
    address = row.address
    if address is None or not address.community:
        return False
    parts = (address.compound, address.building, address.room)
    return all(part.key for part in parts) and len(address.key) <= KEY_LENGTH


KEY_LENGTH = 180


def content_of(row: ParsedRow) -> dict[str, Any]:
    """What is sealed of a row: clean values, address as written, and findings."""
    content: dict[str, Any] = {
        "found": [
            (found.code, found.field, found.original, found.cleaned)
            for found in row.problems
            if found.original or found.cleaned
        ]
    }
    if row.address:
        content["address"] = {name: part.text for name, part in row.address.parts}
    if row.values:
        content["values"] = values_as_data(row.values)
    return content


def values_as_data(values: Values) -> dict[str, Any]:
    return {
        "head": values.head,
        "phone": values.phone,
        "phone_alt": values.phone_alt,
        "landline": values.landline,
        "count": values.count,
        "status": values.status,
        "moved_in": values.moved_in.isoformat() if values.moved_in else None,
        "grid": values.grid,
        "note": values.note,
    }
