"""T134: what whoever reads everything can work out, by adding and subtracting.

The reader here knows the documents of two years and no more: not the rows, not the
decisions. From them it makes equations about households by round and label, and asks
two things: is some set of 1 to 9 households a sum of told sets, and can some withheld
count of 1 to 4 be only one or two numbers? The truth is used to score the answers.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from evaluations.publication import Audience, parts
from tests.evaluations.differencing_world import QUESTIONS, Document, Town, town

# A thousand areas take eight minutes of one core; DIFFERENCING_TOWNS=24 is a look.
TOWNS = int(os.environ.get("DIFFERENCING_TOWNS", "1000"))
SMALL = 10
WANTED = 3
MOST_PAIRED = 60
FINALS = ("refusal", "no_contact", "other", "unknown", "not_eligible")
OFFICE, PUBLIC = Audience.OFFICE, Audience.PUBLIC
Cell = tuple[str, str]


@dataclass(frozen=True)
class Fact:
    """The households in these cells number from `low` to `high`."""

    cells: frozenset[Cell]
    low: int
    high: int


# --- what the documents say -------------------------------------------------------


def told_totals(documents: Iterable[Document]) -> dict[frozenset[str], int]:
    """Rounds of a window → usable households."""
    found = {}
    for one in documents:
        if one.contents["released"]:
            found[one.rounds] = one.contents["figure"]["households"]
        elif (one.contents["withheld"]["households"] or "").isdecimal():
            found[one.rounds] = int(one.contents["withheld"]["households"])
    return found


def told_tables(
    documents: Iterable[Document], kind: str
) -> dict[frozenset[str], dict[str, int | None]]:
    """Rounds of a window → label → households, None: withheld."""
    found = {}
    for one in documents:
        if not one.contents["released"]:
            continue
        design = one.contents["design"]
        tables = {
            "modes": design["modes"],
            "finals": design["dispositions"],
            "strata": {row["code"]: row["usable"] for row in design["strata"]},
        }
        if tables[kind]:
            found[one.rounds] = tables[kind]
    return found


def told_answers(
    documents: Iterable[Document], number: int
) -> dict[frozenset[str], int | None]:
    """Rounds behind a question's mean → households that answered, None: withheld."""
    newest: dict[str, frozenset[str]] = {}
    found: dict[frozenset[str], int | None] = {}
    # In the order in which they were read: a kept figure is of the version then.
    for one in documents:
        if one.contents["released"] and not one.contents["figure"]["is_kept"]:
            newest[one.month] = one.rounds
        for row in one.contents.get("questions", ()):
            if row["number"] == number and row["released"]:
                rounds = one.rounds if not row["is_kept"] else newest.get(row["month"])
                if rounds is not None:
                    found[rounds] = row["households"]
    return found


# --- the truth --------------------------------------------------------------------


def truth_of(area: Town, community: int, kind: str) -> dict[Cell, int]:
    found: dict[Cell, int] = defaultdict(int)
    for (one, month), counts in area.counts.items():
        if one != community:
            continue
        if kind == "modes":
            for (_, mode), n in counts.modes.items():
                found[month, mode] += n
        elif kind == "strata":
            for (stratum, _), n in counts.modes.items():
                found[month, stratum] += n
        else:
            for finals in counts.finals.values():
                for name in FINALS:
                    key = "unknown_household" if name == "unknown" else name
                    found[month, name] += finals[key]
    months = {month for one, month in area.counts if one == community}
    labels = {label for _, label in found}
    return {(month, label): found[month, label] for month in months for label in labels}


def known_empty(
    tables: Mapping[frozenset[str], Mapping[str, int | None]],
    truth: Mapping[Cell, int],
) -> set[Cell]:
    """Cells of labels that a table does not name: it names all that are not empty."""
    return {
        cell
        for rounds, table in tables.items()
        for cell in truth
        if cell[0] in rounds and cell[1] not in table
    }


