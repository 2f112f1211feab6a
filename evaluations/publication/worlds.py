"""What a withheld count could be as well, beside everything that was told (T127).

Pure integers. Other worlds are made from the true one: in one round households change
from one label to another, and where that would change a told count, as many change back
in another round of the same windows. Everything told is true in each of these worlds,
so each is a witness that its value is possible. Worlds of other kinds exist too: the
answer errs on the side of withholding.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluations.scoring.unanimity import SMALL_COUNT

POSSIBLE = 3
"""T127: so many values must stay possible for a withheld count."""

TENS = 10
"""Rates are worked out from counts in tens, see `publication.rates`."""

Rounds = frozenset[str]
Cells = Mapping[tuple[str, str], int]
"""(round, label) -> households."""


@dataclass(frozen=True, slots=True)
class ToldTable:
    """The households of a window by label, as they were told.

    `labels`: whose counts are told; `named`: all that the table lists, the withheld
    ones too. A label that it does not list is told to be 0.
    """

    rounds: Rounds
    labels: frozenset[str]
    named: frozenset[str]

    def tells(self, label: str) -> bool:
        return label in self.labels or label not in self.named


@dataclass(frozen=True, slots=True)
class Change:
    """One household from `giver` to `taker` in `there`, one back in `back`, if any."""

    there: str
    back: str | None
    giver: str
    taker: str

    def steps(self) -> Iterator[tuple[str, str, int]]:
        yield self.there, self.giver, -1
        yield self.there, self.taker, 1
        if self.back is not None:
            yield self.back, self.giver, 1
            yield self.back, self.taker, -1


class Worlds:
    """The worlds around the true counts in which all `tables` are told as they were.

    `cells`: of every round of all tables; `in_tens`: labels of which everybody knows
    the ten they lie in, in every window; `movable`: rounds of which all windows that
    hold them are among the tables, None: all.
    """

    def __init__(
        self,
        cells: Cells,
        tables: Sequence[ToldTable],
        *,
        in_tens: Collection[str] = (),
        movable: Rounds | None = None,
    ) -> None:
        self.cells, self.tables, self.in_tens = cells, tables, frozenset(in_tens)
        self.labels = sorted({label for _, label in cells})
        rounds = {name for name, _ in cells}
        self.rounds = sorted(rounds if movable is None else rounds & movable)
        self.telling: dict[tuple[str, str], set[int]] = defaultdict(set)
        for number, table in enumerate(tables):
            for label in filter(table.tells, self.labels):
                for name in table.rounds:
                    self.telling[name, label].add(number)

    def are_open(self, targets: Iterable[ToldTable]) -> bool:
        """Whether each small withheld count of these tables keeps three values."""
        return all(
            self._has_values(table, label)
            for table in targets
            for label in table.named - table.labels
            if self._count(table, label) < SMALL_COUNT
        )

    def _count(self, table: ToldTable, label: str) -> int:
        return sum(self.cells.get((name, label), 0) for name in table.rounds)

    def _has_values(self, table: ToldTable, label: str) -> bool:
        wanted = POSSIBLE - 1
        found = self._steps(table, label, up=True, most=wanted)
        return found + self._steps(table, label, up=False, most=wanted) >= wanted

    def _steps(self, table: ToldTable, label: str, *, up: bool, most: int) -> int:
        """How far the count can go one way, one household after the other."""
        left, done = dict(self.cells), 0
        for change in self._changes(table, label, up=up):
            while done < most and self._holds(change, left):
                for name, own, step in change.steps():
                    left[name, own] = left.get((name, own), 0) + step
                done += 1
            if done == most:
                break
        return done

    def _changes(self, table: ToldTable, label: str, *, up: bool) -> Iterator[Change]:
        """Those that move the count of the table by one and no told count."""
        inside = [name for name in self.rounds if name in table.rounds]
        outside = [name for name in self.rounds if name not in table.rounds]
        for other in self.labels:
            if other == label:
                continue
            giver, taker = (other, label) if up else (label, other)
            for there in inside:
                kinds = self.telling[there, giver], self.telling[there, taker]
                if not any(kinds):
                    yield Change(there, None, giver, taker)
                    continue
                for back in outside:
                    if (self.telling[back, giver], self.telling[back, taker]) == kinds:
                        yield Change(there, back, giver, taker)

    def _holds(self, change: Change, left: Mapping[tuple[str, str], int]) -> bool:
        """Nobody is missing, and no ten is left."""
        for name, label, step in change.steps():
            if left.get((name, label), 0) + step < 0:
                return False
        return all(
            self._same_ten(change, table, label, left)
            for label in self.in_tens & {change.giver, change.taker}
            for table in self.tables
        )

    def _same_ten(
        self,
        change: Change,
        table: ToldTable,
        label: str,
        left: Mapping[tuple[str, str], int],
    ) -> bool:
        step = sum(
            step
            for name, own, step in change.steps()
            if own == label and name in table.rounds
        )
        if not step:
            return True
        count = sum(left.get((name, label), 0) for name in table.rounds)
        return (count + step) // TENS == count // TENS
