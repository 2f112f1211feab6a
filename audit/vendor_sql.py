"""The one module with SQL of a vendor (domain 4.10): PostgreSQL.

Whoever ports the application to another database reads this file and no other.
"""

import datetime as dt
import io
import struct
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DatabaseError, connection, models
from django.db.models import QuerySet

# What one COPY takes from its rows at a time: the server writes the piece before while
# the next one is made.
PIECE = 1 << 16
Value = TypeVar("Value")


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY rows into a model's table; the number written. Streams, 64 KB at a time.

    `columns` are column names. None is NULL; "" stays ""; text may hold anything but
    NUL; bytes, numbers, dates and UUIDs go in as they print.
    """
    lines = (
        (",".join([_cell(value) for value in row]) + "\n").encode() for row in rows
    )
    return _copy(model, columns, _Stream(lines), "csv")


def copy_packed(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[bytes]
) -> int:
    """COPY rows that are packed already; for whoever knows the type of each column.

    A row is the `packed_count` of its columns and then each of them packed; columns of
    32 and 16 bits take 4 and 2 bytes. `rows` must not use the database while it is
    walked; what it raises comes out as it is, and nothing is written.
    """
    return _copy(model, columns, _Stream(rows, BINARY_START, BINARY_END), "binary")


def _copy(
    model: type[models.Model], columns: Sequence[str], stream: "_Stream", form: str
) -> int:
    names = ",".join(map(_name, columns))
    copy = f"COPY {_table(model)} ({names}) FROM STDIN WITH (FORMAT {form})"
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                cursor.cursor.copy_expert(copy, stream, size=PIECE)
        except DatabaseError as error:
            if stream.source.failed is None:
                raise
            raise stream.source.failed from error
    return stream.count


def read_packed(rows: QuerySet[Any, Any], take: Callable[[list[Any]], object]) -> None:
    """COPY what a `values_list` finds out, packed: `take` gets the columns of each row.

    The server goes on while a row is taken, and nothing is turned into text and back:
    half the time of a cursor for rows of some kilobytes. `take` must not use the
    database; what it raises comes out as it is.
    """
    query, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        statement = cursor.cursor.mogrify(query, parameters).decode()
        copy = f"COPY ({statement}) TO STDOUT WITH (FORMAT binary)"
        with connection.wrap_database_errors:
            cursor.cursor.copy_expert(copy, _Taker(take), size=PIECE)


class _Taker:
    """What COPY writes to. The server sends row by row, so no row comes in parts."""

    def __init__(self, take: Callable[[list[Any]], object]) -> None:
        self.take = take
        self.skip = len(BINARY_START)

    def write(self, piece: bytes) -> None:
        at, self.skip = self.skip, 0
        if piece[at:] != BINARY_END:
            self.take(_columns(piece, at))


def _columns(row: bytes, at: int) -> list[Any]:
    found: list[Any] = []
    number, at = int.from_bytes(row[at : at + 2], "big"), at + 2
    for _column in range(number):
        (length,) = LENGTH(row, at)
        at += 4
        if length < 0:
            found.append(None)
        else:
            found.append(row[at : at + length])
            at += length
    return found


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


class _Stream(io.RawIOBase):
    """What COPY reads: rows, put together as they are asked for."""

    def __init__(
        self, rows: Iterable[bytes], start: bytes = b"", end: bytes = b""
    ) -> None:
        super().__init__()
        self.rows: Iterator[bytes] = iter(rows)
        self.rest, self.end = start, end
        self.count = 0
        self.source = _Source()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        wanted = 1 << 62 if size < 0 else size
        if len(self.rest) < wanted:
            with self.source:
                self.rest += self._more(max(wanted - len(self.rest), PIECE))
        piece, self.rest = self.rest[:wanted], self.rest[wanted:]
        return piece

    def _more(self, wanted: int) -> bytes:
        gathered, length = [], 0
        for row in self.rows:
            gathered.append(row)
            length += len(row)
            if length >= wanted:
                break
        else:
            end, self.end = self.end, b""
            return b"".join([*self._counted(gathered), end])
        return b"".join(self._counted(gathered))

    def _counted(self, gathered: list[bytes]) -> list[bytes]:
        self.count += len(gathered)
        return gathered


# The binary form of COPY: signature, flags, no extension; and the row of -1 columns.
BINARY_START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
BINARY_END = b"\xff\xff"
LENGTH = struct.Struct("!i").unpack_from
PACKED_NULL = b"\xff\xff\xff\xff"
PACKED_FLAGS = (b"\0\0\0\1\0", b"\0\0\0\1\1")
FIRST_DAY = dt.date(2000, 1, 1).toordinal()
REMEMBERED = 10_000


def packed_count(columns: Sequence[str]) -> bytes:
    return len(columns).to_bytes(2, "big")


def packed(value: bytes) -> bytes:
    """Bytes, the 16 of a UUID, or a text in UTF-8 without NUL."""
    return len(value).to_bytes(4, "big") + value


def packed_number(number: int | None, *, size: int) -> bytes:
    """An integer column of `size` bytes."""
    if number is None:
        return PACKED_NULL
    return packed(number.to_bytes(size, "big", signed=True))


def packed_day(day: dt.date | None) -> bytes:
    if day is None:
        return PACKED_NULL
    return packed_number(day.toordinal() - FIRST_DAY, size=4)


def unpacked_day(packed_column: bytes) -> dt.date:
    days = int.from_bytes(packed_column, "big", signed=True)
    return dt.date.fromordinal(FIRST_DAY + days)


class Remembered(dict[Value, bytes]):
    """Values that come again and again, packed once: at most 10,000 of them."""

    def __init__(self, pack: Callable[[Value], bytes]) -> None:
        super().__init__()
        self.pack = pack

    def __missing__(self, value: Value) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[value] = self.pack(value)
        return found


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


def sha256_of(column: str) -> models.Func:
    """SHA-256 of a text column, for a constraint that holds a digest beside it."""
    text = models.Func(
        models.F(column),
        models.Value("UTF8"),
        function="CONVERT_TO",
        output_field=models.BinaryField(),
    )
    return models.Func(text, function="SHA256", output_field=models.BinaryField())


def take_stock(model: type[models.Model], *columns: str) -> None:
    """Let the planner count these columns again: just filled tables look empty to it.

    ANALYZE of the columns that are compared and joined, from a small sample: how many
    rows there are, and about how many values. The server's own rounds look closer.
    """
    names = ",".join(map(_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL default_statistics_target = 10;"
            f" ANALYZE {_table(model)} ({names});"
            " SET LOCAL default_statistics_target TO DEFAULT"
        )


def commit_lazily() -> None:
    """Do not wait for the disk at the end of this transaction.

    For work that a later transaction completes: when that one is on the disk, all
    before it are. After a crash the last of them may be missing, never a part of one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def commit_firmly() -> None:
    """Wait for the disk at the end of this transaction, whatever the server is told.

    For work after which something is destroyed that could not be had again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")


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


def locked_under(
    model: type[models.Model], pk: uuid.UUID, *, owner: str, columns: tuple[str, ...]
) -> tuple[Any, ...] | None:
    """Lock a row for update and keep its owner's as `hold_row` does; one statement.

    `owner` names the foreign key; columns of the owner's table are written
    "owner.column". The owner is held first, and both rows are read as they stand once
    both locks are there, however long that took. None when there is no such row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_locking(model, owner, columns), [pk])
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


