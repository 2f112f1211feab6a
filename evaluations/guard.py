"""The differencing guard: a window is told only if no small rest can be worked out.

Rolling windows overlap. Whoever holds two published means and their counts can
subtract one from the other; where the difference covers fewer households than the
floor, the newer figure waits (M86). The same holds for any sets of answers (T127).
Pure: cells and counts in, a decision out.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from evaluations.scoring.window import Month

# A cell, as the caller names it: a round, or an appointment and a round.
Key = TypeVar("Key", bound=Hashable)
Span = tuple[str, str]
"""First and last month of a window, both included, as "2026-10"."""


def may_be_told(
    span: Span, told: Iterable[Span], counts: Mapping[str, int], *, floor: int
) -> bool:
    """Whether the window `span` may be shown beside the windows told so far.

    `counts`: month -> usable answers, for every month of all windows. The first
    months and the months after the last ones cut time into segments; each segment
    that some window covers must hold 0 or at least `floor` answers. Source: M86;
    Hundepool and others (2012), Statistical Disclosure Control.
    """
    windows = [*told, span]
    cuts = {first for first, _ in windows} | {_after(last) for _, last in windows}
    for start, end in pairwise(sorted(cuts)):
        if not any(first <= start <= last for first, last in windows):
            continue
        inside = sum(n for month, n in counts.items() if start <= month < end)
        if 0 < inside < floor:
            return False
    return True


def small_rests(
    told: Iterable[Collection[Hashable]],
    counts: Mapping[Key, int],
    *,
    floor: int,
) -> list[frozenset[Hashable]]:
    """The sets of cells that could stand alone with fewer than `floor` households.

    `told`: the cells behind every told number; `counts`: households of a cell, 0 for
    one that is missing. Cells that every told number holds or leaves out alike cannot
    be told apart, and whatever sums and differences of told numbers may cover is made
    of whole such classes. So where every covered class holds 0 or at least `floor`
    households, nothing that can be worked out is about 1 to `floor` - 1 of them. It
    is M86 for any sets at all: communities and their total, versions, labels.
    Source: T127; Hundepool and others (2012), chapter 4.
    """
    known: Mapping[Any, int] = counts
    seen: dict[Hashable, list[int]] = defaultdict(list)
    for number, cells in enumerate(told):
        for cell in set(cells):
            seen[cell].append(number)
    classes: dict[tuple[int, ...], list[Hashable]] = defaultdict(list)
    for cell, numbers in seen.items():
        classes[tuple(numbers)].append(cell)
    return [
        frozenset(cells)
        for cells in classes.values()
        if 0 < sum(known.get(cell, 0) for cell in cells) < floor
    ]


def still_told(told: Iterable[Span], span: Span) -> list[Span]:
    """The windows that can still matter for `span` or a later one, oldest first.

    Windows only move forward. A new window cuts time at its own ends, so what matters
    of the past is the nearest cut before its first month, and every window that still
    overlaps it; what a roll-up reads does not grow with history (M109).
    """
    windows = {(first, last) for first, last in told}
    cuts = {first for first, _ in windows} | {_after(last) for _, last in windows}
    nearest = max((cut for cut in cuts if cut <= span[0]), default="")
    return sorted(
        (first, last)
        for first, last in windows
        if last >= span[0] or nearest in (first, _after(last))
    )


def _after(month: str) -> str:
    return str(Month.parse(month).plus(1))
