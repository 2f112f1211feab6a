"""What whoever adds and subtracts can still find out about a withheld count (T127).

Pure integers. Unknown counts are whole and not negative, published sums tie them
together, rounded ones by an interval. A value is possible when a whole set of counts
with that value fits every sum; only values with such a witness are given, so the answer
errs to the side of withholding.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

POSSIBLE = 3
"""T127: so many values must stay possible for a withheld count."""

STEPS = 2000
"""Counts tried before a search gives up. What was not found counts as impossible."""

MOST = 10**6
"""No count is larger: a bound for unknowns that no sum holds."""

Name = Hashable
Key = TypeVar("Key", bound=Hashable)
Bounds = dict[Name, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sum:
    """`low` <= the sum of `names` <= `high`; a published count has low == high."""

    names: frozenset[Name]
    low: int
    high: int

    @classmethod
    def exactly(cls, names: Iterable[Name], count: int) -> "Sum":
        return cls(frozenset(names), count, count)


class Contradiction(Exception):
    """The sums cannot all be true."""


def possible_values(
    sums: Iterable[Sum],
    name: Name,
    *,
    wanted: int = POSSIBLE,
    steps: int = STEPS,
) -> list[int]:
    """At most `wanted` values that the count `name` can have, ascending.

    1. bounds of every unknown, tightened until no sum tightens them further;
    2. from the lowest value up: is there a whole solution with it? A search that
       takes the narrowest unknown first and gives up after `steps` counts tried.

    ValueError if no solution exists at all as far as bounds tell.
    """
    known = list(sums)
    names = {one for each in known for one in each.names} | {name}
    try:
        bounds = _tightened(known, dict.fromkeys(names, (0, MOST)))
    except Contradiction as error:
        raise ValueError("no counts have these sums") from error
    left = [steps]
    found: list[int] = []
    low, high = bounds[name]
    for value in range(low, high + 1):
        if len(found) == wanted or left[0] <= 0:
            break
        if _fits(known, bounds | {name: (value, value)}, left):
            found.append(value)
    return found


def is_open(sums: Collection[Sum], names: Iterable[Name]) -> bool:
    """Whether each of the withheld counts keeps three possible values (T127)."""
    return all(len(possible_values(sums, name)) >= POSSIBLE for name in names)


def _fits(sums: list[Sum], bounds: Bounds, left: list[int]) -> bool:
    """Whether some whole counts within the bounds have all the sums."""
    left[0] -= 1
    if left[0] < 0:
        return False
    try:
        bounds = _tightened(sums, bounds)
    except Contradiction:
        return False
    if all(low == high for low, high in bounds.values()):
        return True
    name = min(
        (one for one, (low, high) in bounds.items() if low < high),
        key=lambda one: (bounds[one][1] - bounds[one][0], str(one)),
    )
    low, high = bounds[name]
    return any(
        _fits(sums, bounds | {name: (value, value)}, left)
        for value in _both_ends(low, high)
        if left[0] > 0
    )


def _both_ends(low: int, high: int) -> Iterator[int]:
    """low, high, low + 1, high - 1, ...: an end is most often part of a solution."""
    while low <= high:
        yield low
        if high > low:
            yield high
        low, high = low + 1, high - 1


def _tightened(sums: Iterable[Sum], bounds: Bounds) -> Bounds:
    """Bounds that no single sum tightens further; Contradiction if none are left."""
    bounds, of = dict(bounds), defaultdict(list)
    queue = list(sums)
    for one in queue:
        for name in one.names:
            of[name].append(one)
    while queue:
        one = queue.pop()
        for name in _tighten(one, bounds):
            queue.extend(other for other in of[name] if other not in queue)
    return bounds


def _tighten(one: Sum, bounds: Bounds) -> list[Name]:
    """Move the bounds of the unknowns of a sum inwards; the names that moved."""
    lowest = sum(bounds[name][0] for name in one.names)
    highest = sum(bounds[name][1] for name in one.names)
    moved = []
    for name in one.names:
        low, high = bounds[name]
        least = max(low, one.low - (highest - high))
        most = min(high, one.high - (lowest - low))
        if least > most:
            raise Contradiction
        if (least, most) != (low, high):
            bounds[name] = (least, most)
            lowest, highest = lowest + least - low, highest + most - high
            moved.append(name)
    if not one.low <= highest or not lowest <= one.high:
        raise Contradiction
    return moved


def within(counts: Mapping[Key, int], step: int) -> list[Sum]:
    """What is known of counts that are told as a range of `step` each."""
    return [
        Sum(frozenset([name]), n - n % step, n - n % step + step - 1)
        for name, n in counts.items()
    ]
