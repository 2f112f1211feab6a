"""Events as a file that proves itself: every column that is hashed, and the hashes.

`audit/offline.py` checks such a file without keys and without this application.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db import models, transaction
from django.db.models import Max, Min, QuerySet

from audit import chain
from audit.actions import Actor, record
from audit.files_out import BOM, END, Counted, csv_line, harmless, last_line
from audit.models import AuditEvent
from audit.searching import Search

EXPORTED = "trail.exported"
FORMAT = "minping.trail.v1"
COLUMNS = (
    "seq",
    "at",
    *chain.FIELDS,
    "prev_hash",
    "hash",
    "mac",
    "algorithm_id",
    "key_id",
)


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    JSON_LINES = "jsonl", "JSON Lines"


@dataclass(frozen=True, slots=True)
class Exported:
    rows: int
    sha256: str


@transaction.atomic
def export(
    search: Search,
    *,
    form: str,
    whole: bool,
    reason: str,
    by: Actor,
    at: dt.datetime,
    target: BinaryIO,
) -> Exported:
    """Write the events that were found to `target`, and tell of it (T77).

    `whole`: every event from the first to the last one found, so that they can be
    followed from hash to hash up to a checkpoint. The event of the export itself comes
    after all that was written. Streams; memory for one page of rows.
    """
    events = search.events()
    if whole:
        events = _between(events)
    written = Counted(target)
    rows = 0
    lines = _csv(events) if form == Format.CSV else _json_lines(events)
    for line in lines:
        written.write(line)
        rows += 1
    rows -= 1  # the head
    written.write(_end(form, rows, written.digest()))
    made = Exported(rows, written.digest())
    data = {
        "columns": list(COLUMNS),
        "rows": made.rows,
        "sha256": made.sha256,
        "reason": reason,
        "format": form,
        "whole": whole,
        "filters": search.as_data(),
    }
    record(EXPORTED, by=by, at=at, data=data)
    return made


def _between(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    ends = events.aggregate(first=Min("seq"), last=Max("seq"))
    if ends["first"] is None:
        return events
    return Search().events().filter(seq__range=(ends["first"], ends["last"]))


def values_of(event: AuditEvent) -> dict[str, Any]:
    """The columns as they are hashed: moments in UTC, bytes in hex."""
    found: dict[str, Any] = {name: getattr(event, name) for name in COLUMNS}
    found["at"] = event.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    for name in ("prev_hash", "hash", "mac"):
        found[name] = bytes(found[name]).hex()
    return found


def _pages(events: QuerySet[AuditEvent]) -> Iterable[AuditEvent]:
    return events.iterator(chunk_size=chain.PAGE)


def _json_lines(events: QuerySet[AuditEvent]) -> Iterator[str]:
    yield _json({"format": FORMAT, "columns": COLUMNS})
    for event in _pages(events):
        yield _json(values_of(event))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv(events: QuerySet[AuditEvent]) -> Iterator[str]:
    yield BOM + csv_line(COLUMNS)
    for event in _pages(events):
        yield csv_line([harmless(str(value)) for value in values_of(event).values()])


def _end(form: str, rows: int, digest: str) -> str:
    """The last line: how many rows, and the SHA-256 of everything before it."""
    if form == Format.CSV:
        return last_line(rows, digest)
    return _json({END: True, "rows": rows, "sha256": digest})
