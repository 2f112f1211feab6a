"""The figures of a rating's record: what came out for one appointment (M104).

Pure: estimates go in, canonical values come out, decimals as text with 6 places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.areas import AreaStratum, WindowArea
from evaluations.scoring.calibration import Calibration
from evaluations.scoring.modes import Adjusted
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import stored
from evaluations.scoring.shares import Share

RATES = ("rr1", "rr2", "rr3", "rr4", "rr5", "rr6", "e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """The estimate of one appointment, before and after the modes (M47, M48)."""

    result: Estimate
    adjusted: Adjusted | None

    @property
    def used(self) -> Estimate:
        """What pooling, stars and ranks rest on: y_adj where there is one."""
        return self.adjusted.result if self.adjusted else self.result


def figures(
    appointment: str, community: str, area: WindowArea, direct: Direct
) -> dict[str, Any]:
    """Score, interval, rates, weights and questions of one appointment."""
    own = area.of_community(community)
    result = direct.result
    return {
        **_estimate(result),
        "variance": stored(result.variance),
        "s2": stored(result.s2),
        "df": result.df,
        "deff": stored(result.deff),
        "m_eff": stored(result.m_eff),
        "kish": stored(result.kish),
        "census": result.is_census,
        "adjusted": _adjusted(direct.adjusted),
        **_rates(own),
        "modes": area.modes_of(appointment),
        "weights": _weights(area, community),
        "calibration": _calibration(area.scores.calibration),
        "questions": [
            _question(number, appointment, area) for number in area.scores.numbers
        ],
    }


def _rates(own: Sequence[AreaStratum]) -> dict[str, Any]:
    final = Dispositions.total(row.final for row in own) if own else Dispositions()
    rates = final.rates()
    return {
        "released": final.released,
        "submitted": sum(row.submitted for row in own),
        "rates": {name: stored(getattr(rates, name)) for name in RATES},
    }


def _weights(area: WindowArea, community: str) -> list[dict[str, Any]]:
    """w1 per stratum of the community: how many households an answer speaks for."""
    return [
        {
            "codes": list(stratum.codes),
            "frame": stratum.frame,
            "released": stratum.drawn,
            "not_eligible": stratum.not_eligible,
            "usable": stratum.usable,
            "base": stored(stratum.base),
            "weight": stored(stratum.weight),
        }
        for stratum in area.scores.weighting.strata
        if stratum.community == community
    ]


def _calibration(found: Calibration) -> dict[str, Any]:
    """How the area's weights were made: margins, raking, trimming (M37-M40)."""
    margins = found.margins
    return {
        "margins": [
            {
                "name": margin.name,
                "levels": [
                    {"names": list(level.names), "target": stored(level.target)}
                    for level in margin.levels
                ],
            }
            for margin in margins.used
        ],
        "without_register": list(margins.without_register),
        "single": list(margins.single),
        "raked": found.raked,
        "rounds": found.rounds,
        "trim_rounds": found.trim_rounds,
        "trimmed": found.trimmed,
    }


def _adjusted(adjusted: Adjusted | None) -> dict[str, Any] | None:
    if adjusted is None:
        return None
    return {
        **_estimate(adjusted.result),
        "steps": [
            {
                "margin": step.term.margin,
                "level": step.term.level,
                "b": stored(step.b),
                "share": stored(step.share),
                "reference": stored(step.reference),
                "points": stored(step.points),
            }
            for step in adjusted.steps
        ],
    }


def _estimate(result: Estimate) -> dict[str, Any]:
    interval = result.interval()
    return {
        "m": result.m,
        "score": stored(result.score),
        "se": stored(result.se),
        "low": stored(interval.lower) if interval else None,
        "high": stored(interval.upper) if interval else None,
        "interval": interval.formula.value if interval else None,
        "level": stored(result.level),
    }


def _question(number: int, appointment: str, area: WindowArea) -> dict[str, Any]:
    """Mean and satisfied share among the households that answered it (M34, M57)."""
    found = area.scores.question(number, appointment)
    return {
        "number": number,
        **_estimate(found.mean),
        "satisfied": _share(found.satisfied),
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "share": stored(share.share),
        "se": stored(share.se),
        "low": stored(share.low),
        "high": stored(share.high),
        "exact_low": stored(share.exact_low),
        "exact_high": stored(share.exact_high),
        "hidden": share.hidden.value if share.hidden else None,
    }
