"""Whether intervals hold the truth and stars stand still: `script/bench coverage`.

Two simulations with the real functions and fixed seeds; no database is asked.

1. A community of 1,000 households in three strata with a known mean answers again and
   again; how often does the interval of `estimate` hold that mean? Answers with a
   symmetric, a skewed and a very skewed distribution, 30, 100 and 400 households.
2. Sixty officials whose residents never change their minds, nine answers a month each,
   a window of twelve months: in how many months does a star change all the same?

Ends with 0 when nominal 95 % intervals hold the mean in 93.5 to 98.5 % of the samples
and stars change in fewer than 3 % of the months; with 3 when not.

    script/bench coverage [--json] [--quick]

`--quick` takes a twentieth of the samples, enough to see that the program works.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.scoring.cells import SCALE, Cell, Stratum
from evaluations.scoring.estimate import estimate, estimate_all
from evaluations.scoring.method import Method
from evaluations.scoring.pooling import Member, Pooling, pool
from evaluations.scoring.results import Estimate, Interval
from evaluations.scoring.shrinkage import Unit
from evaluations.scoring.stars import rate_star
from residents.apportionment import largest_remainder

Scores = NDArray[np.int64]

METHOD = Method()

SAMPLES = 10_000
LOWEST, HIGHEST = 0.935, 0.985
STRATA = {"A": 537, "B": 311, "C": 152}
SIZES = (30, 100, 400)
# Middle of the answers on the scale of five levels; the strata differ a little.
SHAPES = {"symmetric": 3.0, "skewed": 4.6, "at the top": 5.4}
STRATUM_SHIFTS = {"A": 0.0, "B": 0.25, "C": -0.25}

OFFICIALS = 60
A_MONTH = 9
WINDOW = 12
YEARS = 5
DISTRICTS = 10
FLIPS_ALLOWED = 0.03
HOUSEHOLDS = 1265

QUESTIONS = 5
HOUSEHOLD_SPREAD, ANSWER_SPREAD = 0.9, 0.6
OFFICIAL_MIDDLE, OFFICIAL_SPREAD = 4.0, 0.2
RELEASED_PER_ANSWER = 2
QUICKER = 20
TOO_MUCH = 3


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    began = time.perf_counter()
    share = QUICKER if options.quick else 1
    covers = [
        coverage(shape, size, samples=SAMPLES // share)
        for shape in SHAPES
        for size in SIZES
    ]
    flips = star_flips(districts=max(1, DISTRICTS // share))
    found = {
        "coverage": covers,
        "flips": flips,
        "seconds": round(time.perf_counter() - began, 1),
        "holds": all(one["holds"] for one in covers) and flips["holds"],
    }
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)
    return 0 if found["holds"] else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench coverage")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    return parser.parse_args(arguments)


def household_scores(
    stream: np.random.Generator, households: int, middle: float
) -> Scores:
    """Scores of households that answer five questions, in ten-thousandths (M41).

    A household leans one way in all its answers; levels are cut off at 1 and 5, which
    is what makes scores near the ceiling skewed.
    """
    leaning = stream.normal(middle, HOUSEHOLD_SPREAD, (households, 1))
    answers = stream.normal(leaning, ANSWER_SPREAD, (households, QUESTIONS))
    levels = np.clip(np.rint(answers), 1, 5)
    points = 100 * (levels - 1) / 4
    scores: Scores = np.rint(points.mean(axis=1) * SCALE).astype(np.int64)
    return scores


def cell_of(
    scores: Scores, *, appointment: str, survey_round: str, stratum: str
) -> Cell:
    return Cell(
        appointment=appointment,
        round=survey_round,
        stratum=stratum,
        mode="online",
        n=len(scores),
        sum_s=int(scores.sum()),
        sum_s2=int((scores * scores).sum()),
    )


def coverage(shape: str, size: int, *, samples: int) -> dict[str, Any]:
    """How often the interval of a sample holds the mean of all households."""
    people = np.random.default_rng([*shape.encode()])
    everybody = {
        code: household_scores(people, frame, SHAPES[shape] + STRATUM_SHIFTS[code])
        for code, frame in STRATA.items()
    }
    whole = np.concatenate(list(everybody.values()))
    truth = float(whole.mean()) / SCALE
    stream = np.random.default_rng([size, *shape.encode()])
    found = [sampled_interval(stream, everybody, size) for _ in range(samples)]
    known = [interval for interval in found if interval is not None]
    held = sum(one.lower <= truth <= one.upper for one in known) / len(known)
    return {
        "answers": shape,
        "households": size,
        "samples": samples,
        "truth": round(truth, 2),
        "spread": round(float(whole.std()) / SCALE, 2),
        "at_the_top": round(float((whole == 100 * SCALE).mean()), 3),
        "held": round(held, 4),
        "truth_below": round(sum(truth < one.lower for one in known) / len(known), 4),
        "width": round(float(np.mean([one.width for one in known])), 2),
        "without_interval": samples - len(known),
        "holds": LOWEST <= held <= HIGHEST,
    }


def sampled_interval(
    stream: np.random.Generator, everybody: Mapping[str, Scores], size: int
) -> Interval | None:
    """The interval of one stratified sample without replacement (M12, M17)."""
    answers = largest_remainder(size, STRATA)
    cells = [
        cell_of(
            stream.choice(everybody[code], count, replace=False, shuffle=False),
            appointment="j",
            survey_round="R",
            stratum=code,
        )
        for code, count in answers.items()
    ]
    strata = [
        Stratum(code, "community", frame, RELEASED_PER_ANSWER * answers[code])
        for code, frame in STRATA.items()
    ]
    return estimate(cells, strata, domain="j", method=METHOD).interval()


def district_windows(stream: np.random.Generator) -> Iterator[list[Cell]]:
    """The cells of every full window of sixty officials, oldest first.

    Every month the next households of a random order answer, so that nobody comes
    back within the window (M20).
    """
    middles = stream.normal(OFFICIAL_MIDDLE, OFFICIAL_SPREAD, OFFICIALS)
    answers = [
        stream.permutation(household_scores(stream, HOUSEHOLDS, middle))
        for middle in middles
    ]
    months: list[list[Cell]] = []
    for number in range(WINDOW * (1 + YEARS)):
        cells = [
            cell_of(
                scores[number * A_MONTH : (number + 1) * A_MONTH],
                appointment=f"{official:02}",
                survey_round=f"{number:03}",
                stratum=f"{official:02}",
            )
            for official, scores in enumerate(answers)
        ]
        months = [*months[1 - WINDOW :], cells]
        if len(months) == WINDOW:
            yield [cell for month in months for cell in month]


class Track:
    """The stars of sixty officials over the months under one hysteresis."""

    def __init__(self, method: Method) -> None:
        self.method = method
        self.previous: dict[str, int] = {}
        self.compared = self.changed = self.without = 0

    def forget(self) -> None:
        """Another district begins."""
        self.previous = {}

    def rate(self, results: Mapping[str, Estimate], pooling: Pooling) -> None:
        for code, result in results.items():
            before = self.previous.get(code)
            rating = rate_star(
                result, pooling.shrunken(code), method=self.method, previous=before
            )
            if rating is None:
                self.without += 1
                continue
            self.compared += before is not None
            self.changed += rating.has_changed
            self.previous[code] = rating.star

    def found(self) -> dict[str, Any]:
        share = self.changed / self.compared
        return {
            "hysteresis": str(self.method.star_hysteresis),
            "months_compared": self.compared,
            "months_without_star": self.without,
            "changed": round(share, 4),
            "holds": share < FLIPS_ALLOWED,
        }


def star_flips(*, districts: int) -> dict[str, Any]:
    """In what share of months a star changes although nobody changed his mind."""
    strata = [
        Stratum(
            code=f"{official:02}",
            community=f"{official:02}",
            frame=HOUSEHOLDS,
            drawn=RELEASED_PER_ANSWER * A_MONTH * WINDOW,
        )
        for official in range(OFFICIALS)
    ]
    tracks = [Track(METHOD), Track(Method(star_hysteresis=Decimal(0)))]
    reliabilities = []
    for district in range(districts):
        for track in tracks:
            track.forget()
        for cells in district_windows(np.random.default_rng([district, OFFICIALS])):
            results = estimate_all(cells, strata, method=METHOD)
            pooling = pool(map(member, results.items()), method=METHOD)
            reliabilities += [
                unit.reliability
                for unit in pooling.units.values()
                if unit.reliability is not None
            ]
            for track in tracks:
                track.rate(results, pooling)
    with_hysteresis, without = (track.found() for track in tracks)
    return {
        "officials": OFFICIALS,
        "answers_a_month": A_MONTH,
        "window": WINDOW,
        "districts": districts,
        "reliability": round(float(np.mean(reliabilities)), 3),
        **with_hysteresis,
        "plain": without,
    }


def member(pair: tuple[str, Estimate]) -> Member:
    """A secretary of the one district there is."""
    code, result = pair
    return Member(
        unit=Unit.from_estimate(result, code=code, frame=HOUSEHOLDS),
        kind="secretary",
        areas={"district": "d", "city": "c"},
    )


def show(found: dict[str, Any]) -> None:
    print("answers        n  truth spread    top  width    held  below  samples")
    for one in found["coverage"]:
        print(
            f"{one['answers']:11} {one['households']:4} {one['truth']:6.2f} "
            f"{one['spread']:6.2f} {one['at_the_top']:6.1%} {one['width']:6.2f} "
            f"{one['held']:7.2%} {one['truth_below']:6.2%} {one['samples']:8,} "
            f"{'holds' if one['holds'] else 'DOES NOT HOLD'}"
        )
    flips = found["flips"]
    for one in (flips, flips["plain"]):
        print(
            f"stars changed in {one['changed']:.2%} of {one['months_compared']:,} "
            f"months (hysteresis {one['hysteresis']}, "
            f"{one['months_without_star']} without a star)"
        )
    print(f"mean reliability {flips['reliability']}")
    print("holds" if found["holds"] else "DOES NOT HOLD", f"{found['seconds']} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