@lru_cache(maxsize=64)
def _locking(model: type[models.Model], owner: str, columns: tuple[str, ...]) -> str:
    field: Any = model._meta.get_field(owner)
    above: Any = field.related_model
    wanted = []
    for name in columns:
        *outside, column = name.split(".")
        wanted.append(f"{'above' if outside else 'own'}.{_name(column)}")
    # The locks are taken in the order of these clauses.
    return (
        f"SELECT {', '.join(wanted)} FROM {_table(model)} own"  # noqa: S608
        f" JOIN {_table(above)} above ON above.id = own.{_name(field.attname)}"
        " WHERE own.id = %s FOR KEY SHARE OF above FOR UPDATE OF own"
    )


def insert_and_set(
    row: models.Model, *, there: type[models.Model], pk: uuid.UUID, **values: Any
) -> None:
    """Insert a row and set columns of another one that is locked; one statement.

    For the one write that thousands do at once: without the query compiler and in one
    way to the server it costs half as much.
    """
    columns = [field.attname for field in row._meta.concrete_fields]
    sql = _inserting(type(row), there, tuple(values))
    written = [getattr(row, column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values.values(), pk, *written])


@lru_cache(maxsize=64)
def _inserting(
    model: type[models.Model], there: type[models.Model], changed: tuple[str, ...]
) -> str:
    fields = [str(field.column) for field in model._meta.concrete_fields]
    changes = ", ".join(f"{_name(name)} = %s" for name in changed)
    places = ", ".join(["%s"] * len(fields))
    return (
        f"WITH changed AS (UPDATE {_table(there)} SET {changes} WHERE id = %s)"  # noqa: S608
        f" INSERT INTO {_table(model)} ({', '.join(map(_name, fields))})"
        f" VALUES ({places})"
    )


def hold_name(name: str) -> bool:
    """Take a name until this transaction ends; False when another session has it.

    Nobody waits, nothing is written, and a killed session gives the name back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name]
        )
        return bool(cursor.fetchone()[0])
