"""Tables beside a figure: which of their counts may be told (M28, M84, T127).

Pure. A table splits the households of a window by mode, stratum, final code, or by
whether a question was answered. What was told of earlier windows stays told, so a count
is told only if neither its own table nor all those before give a small rest away.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.guard import small_rests
from evaluations.publication.worlds import Cells, Rounds, ToldTable, Worlds
from evaluations.scoring.unanimity import SMALL_COUNT

FINALS = ("refusal", "no_contact", "other", "unknown", "not_eligible")
IN_TENS = ("unknown", "not_eligible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The households of a window by label.

    `cells`: also those of every window in `earlier`, the tables told before; `never`:
    labels that are never told; `in_tens`: labels of which everybody knows the ten they
    lie in; `movable`: rounds that lie in no window but these, None: all. The total of
    every window is told, and the guard of M86 is for those.
    """

    cells: Cells
    rounds: Rounds
    never: Collection[str] = ()
    in_tens: Collection[str] = ()
    earlier: Sequence[ToldTable] = ()
    movable: Rounds | None = None

    def counts(self) -> dict[str, int]:
        """Also of labels that other windows have and this one has not: 0."""
        found = {label: 0 for _, label in sorted(self.cells)}
        for (name, label), n in self.cells.items():
            if name in self.rounds:
                found[label] += n
        return found

    def told(self) -> dict[str, int | None]:
        """Label -> households, None where they are withheld.

        1. counts below ten are withheld, zero included (M28, M84);
        2. so is the smallest other, until those withheld are ten together, each, here
           and in the tables before, keeps three possible values, and nothing told of
           this window and of earlier ones leaves a small rest (T127).
        """
        counts = self.counts()
        shown = {
            label
            for label, n in counts.items()
            if n >= SMALL_COUNT and label not in self.never
        }
        while shown and not self._is_safe(counts, shown):
            shown.remove(min(shown, key=lambda label: (counts[label], label)))
        return {label: n if label in shown else None for label, n in counts.items()}

    def _is_safe(self, counts: Mapping[str, int], shown: Collection[str]) -> bool:
        hidden = [n for label, n in counts.items() if label not in shown]
        if hidden and sum(hidden) < SMALL_COUNT:
            return False
        own = ToldTable(self.rounds, frozenset(shown), frozenset(counts))
        tables = [*self.earlier, own]
        if small_rests(_sets(tables, counts), self.cells, floor=SMALL_COUNT):
            return False
        worlds = Worlds(self.cells, tables, in_tens=self.in_tens, movable=self.movable)
        return worlds.are_open(one for one in tables if one.rounds & self.rounds)


def _sets(
    tables: Iterable[ToldTable], labels: Collection[str]
) -> Iterator[list[tuple[str, str]]]:
    """The cells behind every told table: its total, and its labels.

    Totals of other windows part no label of a table: a sum of totals and labels
    that is a set at all is made of whole classes of totals, and of whole classes
    of tables (docs/adr/0031).
    """
    for table in tables:
        told = [label for label in labels if table.tells(label)]
        if told:
            yield [(name, label) for name in table.rounds for label in labels]
        for label in told:
            yield [(name, label) for name in table.rounds]


def alone(counts: Mapping[str, int], **rules: Any) -> dict[str, int | None]:
    """What may be told of a table that nothing was told before."""
    cells = {("", label): n for label, n in counts.items()}
    return Table(cells=cells, rounds=frozenset([""]), **rules).told()


def finals_of(row: Any) -> dict[str, int]:
    """Households without a usable answer by code (M24); `row`: keys by name."""
    return {
        "refusal": row["refusal"],
        "no_contact": row["no_contact"],
        "other": row["other"],
        "unknown": row["unknown_household"] + row["unknown_other"],
        "not_eligible": row["not_eligible"],
    }


def answered(m: int, usable: int) -> dict[str, int]:
    """The households of a figure by whether they answered a question."""
    return {"answered": m, "blank": usable - m}
