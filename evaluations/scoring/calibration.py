"""From w1 to the final weights of an area: margins, raking, trimming (M37-M40)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluations.scoring.margins import Margins, WeightCell, prepare_margins
from evaluations.scoring.method import Method
from evaluations.scoring.raking import RakedMargin
from evaluations.scoring.residuals import Projection
from evaluations.scoring.trimming import rake_and_trim

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The final weights of an area and how they came about.

    `weights`: w per weight cell, in the order of the cells; `raked`: True if every
    margin is met, False if raking failed and w1 stands, None if there was no margin
    to rake to; `rounds`: of the last raking; `trim_rounds`, `trimmed`: how often
    weights were cut, and how many answers (M40); `projection`: what takes the margins
    out of a variable (M50), None without raking.
    """

    margins: Margins
    weights: tuple[float, ...]
    raked: bool | None = None
    rounds: int = 0
    trim_rounds: int = 0
    trimmed: int = 0
    projection: Projection | None = field(default=None, repr=False)


def calibrate(
    cells: Sequence[WeightCell],
    names: Sequence[str],
    registers: Mapping[str, Mapping[str, int]],
    *,
    method: Method,
    level_min: int | None = None,
) -> Calibration:
    """Final weights from w1 and the household counts of the register.

    `names`: the margins in the order of the scheme; `registers`: margin -> level ->
    households; `level_min`: other than that of the scheme. Without a margin left the
    weights are w1: what is not raked is not trimmed either. A failure is logged, the
    weights are w1 then (M39). Sources: M37 to M40.
    """
    minimum = method.weights_level_min if level_min is None else level_min
    margins = prepare_margins(names, registers, cells, level_min=minimum)
    entering = tuple(cell.weight for cell in cells)
    if not margins.used:
        return Calibration(margins, entering)
    counts = [cell.n for cell in cells]
    raking = [
        RakedMargin(margin.places(cells), [level.target for level in margin.levels])
        for margin in margins.used
    ]
    found = rake_and_trim(
        counts,
        np.array(entering),
        raking,
        tol=float(method.weights_rake_tol),
        max_rounds=method.weights_rake_max,
        trim=float(method.weights_trim),
        trim_rounds=method.weights_trim_rounds,
    )
    if not found.raked.converged:
        listed = ", ".join(margin.name for margin in margins.used)
        _log.error("raking to %s failed, round %d", listed, found.raked.rounds)
        return Calibration(margins, entering, raked=False, rounds=found.raked.rounds)
    return Calibration(
        margins,
        tuple(found.raked.weights.tolist()),
        raked=True,
        rounds=found.raked.rounds,
        trim_rounds=found.times,
        trimmed=found.answers,
        projection=Projection(
            counts,
            entering,
            [margin.places for margin in raking],
            proportional=not found.times,
        ),
    )
