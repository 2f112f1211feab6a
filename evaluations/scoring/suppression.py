"""Withheld counts that no margin gives back (M84).

A table is published with its totals, so a single gap is a subtraction away. Every gap
gets partners until neither algebra nor the fact that counts are whole and not negative
tells what is in it. Sources: Cox (1980), JASA 75, 377-385; Hundepool and others (2012),
Statistical Disclosure Control, chapter 4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluations.scoring.method import Method

# T127: so many values must stay possible for a withheld count.
_POSSIBLE = 3

Place = tuple[int, int]
Grid = Sequence[Sequence[int]]
Counts = tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A published table: None is withheld, and prints as such, never as 0.

    `cells`: rows of counts; `row_totals`, `column_totals`, `total`: the margins.
    """

    cells: tuple[Counts, ...]
    row_totals: Counts
    column_totals: Counts
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownList:
    """A published list with its total: None is withheld."""

    counts: Counts
    total: int | None


def suppress_table(counts: Grid, *, method: Method) -> ShownTable:
    """The table as it may be published with all its margins.

    1. Counts below `publish.cell`, zero and totals included, are withheld.
    2. A row or column (of totals too) with one gap gets its smallest shown count as a
       partner.
    3. A gap that could still be worked out, exactly or to fewer than three values,
       gets the smallest shown count of its row and column; again from 2.

    If the total is that small, nothing is shown. `counts`: rows of equal length, at
    least one each way, all >= 0, otherwise ValueError. The result does not depend on
    anything but the counts. Source: M84, T127.
    """
    grid = _with_totals(counts)
    gaps = {place for place in _places(grid) if _at(grid, place) < method.publish_cell}
    rows, columns = len(grid) - 1, len(grid[0]) - 1
    if (rows, columns) in gaps:
        gaps = set(_places(grid))
    while gaps and (partner := _partner(grid, gaps)) is not None:
        gaps.add(partner)

    def shown(row: int) -> Counts:
        places = [(row, column) for column in range(columns + 1)]
        return tuple(None if p in gaps else _at(grid, p) for p in places)

    lines = [shown(row) for row in range(rows + 1)]
    return ShownTable(
        cells=tuple(line[:-1] for line in lines[:-1]),
        row_totals=tuple(line[-1] for line in lines[:-1]),
        column_totals=lines[-1][:-1],
        total=lines[-1][-1],
    )


def suppress_list(counts: Sequence[int], *, method: Method) -> ShownList:
    """A list of counts as it may be published with its total.

    Counts below `publish.cell`, zero included, are withheld; then the smallest others
    until there are two gaps and their sum leaves three values for each. All counts >=
    0, otherwise ValueError. Source: M84, T127.
    """
    if any(count < 0 for count in counts):
        raise ValueError(f"counts cannot be negative: {counts}")
    order = sorted(range(len(counts)), key=lambda k: (counts[k], k))
    gaps = [k for k in order if counts[k] < method.publish_cell]
    if sum(counts) < method.publish_cell:
        return ShownList(counts=(None,) * len(counts), total=None)
    if gaps:
        for k in order[len(gaps) :]:
            if len(gaps) > 1 and sum(counts[g] for g in gaps) >= _POSSIBLE - 1:
                break
            gaps.append(k)
    is_lonely = len(gaps) == 1
    return ShownList(
        counts=tuple(None if k in gaps else count for k, count in enumerate(counts)),
        # A list of one is its own total.
        total=None if is_lonely else sum(counts),
    )


def withheld_children(
    households: Mapping[str, int], withheld: Collection[str], *, method: Method
) -> frozenset[str]:
    """The children of a published total that are withheld, partners included.

    `households`: child -> usable households behind its figure; `withheld`: those
    below the ladder or not refreshed (M82, M86). A withheld child is never the only
    one, and those withheld hold together at least `publish.floor` households, for the
    total less its other children is a figure about them (M86). Partners are the
    smallest others, equal ones in ascending code. ValueError for an unknown child.
    Source: M84.
    """
    if unknown := set(withheld) - set(households):
        raise ValueError(f"no such children: {sorted(unknown)}")
    gone = set(withheld)
    others = sorted(set(households) - gone, key=lambda code: (households[code], code))
    for code in others if gone else ():
        enough = sum(households[one] for one in gone) >= method.publish_floor
        if len(gone) > 1 and enough:
            break
        gone.add(code)
    return frozenset(gone)


