"""What an Excel 97-2003 file hides, read from the file itself ([MS-CFB], [MS-XLS]).

The reader library tells values, not looks. Here the container is opened and its records
are walked once: hidden rows, strikethrough, failed formulas, filters, the calendar.
Every length is checked against the bytes that are there; nothing is followed twice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from residents.importers.book import Marks, place_of

SECTOR_HEADER = 512
END_OF_CHAIN = 0xFFFFFFFA  # this and all above are no sector numbers
ENTRY = 128
STREAM, ROOT = 2, 5
HEADER_DIFAT = 109

BOF, EOF = 0x0809, 0x000A
BOUNDSHEET, FONT, XF = 0x0085, 0x0031, 0x00E0
FILEPASS, DATEMODE = 0x002F, 0x0022
ROW, FILTERMODE, NOTE, DIMENSIONS = 0x0208, 0x009B, 0x001C, 0x0200
FORMULA, NUMBER, LABEL, LABELSST, RK = 0x0006, 0x0203, 0x0204, 0x00FD, 0x027E
RSTRING, BOOLERR, MULRK = 0x00D6, 0x0205, 0x00BD
ONE_CELL = frozenset({FORMULA, NUMBER, LABEL, LABELSST, RK, RSTRING, BOOLERR})
ROW_IS_HIDDEN = 0x20
FONT_IS_STRUCK = 0x08
# Font number 4 does not exist: numbers above it are one too high.
NO_FONT = 4
LAST_RECORD_LENGTH = 8224


class Damaged(Exception):
    """The container or its records contradict themselves."""


class Encrypted(Exception):
    """The file asks for a password."""


class NotAWorkbook(Exception):
    """The container holds something else: a letter, a mail, an installer."""


@dataclass(slots=True)
class Legacy:
    """Marks of every sheet, in the order of the workbook."""

    sheets: list[Marks] = field(default_factory=list)
    since_1904: bool = False


def marks_of(content: bytes) -> Legacy:
    """The marks of a whole .xls file. Raises Damaged, Encrypted or NotAWorkbook."""
    try:
        return Records(workbook_stream(content)).legacy()
    except (struct.error, IndexError) as error:
        raise Damaged from error


# --- the container ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    kind: int
    start: int
    size: int


class Container:
    """Chains of sectors: a file system in a file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in {9, 12} or mini_shift != 6:
            raise Damaged
        self.sector, self.mini_sector = 1 << shift, 1 << mini_shift
        self.sectors = len(content) // self.sector
        first_directory, self.cutoff, first_mini = struct.unpack_from(
            "<I4xII", content, 48
        )
        self.table = self._table()
        self.entries = self._entries(self._chain(first_directory))
        self.mini_table = numbers(self._chain(first_mini))

    def _sector(self, number: int) -> bytes:
        start = SECTOR_HEADER if self.sector == SECTOR_HEADER else self.sector
        start += number * self.sector
        piece = self.content[start : start + self.sector]
        if not piece:
            raise Damaged
        return piece

    def _table(self) -> list[int]:
        """Which sector follows which."""
        places = list(struct.unpack_from(f"<{HEADER_DIFAT}I", self.content, 76))
        following, count = struct.unpack_from("<II", self.content, 68)
        for _step in range(min(count, self.sectors)):
            if following >= END_OF_CHAIN:
                break
            *more, following = numbers(self._sector(following))
            places += more
        used = [place for place in places if place < END_OF_CHAIN]
        if len(used) > self.sectors:
            raise Damaged
        return [number for place in used for number in numbers(self._sector(place))]

    def _chain(self, first: int) -> bytes:
        pieces: list[bytes] = []
        following = first
        while following < END_OF_CHAIN:
            if len(pieces) > self.sectors:
                raise Damaged
            pieces.append(self._sector(following))
            following = self.table[following]
        return b"".join(pieces)

    @staticmethod
    def _entries(directory: bytes) -> list[Entry]:
        entries = []
        for start in range(0, len(directory) - ENTRY + 1, ENTRY):
            raw_name, length, kind = struct.unpack_from("<64sHB", directory, start)
            first, size = struct.unpack_from("<II", directory, start + 116)
            name = raw_name[: max(min(length, 64) - 2, 0)].decode(
                "utf-16-le", "replace"
            )
            entries.append(Entry(name, kind, first, size))
        return entries

    def stream(self, entry: Entry) -> bytes:
        if entry.size >= self.cutoff:
            return self._chain(entry.start)[: entry.size]
        root = next((e for e in self.entries if e.kind == ROOT), None)
        if root is None:
            raise Damaged
        small = self._chain(root.start)
        pieces: list[bytes] = []
        following = entry.start
        while following < END_OF_CHAIN:
            if len(pieces) > len(self.mini_table):
                raise Damaged
            start = following * self.mini_sector
            pieces.append(small[start : start + self.mini_sector])
            following = self.mini_table[following]
        return b"".join(pieces)[: entry.size]


def numbers(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) & ~3]))


