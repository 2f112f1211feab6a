"""Messages between the reader and its child: length, then JSON. Nothing that runs.

A frame never exceeds FRAME, so a child that has gone mad cannot fill its parent.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from residents.importers.book import Marks, Merge
from residents.importers.rows import Cell

LENGTH = 4
FRAME = 48 << 20
# Rows are gathered until they are this long.
GATHERED = 256 << 10

encoder = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    check_circular=False,
    default=lambda value: _as_data(value),
)


class BadFrame(Exception):
    """What came is no frame of ours."""


def _as_data(value: object) -> dict[str, Any]:
    """Cells that JSON does not know. A moment is a date too: it comes first."""
    if isinstance(value, dt.datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"time": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"span": value.total_seconds()}
    message = f"no cell: {type(value).__name__}"
    raise BadFrame(message)


def _as_cell(data: dict[str, Any]) -> Any:
    match data:
        case {"date": str(text)}:
            return dt.date.fromisoformat(text)
        case {"moment": str(text)}:
            return dt.datetime.fromisoformat(text)
        case {"time": str(text)}:
            return dt.time.fromisoformat(text)
        case {"span": int(seconds) | float(seconds)}:
            return dt.timedelta(seconds=seconds)
    return data


decoder = json.JSONDecoder(object_hook=_as_cell)


def pack(message: str) -> bytes:
    body = message.encode("utf-8", "surrogatepass")
    return len(body).to_bytes(LENGTH, "big") + body


def unpack(body: bytes) -> Any:
    """A list whose first item says what it is. Raises BadFrame."""
    try:
        return decoder.decode(body.decode("utf-8", "surrogatepass"))
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadFrame from error


def row_text(cells: list[Cell]) -> str:
    return encoder.encode(cells)


def marks_as_data(marks: Marks) -> dict[str, Any]:
    return {
        "hidden": sorted(marks.hidden),
        "struck": sorted(marks.struck),
        "errors": sorted(marks.errors),
        "formulas": sorted(marks.formulas),
        "filtered": marks.filtered,
        "comments": marks.comments,
        "size": [marks.last_row, marks.last_column],
    }


def marks_from(data: dict[str, Any]) -> Marks:
    return Marks(
        set(data["hidden"]),
        set(data["struck"]),
        set(data["errors"]),
        set(data["formulas"]),
        data["filtered"],
        data["comments"],
        *data["size"],
    )


def merges_from(data: list[list[int]]) -> tuple[Merge, ...]:
    return tuple(Merge(*numbers) for numbers in data)
