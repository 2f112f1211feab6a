"""Months, rolling windows and their validity (M14, M29, M58, M60-M66). No clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, 1..12; ValueError otherwise."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12:
            raise ValueError(f"{self.month} is not a month")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026-10"; ValueError for anything else."""
        year, dash, month = text.partition("-")
        exact = len(year) == 4 and len(month) == 2 and dash
        if not exact or not (year + month).isascii() or not (year + month).isdigit():
            raise ValueError(f"{text!r} is not a month like 2026-10")
        return cls(int(year), int(month))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> Month:
        """The month that many months later; earlier if negative."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def since(self, earlier: Month) -> int:
        """Months from `earlier` to this one."""
        return (self.year - earlier.year) * 12 + self.month - earlier.month

    @property
    def quarter(self) -> int:
        """1..4."""
        return (self.month + 2) // 3

    @property
    def closes_quarter(self) -> bool:
        """Whether the figure of this month is the quarter reading (M66)."""
        return self.month % 3 == 0


@dataclass(frozen=True, slots=True)
class ClosedRound:
    """A closed round in which an appointment was rated.

    `basis`: what must not change inside a window, that is a digest of the scored
    questions and `score.levels` (M63); `is_full_coverage`: rate 1 (M21).
    """

    code: str
    month: Month
    basis: str
    is_full_coverage: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Rounds whose answers are pooled alike (M64), oldest first, at least one."""

    rounds: tuple[ClosedRound, ...]

    @property
    def first(self) -> Month:
        """The month of the oldest round."""
        return self.rounds[0].month

    @property
    def last(self) -> Month:
        """The month of the newest round."""
        return self.rounds[-1].month

    @property
    def codes(self) -> tuple[str, ...]:
        """The rounds by their codes."""
        return tuple(closed.code for closed in self.rounds)

    def is_disjoint(self, other: Window) -> bool:
        """Whether no month stands in both: only then a difference is a change (M58)."""
        return self.last < other.first or other.last < self.first


def window_ending(
    rounds: Iterable[ClosedRound], *, ending: Month, months: int
) -> Window | None:
    """The window whose figure is that of the month `ending`; None without a round.

    1. The closed rounds of the last `months` calendar months up to `ending`; months
       without a round are skipped, not filled (M61).
    2. Cut before the last change of the basis (M63).
    3. Cut so that no household is in it twice: a round of full coverage stands alone
       (M62); for samples the rest period sees to it (M20).
    """
    if months < 1:
        raise ValueError(f"a window has at least one month, not {months}")
    recent = [closed for closed in rounds if 0 <= ending.since(closed.month) < months]
    recent.sort(key=lambda closed: (closed.month, closed.code), reverse=True)
    kept: list[ClosedRound] = []
    for closed in recent:
        alone = closed.is_full_coverage or (kept and kept[0].is_full_coverage)
        if kept and (alone or closed.basis != kept[0].basis):
            break
        kept.append(closed)
    return Window(tuple(reversed(kept))) if kept else None


class Validity(StrEnum):
    """Whether a window may carry consequences; otherwise the mark beside it (M29)."""

    VALID = "valid"
    INCOMPLETE = "window_incomplete"
    BELOW_TARGET = "below_target"


def validity(*, existing: int, months: int, usable: int, target: int) -> Validity:
    """The mark of an area's window.

    `existing`: months of the window that exist so far, of `months`; `usable`: I + P of
    the area in the window; `target`: T of M11. Source: M29.
    """
    if existing < months:
        return Validity.INCOMPLETE
    return Validity.VALID if usable >= target else Validity.BELOW_TARGET


def quarter_reading(year: int, quarter: int) -> Month:
    """The month whose window is the reading of a quarter 1..4 (M66)."""
    if not 1 <= quarter <= 4:
        raise ValueError(f"{quarter} is not a quarter")
    return Month(year, 3 * quarter)
