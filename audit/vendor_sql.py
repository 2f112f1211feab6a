"""The one module with SQL of a vendor (domain 4.10): PostgreSQL.

Whoever ports the application to another database reads this file and no other.
"""

import io
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import DatabaseError, connection, models
from django.db.models import QuerySet

# What one COPY takes from its rows at a time: the server writes the piece before while
# the next one is made.
PIECE = 1 << 16


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY rows into a model's table; the number written. Streams, 64 KB at a time.

    `columns` are column names. None is NULL; "" stays ""; text may hold anything but
    NUL; bytes, numbers, dates and UUIDs go in as they print.
    """
    lines = (",".join([_cell(value) for value in row]) + "\n" for row in rows)
    return copy_lines(model, columns, lines)


def copy_lines(
    model: type[models.Model], columns: Sequence[str], lines: Iterable[str]
) -> int:
    """COPY rows that are CSV lines already; for whoever knows the type of each column.

    Text is quoted by `quoted`, bytes are \\x and hexadecimal, NULL is empty, and each
    line ends with one line feed. `lines` must not use the database while it is walked;
    what it raises comes out as it is, and nothing is written.
    """
    stream = _Stream(lines)
    names = ",".join(map(_name, columns))
    copy = f"COPY {_table(model)} ({names}) FROM STDIN WITH (FORMAT csv)"
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                cursor.cursor.copy_expert(copy, stream, size=PIECE)
        except DatabaseError as error:
            if stream.source.failed is None:
                raise
            raise stream.source.failed from error
    return stream.count


class _Source:
    """Keeps what broke it: COPY tells the server that it broke, and forgets why."""

    def __init__(self) -> None:
        self.failed: BaseException | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: object
    ) -> None:
        self.failed = error


class _Stream(io.TextIOBase):
    """What COPY reads: lines, put together as they are asked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines: Iterator[str] = iter(lines)
        self.rest = ""
        self.count = 0
        self.source = _Source()

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        wanted = 1 << 62 if size is None or size < 0 else size
        if len(self.rest) < wanted:
            with self.source:
                self.rest += self._more(max(wanted - len(self.rest), PIECE))
        piece, self.rest = self.rest[:wanted], self.rest[wanted:]
        return piece

    def _more(self, wanted: int) -> str:
        gathered, length = [], 0
        for line in self.lines:
            gathered.append(line)
            length += len(line)
            if length >= wanted:
                break
        self.count += len(gathered)
        return "".join(gathered)


def quoted(text: str) -> str:
    """One CSV cell with a text: always quoted, so that "" is not NULL."""
    return f'"{text}"' if '"' not in text else '"' + text.replace('"', '""') + '"'


def _cell(value: Any) -> str:
    """One CSV cell: text is always quoted, so that only None is NULL."""
    if value is None:
        return ""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def insert_from(
    model: type[models.Model], columns: Sequence[str], rows: QuerySet[Any, Any]
) -> int:
    """INSERT what a query finds, without a row leaving the database; the number.

    `rows` is a `values_list` whose entries stand in the order of `columns`.
    """
    query, parameters = rows.query.sql_with_params()
    names = ",".join(map(_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_table(model)} ({names}) {query}", parameters)
        return int(cursor.rowcount)


def digests_of(
    rows: QuerySet[Any, Any], *, groups: Sequence[str], order: str, line: str
) -> Iterator[tuple[int, bytes]]:
    """SHA-256 of the lines of every group, made where they lie; with their number.

    The rows of a group stand in the order of the column `order`, one line each, with
    line feeds between them; groups come in their own order. `groups`, `order` and
    `line` are columns of `rows`. Memory: the lines of one group, on the server.
    """
    query, parameters = (
        rows.order_by().values(*groups, order, line).query.sql_with_params()
    )
    by = ",".join(map(_name, groups))
    digest = (
        f"sha256(convert_to(string_agg({_name(line)}, chr(10)"
        f" ORDER BY {_name(order)}), 'UTF8'))"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), {digest} FROM ({query}) AS found"  # noqa: S608
            f" GROUP BY {by} ORDER BY {by}",
            parameters,
        )
        while found := cursor.fetchmany(1000):
            yield from ((number, bytes(made)) for number, made in found)


def as_hex(column: str) -> models.Func:
    """A column of bytes as text, two digits a byte."""
    return models.Func(
        column,
        models.Value("hex"),
        function="encode",
        output_field=models.TextField(),
    )


def take_stock(*tables: type[models.Model]) -> None:
    """Let the planner count again (ANALYZE): just filled tables look empty to it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ",".join(map(_table, tables)))


def work_through() -> None:
    """Until this transaction ends, plan for whole tables.

    Each cursor for its last row and not its first; a join may keep 64 MB in memory
    before it writes to disk.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'"
        )


def _table(model: type[models.Model]) -> str:
    return _name(model._meta.db_table)


def _name(name: str) -> str:
    return str(connection.ops.quote_name(name))


def hold_row(model: type[models.Model], pk: uuid.UUID) -> bool:
    """Keep a row from being locked for update until this transaction ends.

    Many holders do not wait for each other (FOR KEY SHARE); whoever then takes
    `select_for_update` waits for all of them. False when the row is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {_table(model)} WHERE id = %s FOR KEY SHARE",  # noqa: S608
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
