"""Rows of a CSV file, one in memory at a time, each refusal with its row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from evaluations.scoring.wrong_input import WrongInput, plain

LONGEST_ROW = 1 << 20
"""Bytes of a row, however many lines a cell of it has."""


class Lines:
    """The lines of a file as text, none longer than a row may be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = LONGEST_ROW
        self._is_first = True
        self.digest = sha256()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise WrongInput("这一行太长", "the row is too long")
        self.digest.update(line)
        encoding = "utf-8-sig" if self._is_first else "utf-8"
        self._is_first = False
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            raise WrongInput("不是 UTF-8 编码", "not UTF-8") from None

    def next_row(self) -> None:
        """A row is complete; the next may be as long again."""
        self._left = LONGEST_ROW


def rows_of(lines: Lines) -> Iterator[list[str]]:
    """The rows, blanks around cells taken off; an empty line is an empty row."""
    reader = csv.reader(lines, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except WrongInput as problem:
            problem.row = number
            raise
        except csv.Error as error:
            reason = plain(str(error))
            raise WrongInput(
                f"不是 CSV（{reason}）", f"not CSV ({reason})", row=number
            ) from None
        if row is None:
            return
        lines.next_row()
        yield [cell.strip() for cell in row]
