"""The parameters of a scheme of regular assessment 平时考核, frozen and digested.

`RegularRules.from_mapping` reads what an `AssessmentScheme` of this kind stores. A
mapping that cannot be read is a RuleError naming its field; one that can be read but
not yet be put in force tells why in `obstacles()`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Self

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.method import Method
from evaluations.sheets.indicators import ANY_GROUP, IndicatorSet, parse_set
from evaluations.sheets.parts import (
    Limit,
    Obstacle,
    Problem,
    RuleError,
    Threshold,
    Unit,
    known_fields,
    refuse_twice,
    several,
    text,
    word,
)
from evaluations.sheets.reactions import (
    Color,
    ColorRule,
    ConsequenceRule,
    Figure,
    Trigger,
    basis_obstacles,
    default_consequences,
    parse_color_rule,
    parse_consequences,
)


class Redistribution(StrEnum):
    """How the weight of an absent indicator goes to the others."""

    PROPORTIONAL = "proportional"


class ResidentFigure(StrEnum):
    """Which score of the monthly rating enters: y itself, or shrunken (M69)."""

    DIRECT = "direct"
    SHRUNKEN = "shrunken"


# Every threshold of a regular scheme, with unit, range and default (domain 4.4, M81).
LIMITS = {
    "grade.good": Limit(unit=Unit.POINTS, low="0", high="100", default="90"),
    "grade.fairly_good": Limit(unit=Unit.POINTS, low="0", high="100", default="80"),
    "grade.fair": Limit(unit=Unit.POINTS, low="0", high="100", default="60"),
    "grade.quota_good": Limit(unit=Unit.SHARE, low="0", high="1", default="0.40"),
    "rank.group_min": Limit(
        unit=Unit.APPOINTMENTS, low="3", high="20", is_whole=True, default="3"
    ),
    "rank.last_quarters": Limit(
        unit=Unit.QUARTERS, low="2", high="8", is_whole=True, default="3"
    ),
    "residents.floor": Limit(
        unit=Unit.HOUSEHOLDS, low="30", high="1000", is_whole=True, default="30"
    ),
    "residents.min_share": Limit(unit=Unit.SHARE, low="0", high="1", default="0"),
    "publicity.days": Limit(
        unit=Unit.WORKING_DAYS, low="5", high="30", is_whole=True, default="5"
    ),
    "annual.excellent_share": Limit(
        unit=Unit.SHARE, low="0", high="0.25", default="0.20"
    ),
}


@dataclass(frozen=True, kw_only=True)
class RegularRules:
    """One frozen regular scheme.

    `posts`: kinds of post it is for; `basis`: code of the document that thresholds
    without their own rest on; `no_residents_because`: why no residents' indicator
    exists, empty where there is one (H7); `colors`: none by default, no source prints
    a threshold.
    """

    posts: tuple[str, ...]
    basis: str
    thresholds: Mapping[str, Threshold]
    resident_figure: ResidentFigure
    no_residents_because: str
    redistribution: Redistribution
    sets: tuple[IndicatorSet, ...]
    colors: tuple[ColorRule, ...]
    consequences: tuple[ConsequenceRule, ...]

    NAMES = (
        "posts",
        "basis",
        "thresholds",
        "resident_figure",
        "no_residents_because",
        "redistribution",
        "sets",
        "colors",
        "consequences",
    )

    @classmethod
    def from_mapping(cls, raw: Mapping[str, object]) -> Self:
        """RuleError names the first field that cannot be read; {} gives defaults."""
        known = known_fields(raw, "", cls.NAMES)
        basis = text(known.get("basis", ""), "basis")
        because = known.get("no_residents_because", "")
        rules = cls(
            posts=several(known.get("posts", ()), "posts", text),
            basis=basis,
            thresholds=_thresholds(known.get("thresholds", {}), basis=basis),
            resident_figure=word(
                known.get("resident_figure", "direct"),
                ResidentFigure,
                "resident_figure",
            ),
            no_residents_because=text(because, "no_residents_because"),
            redistribution=word(
                known.get("redistribution", "proportional"),
                Redistribution,
                "redistribution",
            ),
            sets=several(
                known.get("sets", ()),
                "sets",
                lambda part, place: parse_set(part, place, basis=basis),
            ),
            colors=several(
                known.get("colors", ()),
                "colors",
                lambda part, place: parse_color_rule(part, place, basis=basis),
            ),
            consequences=parse_consequences(
                known["consequences"], "consequences", basis=basis
            )
            if "consequences" in known
            else default_consequences(basis=basis),
        )
        rules._refuse_unfit()
        return rules

    def as_mapping(self) -> dict[str, object]:
        """Plain JSON values, every default written out."""
        return {
            "posts": list(self.posts),
            "basis": self.basis,
            "thresholds": {
                name: threshold.as_mapping()
                for name, threshold in sorted(self.thresholds.items())
            },
            "resident_figure": self.resident_figure.value,
            "no_residents_because": self.no_residents_because,
            "redistribution": self.redistribution.value,
            "sets": [one.as_mapping() for one in self.sets],
            "colors": [one.as_mapping() for one in self.colors],
            "consequences": [one.as_mapping() for one in self.consequences],
        }

    def canonical(self) -> bytes:
        """The bytes that a scheme stores as its parameters (M106)."""
        return canonical_json(self.as_mapping())

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return sha256(self.canonical()).hexdigest()

    def value(self, name: str) -> Decimal:
        """The number of a threshold of `LIMITS`."""
        return self.thresholds[name].value

    def whole(self, name: str) -> int:
        return int(self.value(name))

    def set_of(self, group: str) -> IndicatorSet | None:
        """The set of a peer group by its name, else the one for any group."""
        named = {one.group: one for one in self.sets}
        return named.get(group) or named.get(ANY_GROUP)

    def consequence_of(self, trigger: Trigger) -> ConsequenceRule | None:
        return next((one for one in self.consequences if one.trigger is trigger), None)

    def colors_of(self, color: Color) -> tuple[ColorRule, ...]:
        return tuple(rule for rule in self.colors if rule.color is color)

    @cached_property
    def method(self) -> Method:
        """The clauses of the method that a total sheet shares with it (M78, M81)."""
        return Method(
            grade_bands=(
                self.value("grade.good"),
                self.value("grade.fairly_good"),
                self.value("grade.fair"),
            ),
            grade_quota_good=self.value("grade.quota_good"),
            rank_group_min=self.whole("rank.group_min"),
            rank_last_quarters=self.whole("rank.last_quarters"),
            publish_public=self.whole("residents.floor"),
            publish_consequence=max(100, self.whole("residents.floor")),
            publish_star=max(100, self.whole("residents.floor")),
            publish_star_reliable=max(50, self.whole("residents.floor")),
        )

    def obstacles(self) -> list[Obstacle]:
        """Everything that keeps the scheme from coming into force (W2, H7, B3, G12)."""
        found = [
            Obstacle(field=f"thresholds.{name}.basis", problem=Problem.BASIS_MISSING)
            for name, threshold in sorted(self.thresholds.items())
            if not threshold.basis
        ]
        if not self.posts:
            found.append(Obstacle(field="posts", problem=Problem.MISSING))
        if not self.sets:
            found.append(Obstacle(field="sets", problem=Problem.NO_INDICATORS))
        for one in self.sets:
            found += one.obstacles("sets")
            found += self._resident_obstacles(one)
        return found + basis_obstacles(self.colors, self.consequences)

    def _resident_obstacles(self, one: IndicatorSet) -> list[Obstacle]:
        """H7: a residents' indicator with its least share, or the reason why none."""
        if self.no_residents_because:
            return []
        at = f"sets.{one.group}.residents"
        if not one.residents:
            return [Obstacle(field=at, problem=Problem.RESIDENTS_MISSING)]
        if one.resident_share < self.value("residents.min_share"):
            share = f"{one.resident_share:.4f}"
            problem = Problem.RESIDENT_SHARE_TOO_SMALL
            return [Obstacle(field=at, problem=problem, found=share)]
        return []

    def _refuse_unfit(self) -> None:
        bands = [self.value(f"grade.{n}") for n in ("good", "fairly_good", "fair")]
        if not bands[0] > bands[1] > bands[2]:
            raise RuleError("thresholds.grade.good", Problem.NOT_DECREASING)
        refuse_twice((one.group for one in self.sets), "sets")
        codes = {one.code for each in self.sets for one in each.indicators}
        for place, rule in enumerate(self.colors, start=1):
            for condition in rule.conditions:
                if condition.indicator and condition.indicator not in codes:
                    field = f"colors.{place}.conditions"
                    problem = Problem.INDICATOR_UNKNOWN
                    raise RuleError(field, problem, condition.indicator)


def _thresholds(raw: object, *, basis: str) -> dict[str, Threshold]:
    known = known_fields(raw, "thresholds", LIMITS)
    return {
        name: limit.parse(
            known.get(name, limit.default), f"thresholds.{name}", basis=basis
        )
        for name, limit in LIMITS.items()
    }


@lru_cache(maxsize=64)
def parsed_rules(parameters: str) -> RegularRules:
    """The rules of a stored scheme; a page asks for them once per row."""
    return RegularRules.from_mapping(json.loads(parameters))


__all__ = [
    "ANY_GROUP",
    "LIMITS",
    "Color",
    "ColorRule",
    "ConsequenceRule",
    "Figure",
    "IndicatorSet",
    "Obstacle",
    "Problem",
    "Redistribution",
    "RegularRules",
    "ResidentFigure",
    "RuleError",
    "Threshold",
    "Trigger",
    "Unit",
    "parsed_rules",
]
