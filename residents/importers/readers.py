"""Opening a file: what it really is, its sheets, its rows as plain cells (5.1).

Types are told by content, never by the name alone. CSV is read here, a row of limited
length at a time; a workbook is read by a child process under limits.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath
from typing import BinaryIO

from residents.importers.book import Book, Sheet
from residents.importers.isolated import open_isolated
from residents.importers.rows import Cell, Refused
from residents.importers.rows import sentence as _

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
KINDS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".csv": "csv", ".txt": "csv"}
EXTENSIONS = (".xlsx", ".xls", ".csv")
HEAD = 4096
PIECE = 1 << 20
USUAL = re.compile("[\t\n\r -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
LONGEST_CELL = 100_000
# Characters of one row, however many lines and cells it has.
LONGEST_ROW = 1_000_000
DELIMITERS = (",", "\t", ";")


def refused(code: str, sentence: str, name: str) -> Refused:
    return Refused(code, sentence, {"name": name})


def kind_of(head: bytes, name: str) -> str:
    """xlsx, xls or csv, told by the first bytes; Refused calls it what it is."""
    if not head:
        raise refused("EMPTY_FILE", _("%(name)s 是空文件。"), name)
    if head.startswith(ZIP):
        found = "xlsx"
    elif head.startswith(OLE):
        found = "xls"
    else:
        found = _text_kind(head, name)
    extension = PurePath(name).suffix.lower()
    meant = KINDS.get(extension)
    if meant is None:
        reason = _("%(name)s：只能读 .xlsx、.xls 和 .csv 文件。")
        raise refused("UNKNOWN_TYPE", reason, name)
    if meant != found:
        reason = _("%(name)s 的扩展名是 %(meant)s，内容其实是 %(found)s。请另存再传。")
        raise Refused(
            "WRONG_EXTENSION",
            reason,
            {"name": name, "meant": extension, "found": f".{found}"},
        )
    return found


def _text_kind(head: bytes, name: str) -> str:
    text = head.lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if text.startswith(b"%PDF"):
        raise refused("PDF", _("%(name)s 是 PDF 文件，不是表格。"), name)
    if text[:1] == b"<":
        reason = _("%(name)s 其实是网页（HTML）。请用表格软件打开，另存为 .xlsx 再传。")
        raise refused("HTML", reason, name)
    is_utf16 = head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    if not is_utf16 and _utf16_without_mark(head) is None and b"\0" in head:
        raise refused("BINARY", _("%(name)s 不是表格文件。"), name)
    return "csv"


def open_book(file: BinaryIO, name: str) -> Book:
    """Open a file for reading from its start to its end, once. Raises Refused."""
    file.seek(0)
    kind = kind_of(file.read(HEAD), name)
    file.seek(0)
    return _open_csv(file, name) if kind == "csv" else open_isolated(file, name, kind)


# --- CSV ----------------------------------------------------------------------------


def _open_csv(file: BinaryIO, name: str) -> Book:
    encoding, lines = _encoding_of(file, name)
    sheet = Sheet(PurePath(name).stem, _csv_rows(file, encoding, name), lines)
    return Book("csv", encoding, iter((sheet,)), lines)


def _csv_rows(
    file: BinaryIO, encoding: str, name: str
) -> Iterator[tuple[int, Sequence[Cell]]]:
    csv.field_size_limit(LONGEST_CELL)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    number = 0
    try:
        lines = Lines(text, name)
        head = list(islice(lines, 5))
        sign = max(DELIMITERS, key=lambda sign: sum(line.count(sign) for line in head))
        reader = csv.reader(chain(head, lines), delimiter=sign)
        for number, row in enumerate(reader, 1):
            lines.length = 0
            yield number, row
    except csv.Error as error:
        reason = _("%(name)s 第 %(line)d 行读不出来：引号或分隔不对。")
        raise Refused("CSV", reason, {"name": name, "line": number + 1}) from error
    finally:
        # The file belongs to whoever has opened it, and may be closed by now: nobody
        # walks on when a question or a refusal has ended the reading.
        with contextlib.suppress(ValueError):
            text.detach()


@dataclass(slots=True)
class Lines:
    """The lines of a text. `length` grows until whoever has read a row sets it back."""

    text: io.TextIOWrapper
    name: str
    length: int = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(LONGEST_ROW + 1):
            self.length += len(line)
            if self.length > LONGEST_ROW:
                reason = _("%(name)s 有一行长得不正常，多半少了一个引号或换行。")
                raise refused("CSV", reason, self.name)
            yield line


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of either order, when nearly every character is one that rosters use."""
    if b"\0" not in head:
        return None
    whole = head[: len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = whole.decode(encoding, "replace")
        if len(USUAL.findall(text)) * 10 >= len(text) * 9:
            return encoding
    return None


def _encoding_of(file: BinaryIO, name: str) -> tuple[str, int]:
    """The encoding that fits the whole file, and its number of lines.

    By trial: byte order mark, UTF-16, UTF-8, GB18030. None fits: Refused with the
    line at which the last trial failed.
    """
    head = file.read(HEAD)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        candidates = ["utf-16"]
    elif wide := _utf16_without_mark(head):
        candidates = [wide]
    else:
        candidates = ["utf-8", "gb18030"]
    line = 0
    for encoding in candidates:
        lines, fits = _decodes(file, encoding)
        if fits:
            return encoding, lines
        line = max(line, lines + 1)
    reason = _("%(name)s 第 %(line)d 行的文字编码不对。请另存为 UTF-8 的 CSV 再传。")
    raise Refused("ENCODING", reason, {"name": name, "line": line})


def _decodes(file: BinaryIO, encoding: str) -> tuple[int, bool]:
    """Whether all bytes decode, and the lines up to the end or the first error."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    while True:
        piece = file.read(PIECE)
        try:
            lines += decoder.decode(piece, final=not piece).count("\n")
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            return lines + before.count(b"\n"), False
        if not piece:
            return lines + 1, True


def size_of(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
