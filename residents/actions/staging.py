"""Judged rows on their way into the staging table, batch by batch.

A row is staged as its dwelling and its household will be stored, sealed for the id that
they take: what is confirmed later is copied by the database and never opened again.
"""

import contextlib
import gc
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Concat, Now

from audit.vendor_sql import (
    PACKED_FLAGS,
    PACKED_NULL,
    Remembered,
    commit_lazily,
    copy_packed,
    packed,
    packed_count,
    packed_day,
    packed_number,
    take_stock,
)
from residents import doubts, marks, privacy
from residents.erased import Erased, Told
from residents.importers.rows import Action, Amendment, ParsedRow, Values
from residents.importers.run import Run
from residents.models import PERSONAL_FIELDS, RosterImport, RosterRow, RowAction
from residents.queries import BATCH, in_batches

COLUMNS = (
    "id",
    "roster_import_id",
    "sheet",
    "row_no",
    "action",
    "problems",
    "review_codes",
    "community_id",
    "address_key",
    "values",
    "erased",
    "compound",
    "building",
    "unit",
    "room",
    "grid",
    "residence_status",
    "resident_count",
    "moved_in",
    "phone_index",
    "fingerprint",
    "head_mark",
    "contact_mark",
    *PERSONAL_FIELDS,
)
COMPARED = (
    "id",
    "roster_import_id",
    "sheet",
    "action",
    "community_id",
    "address_key",
    "fingerprint",
)
NOBODY = Values()
# Of rows: sheet and line.
Places = frozenset[tuple[int, int]]
NO_ROWS: Places = frozenset()
COUNT = packed_count(COLUMNS)
ACTIONS = {action: packed(action.value.encode()) for action in Action}
# Of a row that is not stored: no door, no household, no marks.
NOTHING = packed(b"")
NOT_STORED = NOTHING * 6 + PACKED_NULL * 6 + NOTHING * len(PERSONAL_FIELDS)
# Rows that are sealed while the server writes those before them.
PIECE = 500
# Objects made between two searches for garbage.
SELDOM = 100_000


class ClaimLost(Exception):
    """The import was cancelled, or another worker has taken it over."""


@dataclass(slots=True)
class Stage:
    """Where the rows of one import go, as long as its claim holds.

    Memory: the rows of one batch and what they say about earlier ones.
    """

    roster_import: RosterImport
    amendments: list[Amendment] = field(default_factory=list)

    def store_all(self, run: Run, items: Iterator[ParsedRow | Amendment]) -> None:
        """Store what `items`, a walk through `run`, yields; then check the counts."""
        with collecting_less():
            self._store_batches(run, items)
        # What came after the last row.
        with transaction.atomic():
            self._amend()
        run.log.check()
        take_stock(RosterRow, *COMPARED)

    def _store_batches(self, run: Run, items: Iterator[ParsedRow | Amendment]) -> None:
        erased = Erased.under(self.roster_import.street_id)
        packer = Packer(self.roster_import)
        for batch in in_batches(self._rows(items), BATCH):
            with transaction.atomic():
                # Nobody asks for rows of a file that is not yet known as read.
                commit_lazily()
                theirs = rows_about(erased, batch) if erased else NO_ROWS
                copy_packed(RosterRow, COLUMNS, packer.packed(batch, theirs))
                self._amend()
                self._show_progress(run.read)

    def _rows(self, items: Iterator[ParsedRow | Amendment]) -> Iterator[ParsedRow]:
        for item in items:
            if isinstance(item, Amendment):
                self.amendments.append(item)
            else:
                yield item

    def _show_progress(self, rows_done: int) -> None:
        mine = RosterImport.objects.filter(
            pk=self.roster_import.pk,
            claim=self.roster_import.claim,
            state=RosterImport.State.UPLOADED,
        )
        if not mine.update(rows_done=rows_done, claimed_at=Now()):
            raise ClaimLost(self.roster_import.pk)

    def _amend(self) -> None:
        """Rows that were stored before a later row spoke about them."""
        spoken_of: dict[tuple[str, int], list[int]] = {}
        for amendment in self.amendments:
            about = (amendment.problem.code, amendment.sheet)
            spoken_of.setdefault(about, []).append(amendment.number)
        for (code, sheet), lines in spoken_of.items():
            for numbers in in_batches(lines, BATCH):
                RosterRow.objects.filter(
                    roster_import=self.roster_import, sheet=sheet, row_no__in=numbers
                ).update(
                    action=RowAction.WARN,
                    problems=_with_code("problems", code),
                    review_codes=_review_with(code),
                )
        self.amendments.clear()


@contextlib.contextmanager
def collecting_less() -> Iterator[None]:
    """Rows are made and dropped by the million, and none refers to itself."""
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _with_code(column: str, code: str) -> Case:
    """Codes separated by commas, and one more."""
    text = TextField()
    more = Concat(F(column), Value(f",{code}"), output_field=text)
    return Case(When(**{column: ""}, then=Value(code)), default=more, output_field=text)


def _review_with(code: str) -> Case:
    """Nobody is asked for the number of a household that had it erased."""
    more = _with_code("review_codes", code)
    if not doubts.is_of_person(code):
        return more
    return Case(When(erased=True, then=F("review_codes")), default=more)