def _with_totals(counts: Grid) -> list[list[int]]:
    widths = {len(row) for row in counts}
    if len(widths) != 1 or 0 in widths or any(n < 0 for row in counts for n in row):
        raise ValueError(f"no table of counts: {counts}")
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def _places(grid: Grid) -> list[Place]:
    return [(i, j) for i, row in enumerate(grid) for j in range(len(row))]


def _at(grid: Grid, place: Place) -> int:
    return grid[place[0]][place[1]]


def _partner(grid: Grid, gaps: set[Place]) -> Place | None:
    """The next count to withhold, None when the gaps keep their secret."""
    lines = [*_lines(grid)]
    for line in lines:
        inside = [place for place in line if place in gaps]
        if len(inside) == 1:
            return _smallest(grid, [place for place in line if place not in gaps])
    network = _Network(grid, gaps)
    for gap in sorted(gaps, key=lambda place: (_at(grid, place), place)):
        if network.possible(gap) >= _POSSIBLE:
            continue
        near = {p for line in lines if gap in line for p in line} - gaps
        # With its own lines used up, whatever is smallest opens another way round.
        return _smallest(grid, near or set(_places(grid)) - gaps)
    return None


def _lines(grid: Grid) -> Iterable[list[Place]]:
    """Rows and columns, those of the totals too; each has its total at the end."""
    height, width = len(grid), len(grid[0])
    yield from ([(i, j) for j in range(width)] for i in range(height))
    yield from ([(i, j) for i in range(height)] for j in range(width))


def _smallest(grid: Grid, places: Iterable[Place]) -> Place | None:
    return min(places, key=lambda place: (_at(grid, place), place), default=None)


class _Network:
    """What stays possible for the gaps: a circulation through rows and columns.

    Every row and column is a node, every gap an arc with its count as the flow; the
    sums of the table say that what flows in flows out. A gap can grow as far as a
    flow finds its way back round it, and shrink likewise, not below 0.
    """

    def __init__(self, grid: Grid, gaps: Iterable[Place]) -> None:
        self._last = (len(grid) - 1, len(grid[0]) - 1)
        self._flow = {place: _at(grid, place) for place in gaps}

    def possible(self, gap: Place) -> int:
        """How many values the count in a gap can have, at most `_POSSIBLE`."""
        wanted = _POSSIBLE - 1
        start, end = self._ends(gap)
        up = self._reach(gap, end, start, wanted)
        down = self._reach(gap, start, end, min(wanted, self._flow[gap]))
        return min(1 + up + down, _POSSIBLE)

    def _ends(self, place: Place) -> tuple[str, str]:
        """Rows and columns an arc leads from and to; totals close the circle."""
        row, column = f"row {place[0]}", f"column {place[1]}"
        is_total = (place[0] == self._last[0]) != (place[1] == self._last[1])
        return (column, row) if is_total else (row, column)

    def _reach(self, gap: Place, start: str, end: str, wanted: int) -> int:
        """The largest flow from start to end past the gap, at most `wanted`."""
        flow = dict(self._flow)
        del flow[gap]
        for found in range(wanted):
            path = self._path(flow, start, end)
            if path is None:
                return found
            for place, step in path:
                flow[place] += step
        return wanted

    def _path(
        self, flow: Mapping[Place, int], start: str, end: str
    ) -> list[tuple[Place, int]] | None:
        """The shortest way along arcs, or against arcs that carry something."""
        ways: dict[str, list[tuple[str, Place, int]]] = {}
        for place, carried in sorted(flow.items()):
            tail, head = self._ends(place)
            ways.setdefault(tail, []).append((head, place, 1))
            if carried:
                ways.setdefault(head, []).append((tail, place, -1))
        paths: dict[str, list[tuple[Place, int]]] = {start: []}
        queue = deque([start])
        while queue and end not in paths:
            node = queue.popleft()
            for other, place, step in ways.get(node, []):
                if other not in paths:
                    paths[other] = [*paths[node], (place, step)]
                    queue.append(other)
        return paths.get(end)
