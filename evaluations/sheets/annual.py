"""The year from its four quarters, without retyping (W5, 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluations.scoring.grades import Grade
from evaluations.scoring.rounding import rounded
from evaluations.sheets.sheet import PRINTED_PLACES, plain_or_none

QUARTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterResult:
    """One final quarter of an appointment as it was settled.

    `points`: residents' and office's parts, apart (H7); `sha256`: of its record.
    """

    period: str
    total: Decimal | None
    grade: Grade | None
    resident_points: Decimal | None
    office_points: Decimal | None
    is_withdrawn: bool
    sha256: str

    @property
    def counts(self) -> bool:
        return self.total is not None and not self.is_withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualSheet:
    """`total`: mean of the quarters that count, 2 decimals, None without one.

    `may_be_excellent`: 好 in more than half of the quarters that were graded and no
    一般 or 较差; who is excellent is decided elsewhere, by people.
    """

    year: int
    appointment: str
    quarters: tuple[QuarterResult, ...]

    @property
    def counted(self) -> tuple[QuarterResult, ...]:
        return tuple(one for one in self.quarters if one.counts)

    @property
    def total(self) -> Decimal | None:
        return _mean([one.total for one in self.counted])

    @property
    def resident_points(self) -> Decimal | None:
        return _mean([one.resident_points for one in self.counted])

    @property
    def office_points(self) -> Decimal | None:
        return _mean([one.office_points for one in self.counted])

    @property
    def completeness(self) -> Decimal:
        return rounded(Decimal(len(self.counted)) / QUARTERS, 6)

    @property
    def grades(self) -> tuple[Grade, ...]:
        return tuple(
            one.grade
            for one in self.quarters
            if one.grade is not None and not one.is_withdrawn
        )

    @property
    def may_be_excellent(self) -> bool:
        good = self.grades.count(Grade.GOOD)
        low = {Grade.FAIR, Grade.POOR} & set(self.grades)
        return 2 * good > len(self.grades) and not low

    def as_record(self) -> dict[str, object]:
        return {
            "year": self.year,
            "appointment": self.appointment,
            "quarters": [
                {
                    "period": one.period,
                    "total": plain_or_none(one.total),
                    "grade": one.grade.value if one.grade else None,
                    "resident_points": plain_or_none(one.resident_points),
                    "office_points": plain_or_none(one.office_points),
                    "is_withdrawn": one.is_withdrawn,
                    "sha256": one.sha256,
                }
                for one in self.quarters
            ],
            "total": plain_or_none(self.total),
            "office": {"points": plain_or_none(self.office_points)},
            "resident": {"points": plain_or_none(self.resident_points)},
            "completeness": str(self.completeness),
            "may_be_excellent": self.may_be_excellent,
        }


def annual_sheet(
    *, year: int, appointment: str, quarters: Sequence[QuarterResult]
) -> AnnualSheet:
    """In the order of the quarters; ValueError for one twice or of another year."""
    periods = [one.period for one in quarters]
    wrong = [period for period in periods if not period.startswith(f"{year:04d}Q")]
    if wrong or len(set(periods)) < len(periods):
        raise ValueError(f"{periods} are not quarters of {year}")
    return AnnualSheet(
        year=year,
        appointment=appointment,
        quarters=tuple(sorted(quarters, key=lambda one: one.period)),
    )


def _mean(values: Sequence[Decimal | None]) -> Decimal | None:
    """None if there is nothing, or a quarter lacks the part: half a mean is none."""
    known = [Fraction(value) for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    mean = sum(known, Fraction(0)) / len(known)
    exact = Decimal(mean.numerator) / Decimal(mean.denominator)
    return rounded(exact, PRINTED_PLACES)
