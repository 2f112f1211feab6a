"""One score sheet 得分单: readings in, a frozen sheet with every step out.

1. Indicators of the group that run in the quarter and apply; the others are absent,
   never 0, and their weight goes to the rest in proportion (B2).
2. The months' raw figures make the quarter's; its line makes 0..100 of it.
3. points = effective weight x score / 100; the residents' part stays apart (H7).
4. A missing figure leaves the sheet incomplete and without a total, it is not 0.

Weights are exact fractions; a total is rounded once, to 2 decimals, as it is printed
and ranked (docs/adr/0028).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from evaluations.scoring.fields import plain
from evaluations.scoring.rounding import rounded, stored
from evaluations.sheets.indicators import (
    Evidence,
    Indicator,
    IndicatorSet,
    OverMonths,
    Source,
)
from evaluations.sheets.rules import Redistribution

PRINTED_PLACES = 2
# Many people or cases stand behind these; a form of one's own is a single source (B3).
MANY_GIVERS = frozenset(
    {Source.SURVEY, Source.MEETING, Source.REQUEST_RATES, Source.MYSTERY}
)


class Why(StrEnum):
    """Why an indicator is absent, or has no figure."""

    NOT_APPLICABLE = "not_applicable"
    NOT_THIS_QUARTER = "not_this_quarter"
    NO_ENTRY = "no_entry"
    NO_RATING = "no_rating"
    NOT_REVIEWED = "not_reviewed"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One current entry. `ref`: its row, so that a total can be traced (G8)."""

    indicator: str
    month: str
    raw: Decimal
    kinds: tuple[Evidence, ...]
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """The residents' figure as the gate releases it, or why there is none.

    `score`, `low`, `high`: points as printed; `m`: usable households; `is_valid`: M29;
    `ref`: SHA-256 of the rating's record; `may_be_last`: what M81 says of the rank on
    residents' scores alone.
    """

    month: str
    score: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    m: int = 0
    is_valid: bool = False
    ref: str = ""
    may_be_last: bool = False
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """An indicator that is listed and not part of this sheet; `reason` as printed."""

    indicator: Indicator
    why: Why
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One applying indicator. `weight`: after redistribution, exact, of 100.

    `raw`, `score` 0..100 and `points` are None without a figure, for `why`.
    """

    indicator: Indicator
    weight: Fraction
    raw: Decimal | None
    score: Decimal | None
    months: tuple[str, ...]
    kinds: tuple[Evidence, ...]
    refs: tuple[str, ...]
    why: Why | None

    @property
    def exact_points(self) -> Fraction | None:
        if self.score is None:
            return None
        return self.weight * Fraction(self.score) / 100

    @property
    def points(self) -> Decimal | None:
        return _printed(self.exact_points)

    @property
    def lost(self) -> Decimal | None:
        """Points lost on this indicator (W7)."""
        exact = self.exact_points
        return None if exact is None else _printed(self.weight - exact)

    @property
    def is_single_source(self) -> bool:
        """单一来源: scored from one kind of evidence alone (B3)."""
        has_many = self.indicator.source in MANY_GIVERS
        return self.score is not None and not has_many and len(set(self.kinds)) < 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Every line of one appointment in one period."""

    period: str
    appointment: str
    group: str
    lines: tuple[Line, ...]
    absent: tuple[Absent, ...]
    residents: Residents
    redistribution: Redistribution
    listed_weight: Decimal

    @property
    def office(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.indicator.is_resident)

    @property
    def resident(self) -> Line | None:
        found = [line for line in self.lines if line.indicator.is_resident]
        return found[0] if found else None

    @property
    def missing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.score is None)

    @property
    def is_complete(self) -> bool:
        return bool(self.lines) and not self.missing

    @property
    def completeness(self) -> Decimal:
        """The share of the weight that has figures, 0..1, 6 decimals."""
        have = sum((one.weight for one in self.lines if one.score is not None), _NONE)
        return rounded(_decimal(have / 100), 6)

    @property
    def total(self) -> Decimal | None:
        """Of 100, 2 decimals; None if a figure is missing."""
        return _sum(self.lines) if self.is_complete else None

    @property
    def office_points(self) -> Decimal | None:
        return _sum(self.office)

    @property
    def resident_points(self) -> Decimal | None:
        return self.resident.points if self.resident else None

    @property
    def resident_m(self) -> int | None:
        """Usable households behind the residents' figure; None if it holds none."""
        has = self.resident is not None and self.resident.score is not None
        return self.residents.m if has else None

    @property
    def rests_on_residents_alone(self) -> bool:
        return bool(self.lines) and not self.office

    @property
    def is_redistributed(self) -> bool:
        applying = sum((i.indicator.weight.value for i in self.lines), Decimal(0))
        return bool(self.lines) and applying != 100

    def as_record(self) -> dict[str, object]:
        """Plain JSON values: office and residents apart, nothing only in the total."""
        return {
            "period": self.period,
            "appointment": self.appointment,
            "group": self.group,
            "office": {
                "lines": [_line_record(line) for line in self.office],
                "points": plain_or_none(self.office_points),
            },
            "resident": self._resident_record(),
            "absent": [
                {
                    "code": one.indicator.code,
                    "name": one.indicator.name,
                    "kind": one.indicator.kind.value,
                    "weight": plain(one.indicator.weight.value),
                    "why": one.why.value,
                    "reason": one.reason,
                }
                for one in self.absent
            ],
            "redistribution": {
                "rule": self.redistribution.value,
                "is_used": self.is_redistributed,
                "listed_weight": plain(self.listed_weight),
            },
            "total": plain_or_none(self.total),
            "completeness": str(self.completeness),
            "missing": [line.indicator.code for line in self.missing],
        }

    def _resident_record(self) -> dict[str, object] | None:
        if self.resident is None:
            return None
        figure = self.residents
        return {
            "line": _line_record(self.resident),
            "points": plain_or_none(self.resident_points),
            "month": figure.month,
            "score": plain_or_none(figure.score),
            "low": plain_or_none(figure.low),
            "high": plain_or_none(figure.high),
            "m": figure.m if figure.score is not None else None,
            "is_valid": figure.is_valid,
            "may_be_last": figure.may_be_last,
            "rating_sha256": figure.ref,
        }


