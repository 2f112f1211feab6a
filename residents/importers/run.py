"""The pipeline: sheets -> headers -> raw rows -> parsed rows, with a log beside it.

    run = Run(open_book(file, name), places, on=today)
    for item in run:  # ParsedRow, or Amendment of a row that went by before
        ...
    run.log.check()

Memory does not grow with the length of a row, only with the number of addresses and
telephones: some numbers each (`whole`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from residents.importers import headers, normalise
from residents.importers.book import Book, Sheet
from residents.importers.headers import Header, Names
from residents.importers.judging import Judge
from residents.importers.lines import SheetReader
from residents.importers.log import ImportLog, SheetLog
from residents.importers.places import Places
from residents.importers.rows import Action, Amendment, Cell, ParsedRow, Refused
from residents.importers.rows import sentence as _
from residents.importers.whole import WholeFile

BROWSER_ROWS = 200_000
COMMAND_ROWS = 1_100_000


@dataclass
class Run:
    """One walk through one book. Iterate once; then `log` is complete."""

    book: Book
    places: Places
    on: dt.date
    max_rows: int = BROWSER_ROWS
    log: ImportLog = field(default_factory=ImportLog)
    whole: WholeFile = field(init=False)
    read: int = 0

    def __post_init__(self) -> None:
        self.whole = WholeFile(min(self.book.height, self.max_rows))

    def __iter__(self) -> Iterator[ParsedRow | Amendment]:
        for number, sheet in enumerate(self.book.sheets):
            yield from self._sheet(sheet, number)
        if not self.log.rosters:
            reason = _("文件里没有找到名册：表头至少要有小区名称、楼栋和房号。")
            raise Refused("NO_ROSTER", reason)

    def _sheet(self, sheet: Sheet, number: int) -> Iterator[ParsedRow | Amendment]:
        log = SheetLog(number, normalise.INVISIBLE.sub("", sheet.name)[:60])
        self.log.sheets.append(log)
        if not sheet.visible:
            log.action, log.problems = "skip", ["HIDDEN_SHEET"]
            return
        if sheet.left_out:
            log.action, log.problems = "skip", ["LEFT_OUT"]
            return
        start = list(islice(sheet.rows, headers.SEARCHED_ROWS))
        header = header_of([cells for _number, cells in start], log, sheet.names)
        if header is None:
            return
        self._take_down(log, sheet, header)
        log.community = self._community_of(sheet, start, header)
        judge = Judge(self.places, self.on, log, sheet.since_1904)
        reader = SheetReader(sheet, header, judge)
        for row in reader.parsed(chain(start[header.row :], sheet.rows)):
            self.read += 1
            if self.read > self.max_rows:
                reason = _(
                    "超过 %(rows)d 行。请按社区拆成几个文件，或请管理员用命令导入。"
                )
                raise Refused("TOO_MANY_ROWS", reason, {"rows": self.max_rows})
            judged, amendments = self.whole.judge(row)
            log.add(judged)
            yield judged
            for amendment, before in amendments:
                self.log.amend(amendment, before, Action.WARN)
                yield amendment

    @staticmethod
    def _take_down(log: SheetLog, sheet: Sheet, header: Header) -> None:
        if sheet.marks.filtered:
            log.note("FILTER_IN_USE")
        if sheet.marks.comments:
            log.note("CELL_COMMENTS")
        log.header_row, log.answered = header.row, dict(sheet.names)
        log.columns, log.dropped = list(header.columns), list(header.dropped)

    def _community_of(
        self, sheet: Sheet, start: Sequence[tuple[int, Sequence[Cell]]], header: Header
    ) -> str:
        """The community that the sheet's name or its title lines name."""
        if code := self.places.code_of(sheet.name):
            return code
        titles = [
            normalise.text_of(cell)
            for _number, cells in start[: header.first_row - 1]
            for cell in cells
        ]
        return next(filter(None, map(self.places.code_inside, titles)), "")


def header_of(
    rows: Sequence[Sequence[Cell]], log: SheetLog, names: Names
) -> Header | None:
    """The header among these first rows; None, with the reason in the log."""
    header = headers.find(rows, names=names)
    if header is None:
        log.action, log.problems = "skip", ["NOT_A_ROSTER_SHEET"]
        return None
    if header.side_by_side or headers.beside(rows, header):
        log.action, log.problems = "reject", ["SIDE_BY_SIDE"]
        return None
    if not header.complete:
        log.action, log.problems = "reject", ["HEADER_INCOMPLETE"]
        log.missing, log.dropped = list(header.missing), list(header.twice)
        return None
    return header