def workbook_stream(content: bytes) -> bytes:
    container = Container(content)
    streams = {entry.name: entry for entry in container.entries if entry.kind == STREAM}
    if "EncryptedPackage" in streams:
        raise Encrypted
    workbook = streams.get("Workbook") or streams.get("Book")
    if workbook is None:
        raise NotAWorkbook
    return container.stream(workbook)


# --- the records --------------------------------------------------------------------


class Records:
    """The records of a workbook stream: the book first, then sheet after sheet."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.struck_fonts: list[bool] = []
        self.struck_styles: list[bool] = []

    def legacy(self) -> Legacy:
        found = Legacy()
        starts: list[int] = []
        for kind, body in self._walk(0):
            if kind == FILEPASS:
                raise Encrypted
            if kind == BOUNDSHEET:
                starts.append(struct.unpack_from("<I", body)[0])
            elif kind == DATEMODE:
                found.since_1904 = body[0] == 1
            elif kind == FONT:
                self.struck_fonts.append(bool(body[2] & FONT_IS_STRUCK))
            elif kind == XF:
                self.struck_styles.append(self._is_struck(body))
        if len(starts) != len(set(starts)):
            raise Damaged
        found.sheets = [self._sheet(start) for start in starts]
        return found

    def _is_struck(self, body: bytes) -> bool:
        number: int = struct.unpack_from("<H", body)[0]
        index = number - (number > NO_FONT)
        return index < len(self.struck_fonts) and self.struck_fonts[index]

    def _walk(self, start: int) -> Iterator[tuple[int, bytes]]:
        """The records of one substream; charts inside it are passed over."""
        place, depth = start, 0
        while True:
            kind, length = struct.unpack_from("<HH", self.stream, place)
            body = self.stream[place + 4 : place + 4 + length]
            if len(body) < length or length > LAST_RECORD_LENGTH:
                raise Damaged
            place += 4 + length
            if kind == BOF:
                depth += 1
            elif kind == EOF:
                depth -= 1
            if depth <= 0:
                return
            if depth == 1:
                yield kind, body

    def _sheet(self, start: int) -> Marks:
        marks = Marks()
        cells = StruckRows()
        for kind, body in self._walk(start):
            if kind == ROW:
                number, flags = struct.unpack_from("<H10xB", body)
                if flags & ROW_IS_HIDDEN:
                    marks.hidden.add(number + 1)
            elif kind in ONE_CELL:
                row, column, style = struct.unpack_from("<HHH", body)
                cells.add(row + 1, 1, self._struck(style))
                _reach(marks, row + 1, column + 1)
                self._formula(kind, body, marks, row + 1, column)
            elif kind == MULRK:
                self._several(body, cells)
                row, column = struct.unpack_from("<HH", body)
                _reach(marks, row + 1, column + (len(body) - 6) // 6)
            elif kind == DIMENSIONS:
                _reach(marks, *_dimensions(body))
            elif kind == FILTERMODE:
                marks.filtered = True
            elif kind == NOTE:
                marks.comments = True
        marks.struck = cells.rows()
        return marks

    def _struck(self, style: int) -> bool:
        return style < len(self.struck_styles) and self.struck_styles[style]

    def _several(self, body: bytes, cells: StruckRows) -> None:
        """Numbers side by side in one record: style and value, six bytes each."""
        row: int = struct.unpack_from("<H", body)[0]
        for at in range(4, len(body) - 7, 6):
            cells.add(row + 1, 1, self._struck(struct.unpack_from("<H", body, at)[0]))

    @staticmethod
    def _formula(kind: int, body: bytes, marks: Marks, row: int, column: int) -> None:
        if kind == BOOLERR:
            if body[7]:
                marks.errors.add(place_of(row, column))
        elif kind == FORMULA:
            # A result that is no number has FFFF behind it, and 2 first for an error.
            failed = body[12:14] == b"\xff\xff" and body[6] == 2
            (marks.errors if failed else marks.formulas).add(place_of(row, column))


def _dimensions(body: bytes) -> tuple[int, int]:
    """Rows and columns of the used range; old versions count rows in two bytes."""
    layout = "<IIHH" if len(body) >= struct.calcsize("<IIHH") else "<HHHH"
    first, rows, left, columns = struct.unpack_from(layout, body)
    # Whoever subtracts these without looking asks for all memory there is.
    if first > rows or left > columns:
        raise Damaged
    return rows, columns


def _reach(marks: Marks, row: int, column: int) -> None:
    """The used range, as the cells say and as the file says: the reader fills both."""
    marks.last_row = max(marks.last_row, row)
    marks.last_column = max(marks.last_column, column)


@dataclass(slots=True)
class StruckRows:
    """Rows struck through as a whole; a serial number of its own style may differ."""

    filled: dict[int, int] = field(default_factory=dict)
    struck: dict[int, int] = field(default_factory=dict)

    def add(self, row: int, cells: int, is_struck: bool) -> None:
        self.filled[row] = self.filled.get(row, 0) + cells
        if is_struck:
            self.struck[row] = self.struck.get(row, 0) + cells

    def rows(self) -> set[int]:
        return {
            row for row, count in self.struck.items() if count >= self.filled[row] - 1
        }
