"""Design weights: strata joined where nobody answered, N/n, response factor.

Sources: M35 (Horvitz and Thompson 1952; Cochran 1977), M36 (Little 1986; Kalton and
Flores-Cervantes 2003), Kish factor of M40 (Kish 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import fsum

from evaluations.scoring.cells import Stratum
from evaluations.scoring.joining import join_short


@dataclass(frozen=True, slots=True)
class WeightedStratum:
    """Strata joined by M35 with one weight.

    `codes`: the strata in it, one unless joined; `frame`, `drawn`, `not_eligible`,
    `usable`: their sums N_h, n_h, NE and m_h; `base`: d = N_h/n_h, households per
    answer; `weight`: w1 = d x response factor of its class.
    """

    codes: tuple[str, ...]
    community: str
    frame: int
    drawn: int
    not_eligible: int
    usable: int
    base: float
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Weighting:
    """All weighted strata of an area in the order of (community, code).

    `uncovered`: strata no weight speaks for, because nothing was released there or
    nobody in the whole community answered. `by_area`: communities with too few usable
    answers, which take the response factor of the area (M36).
    """

    strata: tuple[WeightedStratum, ...]
    uncovered: tuple[Stratum, ...]
    by_area: tuple[str, ...]


def weigh(
    strata: Iterable[Stratum], usable: Mapping[str, int], *, class_min: int
) -> Weighting:
    """Weights of an area from the released and the usable households per stratum.

    `usable`: stratum code -> m_h, 0 where missing; `class_min`: usable answers below
    which a community takes the factor of the area. ValueError for a stratum listed
    twice, usable answers of an unknown stratum, or more usable than eligible drawn.
    """
    ordered = sorted(strata, key=lambda stratum: (stratum.community, stratum.code))
    _check(ordered, usable)
    drawn = [stratum for stratum in ordered if stratum.drawn]
    bases = [
        _merged(run, usable)
        for _, group in groupby(drawn, key=lambda stratum: stratum.community)
        for run in join_short(list(group), lambda run: not _answers(run, usable))
    ]
    factors, by_area = _response_factors(bases, class_min)
    weighted = tuple(
        replace(base, weight=base.base * factors[base.community])
        for base in bases
        if base.usable
    )
    covered = {code for stratum in weighted for code in stratum.codes}
    return Weighting(
        strata=weighted,
        uncovered=tuple(s for s in ordered if s.frame and s.code not in covered),
        by_area=by_area,
    )


def kish_factor(counts: Sequence[int], weights: Sequence[float]) -> float | None:
    """k_w = m sum(w^2)/(sum w)^2 over answers, >= 1; None without an answer (M40).

    `counts`: answers that share the weight at the same place in `weights`.
    """
    m = sum(counts)
    if not m:
        return None
    pairs = list(zip(counts, weights, strict=True))
    squares = fsum(n * w * w for n, w in pairs)
    return m * squares / fsum(n * w for n, w in pairs) ** 2


def _check(strata: Sequence[Stratum], usable: Mapping[str, int]) -> None:
    eligible: dict[str, int] = {}
    for stratum in strata:
        if stratum.code in eligible:
            raise ValueError(f"stratum {stratum.code} is listed twice")
        eligible[stratum.code] = stratum.drawn - stratum.not_eligible
    for code, m in usable.items():
        if code not in eligible:
            raise ValueError(f"answers of an unknown stratum {code}")
        if m > eligible[code]:
            raise ValueError(
                f"stratum {code}: {m} usable answers of {eligible[code]} eligible"
            )


def _answers(run: Sequence[Stratum], usable: Mapping[str, int]) -> int:
    return sum(usable.get(stratum.code, 0) for stratum in run)


def _merged(run: Sequence[Stratum], usable: Mapping[str, int]) -> WeightedStratum:
    """One stratum of a run: N and n add up, d = N/n (M35)."""
    frame = sum(stratum.frame for stratum in run)
    drawn = sum(stratum.drawn for stratum in run)
    return WeightedStratum(
        codes=tuple(stratum.code for stratum in run),
        community=run[0].community,
        frame=frame,
        drawn=drawn,
        not_eligible=sum(stratum.not_eligible for stratum in run),
        usable=_answers(run, usable),
        base=frame / drawn,
    )


def _response_factors(
    bases: Sequence[WeightedStratum], class_min: int
) -> tuple[dict[str, float], tuple[str, ...]]:
    """a_c = (sum of d over released, not NE)/(sum of d over usable), per community.

    A community with fewer than `class_min` usable takes the factor of the area (M36).
    """
    factors: dict[str, float] = {}
    by_area = []
    area = _factor(bases)
    for community, group in groupby(bases, key=lambda base: base.community):
        members = list(group)
        answers = sum(base.usable for base in members)
        if answers >= class_min:
            factors[community] = _factor(members)
        elif answers:
            factors[community] = area
            by_area.append(community)
    return factors, tuple(by_area)


def _factor(members: Sequence[WeightedStratum]) -> float:
    answering = fsum(base.base * base.usable for base in members)
    if not answering:
        return 0.0
    return fsum(b.base * (b.drawn - b.not_eligible) for b in members) / answering