_NONE = Fraction(0)


def compute_sheet(
    *,
    indicators: IndicatorSet,
    period: str,
    quarter: str,
    appointment: str,
    readings: Iterable[Reading],
    residents: Residents,
    redistribution: Redistribution,
) -> Sheet:
    """The sheet of one appointment; `quarter` decides which special ones run.

    `readings`: current entries of the period's months, in any order; those of an
    indicator that is absent are left out. ValueError for two entries of one indicator
    in one month.
    """
    listed = indicators.in_quarter(quarter)
    counted = [one for one in listed if one.applies]
    weights = redistributed(counted)
    by_code = _by_indicator(readings)
    return Sheet(
        period=period,
        appointment=appointment,
        group=indicators.group,
        lines=tuple(
            _resident_line(one, weights[one.code], residents)
            if one.is_resident
            else _line(one, weights[one.code], by_code.get(one.code, ()))
            for one in counted
        ),
        absent=tuple(_absences(indicators, quarter)),
        residents=residents,
        redistribution=redistribution,
        listed_weight=sum((one.weight.value for one in listed), Decimal(0)),
    )


def redistributed(indicators: Sequence[Indicator]) -> dict[str, Fraction]:
    """Code -> weight: 100 x own / sum of those that apply; they sum to 100."""
    total = sum((Fraction(one.weight.value) for one in indicators), _NONE)
    return {one.code: 100 * Fraction(one.weight.value) / total for one in indicators}


