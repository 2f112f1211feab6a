"""A workbook read by a child process: its answers, and an end to its silence (T112).

The child limits its own memory and processor time. Its parent limits how long it waits
in all; time in which the parent is busy with the rows does not count.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from residents.importers import frames
from residents.importers.book import Book, Sheet
from residents.importers.child import SECONDS, TOO_LARGE
from residents.importers.rows import Cell, Refused
from residents.importers.rows import sentence as _
from residents.importers.workbooks import BROKEN

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "residents.importers.child")
TOO_SLOW = _("%(name)s 读了太久还没读完，可能已损坏。请在表格软件里另存一份再传。")
PIECE = 1 << 16
OUT_OF_MEMORY = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS})
OUT_OF_TIME = frozenset({signal.SIGXCPU, signal.SIGKILL})


def open_isolated(file: BinaryIO, name: str, kind: str) -> Book:
    """The book of an .xlsx or .xls file. Raises Refused, here or while it is walked."""
    child = Child(file.read(), name, kind)
    height = child.expect("book")[0]
    return Book(kind, "", _sheets(child), height)


def _sheets(child: Child) -> Iterator[Sheet]:
    """The child tells sheet after sheet: what was not walked is passed over."""
    try:
        message = child.next()
        while message[0] != "end":
            if message[0] == "rows":
                message = child.next()
                continue
            told = message[1]
            rows = Rows(child)
            yield Sheet(
                told["name"],
                iter(rows),
                told["height"],
                told["visible"],
                frames.merges_from(told["merges"]),
                frames.marks_from(told["marks"]),
                told["since_1904"],
            )
            message = rows.following or child.next()
    finally:
        child.end()


@dataclass(slots=True)
class Rows:
    """The rows of one sheet; `following` is the message that ended them."""

    child: Child
    following: list[Any] | None = None

    def __iter__(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        number = 0
        while True:
            message = self.child.next()
            if message[0] != "rows":
                self.following = message
                return
            for cells in message[1]:
                number += 1
                yield number, cells


class Child:
    """One process for one file."""

    def __init__(self, content: bytes, name: str, kind: str) -> None:
        self.name = name
        self.patience = float(SECONDS)
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"},
            close_fds=True,
        )
        self.process = process
        # Whoever drops the book half read ends its reader too.
        self.end = weakref.finalize(self, _end, process)
        head = json.dumps({"name": name, "kind": kind}).encode() + b"\n"
        threading.Thread(
            target=_feed, args=(process, head + content), daemon=True
        ).start()

    def expect(self, kind: str) -> list[Any]:
        message = self.next()
        if message[0] != kind:
            raise self._broken("BROKEN", BROKEN)
        return message[1:]

    def next(self) -> list[Any]:
        """The next message. Raises Refused: in the child's words, or for its death."""
        length = int.from_bytes(self._read(frames.LENGTH), "big")
        if length > frames.FRAME:
            raise self._broken("TOO_LARGE", TOO_LARGE)
        try:
            message = frames.unpack(self._read(length))
        except frames.BadFrame as error:
            raise self._broken("BROKEN", BROKEN) from error
        match message:
            case ["refused", str(code), str(sentence), dict(params)]:
                self.end()
                raise Refused(code, sentence, params)
            case ["book" | "sheet" | "rows", _] | ["end"]:
                return list(message)
        raise self._broken("BROKEN", BROKEN)

    def _read(self, size: int) -> bytes:
        pieces, missing = [], size
        while missing:
            piece = self._piece(min(missing, PIECE))
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        """Some bytes; never none, and never after the patience has run out."""
        if self.process.stdout is None:
            raise self._broken("BROKEN", BROKEN)
        pipe = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        began = time.monotonic()
        ready = poll.poll(self.patience * 1000)
        self.patience = max(self.patience - (time.monotonic() - began), 0.0)
        if not ready:
            raise self._broken("TOO_SLOW", TOO_SLOW)
        piece = os.read(pipe, size)
        if not piece:
            raise self._died()
        return piece

    def _died(self) -> Refused:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        died_of = -(self.process.returncode or 0)
        if died_of in OUT_OF_MEMORY:
            return self._broken("TOO_LARGE", TOO_LARGE)
        if died_of in OUT_OF_TIME:
            return self._broken("TOO_SLOW", TOO_SLOW)
        return self._broken("BROKEN", BROKEN)

    def _broken(self, code: str, sentence: str) -> Refused:
        self.end()
        return Refused(code, sentence, {"name": self.name})


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Give the child its file; a child that has died does not want it any more."""
    if process.stdin is None:
        return
    with contextlib.suppress(OSError, ValueError):
        process.stdin.write(content)
    with contextlib.suppress(OSError, ValueError):
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
