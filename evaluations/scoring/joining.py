"""Joining neighbours that are too small to stand alone (M35, M59)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def join_short(
    items: Sequence[T], is_short: Callable[[Sequence[T]], bool]
) -> list[list[T]]:
    """Runs of neighbours, in order, none short if that can be had.

    A short run takes in the next item until it is long enough; a short run at the
    end joins the run before it. If all together are short, one short run is left.
    """
    runs: list[list[T]] = []
    for item in items:
        if runs and is_short(runs[-1]):
            runs[-1].append(item)
        else:
            runs.append([item])
    if len(runs) > 1 and is_short(runs[-1]):
        last = runs.pop()
        runs[-1].extend(last)
    return runs
