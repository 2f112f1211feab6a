"""How the sheets of a workbook were laid out: merged ranges and widths of columns.

A report that looks like the file is found one's way in. Nothing here decides anything:
what cannot be read is left out and the report is plain. Read by a process of its own,
under the limits of the importer's child (T112): `python -m residents.layouts`.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from residents.importers import legacy
from residents.importers.child import SECONDS, limit
from residents.importers.sheetxml import column_index

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "residents.layouts")
PIECE = 1 << 20
# A tag that two pieces share is found whole in what is carried over.
CARRIED = 512
SMALL_PART = 4 << 20
# In all sheets: more than a street has entrances; what goes beyond stands unmerged.
MERGES = 100_000
COLUMNS = 16_384
# No roster is wider; a range that is would cost more than it shows.
WIDE = 256
WIDEST = 255.0
BOUNDSHEET, COLINFO, EOF, BOF = 0x0085, 0x007D, 0x000A, 0x0809

COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"
)
ATTRIBUTE = re.compile(rb"(\w+)=[\"']([0-9.]+)[\"']")

Range = tuple[int, int, int, int]
Width = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one sheet. Ranges are first row, first column, last row, last column; widths
    first column, last column, characters. Everything counts from 0."""

    merges: tuple[Range, ...] = ()
    widths: tuple[Width, ...] = ()

    def fitting(self, *, columns: int) -> Layout:
        """Only what lies in the first columns, and no range over another."""
        busy: dict[int, int] = {}
        kept = []
        for found in sorted(self.merges):
            top, left, bottom, right = found
            if right >= min(columns, WIDE) or found[:2] == found[2:]:
                continue
            across = range(left, right + 1)
            if bottom >= top and all(busy.get(c, -1) < top for c in across):
                busy.update(dict.fromkeys(across, bottom))
                kept.append(found)
        widths = (
            (first, min(last, columns - 1), min(width, WIDEST))
            for first, last, width in self.widths
            if first < columns and first <= last
        )
        return Layout(tuple(kept), tuple(widths))


PLAIN = Layout()


def layouts_of(content: bytes, kind: str) -> list[Layout]:
    """One per sheet, in the order of the workbook; [] when they cannot be told."""
    if kind == "csv":
        return []
    try:
        answer = subprocess.run(
            [*COMMAND, kind],
            input=content,
            capture_output=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"},
            timeout=SECONDS,
            check=True,
        )
        return [
            Layout(
                tuple((a, b, c, d) for a, b, c, d in merges),
                tuple((a, b, w) for a, b, w in widths),
            )
            for merges, widths in json.loads(answer.stdout)
        ]
    except (subprocess.SubprocessError, ValueError):
        return []


# --- inside the child ---------------------------------------------------------------


def layouts_in(content: bytes, kind: str) -> list[Layout]:
    if kind == "xls":
        return list(_old_layouts(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {member.lower(): member for member in archive.namelist()}
        found = []
        room = MERGES
        for part in _sheet_parts(archive, names):
            known = names.get(part)
            layout = _sheet_layout(archive, known, room) if known else PLAIN
            room -= len(layout.merges)
            found.append(layout)
        return found


def _sheet_parts(archive: zipfile.ZipFile, names: dict[str, str]) -> list[str]:
    """Paths of the sheets in small letters, in the order of the workbook."""
    targets: dict[str, str] = {}
    wanted: list[str] = []

    def element(tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")
        elif tag == "sheet":
            ids = (value for key, value in attributes.items() if key.endswith(":id"))
            wanted.append(next(ids, ""))

    for part in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml"):
        if part in names:
            with archive.open(names[part]) as file:
                parser = expat.ParserCreate()
                parser.StartElementHandler = element
                parser.Parse(file.read(SMALL_PART), True)
    paths = (posixpath.join("/xl", targets.get(number, "")) for number in wanted)
    return [posixpath.normpath(path).lstrip("/").lower() for path in paths]


def _sheet_layout(archive: zipfile.ZipFile, part: str, room: int) -> Layout:
    merges: set[Range] = set()
    widths: set[Width] = set()
    carried = b""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            text = carried + piece
            if len(widths) < COLUMNS:
                told = map(_width, COLUMN.findall(text))
                widths |= {found for found in told if found}
            if len(merges) < room:
                merges |= {_range(*found) for found in MERGED.findall(text)}
            carried = text[-CARRIED:]
    return Layout(tuple(sorted(merges)[:room]), tuple(sorted(widths)[:COLUMNS]))


def _range(left: bytes, top: bytes, right: bytes, bottom: bytes) -> Range:
    return int(top) - 1, column_index(left), int(bottom) - 1, column_index(right)


def _width(attributes: bytes) -> Width | None:
    """None for a hidden column: it is shown, as wide as any."""
    found = dict(ATTRIBUTE.findall(attributes))
    try:
        first, last = int(found[b"min"]) - 1, int(found[b"max"]) - 1
        width = float(found[b"width"])
    except (KeyError, ValueError):
        return None
    is_hidden = found.get(b"hidden") == b"1" or width <= 0
    return None if is_hidden or not 0 <= first < COLUMNS else (first, last, width)


def _old_layouts(content: bytes) -> Iterator[Layout]:
    """Widths from the records of the file, merged ranges from the reader library."""
    stream = legacy.workbook_stream(content)
    starts = [
        struct.unpack_from("<I", body)[0]
        for kind, body in _records(stream, 0)
        if kind == BOUNDSHEET
    ]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for index, start in enumerate(starts):
        ranges = book.get_sheet_by_index(index).merged_cell_ranges or ()
        told = _records(stream, start)
        widths = [_old_width(body) for kind, body in told if kind == COLINFO]
        merges = sorted((*first, *last) for first, last in ranges)
        yield Layout(tuple(merges[:MERGES]), tuple(widths))


def _old_width(body: bytes) -> Width:
    """[MS-XLS] 2.4.53: first and last column, width in 1/256 of a character."""
    first, last, width = struct.unpack_from("<HHH", body)
    return first, last, width / 256


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream; what stands inside it is passed over."""
    place, depth = start, 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        depth += (kind == BOF) - (kind == EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def as_data(layouts: Sequence[Layout]) -> list[tuple[Sequence[Range], Sequence[Width]]]:
    return [(layout.merges, layout.widths) for layout in layouts]


def main(kind: str) -> int:
    """0 with the layouts on standard output, 1 when there is none to tell."""
    try:
        found = layouts_in(sys.stdin.buffer.read(), kind)
    except (
        CalamineError,
        MemoryError,
        OSError,
        ValueError,
        expat.ExpatError,
        legacy.Damaged,
        legacy.Encrypted,
        legacy.NotAWorkbook,
        struct.error,
        zipfile.BadZipFile,
    ):
        return 1
    sys.stdout.write(json.dumps(as_data(found)))
    return 0


if __name__ == "__main__":
    limit()
    sys.exit(main(sys.argv[1]))
