"""Indicators 指标, and the set that one peer group is assessed by (W2, B1-B3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.scoring.fields import plain
from evaluations.sheets.parts import (
    Limit,
    Obstacle,
    Problem,
    RuleError,
    Threshold,
    Unit,
    flag,
    known_fields,
    needed_text,
    number,
    quarter,
    refuse_twice,
    required,
    several,
    text,
    word,
)

WHOLE = Decimal(100)
# What the tables hold of a raw figure: twelve digits before the point.
LARGEST_MARK = Decimal(10) ** 11
LONGEST_CODE = 60
WEIGHT = Limit(unit=Unit.POINTS, low="0.01", high="100")
# A set under this name serves every peer group that has none of its own.
ANY_GROUP = "*"


class IndicatorKind(StrEnum):
    """共性, 个性, 专项, 居民评价."""

    COMMON = "common"
    SPECIFIC = "specific"
    SPECIAL = "special"
    RESIDENT = "resident"


class Source(StrEnum):
    """Where the figure comes from."""

    SURVEY = "survey"
    MEETING = "meeting"
    REQUEST_RATES = "request_rates"
    MYSTERY = "mystery"
    VISIT = "visit"
    MANUAL = "manual"


class Evidence(StrEnum):
    """Kinds of evidence (B3)."""

    FORM = "form"
    DOCUMENT = "document"
    STATISTICS = "statistics"
    PHOTO = "photo"
    SITE = "site"
    BALLOTS = "ballots"
    RECORDS = "records"


class Direction(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class OverMonths(StrEnum):
    """How the months' figures make the quarter's: mean, the last one, their sum."""

    MEAN = "mean"
    LAST = "last"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator of one set.

    `weight`: points of 100; `full_mark`: the largest raw figure; `floor` earns nothing
    and `target` everything, a line between them; `quarters`: when a special one runs;
    `applies`: False lists an indicator that this group is not assessed by, its weight
    is redistributed and `absent_because` is printed (B2).
    """

    code: str
    name: str
    kind: IndicatorKind
    weight: Threshold
    source: Source
    direction: Direction
    full_mark: Decimal
    floor: Decimal
    target: Decimal
    over_months: OverMonths
    evidence: tuple[Evidence, ...]
    basis: str
    quarters: tuple[str, ...] = ()
    applies: bool = True
    absent_because: str = ""

    NAMES = (
        "code",
        "name",
        "kind",
        "weight",
        "source",
        "direction",
        "full_mark",
        "floor",
        "target",
        "over_months",
        "evidence",
        "basis",
        "quarters",
        "applies",
        "absent_because",
    )

    def runs_in(self, period: str) -> bool:
        """Whether it is part of a quarter: a special one only when it is named."""
        return self.kind is not IndicatorKind.SPECIAL or period in self.quarters

    @property
    def is_resident(self) -> bool:
        return self.kind is IndicatorKind.RESIDENT

    def as_mapping(self) -> dict[str, object]:
        return {
            "code": self.code,
            "name": self.name,
            "kind": self.kind.value,
            "weight": self.weight.as_mapping(),
            "source": self.source.value,
            "direction": self.direction.value,
            "full_mark": plain(self.full_mark),
            "floor": plain(self.floor),
            "target": plain(self.target),
            "over_months": self.over_months.value,
            "evidence": [kind.value for kind in self.evidence],
            "basis": self.basis,
            "quarters": list(self.quarters),
            "applies": self.applies,
            "absent_because": self.absent_because,
        }

    def obstacles(self, field: str) -> list[Obstacle]:
        """What keeps it out of force: no basis, no evidence, no reason for absence."""
        at = f"{field}.{self.code}"
        found = []
        if not self.basis:
            found.append(Obstacle(field=f"{at}.basis", problem=Problem.BASIS_MISSING))
        if not self.evidence:
            problem = Problem.EVIDENCE_MISSING
            found.append(Obstacle(field=f"{at}.evidence", problem=problem))
        if not self.applies and not self.absent_because:
            problem = Problem.ABSENT_WITHOUT_REASON
            found.append(Obstacle(field=f"{at}.absent_because", problem=problem))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSet:
    """The indicators of a peer group, by the group's name."""

    group: str
    indicators: tuple[Indicator, ...]

    def in_quarter(self, period: str) -> tuple[Indicator, ...]:
        """Listed in that quarter, whether they apply or not."""
        return tuple(one for one in self.indicators if one.runs_in(period))

    def of(self, code: str) -> Indicator | None:
        return next((one for one in self.indicators if one.code == code), None)

    @property
    def residents(self) -> tuple[Indicator, ...]:
        return tuple(i for i in self.indicators if i.is_resident and i.applies)

    @property
    def quarters(self) -> tuple[str, ...]:
        """Every quarter that a special indicator names."""
        return tuple(sorted({q for one in self.indicators for q in one.quarters}))

    @property
    def largest_sum(self) -> Decimal:
        """The largest sum of weights that one quarter lists."""
        periods = self.quarters or ("",)
        return max(_sum(self.in_quarter(period)) for period in periods)

    @property
    def resident_share(self) -> Decimal:
        """The residents' least share of the applying weights, over all quarters, 0..1.

        Every quarter counts, those without a special indicator among them.
        """
        shares = []
        for period in ("", *self.quarters):
            counted = [one for one in self.in_quarter(period) if one.applies]
            total = _sum(counted)
            mine = _sum(one for one in counted if one.is_resident)
            shares.append(mine / total if total else Decimal(0))
        return min(shares)

    def as_mapping(self) -> dict[str, object]:
        return {
            "group": self.group,
            "indicators": [one.as_mapping() for one in self.indicators],
        }

    def obstacles(self, field: str) -> list[Obstacle]:
        """Weights that do not sum to 100, and the obstacles of its indicators (W2)."""
        at = f"{field}.{self.group}"
        if not any(one.applies for one in self.indicators):
            problem = Problem.NO_INDICATORS
            return [Obstacle(field=f"{at}.indicators", problem=problem)]
        found = []
        if self.largest_sum != WHOLE:
            problem, total = Problem.WEIGHTS_NOT_100, str(plain(self.largest_sum))
            found.append(
                Obstacle(field=f"{at}.indicators", problem=problem, found=total)
            )
        for one in self.indicators:
            found += one.obstacles(f"{at}.indicators")
        return found


