"""Estimates and shares as the numbers of a report: full precision, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evaluations.scoring.config import ScoreRange
from evaluations.scoring.estimate import Area
from evaluations.scoring.ladder import Rung, Step, rung
from evaluations.scoring.method import Method
from evaluations.scoring.questions import LEVELS
from evaluations.scoring.results import Estimate
from evaluations.scoring.shares import Share
from evaluations.scoring.window import Validity
from evaluations.scoring.words import Remark, told


@dataclass(frozen=True, slots=True)
class Unit:
    """Points as the unit of the file: low + points x size."""

    low: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, span: ScoreRange) -> Unit:
        return cls(float(span.low), float((span.high - span.low) / 100))

    def place(self, points: float | None) -> float | None:
        """A score or a bound."""
        return None if points is None else self.low + points * self.size

    def length(self, points: float | None) -> float | None:
        """A standard error."""
        return None if points is None else points * self.size

    def square(self, points: float | None) -> float | None:
        """A variance."""
        return None if points is None else points * self.size**2


def estimate_data(
    result: Estimate,
    *,
    unit: Unit,
    method: Method,
    mark: Validity,
    reliability: float | None = None,
) -> dict[str, Any]:
    """n, score, SE, df, interval, design effect, and all that must be said beside."""
    step = rung(result.m, method=method, reliability=reliability)
    return {
        **bare_data(result, unit),
        "reason": result.reason.value if result.reason else None,
        "joined_strata": [list(codes) for codes in result.joined],
        "ladder": _ladder(step),
        "cautions": _cautions(result, step, mark),
    }


def bare_data(result: Estimate, unit: Unit) -> dict[str, Any]:
    """The figures alone."""
    return {
        "n": result.m,
        "score": unit.place(result.score),
        "se": unit.length(result.se),
        "variance": unit.square(result.variance),
        "s2": unit.square(result.s2),
        "df": result.df,
        "interval": _interval(result, unit),
        "deff": result.deff,
        "n_eff": result.m_eff,
        "kish": result.kish,
        "census": result.is_census,
        "raked": result.raked,
    }


def questions_data(
    scores: Area, subject: str | None, *, method: Method
) -> list[dict[str, Any]]:
    """Every question among those who answered it: mean, satisfied, levels (M34)."""
    found = []
    for number in scores.numbers:
        figures = scores.question(number, subject)
        found.append(
            {
                "question": number,
                "mean": bare_data(figures.mean, Unit()),
                "satisfied": {
                    "levels": list(method.score_top_levels),
                    **_share(figures.satisfied),
                },
                "shares": [
                    {"level": level, **_share(scores.share(number, (level,), subject))}
                    for level in LEVELS
                ],
            }
        )
    return found


def _interval(result: Estimate, unit: Unit) -> dict[str, Any] | None:
    interval = result.interval()
    if interval is None:
        return None
    return {
        "low": unit.place(interval.lower),
        "high": unit.place(interval.upper),
        "level": interval.level,
        "formula": interval.formula.value,
    }


def _ladder(step: Rung) -> dict[str, Any]:
    """What publication would allow for so many answers (M82)."""
    return {
        "step": step.step.value,
        "public": step.public,
        "office": step.office,
        "star": step.star,
        "consequence": step.consequence.value,
    }


def _cautions(result: Estimate, step: Rung, mark: Validity) -> list[dict[str, str]]:
    codes: Sequence[StrEnum] = (
        *((result.reason,) if result.reason else ()),
        *((Remark.BELOW_FLOOR,) if step.step is Step.NOTHING else ()),
        *((Remark.OFFICE_ONLY,) if step.needs_warning else ()),
        *((mark,) if mark is not Validity.VALID else ()),
        *result.cautions,
    )
    return [told(code) for code in codes]


def _share(share: Share) -> dict[str, Any]:
    """A share 0..1; `shown`: whether its precision allows to show it (M57)."""
    return {
        "n": share.m,
        "n_eff": share.m_eff,
        "share": share.share,
        "se": share.se,
        "df": share.df,
        "low": share.low,
        "high": share.high,
        "size": share.size,
        "exact_low": share.exact_low,
        "exact_high": share.exact_high,
        "shown": share.is_shown,
        "hidden": told(share.hidden) if share.hidden else None,
        "reason": share.reason.value if share.reason else None,
    }
