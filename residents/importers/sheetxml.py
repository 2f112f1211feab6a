"""What the XML of one sheet tells besides its values: read row by row, in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from residents.importers.book import Marks, place_of

PREFIX = re.compile(rb"(</?)[A-Za-z][\w.-]*:")
ROW = re.compile(rb"<row\b([^>]*)>")
NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
CELL = re.compile(rb"<c\b([^>]*)>")
LETTERS = re.compile(rb"\sr=[\"']([A-Z]{1,3})\d")
STYLE = re.compile(rb"\ss=[\"'](\d+)")
FAILED = re.compile(rb"<c\b[^>]*\st=[\"']e[\"'][^>]*>")
FORMULA = re.compile(rb"<f[\s/>]")
VALUE = re.compile(rb"<v[^>]*[^/>]>[^<]|<v>[^<]")
TEXT_RESULT = re.compile(rb"\st=[\"']str[\"']")
FILLED = re.compile(rb"<(?:v|is|f)\b")


@dataclass(slots=True)
class SheetScan:
    """Feed it the pieces of a sheet, cut before a row or at least before a tag."""

    struck_styles: frozenset[int] = frozenset()
    marks: Marks = field(default_factory=Marks)
    row: int = 0

    def feed(self, text: bytes) -> None:
        if b":row" in text:
            text = PREFIX.sub(rb"\1", text)
        marks = self.marks
        for attributes, body in _rows(text):
            number = NUMBER.search(attributes)
            self.row = int(number[1]) if number else self.row + 1
            if HIDDEN.search(attributes):
                marks.hidden.add(self.row)
            if b"<v" in body or b"<is" in body:
                self._cells(body)
        if b"<filterColumn" in text:
            marks.filtered = True

    def _cells(self, body: bytes) -> None:
        marks = self.marks
        marks.last_row = max(marks.last_row, self.row)
        last = max(body.rfind(b"<v"), body.rfind(b"<is"))
        column = _column(body, body.rfind(b"<c", 0, last))
        marks.last_column = max(marks.last_column, column + 1)
        if b'"e"' in body or b"'e'" in body:
            for match in FAILED.finditer(body):
                marks.errors.add(place_of(self.row, _column(body, match.start())))
        if b"<f" in body:
            self._formulas(body)
        if self.struck_styles and self._is_struck(body):
            marks.struck.add(self.row)

    def _formulas(self, body: bytes) -> None:
        """A formula that was never calculated has no value: that is an error too."""
        for match in FORMULA.finditer(body):
            start = body.rfind(b"<c", 0, match.start())
            end = body.find(b"</c>", start)
            cell = body[start : end if end > 0 else len(body)]
            tag = cell[: cell.find(b">")]
            has_value = VALUE.search(cell) or TEXT_RESULT.search(tag)
            kept = self.marks.formulas if has_value else self.marks.errors
            kept.add(place_of(self.row, _column(body, start)))

    def _is_struck(self, body: bytes) -> bool:
        """All cells with a value, but for one: a serial number may look different."""
        filled = struck = 0
        tags = list(CELL.finditer(body))
        ends = [tag.start() for tag in tags[1:]] + [len(body)]
        for tag, end in zip(tags, ends, strict=True):
            if not FILLED.search(body, tag.end(), end):
                continue
            filled += 1
            style = STYLE.search(tag[1])
            struck += style is not None and int(style[1]) in self.struck_styles
        return bool(struck) and struck >= filled - 1


def _rows(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and content of every row; a row that goes on has lost its tag."""
    tags = ROW.finditer(text)
    tag = next(tags, None)
    while tag is not None:
        following = next(tags, None)
        end = following.start() if following else len(text)
        yield tag[1], text[tag.end() : end]
        tag = following


def _column(body: bytes, start: int) -> int:
    """The column of the cell at `start`, from 0; counted where it has no name."""
    tag = body[start : body.find(b">", start)]
    if match := LETTERS.search(tag):
        return column_index(match[1])
    return len(CELL.findall(body, 0, max(start, 0)))


def column_index(letters: bytes) -> int:
    """A is 0, Z is 25, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1