def _sum(indicators: Iterable[Indicator]) -> Decimal:
    return sum((one.weight.value for one in indicators), Decimal(0))


def parse_set(raw: object, field: str, *, basis: str) -> IndicatorSet:
    """One set; `basis`: of the whole scheme."""
    known = known_fields(raw, field, ("group", "indicators"))
    group = needed_text(required(known, "group", field), f"{field}.group")
    at = f"sets.{group}.indicators"
    indicators = several(
        known.get("indicators", ()),
        at,
        lambda part, place: parse_indicator(part, at, place, basis=basis),
    )
    refuse_twice((one.code for one in indicators), at)
    # A month has one rating: a second indicator would count it twice.
    refuse_twice((one.kind.value for one in indicators if one.is_resident), at)
    return IndicatorSet(group=group, indicators=indicators)


def parse_indicator(raw: object, at: str, place: str, *, basis: str) -> Indicator:
    """One indicator; its fields are named by its code, by its place without one."""
    known = known_fields(raw, place, Indicator.NAMES)
    code = needed_text(required(known, "code", place), f"{place}.code")
    if len(code) > LONGEST_CODE:
        raise RuleError(f"{place}.code", Problem.OUT_OF_RANGE, len(code))
    field = f"{at}.{code}"
    kind = word(required(known, "kind", field), IndicatorKind, f"{field}.kind")
    own = text(known.get("basis", ""), f"{field}.basis") or basis
    figures = _figures(known, field)
    source = word(known.get("source", "manual"), Source, f"{field}.source")
    if (kind is IndicatorKind.RESIDENT) != (source is Source.SURVEY):
        raise RuleError(f"{field}.source", Problem.RESIDENT_NOT_BY_SURVEY, source.value)
    weight = required(known, "weight", field)
    return Indicator(
        code=code,
        name=needed_text(required(known, "name", field), f"{field}.name"),
        kind=kind,
        weight=WEIGHT.parse(weight, f"{field}.weight", basis=own),
        source=source,
        direction=figures.direction,
        full_mark=figures.full_mark,
        floor=figures.floor,
        target=figures.target,
        over_months=word(
            known.get("over_months", "mean"), OverMonths, f"{field}.over_months"
        ),
        evidence=several(
            known.get("evidence", ()),
            f"{field}.evidence",
            lambda part, name: word(part, Evidence, name),
        ),
        basis=own,
        quarters=_quarters(known, kind, field),
        applies=flag(known.get("applies", True), f"{field}.applies"),
        absent_because=text(known.get("absent_because", ""), f"{field}.absent_because"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    direction: Direction
    full_mark: Decimal
    floor: Decimal
    target: Decimal


def _figures(known: Mapping[str, object], field: str) -> _Figures:
    """The line from raw to points; it must rise the way the indicator says."""
    direction = word(known.get("direction", "higher"), Direction, f"{field}.direction")
    full = number(known.get("full_mark", 100), f"{field}.full_mark")
    if not 0 < full <= LARGEST_MARK:
        raise RuleError(f"{field}.full_mark", Problem.OUT_OF_RANGE, full)
    ends = (Decimal(0), full)
    low, high = ends if direction is Direction.HIGHER else ends[::-1]
    floor = number(known.get("floor", low), f"{field}.floor")
    target = number(known.get("target", high), f"{field}.target")
    for name, value in (("floor", floor), ("target", target)):
        if not 0 <= value <= full:
            raise RuleError(f"{field}.{name}", Problem.OUT_OF_RANGE, value)
    rises = target > floor
    if target == floor or rises != (direction is Direction.HIGHER):
        raise RuleError(f"{field}.target", Problem.FORMULA_AGAINST_DIRECTION, target)
    return _Figures(direction=direction, full_mark=full, floor=floor, target=target)


def _quarters(
    known: Mapping[str, object], kind: IndicatorKind, field: str
) -> tuple[str, ...]:
    at = f"{field}.quarters"
    found = tuple(sorted(several(known.get("quarters", ()), at, quarter)))
    if found and kind is not IndicatorKind.SPECIAL:
        raise RuleError(at, Problem.QUARTERS_ONLY_FOR_SPECIAL)
    if not found and kind is IndicatorKind.SPECIAL:
        raise RuleError(at, Problem.SPECIAL_WITHOUT_QUARTER)
    return found
