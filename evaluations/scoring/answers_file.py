"""A file of answers, read once, row by row, into cells.

Memory holds the cells, not the rows: one entry for every combination of subject,
round, stratum, mode, margin levels and cluster that occurs, and one line of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evaluations.scoring.cells import Cell, CellKey
from evaluations.scoring.config import Config
from evaluations.scoring.config_file import unreadable
from evaluations.scoring.csv_rows import Lines, rows_of
from evaluations.scoring.marks import Marks
from evaluations.scoring.questions import LEVELS
from evaluations.scoring.wrong_input import WrongInput, shown

STRATUM, SUBJECT, MODE = "stratum", "subject", "mode"
CLUSTER, ROUND, SCORE = "cluster", "round", "score"
KNOWN = (STRATUM, SUBJECT, MODE, CLUSTER, ROUND, SCORE)

_ITEM = re.compile(r"item_([1-9][0-9]?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a file of answers holds.

    `cells`: usable answers; `rows`: all; `unusable`: stratum → rows without a score;
    `rounded`: scores with more than four decimals of a point (M41); `columns`: their
    titles, `unused`: those that meant nothing to this command.
    """

    cells: list[Cell]
    rows: int
    unusable: Counter[str]
    rounded: int
    columns: tuple[str, ...]
    unused: tuple[str, ...]
    sha256: str

    @property
    def usable(self) -> int:
        """m of the whole file."""
        return sum(cell.n for cell in self.cells)

    @property
    def has_subjects(self) -> bool:
        return SUBJECT in self.columns

    @property
    def has_items(self) -> bool:
        return SCORE not in self.columns


def read_answers(path: Path, config: Config) -> Answers:
    """WrongInput names file, row and column of the first thing that does not fit."""
    try:
        with path.open("rb") as file:
            return parse_answers(file, config)
    except OSError as error:
        refusal = unreadable(error)
        refusal.file = path.name
        raise refusal from None
    except WrongInput as problem:
        problem.file = problem.file or path.name
        raise


