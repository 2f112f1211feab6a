"""Estimates from single records with given weights: files and reference data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from evaluations.scoring.calibration import calibrate
from evaluations.scoring.cells import Levels, Stratum
from evaluations.scoring.margins import NO_VALUE, WeightCell
from evaluations.scoring.mean import estimate_mean
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate
from evaluations.scoring.sample import Part, Place, Sample, SampledStratum


@dataclass(frozen=True, slots=True)
class Record:
    """One answer. `score`: points, any scale for reference data; `weight` w1 > 0.

    `building`: the cluster, "" for a sample of single units; `levels`: the value in
    each margin.
    """

    score: float
    weight: float
    stratum: str
    in_domain: bool = True
    building: str = ""
    levels: Levels = ()


# What records with the same final weight and the same z have in common.
_Spot = tuple[str, str, tuple[str, ...], float]


def estimate_records(
    records: Sequence[Record],
    strata: Iterable[Stratum],
    *,
    method: Method,
    finite: bool = True,
    margins: Mapping[str, Mapping[str, int]] | None = None,
    level_min: int | None = None,
) -> Estimate:
    """The weighted mean of the records in the domain, see `mean.estimate_mean`.

    `strata` give community, N_h and the number of buildings (`drawn` is not used);
    `finite=False` leaves out the finite population correction; `margins`: totals to
    rake to, in this order, any names; `level_min`: other than that of the scheme.
    Where a record has a building, all have, and the buildings are the sample (M53).
    ValueError for a weight that is not above 0, a stratum that is not listed or a
    building that is missing. Against R `survey`: tests of M123 and M124.
    """
    known = {stratum.code: stratum for stratum in strata}
    clustered = any(record.building for record in records)
    _check(records, known, clustered=clustered)
    names = tuple(margins or ())
    counts = Counter(_spot(record, names) for record in records)
    codes = sorted(
        {record.stratum for record in records},
        key=lambda code: (known[code].community, code),
    )
    spots = sorted(counts, key=lambda spot: (codes.index(spot[0]), spot))
    cells, cell_of = _weight_cells(counts, codes)
    calibration = calibrate(
        cells, names, margins or {}, method=method, level_min=level_min
    )
    usable = Counter(record.stratum for record in records)
    buildings = {pair: k for k, pair in enumerate(sorted({s[:2] for s in spots}))}
    sample = Sample(
        [_sampled(known[code], usable[code], finite=finite) for code in codes],
        [
            Place(
                layer=codes.index(spot[0]),
                cell=cell_of[spot],
                building=buildings[spot[:2]],
                n=counts[spot],
                weight=calibration.weights[cell_of[spot]],
            )
            for spot in spots
        ],
        clustered=clustered,
        projection=calibration.projection,
    )
    parts, centre = _parts(records, names, spots)
    return estimate_mean(
        sample,
        parts,
        centre=centre,
        domain=None,
        method=method,
        raked=calibration.raked,
    )


def _check(
    records: Iterable[Record], known: Mapping[str, Stratum], *, clustered: bool
) -> None:
    for record in records:
        if record.stratum not in known or not record.weight > 0:
            raise ValueError(f"unknown stratum or weight not above 0: {record}")
        if clustered and not record.building:
            raise ValueError(f"a record without its building: {record}")


def _spot(record: Record, names: Sequence[str]) -> _Spot:
    levels = dict(record.levels)
    known = tuple(levels.get(name, NO_VALUE) for name in names)
    return record.stratum, record.building, known, record.weight


def _weight_cells(
    counts: Mapping[_Spot, int], codes: Sequence[str]
) -> tuple[list[WeightCell], dict[_Spot, int]]:
    """Records of one stratum with equal levels and weights, whatever building."""
    sums: Counter[tuple[str, tuple[str, ...], float]] = Counter()
    for (stratum, _, levels, weight), n in counts.items():
        sums[stratum, levels, weight] += n
    keys = sorted(sums)
    cells = [
        WeightCell(codes.index(stratum), levels, sums[stratum, levels, weight], weight)
        for stratum, levels, weight in keys
    ]
    at = {key: number for number, key in enumerate(keys)}
    return cells, {spot: at[spot[0], spot[2], spot[3]] for spot in counts}


def _sampled(stratum: Stratum, usable: int, *, finite: bool) -> SampledStratum:
    return SampledStratum(
        code=stratum.code,
        community=stratum.community,
        frame=stratum.frame if finite else None,
        usable=usable,
        buildings=stratum.buildings,
    )


def _parts(
    records: Sequence[Record], names: Sequence[str], spots: Sequence[_Spot]
) -> tuple[list[Part], float]:
    """The domain by place, about one of its own scores; exact sums in any order."""
    inside: dict[_Spot, list[float]] = {}
    for record in records:
        if record.in_domain:
            inside.setdefault(_spot(record, names), []).append(record.score)
    centre = min((min(scores) for scores in inside.values()), default=0.0)
    parts = [
        Part(
            place=place,
            n=len(inside[spot]),
            total=fsum(score - centre for score in inside[spot]),
            squares=fsum((score - centre) ** 2 for score in inside[spot]),
        )
        for place, spot in enumerate(spots)
        if spot in inside
    ]
    return parts, centre
