"""An attacker with full dumps who wants to know which answer is whose (T132).

Knows every row of every table before and after the opening, with `xmin` and `ctid`, and
tries all joins:

- equality: any value of an opened row that stands in a row of some household;
- order: the rows of households ranked by any column against the opened rows ranked by
  any column, forwards and backwards.

Guessing at random, one hit in all is expected, however many households there are.
"""

import datetime as dt
import decimal
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

Row = Mapping[str, Any]
Dump = Mapping[str, Sequence[Row]]
Household = Hashable
Mark = Hashable

# How often values may lead on from row to row: household, code, envelope, and one more.
STEPS = 4


@dataclass(frozen=True, slots=True, order=True)
class Attack:
    """How many households a join gave the right answer for."""

    hits: int
    name: str


def dump(connection: BaseDatabaseWrapper) -> dict[str, list[Row]]:
    """Every row of every table in physical order, with the system columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        tables = sorted(name for (name,) in cursor.fetchall())
        found = {}
        for table in tables:
            cursor.execute(
                "SELECT xmin::text::bigint AS xmin, ctid::text AS ctid, rows.*"
                f' FROM "{table}" AS rows ORDER BY rows.ctid'
            )
            names = [column[0] for column in cursor.description]
            found[table] = [
                dict(zip(names, map(_plain, row), strict=True))
                for row in cursor.fetchall()
            ]
    return found


def attack(
    *,
    before: Dump,
    after: Dump,
    opened: str,
    mark_of: Callable[[Row], Mark],
    truth: Mapping[Household, Mark],
) -> list[Attack]:
    """All joins with at least one hit, the best first.

    `opened` is the table of answers, `mark_of` reads the mark of such a row, `truth`
    says what each household marked; every mark is distinct.
    """
    answers = list(after[opened])
    marks = [mark_of(row) for row in answers]
    sides = [
        (f"{when} {table}", rows)
        for when, taken in (("before", before), ("after", after))
        for table, rows in taken.items()
        if table != opened
    ]
    known = _identifiers([rows for _name, rows in sides], set(truth))
    columns = _columns(answers)
    attacks = list(_equality_joins(known, answers, marks, columns, truth))
    orders = {
        f"{column} {way}": [marks[place] for place in places]
        for column in columns
        for way, places in _rankings([row[column] for row in answers])
    }
    for name, rows in sides:
        owners = [_owner(row, known) for row in rows]
        mine = [(row, owner) for row, owner in zip(rows, owners, strict=True) if owner]
        if len(mine) > 1:
            attacks += _order_joins(name, mine, orders, truth)
    return sorted((found for found in attacks if found.hits), reverse=True)


def best(attacks: Iterable[Attack]) -> Attack:
    return max(attacks, default=Attack(0, "none"))


def totals(runs: Iterable[Iterable[Attack]]) -> Counter[str]:
    """Hits per join over several runs: T132 asks for at most 40 in twenty."""
    found: Counter[str] = Counter()
    for attacks in runs:
        for one in attacks:
            found[one.name] += one.hits
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(rows[0]) if rows else []


def _values(row: Row) -> Iterator[Hashable]:
    """Values that could identify: in one form, whatever their type in the database."""
    for value in row.values():
        if isinstance(value, UUID):
            yield value.hex
        elif isinstance(value, bytes):
            yield value.hex()
        elif isinstance(value, str):
            yield value.replace("-", "").lower()
        elif isinstance(value, int) and not isinstance(value, bool):
            yield value


def _identifiers(
    tables: Sequence[Sequence[Row]], households: set[Household]
) -> dict[Hashable, Household]:
    """Every value that stands for exactly one household, found by walking from row
    to row: household to code, code to envelope, and so on.
    """
    known: dict[Hashable, Household] = {_form(one): one for one in households}
    for _step in range(STEPS):
        claims: dict[Hashable, set[Household]] = {}
        for rows in tables:
            for row in rows:
                owner = _owner(row, known)
                for value in _values(row) if owner else ():
                    claims.setdefault(value, set()).add(owner)
        fresh = {
            value: owners.pop() for value, owners in claims.items() if len(owners) == 1
        }
        if fresh.keys() <= known.keys():
            break
        known = {**fresh, **known}
    return known


def _form(value: Hashable) -> Hashable:
    return next(iter(_values({"": value})), value)


def _owner(row: Row, known: Mapping[Hashable, Household]) -> Household | None:
    """The one household that the values of a row lead to, if it is one.

    Small whole numbers identify nobody: they would make every row somebody's.
    """
    owners = {
        known[value]
        for value in _values(row)
        if value in known and not isinstance(value, int)
    }
    return owners.pop() if len(owners) == 1 else None


def _equality_joins(
    known: Mapping[Hashable, Household],
    answers: Sequence[Row],
    marks: Sequence[Mark],
    columns: Sequence[str],
    truth: Mapping[Household, Mark],
) -> Iterator[Attack]:
    for column in columns:
        hits = 0
        for row, mark in zip(answers, marks, strict=True):
            owner = known.get(_form(row[column]))
            hits += owner is not None and truth[owner] == mark
        yield Attack(hits, f"equality {column}")


def _order_joins(
    name: str,
    mine: Sequence[tuple[Row, Household]],
    orders: Mapping[str, Sequence[Mark]],
    truth: Mapping[Household, Mark],
) -> Iterator[Attack]:
    for column in _columns([row for row, _owner in mine]):
        ((_way, places), _backwards) = _rankings([row[column] for row, _o in mine])
        expected = [truth[mine[place][1]] for place in places]
        for order, marks in orders.items():
            hits = sum(want == got for want, got in zip(expected, marks, strict=False))
            yield Attack(hits, f"order {name}.{column} = {order}")


def _rankings(values: Sequence[Any]) -> list[tuple[str, list[int]]]:
    """Places in ascending order of the values, and the same backwards.

    Equal values keep the physical order: that is what a dump shows.
    """
    ascending = sorted(range(len(values)), key=lambda place: _sort_key(values[place]))
    return [("forwards", ascending), ("backwards", ascending[::-1])]


def _sort_key(value: Any) -> tuple[int, Any]:
    """One order for all kinds; ctid "(page,item)" as the two numbers that it is."""
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float | decimal.Decimal):
        return 1, value
    if isinstance(value, dt.date):
        return 2, value.isoformat()
    if isinstance(value, UUID):
        return 3, value.hex
    if isinstance(value, bytes):
        return 3, value.hex()
    text = str(value)
    numbers = text.strip("()").split(",")
    if text.startswith("(") and all(number.isdigit() for number in numbers):
        return 4, tuple(map(int, numbers))
    return 5, text
