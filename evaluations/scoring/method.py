"""The versioned scheme of the method: every field of the specification (M4).

A field is written here as its clause writes it, `name = default [range]`; `a.b` in the
text is `a_b` in Python and `a.b` in a mapping. No threshold of the method stands
anywhere else in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Self, get_type_hints

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.fields import (
    Choice,
    Exact,
    Flag,
    Kind,
    Levels,
    Numbers,
    OneOrEach,
    Ratio,
    Shares,
    Subset,
    Texts,
    Unset,
    Whole,
    falling,
    rising,
)

Decimals = tuple[Decimal, ...]
NamedShares = tuple[tuple[str, Decimal], ...]

_POINTS = Numbers(
    5,
    "strictly increasing, first 0, last 100",
    lambda v: rising(v) and v[0] == 0 and v[-1] == 100,
)
_CUTS = Numbers(
    4, "strictly increasing, gaps >= 2.0", lambda v: rising(v, Decimal("2.0"))
)
_THREE_SHARES = Numbers(3, "shares summing to 1", lambda v: min(v) >= 0 and sum(v) == 1)


class MethodError(ValueError):
    """A field of the scheme cannot have this value; `field` is its name in the text."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.field = name


@dataclass(frozen=True, kw_only=True)
class Method:
    """One frozen scheme. MethodError names the first field outside its range."""

    method_version: Annotated[int, Whole(1, 1)] = 1  # M4

    # 2 Sampling and draw
    respondent_min_age: Annotated[int, Whole(16, 18)] = 18  # M9
    # M10
    sampling_strata: Annotated[
        str, Choice("community", "community x building class")
    ] = "community"
    sampling_rate: Annotated[Decimal, Exact("0.01", "1.00")] = Decimal("0.10")  # M11
    sampling_min_completed: Annotated[int, Whole(0, 400)] = 100  # M13
    # M15
    sampling_expected_rate: Annotated[Decimal, Exact("0.05", "1.00")] = Decimal("0.50")
    sampling_seed_public: Annotated[bool, Flag()] = False  # M16
    sampling_reserve_block: Annotated[int, Whole(1, 50)] = 5  # M18
    sampling_rest_months: Annotated[int, Whole(0, 36)] = 12  # M20, low end below
    sampling_cluster: Annotated[str, Choice("none", "building")] = "none"  # M22

    # 4 Household score
    # M30
    score_levels: Annotated[Decimals, _POINTS] = (
        Decimal("0"),
        Decimal("25"),
        Decimal("50"),
        Decimal("75"),
        Decimal("100"),
    )
    # M32, per question
    score_question_weight: Annotated[Decimal | Decimals, OneOrEach("0.1", "10")] = (
        Decimal(1)
    )
    score_min_share: Annotated[Decimal, Exact("0.50", "1.00")] = Decimal("0.50")  # M33
    # M33
    score_complete_share: Annotated[Decimal, Exact("0.80", "1.00")] = Decimal("0.80")
    score_top_levels: Annotated[tuple[int, ...], Levels(((5,), (4, 5)))] = (4, 5)  # M34

    # 5 Weights
    weights_area: Annotated[str, Choice("street", "district")] = "street"
    weights_class_min: Annotated[int, Whole(10, 100)] = 20  # M36
    # M37
    weights_margins: Annotated[
        tuple[str, ...], Subset("community", "age3", "sex2", "tenure")
    ] = ("community",)
    weights_level_min: Annotated[int, Whole(5, 30)] = 10  # M38
    # M39
    weights_rake_tol: Annotated[Decimal, Exact("1e-12", "1e-6")] = Decimal("1e-9")
    weights_rake_max: Annotated[int, Whole(50, 1000)] = 200  # M39
    weights_trim: Annotated[Decimal, Exact("3", "10")] = Decimal(5)  # M40
    weights_trim_rounds: Annotated[int, Whole(0, 20)] = 5  # M40
    weights_kish_warn: Annotated[Decimal, Exact("1.2", "5")] = Decimal("2.0")  # M40

    # 6 Modes
    component_min_visits: Annotated[int, Whole(5, 50)] = 5  # M44
    component_min_visitors: Annotated[int, Whole(2, 10)] = 2  # M44
    component_weights: Annotated[NamedShares | None, Unset(Shares())] = None  # M45
    mode_random_share: Annotated[Decimal, Exact("0", "1")] = Decimal("0.10")  # M46
    mode_adjust: Annotated[bool, Flag()] = False  # M47

    # 1 and 7 Quantiles, intervals
    interval_level: Annotated[Decimal, Exact("0.80", "0.99")] = Decimal("0.95")  # M8
    share_min_n: Annotated[int, Whole(30, 100)] = 30  # M57
    # M57
    share_widths: Annotated[Decimals, Numbers(3, "increasing", rising)] = (
        Decimal("0.05"),
        Decimal("0.30"),
        Decimal("1.30"),
    )

    # 8 Rolling window
    window_months: Annotated[int, Whole(3, 24)] = 12  # M61

    # 9 Shrinkage
    eb_area: Annotated[str, Choice("district", "city")] = "district"  # M67
    eb_min_n: Annotated[int, Whole(10, 50)] = 10  # M67
    eb_group_min: Annotated[int, Whole(15, 100)] = 15  # M67
    eb_smooth_below: Annotated[int, Whole(10, 100)] = 30  # M68

    # 10 Stars
    # M73
    star_cuts: Annotated[Decimals, _CUTS] = (
        Decimal("60"),
        Decimal("70"),
        Decimal("80"),
        Decimal("90"),
    )
    star_method: Annotated[str, Choice("fixed", "yearly")] = "fixed"  # M74
    star_min_units: Annotated[int, Whole(50, 1000)] = 50  # M74
    star_guardrail: Annotated[Decimal, Exact("1.0", "5.0")] = Decimal("5.0")  # M74
    star_hysteresis: Annotated[Decimal, Exact("0", "2")] = Decimal("1.0")  # M75
    star_overall: Annotated[str, Choice("score", "mean")] = "score"  # M77

    # 11 Ranks
    rank_group_min: Annotated[int, Whole(3, 20)] = 3  # M78
    rank_draws: Annotated[int, Whole(10_000, 100_000)] = 10_000  # M79
    rank_last_quarters: Annotated[int, Whole(2, 8)] = 3  # M81
    # M81
    grade_bands: Annotated[Decimals, Numbers(3, "decreasing", falling)] = (
        Decimal("90"),
        Decimal("80"),
        Decimal("60"),
    )
    grade_quota_good: Annotated[Decimal, Exact("0", "1")] = Decimal("0.40")  # M81

    # 12 Publication: floors may be raised, never lowered
    publish_floor: Annotated[int, Whole(10)] = 10  # M82
    publish_public: Annotated[int, Whole(30)] = 30  # M82
    publish_star: Annotated[int, Whole(100)] = 100  # M82
    publish_star_reliable: Annotated[int, Whole(50)] = 50  # M82
    publish_star_lambda: Annotated[Decimal, Exact("0.70", "1")] = Decimal("0.70")  # M82
    publish_consequence: Annotated[int, Whole(100)] = 100  # M82
    publish_cell: Annotated[int, Whole(5)] = 5  # M84
    publish_cap: Annotated[Decimal, Exact("0.80", "0.95")] = Decimal("0.95")  # M85
    publish_clamp: Annotated[Decimal, Exact("95.0", "99.0")] = Decimal("99.0")  # M85
    publish_text: Annotated[int, Whole(10)] = 10  # M87
    publish_text_place: Annotated[int, Whole(30)] = 30  # M87
    warning_colors: Annotated[tuple[str, ...] | None, Unset(Texts(3))] = None  # M88

    # 13 Casework rates
    casework_basic_coef: Annotated[Decimal, Exact("0", "1")] = Decimal("0.9")  # M92
    casework_weights: Annotated[Decimals | None, Unset(_THREE_SHARES)] = None  # M93

    # 14 Appraisal ballots
    ballot_quorum: Annotated[Fraction, Ratio("1/2", "1")] = Fraction(2, 3)  # M95
    # M95
    ballot_quorum_residents: Annotated[Fraction, Ratio("1/2", "1")] = Fraction(1, 2)
    # M96
    ballot_tally: Annotated[str, Choice("plurality", "threshold", "points")] = (
        "plurality"
    )
    ballot_tie: Annotated[str, Choice("lower", "none")] = "lower"  # M96
    ballot_excellent: Annotated[Decimal, Exact("0.5", "1")] = Decimal("0.90")  # M96
    ballot_fail: Annotated[Decimal, Exact("0.3", "1")] = Decimal("0.50")  # M96
    # M96
    ballot_points: Annotated[Decimals, Numbers(4, "decreasing", falling)] = (
        Decimal("100"),
        Decimal("80"),
        Decimal("60"),
        Decimal("40"),
    )
    ballot_classes: Annotated[NamedShares | None, Unset(Shares())] = None  # M97
    ballot_empty_class: Annotated[str, Choice("void", "redistribute")] = "void"  # M97
    ballot_min_voters: Annotated[int | None, Unset(Whole(1))] = None  # M97
    # M97
    ballot_min_resident_share: Annotated[Decimal | None, Unset(Exact("0", "1"))] = None

    def __post_init__(self) -> None:
        for name, attribute, kind in _catalogue():
            try:
                value = kind.parse(getattr(self, attribute))
            except ValueError as error:
                raise MethodError(name, str(error)) from None
            object.__setattr__(self, attribute, value)
        # M20: a household may not come back within the window it already stands in.
        if self.sampling_rest_months < self.window_months:
            raise MethodError(
                "sampling.rest_months",
                f"{self.sampling_rest_months} is below window.months "
                f"{self.window_months}",
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Self:
        """A scheme from the fields that differ from the default, named as in the text.

        MethodError for an unknown name or a value outside its range.
        """
        attributes = {name: attribute for name, attribute, _ in _catalogue()}
        for name in mapping:
            if name not in attributes:
                raise MethodError(name, "there is no such field")
        values = {attributes[name]: value for name, value in mapping.items()}
        # Each value is parsed to its type in __post_init__.
        return cls(**values)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, object]:
        """Every field by its name in the text; decimals as text, no floats."""
        return {
            name: kind.dump(getattr(self, attribute))
            for name, attribute, kind in _catalogue()
        }

    def canonical(self) -> bytes:
        """The scheme as canonical JSON: equal schemes, equal bytes."""
        return canonical_json(self.as_mapping())

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON, kept with every rating (M102)."""
        return sha256(self.canonical()).hexdigest()

    def question_weights(self, count: int) -> Decimals:
        """v_q of `count` scored questions (M32); MethodError if the list differs."""
        weight = self.score_question_weight
        if not isinstance(weight, tuple):
            return (weight,) * count
        if len(weight) != count:
            raise MethodError(
                "score.question_weight", f"{len(weight)} weights for {count} questions"
            )
        return weight


def kinds() -> dict[str, Kind]:
    """Name in the text -> kind, in the order of the text: what an editor asks."""
    return {name: kind for name, _, kind in _catalogue()}


@lru_cache(maxsize=1)
def _catalogue() -> tuple[tuple[str, str, Kind], ...]:
    """(name in the text, attribute, kind) of every field."""
    hints = get_type_hints(Method, include_extras=True)
    return tuple(
        (entry.name.replace("_", ".", 1), entry.name, hints[entry.name].__metadata__[0])
        for entry in fields(Method)
    )
