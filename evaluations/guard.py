"""The differencing guard: a window is told only if no small rest can be worked out.

Rolling windows overlap. Whoever holds two published means and their counts can
subtract one from the other; where the difference covers fewer households than the
floor, the newer figure waits (M86). Pure: months and counts in, a decision out.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from evaluations.scoring.window import Month

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
