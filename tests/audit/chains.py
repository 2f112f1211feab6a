"""A trail to tamper with: events, checkpoints, and a database user beside the verbs."""

import datetime as dt
from typing import Any

from django.db import connection, transaction

from audit import checkpoints, verifying
from audit.actions import SYSTEM, record
from audit.chain import Fault
from audit.models import AuditCheckpoint

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BOXES = [{"box": "一号", "state": "closed", "envelopes": "<10"}]


def write(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            record(
                "test.done",
                by=SYSTEM,
                at=NOON + dt.timedelta(minutes=number),
                division="120101",
                data={"number": number, "words": "开箱"},
                address="10.0.0.1",
            )


def issue(occasion: str = "close") -> AuditCheckpoint:
    return checkpoints.issue(occasion=occasion, boxes=BOXES, by=SYSTEM, at=NOON)


def tell(events: int, *, every: int) -> None:
    """A chain with a checkpoint after each `every` events."""
    for _stretch in range(events // every):
        write(every)
        issue()


def fault() -> Fault | None:
    return verifying.walk_all().fault


def sql(statement: str, *parameters: Any) -> int:
    """As a database user would; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def value(statement: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        (found,) = cursor.fetchone()
        return found