def answers_of(area: Town, community: int, number: int) -> dict[Cell, int]:
    found: dict[Cell, int] = {}
    for (one, month), counts in area.counts.items():
        if one == community:
            given = sum(counts.answered[number].values())
            found[month, "answered"] = given
            found[month, "blank"] = counts.usable - given
    return found


def held(truth: Mapping[Cell, int], cells: Iterable[Cell]) -> int:
    return sum(truth.get(cell, 0) for cell in cells)


# --- sets of few households -------------------------------------------------------


def isolated(
    sets: Iterable[frozenset[Cell]],
    truth: Mapping[Cell, int],
    empty: Collection[Cell] = (),
) -> list[frozenset[Cell]]:
    """Sets of 1 to 9 households that are a sum of told sets with any factors.

    Cells that every told set holds or leaves out alike are one column. The columns S
    are such a sum exactly if the projection on the span of the sets keeps them: then
    the entries of the projection over S add up to the number of columns. All S of up
    to three small columns are tried, and all that adding disjoint and subtracting
    contained sets leads to. `empty`: cells known to hold nobody.
    """
    known = sorted({frozenset(one) for one in sets if held(truth, one)}, key=sorted)
    columns: dict[tuple[bool, ...], set[Cell]] = defaultdict(set)
    for cell in {cell for one in known for cell in one} - set(empty):
        columns[tuple(cell in one for one in known)].add(cell)
    if not columns:
        return []
    patterns = list(columns)
    weights = [held(truth, columns[pattern]) for pattern in patterns]
    matrix = np.array(patterns, dtype=float).T
    _, sizes, basis = np.linalg.svd(matrix, full_matrices=False)
    basis = basis[sizes > 1e-8]
    projection = (basis.T @ basis).tolist()
    few = [k for k, weight in enumerate(weights) if weight < SMALL]
    found = []
    for size in (1, 2, 3) if len(few) <= 40 else (1, 2):
        for chosen in combinations(few, size):
            if not 0 < sum(weights[k] for k in chosen) < SMALL:
                continue
            if sum(projection[k][j] for k in chosen for j in chosen) > size - 1e-6:
                found.append(frozenset().union(*(columns[patterns[k]] for k in chosen)))
    return found + closed(matrix.astype(bool), weights, [columns[p] for p in patterns])


def closed(
    rows: np.ndarray[Any, Any], weights: Sequence[int], columns: Sequence[set[Cell]]
) -> list[frozenset[Cell]]:
    """Small sets among those that sums and differences of sets lead to."""
    masks = {sum(1 << int(k) for k in np.flatnonzero(row)) for row in rows}
    queue, most = sorted(masks), 400
    while queue and len(masks) < most:
        one = queue.pop()
        for other in sorted(masks):
            if one & other == 0:
                new = one | other
            elif one | other in (one, other) and one != other:
                new = one ^ other
            else:
                continue
            if new not in masks and len(masks) < most:
                masks.add(new)
                queue.append(new)
    found = []
    for mask in masks:
        inside = [k for k in range(len(columns)) if mask >> k & 1]
        if 0 < sum(weights[k] for k in inside) < SMALL:
            found.append(frozenset().union(*(columns[k] for k in inside)))
    return found


# --- withheld counts --------------------------------------------------------------