def indicator_score(indicator: Indicator, raw: Decimal) -> Decimal:
    """100 x (raw - floor)/(target - floor), cut to 0..100, 6 decimals."""
    span = Fraction(indicator.target) - Fraction(indicator.floor)
    share = (Fraction(raw) - Fraction(indicator.floor)) / span
    return rounded(_decimal(100 * min(max(share, _NONE), Fraction(1))), 6)


def quarter_raw(indicator: Indicator, readings: Sequence[Reading]) -> Decimal | None:
    """The months' figures as one: their mean, the last or their sum (6 decimals)."""
    if not readings:
        return None
    ordered = sorted(readings, key=lambda reading: reading.month)
    if indicator.over_months is OverMonths.LAST:
        return ordered[-1].raw
    total = sum((Fraction(reading.raw) for reading in ordered), _NONE)
    if indicator.over_months is OverMonths.SUM:
        return rounded(_decimal(total), 6)
    return rounded(_decimal(total / len(ordered)), 6)


def _by_indicator(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        same = found.setdefault(reading.indicator, [])
        if any(other.month == reading.month for other in same):
            raise ValueError(f"{reading.indicator} is entered twice in {reading.month}")
        same.append(reading)
    return found


def _line(indicator: Indicator, weight: Fraction, readings: Sequence[Reading]) -> Line:
    raw = quarter_raw(indicator, readings)
    ordered = sorted(readings, key=lambda reading: reading.month)
    return Line(
        indicator=indicator,
        weight=weight,
        raw=raw,
        score=None if raw is None else indicator_score(indicator, raw),
        months=tuple(reading.month for reading in ordered),
        kinds=tuple(sorted({kind for one in ordered for kind in one.kinds})),
        refs=tuple(reading.ref for reading in ordered),
        why=Why.NO_ENTRY if raw is None else None,
    )


def _resident_line(
    indicator: Indicator, weight: Fraction, residents: Residents
) -> Line:
    raw = residents.score
    return Line(
        indicator=indicator,
        weight=weight,
        raw=raw,
        score=None if raw is None else indicator_score(indicator, raw),
        months=(residents.month,),
        kinds=(Evidence.BALLOTS,),
        refs=(residents.ref,) if residents.ref else (),
        why=None if raw is not None else residents.why or Why.NO_RATING,
    )


def _absences(indicators: IndicatorSet, quarter: str) -> Iterable[Absent]:
    for one in indicators.indicators:
        if not one.runs_in(quarter):
            yield Absent(indicator=one, why=Why.NOT_THIS_QUARTER, reason="")
        elif not one.applies:
            reason = one.absent_because
            yield Absent(indicator=one, why=Why.NOT_APPLICABLE, reason=reason)


def _line_record(line: Line) -> Mapping[str, object]:
    return {
        "code": line.indicator.code,
        "name": line.indicator.name,
        "kind": line.indicator.kind.value,
        "source": line.indicator.source.value,
        "basis": line.indicator.basis,
        "listed_weight": plain(line.indicator.weight.value),
        "weight": str(rounded(_decimal(line.weight), 6)),
        "raw": stored(line.raw),
        "score": stored(line.score),
        "points": plain_or_none(line.points),
        "lost": plain_or_none(line.lost),
        "months": list(line.months),
        "evidence": [kind.value for kind in line.kinds],
        "is_single_source": line.is_single_source,
        "entries": list(line.refs),
        "why": line.why.value if line.why else None,
    }


def plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _sum(lines: Iterable[Line]) -> Decimal | None:
    """The exact sum, rounded once; None if there is none or one has no points."""
    points = [line.exact_points for line in lines]
    known = [one for one in points if one is not None]
    if not points or len(known) < len(points):
        return None
    return _printed(sum(known, _NONE))


def _printed(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else rounded(_decimal(exact), PRINTED_PLACES)


def _decimal(exact: Fraction) -> Decimal:
    """28 digits of it: the rounding of figures looks at nine decimals (M6)."""
    return Decimal(exact.numerator) / Decimal(exact.denominator)
