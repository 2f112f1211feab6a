"""How fast stored cells become scores, intervals and stars: `script/bench score`.

64,000 appointments, ten to a street, each with twelve months of ten answers in five
modes: cells as the roll-up hands them over. Timed are the weights of every street, then
estimate, interval and star of every appointment, by the functions of the roll-up. The
yardstick of the same run is numpy alone, adding up the same cells to means and standard
errors; both must agree. No database is asked.

Ends with 0 when everything takes at most a minute of one core, with 3 when not.

    script/bench score [--json] [--appointments N]
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.cells import SCALE, Cell, Stratum
from evaluations.scoring.estimate import Area
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate, Interval
from evaluations.scoring.stars import StarRating, rate_star

APPOINTMENTS = 64_000
OF_A_STREET = 10
MONTHS = 12
ANSWERS = 10
HOUSEHOLDS = 1300
MODES = ("mixed", "online", "paper", "phone", "visit")
SHARES = (0.02, 0.5, 0.25, 0.15, 0.08)
SECONDS = 60.0
CLOSE = 1e-9
TOO_MUCH = 3
Numbers = NDArray[np.int64]
Scored = tuple[Estimate, Interval | None, StarRating | None]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sums:
    """The cells of a street as columns: place of the community, n, Σs, Σs²."""

    place: Numbers
    month: Numbers
    mode: Numbers
    n: Numbers
    sum_s: Numbers
    sum_s2: Numbers


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    found = measured(options.appointments)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:22} {value}")
    return 0 if found["holds"] else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench score")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--appointments", type=int, default=APPOINTMENTS)
    return parser.parse_args(arguments)


def measured(appointments: int) -> dict[str, Any]:
    """Street by street, so that memory stays flat; the yardstick beside each."""
    dice, method = np.random.default_rng(1), Method()
    streets = -(-appointments // OF_A_STREET)
    taken = {"cells": 0.0, "scores": 0.0, "numpy": 0.0}
    number, agree = 0, True
    for street in range(streets):
        sums = make_sums(dice)
        spent, cells = clocked(as_cells, sums, street)
        taken["cells"] += spent
        spent, scored = clocked(score, cells, street, method)
        taken["scores"] += spent
        spent, plain = clocked(yardstick, sums)
        taken["numpy"] += spent
        number += len(cells)
        agree = agree and agrees(scored, plain)
    whole = taken["cells"] + taken["scores"]
    return {
        "appointments": streets * OF_A_STREET,
        "cells": number,
        "seconds, cells": round(taken["cells"], 2),
        "seconds, scores": round(taken["scores"], 2),
        "seconds, numpy": round(taken["numpy"], 2),
        "times numpy": round(taken["scores"] / taken["numpy"], 1),
        "seconds": round(whole, 2),
        "allowed": SECONDS,
        "figures agree": agree,
        "holds": whole <= SECONDS and agree,
    }


def clocked(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> tuple[float, T]:
    """Seconds of a processor: what else the machine does is not ours."""
    began = time.process_time()
    result = work(*given, **named)
    return time.process_time() - began, result


def make_sums(dice: np.random.Generator) -> Sums:
    """Answers of a street in a window, added up by community, month and mode."""
    answers = OF_A_STREET * MONTHS * ANSWERS
    place = np.repeat(np.arange(OF_A_STREET), MONTHS * ANSWERS)
    month = np.tile(np.repeat(np.arange(MONTHS), ANSWERS), OF_A_STREET)
    mode = dice.choice(len(MODES), size=answers, p=SHARES)
    mood = np.repeat(dice.normal(75, 6, OF_A_STREET), MONTHS * ANSWERS)
    points = np.clip(dice.normal(mood, 18), 0, 100)
    scores = np.rint(points * SCALE).astype(np.int64)
    keys, cell = np.unique(
        (place * MONTHS + month) * len(MODES) + mode, return_inverse=True
    )
    n, sum_s, sum_s2 = (np.zeros(len(keys), np.int64) for _ in range(3))
    np.add.at(n, cell, 1)
    np.add.at(sum_s, cell, scores)
    np.add.at(sum_s2, cell, scores**2)
    earlier, of_mode = np.divmod(keys, len(MODES))
    return Sums(*np.divmod(earlier, MONTHS), of_mode, n, sum_s, sum_s2)


def as_cells(sums: Sums, street: int) -> list[Cell]:
    rows = zip(
        *(column.tolist() for column in (sums.place, sums.month, sums.mode)),
        *(column.tolist() for column in (sums.n, sums.sum_s, sums.sum_s2)),
        strict=True,
    )
    return [
        Cell(
            f"A{street * OF_A_STREET + place:08d}",
            f"{street}-2026-{month + 1:02}",
            stratum_code(street, place),
            MODES[mode],
            *counts,
        )
        for place, month, mode, *counts in rows
    ]


def stratum_code(street: int, place: int) -> str:
    return f"{street:09}{place:03}"


def score(cells: list[Cell], street: int, method: Method) -> list[Scored]:
    """What the roll-up does with a street: weights once, then everybody's figures."""
    drawn = 2 * MONTHS * ANSWERS
    codes = [stratum_code(street, place) for place in range(OF_A_STREET)]
    area = Area(
        cells, [Stratum(code, code, HOUSEHOLDS, drawn) for code in codes], method=method
    )
    results = [area.estimate(code) for code in area.domains]
    return [
        (
            result,
            result.interval(),
            rate_star(result, None, method=method, previous=4),
        )
        for result in results
    ]


def yardstick(sums: Sums) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and standard errors of the communities: nothing but the sums."""
    n = np.bincount(sums.place, sums.n, OF_A_STREET)
    total = np.bincount(sums.place, sums.sum_s / SCALE, OF_A_STREET)
    squares = np.bincount(sums.place, sums.sum_s2 / SCALE**2, OF_A_STREET)
    mean = total / n
    spread = (squares - n * mean**2) / (n - 1)
    return mean, np.sqrt((1 - n / HOUSEHOLDS) * spread / n)


def agrees(
    scored: list[Scored], plain: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> bool:
    means = np.array([result.score for result, _, _ in scored], float)
    errors = np.array([result.se for result, _, _ in scored], float)
    pairs = zip((means, errors), plain, strict=True)
    return all(np.allclose(found, expected, rtol=CLOSE) for found, expected in pairs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
