"""The method's fields as a round froze them, typed (M4). No number lives here.

The scheme stands in the room to the right; a round carries a copy of its fields under
their names of method.md and trust.md, decimals as strings. Ranges are the scheme's
business; here a missing or unreadable field is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from ballots.actions import BoxTerms
from residents.queries import FRAME_STATUSES
from surveys.scores import ScoreRule

METHOD_VERSION = 1
LEVELS = 5  # of a five-level question (M30)
T = TypeVar("T")


class ParameterError(Exception):
    """A field of the method is missing or cannot be read; `field` names it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True, slots=True)
class RoundParameters:
    """What a round needs of its scheme, as numbers."""

    rate: Decimal
    expected_rate: Decimal
    min_completed: int
    rest_months: int
    reserve_block: int
    area: str
    months: int
    levels: tuple[Decimal, ...]
    question_weight: Decimal | tuple[Decimal, ...]
    min_share: Decimal
    complete_share: Decimal
    floor: int
    frame_statuses: tuple[str, ...]
    terms: BoxTerms

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> RoundParameters:
        """Read the frozen fields; ParameterError names the first that does not fit."""
        read = _Reader(values)
        read.only("method.version", METHOD_VERSION, _whole)
        read.only("sampling.strata", "community", str)
        read.only("sampling.cluster", "none", str)
        return cls(
            rate=read.get("sampling.rate", _sample_rate),
            expected_rate=read.get("sampling.expected_rate", _decimal),
            min_completed=read.get("sampling.min_completed", _whole),
            rest_months=read.get("sampling.rest_months", _whole),
            reserve_block=read.get("sampling.reserve_block", _whole),
            area=read.get("weights.area", _one_of("street", "district")),
            months=read.get("window.months", _whole),
            levels=read.get("score.levels", _levels),
            question_weight=read.get("score.question_weight", _weights),
            min_share=read.get("score.min_share", _decimal),
            complete_share=read.get("score.complete_share", _decimal),
            floor=read.get("publish.floor", _whole),
            frame_statuses=read.optional("frame_statuses", _words, FRAME_STATUSES),
            terms=_terms(read),
        )

    def weights_of(self, own: list[Decimal]) -> tuple[Decimal, ...]:
        """Weight per question (M32): the scheme's times the questionnaire's `own`."""
        scheme = self.question_weight
        if isinstance(scheme, Decimal):
            return tuple(scheme * weight for weight in own)
        if len(scheme) != len(own):
            why = f"{len(scheme)} weights for {len(own)} questions"
            raise ParameterError("score.question_weight", why)
        return tuple(
            theirs * weight for theirs, weight in zip(scheme, own, strict=True)
        )

    def score_rule(self, own_weights: list[Decimal]) -> ScoreRule:
        """How one household's levels become its score (M30-M33)."""
        return ScoreRule(
            weights=self.weights_of(own_weights),
            points=self.levels,
            min_share=self.min_share,
            complete_share=self.complete_share,
        )


class _Reader:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def get(self, field: str, read: Callable[[Any], T]) -> T:
        if field not in self.values:
            raise ParameterError(field, "missing")
        try:
            return read(self.values[field])
        except (ValueError, TypeError, InvalidOperation) as error:
            raise ParameterError(field, repr(self.values[field])) from error

    def optional(self, field: str, read: Callable[[Any], T], default: T) -> T:
        return self.get(field, read) if field in self.values else default

    def only(self, field: str, value: T, read: Callable[[Any], T]) -> None:
        """The single value that this edition of the code knows."""
        if self.get(field, read) != value:
            why = f"{self.values[field]!r}, only {value!r} is known"
            raise ParameterError(field, why)


def _decimal(value: Any) -> Decimal:
    """An exact decimal from its text; a float has already lost it (M5)."""
    if isinstance(value, float | bool):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    return number


def _sample_rate(value: Any) -> Decimal:
    """A sample, below 1: full coverage (M21) is a round of another kind."""
    rate = _decimal(value)
    if not 0 < rate < 1:
        raise ValueError
    return rate


def _whole(value: Any) -> int:
    number = _decimal(value)
    if number != number.to_integral_value() or number < 0:
        raise ValueError
    return int(number)


def _one_of(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError
        return str(value)

    return read


def _levels(value: Any) -> tuple[Decimal, ...]:
    levels = tuple(_decimal(level) for level in value)
    if isinstance(value, str) or len(levels) != LEVELS:
        raise ValueError
    return levels


def _weights(value: Any) -> Decimal | tuple[Decimal, ...]:
    if isinstance(value, list | tuple):
        return tuple(_decimal(weight) for weight in value)
    return _decimal(value)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not value:
        raise ValueError
    return tuple(str(word) for word in value)


def _permille(value: Any) -> int:
    return _whole(_decimal(value) * 1000)


def _terms(read: _Reader) -> BoxTerms:
    """Terms of the box by their names of trust.md; the box has its own defaults."""
    terms = BoxTerms()
    fields: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
        ("box.grace", "grace_minutes", _whole),
        ("box.paper_days", "paper_days", _whole),
        ("box.void_window", "void_window_hours", _whole),
        ("box.min_open", "min_open", _whole),
        ("store.floor", "store_floor", _whole),
        ("codes.reissue", "reissue_permille", _permille),
        ("custody", "custody", _one_of("software", "custodians")),
    )
    for field, name, reader in fields:
        if field in read.values:
            terms = replace(terms, **{name: read.get(field, reader)})
    return terms