def open_values(
    target: frozenset[Cell], facts: Sequence[Fact], truth: Mapping[Cell, int]
) -> set[int]:
    """Values of the target count with a whole world behind them, at most three.

    From the true world households change label in one month of the target, and, if
    that is not enough, as many change back in a second month, and once more in a third;
    then two such changes at once. A world counts if every fact still holds in it. More
    worlds may exist: what is found is a lower bound.
    """
    touching: dict[Cell, list[Fact]] = defaultdict(list)
    for fact in facts:
        for cell in fact.cells:
            touching[cell].append(fact)
    true = held(truth, target)
    values = {true}
    single: list[dict[Cell, int]] = []
    for change in _changes(target, truth):
        step = held(change, target & change.keys())
        is_useful = abs(step) == 1 or true + step not in values
        if is_useful and _holds(change, truth, touching):
            values.add(true + step)
            single += [change] if abs(step) == 1 else []
        if len(values) == WANTED:
            return values
    for one, other in combinations(single[:MOST_PAIRED], 2):
        both = dict(one)
        for cell, step in other.items():
            both[cell] = both.get(cell, 0) + step
        if _holds(both, truth, touching):
            values.add(true + held(both, target & both.keys()))
        if len(values) == WANTED:
            break
    return values


def _changes(
    target: frozenset[Cell], truth: Mapping[Cell, int]
) -> Iterator[dict[Cell, int]]:
    months = sorted({month for month, _ in truth})
    labels = sorted({label for _, label in truth})
    steps = (1, -1, 2, -2)
    firsts = [
        (month, one, other, step)
        for month, one in sorted(target)
        for other in labels
        if other != one
        for step in steps
    ]
    for month, one, other, step in firsts:
        # A household more or less, where the total is not told; or another label.
        yield {(month, one): step}
        yield {(month, one): step, (month, other): -step}
    for month, one, other, step in firsts:
        for back in months:
            if back != month:
                yield {
                    (month, one): step,
                    (month, other): -step,
                    (back, one): -step,
                    (back, other): step,
                }
    for month, one, other, step in firsts:
        for back, again in permutations([one for one in months if one != month], 2):
            yield {
                (month, one): step,
                (month, other): -step,
                (back, one): -step,
                (back, other): step,
                (again, one): step,
                (again, other): -step,
            }


def _holds(
    change: Mapping[Cell, int],
    truth: Mapping[Cell, int],
    touching: Mapping[Cell, list[Fact]],
) -> bool:
    if any(truth.get(cell, 0) + step < 0 for cell, step in change.items()):
        return False
    for fact in {id(f): f for cell in change for f in touching[cell]}.values():
        count = held(truth, fact.cells) + held(change, fact.cells & change.keys())
        if not fact.low <= count <= fact.high:
            return False
    return True


def span_values(
    windows: Mapping[frozenset[str], tuple[int, int]], months: Sequence[str]
) -> dict[frozenset[str], tuple[int, int]]:
    """The tightest bounds of every window, exactly.

    Counts up to a month are potentials; a window is the difference of two of them, and
    no month holds less than nothing. Shortest ways between potentials are the bounds,
    and as all of it is whole numbers every value between them is possible. Windows
    with a gap (a part was annulled) are taken as their own first and last months say
    only where they have none.
    """
    place = {month: k for k, month in enumerate(months)}
    size = len(months) + 1
    way = np.full((size, size), np.inf)
    np.fill_diagonal(way, 0)
    for k in range(size - 1):
        way[k + 1, k] = 0  # S(k) - S(k + 1) <= 0
    ends = {}
    for rounds, (low, high) in windows.items():
        inside = sorted(place[month] for month in rounds)
        first, last = inside[0], inside[-1] + 1
        if [months[k] for k in inside] != list(months[first:last]):
            continue
        ends[rounds] = (first, last)
        way[first, last] = min(way[first, last], high)
        way[last, first] = min(way[last, first], -low)
    for k in range(size):
        way = np.minimum(way, way[:, k : k + 1] + way[k : k + 1, :])
    return {
        rounds: (int(-way[last, first]), int(min(way[first, last], 10**6)))
        for rounds, (first, last) in ends.items()
    }


# --- the attack -------------------------------------------------------------------