def parse_answers(file: BinaryIO, config: Config) -> Answers:
    """The same from an open file: UTF-8, with or without a byte order mark."""
    lines = Lines(file)
    rows = rows_of(lines)
    header = _Header.of(next(rows, []), config)
    counting = _Counting(header, config)
    for number, row in enumerate(rows, start=2):
        if row:
            try:
                counting.add(row)
            except WrongInput as problem:
                problem.row = number
                raise
    cells = counting.cells()
    _check_dispositions(cells, config)
    return Answers(
        cells=cells,
        rows=counting.rows,
        unusable=counting.unusable,
        rounded=counting.rounded,
        columns=header.titles,
        unused=header.unused,
        sha256=lines.digest.hexdigest(),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """Where the columns stand: title → place; `items` by number."""

    titles: tuple[str, ...]
    places: dict[str, int]
    items: tuple[int, ...]
    unused: tuple[str, ...]

    @classmethod
    def of(cls, titles: Sequence[str], config: Config) -> _Header:
        try:
            return cls._of(titles, config)
        except WrongInput as problem:
            problem.row = 1
            raise

    @classmethod
    def _of(cls, titles: Sequence[str], config: Config) -> _Header:
        places: dict[str, int] = {}
        for place, title in enumerate(titles):
            if title and title in places:
                raise WrongInput("这一列有两个", "this column twice", column=title)
            places[title] = place
        _need(places, STRATUM)
        for name in config.columns:
            _need(places, name)
        items = _items(places)
        if bool(items) == (SCORE in places):
            raise WrongInput(
                "要有 score，或者 item_1、item_2…，只能取一种",
                "either score or item_1, item_2 … is needed, and not both",
                column=SCORE,
            )
        _check_use(places, config)
        used = {*KNOWN, *config.columns, *(f"item_{number}" for number in items)}
        return cls(
            titles=tuple(titles),
            places=places,
            items=tuple(places[f"item_{number}"] for number in items),
            unused=tuple(title for title in titles if title not in used),
        )


def _need(places: dict[str, int], title: str) -> None:
    if title not in places:
        raise WrongInput(
            "表头没有这一列", "the header has no such column", column=title
        )


def _items(places: dict[str, int]) -> list[int]:
    """The numbers of the questions: 1, 2, 3 … without a gap."""
    found = [_ITEM.fullmatch(title) for title in places]
    numbers = sorted(int(match[1]) for match in found if match)
    for number in range(1, len(numbers) + 1):
        _need(places, f"item_{number}")
    return numbers


def _check_use(places: dict[str, int], config: Config) -> None:
    """Columns that the settings need, or that they leave without a meaning."""
    if config.method.sampling_cluster == "building":
        _need(places, CLUSTER)
    elif CLUSTER in places:
        raise WrongInput(
            "方法里 sampling.cluster 是 none：不用这一列，或在 method 里写 building",
            "sampling.cluster of the method is none: drop the column or say building",
            column=CLUSTER,
        )
    wishes = config.report or frozenset()
    if wishes & {"by_subject", "stars", "ranks"} or config.subjects:
        _need(places, SUBJECT)
    if config.shifts:
        _need(places, MODE)
    if "shares" in wishes:
        _need(places, "item_1")
    if not config.score_range.is_points:
        _need(places, SCORE)
    if config.weights is not None or config.reversed_items:
        _need(places, "item_1")


class _Counting:
    """The rows so far, as cells."""

    def __init__(self, header: _Header, config: Config) -> None:
        self._places = header.places
        self._width = len(header.titles)
        self._config = config
        self._margins = sorted(config.columns)
        self._known = {
            area: {name: {"", *levels} for name, levels in margins.items()}
            for area, margins in config.margins.items()
        }
        self._marks = Marks(header.items, config)
        self._sums: dict[CellKey, list[int]] = {}
        self._homes: dict[str, str] = {}
        self._answered: Counter[str] = Counter()
        self.rows = self.rounded = 0
        self.unusable: Counter[str] = Counter()

    def add(self, row: Sequence[str]) -> None:
        """One answer; WrongInput names the column."""
        if len(row) != self._width:
            raise WrongInput(
                f"这一行有 {len(row)} 格，表头有 {self._width} 格",
                f"{len(row)} cells, the header has {self._width}",
            )
        self.rows += 1
        stratum = self._stratum(row)
        score, levels = self._score(row)
        if score is None:
            self.unusable[stratum] += 1
            return
        area = self._config.frames[stratum].area
        key: CellKey = (
            self._subject(row, area),
            self._cell(row, ROUND),
            stratum,
            self._cell(row, MODE),
            tuple((name, self._level(row, name, area)) for name in self._margins),
            self._cluster(row),
        )
        self._count(key, score, levels)

    def cells(self) -> list[Cell]:
        """In canonical order (M108)."""
        return [_cell_of(key, self._sums[key]) for key in sorted(self._sums)]

    def _count(self, key: CellKey, score: int, levels: Sequence[int]) -> None:
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0] * (3 + len(LEVELS) * len(levels))
        sums[0] += 1
        sums[1] += score
        sums[2] += score * score
        for place, level in enumerate(levels):
            if level:
                sums[2 + len(LEVELS) * place + level] += 1

    def _cell(self, row: Sequence[str], title: str) -> str:
        place = self._places.get(title)
        return "" if place is None else row[place]

    def _stratum(self, row: Sequence[str]) -> str:
        """Who answered was drawn, and was eligible."""
        code = self._cell(row, STRATUM)
        frame = self._config.frames.get(code)
        if frame is None:
            raise WrongInput(
                f"设置里没有层 {shown(code)}",
                f"stratum {shown(code)} is not in the settings",
                column=STRATUM,
            )
        self._answered[code] += 1
        able = frame.stratum.drawn - frame.stratum.not_eligible
        if self._answered[code] > able:
            raise WrongInput(
                f"层 {shown(code)} 的答卷超过了抽中的合格户数 {able}",
                f"stratum {shown(code)}: more answers than eligible drawn, {able}",
                column=STRATUM,
            )
        return code

    def _score(self, row: Sequence[str]) -> tuple[int | None, tuple[int, ...]]:
        if not self._marks.items:
            score, is_rounded = self._marks.score(self._cell(row, SCORE))
            self.rounded += is_rounded
            return score, ()
        return self._marks.levels(tuple(row[place] for place in self._marks.items))

    def _subject(self, row: Sequence[str], area: str) -> str:
        if SUBJECT not in self._places:
            return ""
        code = self._cell(row, SUBJECT)
        if not code:
            raise WrongInput("没有写任职", "the subject is missing", column=SUBJECT)
        if self._homes.setdefault(code, area) != area:
            raise WrongInput(
                f"任职 {shown(code)} 同时在两个加权区域",
                f"subject {shown(code)} has answers in two areas",
                column=SUBJECT,
            )
        return code

    def _level(self, row: Sequence[str], name: str, area: str) -> str:
        """A blank one is a level of its own (M37)."""
        level = self._cell(row, name)
        known = self._known.get(area, {}).get(name)
        if known is not None and level not in known:
            raise WrongInput(
                f"设置里没有水平 {shown(level)}",
                f"level {shown(level)} is not in the settings",
                column=name,
            )
        return level

    def _cluster(self, row: Sequence[str]) -> str:
        code = self._cell(row, CLUSTER)
        if CLUSTER in self._places and not code:
            raise WrongInput("没有写楼栋", "the cluster is missing", column=CLUSTER)
        return code


def _cell_of(key: CellKey, sums: Sequence[int]) -> Cell:
    size = len(LEVELS)
    counts = [tuple(sums[k : k + size]) for k in range(3, len(sums), size)]
    subject, survey_round, stratum, mode, levels, cluster = key
    return Cell(
        appointment=subject,
        round=survey_round,
        stratum=stratum,
        mode=mode,
        n=sums[0],
        sum_s=sums[1],
        sum_s2=sums[2],
        levels=levels,
        building=cluster,
        items=tuple(enumerate(counts, start=1)),
    )


def _check_dispositions(cells: Sequence[Cell], config: Config) -> None:
    """I + P are the usable answers, stratum by stratum (M25)."""
    usable: Counter[str] = Counter()
    for cell in cells:
        usable[cell.stratum] += cell.n
    for code, frame in config.frames.items():
        if frame.final is not None and frame.final.usable != usable[code]:
            told, found = frame.final.usable, usable[code]
            problem = WrongInput(
                f"complete 和 partial 合计 {told}，答卷里可用的有 {found}",
                f"complete and partial sum to {told}, usable answers are {found}",
                key=f"strata.{code}.dispositions",
            )
            problem.file = config.file
            raise problem
