"""Estimates from single records with given weights: files and reference data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluations.scoring.cells import Stratum
from evaluations.scoring.mean import Group, Layer, estimate_mean
from evaluations.scoring.method import Method
from evaluations.scoring.results import Estimate


@dataclass(frozen=True, slots=True)
class Record:
    """One answer. `score`: points, any scale for reference data; `weight` > 0."""

    score: float
    weight: float
    stratum: str
    in_domain: bool = True


def estimate_records(
    records: Sequence[Record],
    strata: Iterable[Stratum],
    *,
    method: Method,
    finite: bool = True,
) -> Estimate:
    """The weighted mean of the records in the domain, see `mean.estimate_mean`.

    `strata` give community and N_h (`drawn` is not used); `finite=False` leaves out
    the finite population correction. ValueError for a weight that is not above 0 or a
    stratum that is not listed. Against R `survey`: tests of M123 and M124.
    """
    known = {stratum.code: stratum for stratum in strata}
    for record in records:
        if record.stratum not in known or not record.weight > 0:
            raise ValueError(f"unknown stratum or weight not above 0: {record}")
    layers = [
        Layer(code, known[code].community, known[code].frame if finite else None, m)
        for code, m in Counter(record.stratum for record in records).items()
    ]
    inside = sorted(
        (record.stratum, record.weight, record.score)
        for record in records
        if record.in_domain
    )
    centre = inside[0][2] if inside else 0.0
    groups = [
        Group(stratum, weight, 1, score - centre, (score - centre) ** 2)
        for stratum, weight, score in inside
    ]
    return estimate_mean(groups, layers, centre=centre, domain=None, method=method)