def faults(area: Town) -> Iterator[str]:
    """Everything that a reader of one audience's documents works out, in words."""
    for audience in Audience:
        read = [one for one in area.documents if one.audience is audience]
        for community in area.communities:
            own = [one for one in read if one.community == community]
            where = f"{area.seed} {community} {audience.value}"
            for fault in (
                *_sets(area, community, own),
                *_tables(area, community, own),
                *_hidden_windows(area, community, own),
                *_partials(area, community, own),
            ):
                yield f"{where}: {fault}"
        for fault in _groups(area, read):
            yield f"{area.seed} {audience.value}: {fault}"


def _sets(area: Town, community: int, own: list[Document]) -> Iterator[str]:
    """No few answers between windows, versions, labels and questions."""
    totals = told_totals(own)
    for kind in ("modes", "strata"):
        truth = truth_of(area, community, kind)
        tables = told_tables(own, kind)
        sets = list(_whole(totals, truth))
        sets += [
            frozenset((month, label) for month in rounds)
            for rounds, table in tables.items()
            for label, count in table.items()
            if count is not None
        ]
        for found in isolated(sets, truth, known_empty(tables, truth)):
            yield f"{kind}: {held(truth, found)} households in {sorted(found)}"
    for number in QUESTIONS:
        truth = answers_of(area, community, number)
        told = told_answers(own, number)
        means = [frozenset((month, "answered") for month in rounds) for rounds in told]
        counted = [
            frozenset((month, "answered") for month in rounds)
            for rounds, count in told.items()
            if count is not None
        ]
        for found in [
            *isolated(means, truth),
            *isolated([*counted, *_whole(totals, truth)], truth),
        ]:
            yield f"question {number}: {held(truth, found)} in {sorted(found)}"


def _whole(
    totals: Iterable[frozenset[str]], truth: Mapping[Cell, int]
) -> Iterator[frozenset[Cell]]:
    for rounds in totals:
        yield frozenset(cell for cell in truth if cell[0] in rounds)


def _tables(area: Town, community: int, own: list[Document]) -> Iterator[str]:
    """Withheld counts of 1 to 4 in tables; of final codes the tens are known too."""
    for kind in ("modes", "strata", "finals"):
        truth = truth_of(area, community, kind)
        tables = told_tables(own, kind)
        facts = list(_facts(tables, truth))
        facts += _totals(own, truth)
        if kind == "finals":
            facts += _tens(own, truth)
        for rounds, table in tables.items():
            for label, count in table.items():
                target = frozenset((month, label) for month in rounds)
                if count is None and 1 <= held(truth, target) <= 4:
                    values = open_values(target, facts, truth)
                    if len(values) < WANTED:
                        yield f"{kind} {label}: {sorted(values)} in {sorted(rounds)}"
        if kind == "finals":
            sets = [fact.cells for fact in facts if fact.low == fact.high]
            plain = isolated([fact.cells for fact in _totals(own, truth)], truth)
            for found in set(isolated(sets, truth)) - set(plain):
                if not any(found <= one for one in plain):
                    yield f"finals: {held(truth, found)} in {sorted(found)}"


def _facts(
    tables: Mapping[frozenset[str], Mapping[str, int | None]],
    truth: Mapping[Cell, int],
) -> Iterator[Fact]:
    for rounds, table in tables.items():
        for label, count in table.items():
            if count is not None:
                cells = frozenset((month, label) for month in rounds)
                assert held(truth, cells) == count
                yield Fact(cells, count, count)


def _totals(own: Iterable[Document], truth: Mapping[Cell, int]) -> list[Fact]:
    """Usable answers, or those released who gave none, of every told window."""
    found = []
    is_finals = any(label in FINALS for _, label in truth)
    for one in own:
        if one.contents["released"]:
            design = one.contents["design"]
            if is_finals and design["released"] is None:
                continue
            cells = frozenset(cell for cell in truth if cell[0] in one.rounds)
            count = held(truth, cells)
            if is_finals:
                usable = one.contents["figure"]["households"]
                assert design["released"] == usable + count
            found.append(Fact(cells, count, count))
    return found


