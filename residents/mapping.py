"""Column titles that no list knows: shown with samples, asked once, remembered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from officials.models import Division
from residents.importers import headers
from residents.importers.book import Book, Sheet
from residents.importers.normalise import compact, text_of
from residents.importers.rows import Cell
from residents.models import ColumnMapping
from residents.privacy import mask_phone

SAMPLES = 3
LONG = re.compile(r"\d{7,}")
TITLE_LENGTH = 60
# A line with fewer titles is a heading, not a header.
ENOUGH_TITLES = 3


class Column(NamedTuple):
    """One column of a sheet: its title, what it is taken for, masked samples."""

    title: str
    known: str
    samples: tuple[str, ...]


def title_of(cell: Cell) -> str:
    return compact(text_of(cell))[:TITLE_LENGTH]


def remembered(division: Division) -> dict[str, str]:
    """Title -> field, as it was answered for this street before."""
    found = ColumnMapping.objects.filter(division=division)
    return dict(found.values_list("header", "field"))


def renamed(cells: Sequence[Cell], names: Mapping[str, str]) -> Sequence[Cell]:
    """A line in which remembered titles read as everybody knows them."""
    return [
        headers.NAMES[names[title_of(cell)]][0]
        if isinstance(cell, str) and title_of(cell) in names
        else cell
        for cell in cells
    ]


def with_known_titles(book: Book, names: Mapping[str, str]) -> Book:
    """The same book; nothing is touched when nothing is remembered."""
    if not names:
        return book
    return replace(book, sheets=(_sheet(sheet, names) for sheet in book.sheets))


def _sheet(sheet: Sheet, names: Mapping[str, str]) -> Sheet:
    return replace(sheet, rows=_rows(sheet, names))


def _rows(
    sheet: Sheet, names: Mapping[str, str]
) -> Iterator[tuple[int, Sequence[Cell]]]:
    rows = iter(sheet.rows)
    for number, cells in islice(rows, headers.SEARCHED_ROWS):
        yield number, renamed(cells, names)
    yield from rows


def columns_of(book: Book) -> list[Column]:
    """The columns of the first visible sheet that looks like a table, or none."""
    for sheet in book.sheets:
        start = [cells for _number, cells in islice(sheet.rows, headers.SEARCHED_ROWS)]
        if sheet.visible and (columns := _columns(start)):
            return columns
    return []


def _columns(start: Sequence[Sequence[Cell]]) -> list[Column]:
    index = max(range(len(start)), key=lambda n: _titles(start[n]), default=-1)
    if index < 0 or _titles(start[index])[1] < ENOUGH_TITLES:
        return []
    below = start[index + 1 : index + 1 + SAMPLES]
    return [
        Column(
            title_of(cell),
            headers.field_of(text_of(cell)),
            tuple(masked(row[at]) for row in below if at < len(row)),
        )
        for at, cell in enumerate(start[index])
        if title_of(cell)
    ]


def _titles(cells: Sequence[Cell]) -> tuple[int, int]:
    """Known titles of a line, and texts in it; the more the better."""
    texts = [text_of(cell) for cell in cells if isinstance(cell, str) and cell.strip()]
    without_digits = [text for text in texts if not re.search(r"\d", text)]
    return sum(bool(headers.field_of(text)) for text in texts), len(without_digits)


def masked(cell: Cell) -> str:
    """Enough to tell a room from a telephone; never an identity number or a name."""
    text = compact(text_of(cell))
    if LONG.search(text):
        return mask_phone(text) if text.isdecimal() and len(text) == 11 else "……"
    if re.search(r"\d", text):
        return text[:8]
    if not text:
        return ""
    return f"{text[0]}**" if text[0].isalpha() else "……"