def rows_about(erased: Erased, rows: Sequence[ParsedRow]) -> Places:
    """Sheet and line of the rows that speak of an erased family (T103)."""
    near = [
        (row, Told(key, row.community, row.values))
        for row in rows
        if row.values and ((key := key_of(row)) in erased.doors or not key)
    ]
    meant = erased.meant([told for _row, told in near])
    return frozenset(
        (row.sheet, row.number)
        for (row, _told), is_meant in zip(near, meant, strict=True)
        if is_meant
    )


class Packer:
    """Rows of one import as COPY takes them, marked and sealed."""

    def __init__(self, roster_import: RosterImport) -> None:
        self.imported = packed(roster_import.pk.bytes)
        self.marker = marks.Marker()
        self.texts = Remembered[str](lambda text: packed(text.encode()))
        self.small = Remembered[int | None](
            lambda number: packed_number(number, size=2)
        )
        self.days = Remembered(packed_day)

    def packed(
        self, rows: Sequence[ParsedRow], erased: Places = NO_ROWS
    ) -> Iterator[bytes]:
        """In the order of COLUMNS; nothing here asks the database.

        Of the `erased` ones the marks are as always, by which the same file again is
        known to change nothing; what they would tell of a person is left out.
        """
        numbers = rising_ids(len(rows))
        for piece in in_batches(rows, PIECE):
            ids = list(islice(numbers, len(piece)))
            stored = [row.stored for row in piece]
            theirs = [
                bool(erased) and (row.sheet, row.number) in erased for row in piece
            ]
            people = [
                row.values if row.values and is_stored and not is_erased else NOBODY
                for row, is_stored, is_erased in zip(piece, stored, theirs, strict=True)
            ]
            sealed = privacy.seal_people(people, ids)
            for number, row, is_stored, is_erased, *boxes in zip(
                ids, piece, stored, theirs, *sealed, strict=True
            ):
                told = self._told(number, row, is_erased)
                if is_stored:
                    told += self._door_and_household(row, is_erased)
                    told += [packed(box) if box else NOTHING for box in boxes]
                else:
                    told.append(NOT_STORED)
                yield b"".join(told)

    def _told(self, number: bytes, row: ParsedRow, is_erased: bool) -> list[bytes]:
        """What every row has: place, action, problems, community, key and findings."""
        problems = review = ""
        found = b""
        if row.problems:
            problems = ",".join(row.codes)
            review = doubts.codes_of_row(row.action, problems)
            content = content_of(row)
            if is_erased:
                review = doubts.without_person(review)
                content = privacy.without_names(content)
            if content:
                found = privacy.seal_row(uuid.UUID(bytes=number), content)
        texts = self.texts
        return [
            COUNT,
            packed(number),
            self.imported,
            self.small[row.sheet],
            packed_number(row.number, size=4),
            ACTIONS[row.action],
            texts[problems],
            texts[review],
            texts[row.community] if row.community else PACKED_NULL,
            packed(key_of(row).encode()),
            packed(found) if found else NOTHING,
            PACKED_FLAGS[is_erased],
        ]

    def _door_and_household(self, row: ParsedRow, is_erased: bool) -> list[bytes]:
        """The columns that a dwelling and a household will have, but for the sealed."""
        address, values = row.address, row.values
        if address is None or values is None:
            message = f"{row.sheet}:{row.number} is stored without an address"
            raise ValueError(message)
        fingerprint, head, contact, phone = self.marker.digests(address.key, values)
        texts = self.texts
        return [
            texts[address.compound.text],
            texts[address.building.text],
            texts[address.unit.text],
            texts[address.room.text],
            texts[values.grid],
            texts[values.status],
            self.small[values.count],
            self.days[values.moved_in],
            packed(phone) if phone and not is_erased else PACKED_NULL,
            packed(fingerprint),
            packed(head),
            packed(contact),
        ]


def rising_ids(number: int) -> Iterator[bytes]:
    """UUIDs of version 7, 16 bytes, each larger than the one before.

    48 bits of milliseconds, 26 bits that count, 48 bits of chance (RFC 9562, 6.2).
    """
    moment = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    chance = os.urandom(6 * number)
    for count in range(number):
        high, low = count >> 14 & 0xFFF | 0x7000, count & 0x3FFF | 0x8000
        rest = chance[6 * count : 6 * count + 6]
        yield moment + (high << 16 | low).to_bytes(4, "big") + rest


def key_of(row: ParsedRow) -> str:
    """The door that a row names; "" when it names none."""
    return row.address.key if row.address and (row.stored or has_key(row)) else ""


def has_key(row: ParsedRow) -> bool:
    """Whether a row that is not stored still names a door: then it is not missing."""
    address = row.address
    if address is None or not address.community:
        return False
    parts = (address.compound, address.building, address.room)
    return all(part.key for part in parts) and len(address.key) <= KEY_LENGTH


KEY_LENGTH = 180


def content_of(row: ParsedRow) -> dict[str, Any]:
    """What is sealed of a row in one piece: what was found in its cells.

    Of a row that is not stored also its values and its address as written: they have
    no columns of their own.
    """
    content: dict[str, Any] = {}
    found = [
        (found.code, found.field, found.original, found.cleaned)
        for found in row.problems
        if found.original or found.cleaned
    ]
    if found:
        content["found"] = found
    if row.stored or row.values is None:
        return content
    if row.address:
        content["address"] = {name: part.text for name, part in row.address.parts}
    return content | {"values": values_as_data(row.values)}


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