def _tens(own: Iterable[Document], truth: Mapping[Cell, int]) -> list[Fact]:
    """At most this is in the rates: the tens of NE and of the unknown."""
    found = []
    for one in own:
        if one.contents["released"] and one.contents["design"]["rates"]["e"]:
            for label in ("unknown", "not_eligible"):
                cells = frozenset((month, label) for month in one.rounds)
                low = held(truth, cells) // 10 * 10
                found.append(Fact(cells, low, low + 9))
    return found


def _hidden_windows(area: Town, community: int, own: list[Document]) -> Iterator[str]:
    """Windows of which only "<10" is told."""
    months = sorted({month for _, month in area.counts})
    counts = {m: c.usable for (one, m), c in area.counts.items() if one == community}
    windows = {rounds: (n, n) for rounds, n in told_totals(own).items() if rounds}
    for one in own:
        withheld = one.contents.get("withheld") or {}
        if withheld.get("households") == "<10" and one.rounds:
            windows[one.rounds] = (0, 9)
    for rounds, (low, high) in _filled(windows, months, counts).items():
        true = sum(counts.get(month, 0) for month in rounds)
        assert low <= true <= high
        if 1 <= true <= 4 and high - low + 1 < WANTED:
            yield f"a window of {true}: {low} to {high} in {sorted(rounds)}"


def _partials(area: Town, community: int, own: list[Document]) -> Iterator[str]:
    """Partial answers, of which the rates tell the tens at most."""
    months = sorted({month for _, month in area.counts})
    counts = {
        month: sum(finals["partial"] for finals in found.finals.values())
        for (one, month), found in area.counts.items()
        if one == community
    }
    windows = {}
    for one in own:
        if one.contents["released"] and one.contents["design"]["rates"]["rr1"]:
            low = sum(counts.get(month, 0) for month in one.rounds) // 10 * 10
            windows[one.rounds] = (low, low + 9)
    for rounds, (low, high) in _filled(windows, months, counts).items():
        true = sum(counts.get(month, 0) for month in rounds)
        assert low <= true <= high
        if 1 <= true <= 4 and high - low + 1 < WANTED:
            yield f"{true} partial answers: {low} to {high} in {sorted(rounds)}"


def _filled(
    windows: Mapping[frozenset[str], tuple[int, int]],
    months: Sequence[str],
    counts: Mapping[str, int],
) -> dict[frozenset[str], tuple[int, int]]:
    """Bounds over the months that have a round: others hold nobody, as all know."""
    known = [month for month in months if month in counts]
    return span_values(windows, known)


def _groups(area: Town, read: list[Document]) -> Iterator[str]:
    """Of a group whose mean is told no member alone, nor few households, is left.

    The mean weighs members by variances that only told members have, so that what is
    left of it is about all hidden members at once.
    """
    told = {
        (one.community, one.month)
        for one in read
        if one.contents["released"] and not one.contents["figure"]["is_kept"]
    }
    for one in read:
        if not one.contents["released"] or one.contents["group"]["mean"] is None:
            continue
        month = one.contents["figure"]["month"]
        hidden = [
            sum(area.counts[pk, name].usable for name in rounds)
            for pk, rounds in area.groups[month]
            if (pk, month) not in told
        ]
        if len(hidden) == 1 or 0 < sum(hidden) < SMALL:
            yield f"group of {month}: {hidden}"


def faults_of(seed: int) -> list[str]:
    area = town(seed)
    area.run()
    return list(faults(area))


@pytest.mark.parametrize("seed", range(TOWNS))
def test_nothing_of_few_households_can_be_worked_out(seed: int) -> None:
    assert faults_of(seed) == []


def test_the_reader_finds_what_a_gate_without_the_ledger_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With each table looked at alone, as if none had been told before."""
    monkeypatch.setattr(parts, "small_rests", lambda *_, **__: [])
    found = faults_of(5)
    assert any("modes" in fault for fault in found)
    assert any("strata" in fault for fault in found)
