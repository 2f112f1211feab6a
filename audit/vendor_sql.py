"""The one module with SQL of a vendor (domain 4.10): PostgreSQL.

Whoever ports the application to another database reads this file and no other.
"""

import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY rows into a model's table; the number written. Streams, 2 MB at a time.

    `columns` are column names. None is NULL; "" stays ""; text may hold anything but
    NUL; bytes, numbers, dates and UUIDs go in as they print.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ",".join(connection.ops.quote_name(name) for name in columns)
    stream = _CsvStream(rows)
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(
            f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv)", stream
        )
    return stream.count


class _CsvStream(io.TextIOBase):
    """What COPY reads: rows turned into CSV as they are asked for."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows: Iterator[Sequence[Any]] = iter(rows)
        self.rest = ""
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        wanted = 1 << 62 if size is None or size < 0 else size
        if len(self.rest) < wanted:
            self.rest += self._more(max(wanted - len(self.rest), 1 << 21))
        piece, self.rest = self.rest[:wanted], self.rest[wanted:]
        return piece

    def _more(self, wanted: int) -> str:
        lines, length = [], 0
        for row in self.rows:
            line = ",".join([_cell(value) for value in row]) + "\n"
            lines.append(line)
            length += len(line)
            self.count += 1
            if length >= wanted:
                break
        return "".join(lines)


def _cell(value: Any) -> str:
    """One CSV cell: text is always quoted, so that only None is NULL."""
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def hold_row(model: type[models.Model], pk: uuid.UUID) -> bool:
    """Keep a row from being locked for update until this transaction ends.

    Many holders do not wait for each other (FOR KEY SHARE); whoever then takes
    `select_for_update` waits for all of them. False when the row is gone.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE",  # noqa: S608
            [pk],
        )
        return cursor.fetchone() is not None


def hold_name(name: str) -> bool:
    """Take a name until this transaction ends; False when another session has it.

    Nobody waits, nothing is written, and a killed session gives the name back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name]
        )
        return bool(cursor.fetchone()[0])
