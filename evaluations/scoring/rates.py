"""Final dispositions and response rates RR1-RR6 (M24-M27).

Source: AAPOR, Standard Definitions: Final Dispositions of Case Codes and Outcome
Rates for Surveys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from fractions import Fraction
from typing import Self


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares 0..1, None where the denominator is 0; RR1 <= RR3 <= RR5 (M126).

    `e`: share of eligible households among those known to be eligible or not.
    """

    rr1: float | None
    rr2: float | None
    rr3: float | None
    rr4: float | None
    rr5: float | None
    rr6: float | None
    e: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispositions:
    """Released households by final code, counts >= 0, otherwise ValueError (M24).

    I, P, R (break-offs included), NC, O, UH, UO and NE in this order.
    """

    complete: int = 0
    partial: int = 0
    refusal: int = 0
    no_contact: int = 0
    other: int = 0
    unknown_household: int = 0
    unknown_other: int = 0
    not_eligible: int = 0

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError(f"counts cannot be negative: {self}")

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The counts of several strata or rounds added up."""
        sums = [sum(column) for column in zip(*map(astuple, parts), strict=True)]
        return cls(**dict(zip(cls.__dataclass_fields__, sums, strict=False)))

    @property
    def released(self) -> int:
        """n_h: every released household has exactly one code (M26)."""
        return sum(astuple(self))

    @property
    def usable(self) -> int:
        """m: complete and partial."""
        return self.complete + self.partial

    def balances(self, released: int) -> bool:
        """Whether the codes account for every released household (M26)."""
        return self.released == released

    def rates(self) -> Rates:
        """RR1-RR6 and e of M27, each the exact fraction rounded once."""
        eligible = self.usable + self.refusal + self.no_contact + self.other
        unknown = self.unknown_household + self.unknown_other
        e = _ratio(eligible, eligible + self.not_eligible)
        known = _eligible_in_all(eligible, unknown, e)
        return Rates(
            rr1=_number(_ratio(self.complete, eligible + unknown)),
            rr2=_number(_ratio(self.usable, eligible + unknown)),
            rr3=_number(_ratio(self.complete, known)),
            rr4=_number(_ratio(self.usable, known)),
            rr5=_number(_ratio(self.complete, eligible)),
            rr6=_number(_ratio(self.usable, eligible)),
            e=_number(e),
        )


def _eligible_in_all(eligible: int, unknown: int, e: Fraction | None) -> Fraction:
    """E + eU; e is undefined only where E is 0, so nothing is added then."""
    return eligible + (unknown * e if e is not None else Fraction(0))


def _ratio(part: int, whole: int | Fraction) -> Fraction | None:
    return Fraction(part) / whole if whole else None


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
