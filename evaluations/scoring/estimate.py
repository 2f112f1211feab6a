"""From cells to the score of an appointment: the main door of the scoring core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evaluations.scoring.calibration import calibrate
from evaluations.scoring.cells import SCALE, Cell, Levels, Stratum
from evaluations.scoring.margins import NO_VALUE, WeightCell
from evaluations.scoring.mean import estimate_mean
from evaluations.scoring.method import Method
from evaluations.scoring.questions import (
    Counts,
    QuestionFigures,
    histograms,
    points_of,
    top_points,
)
from evaluations.scoring.results import Caution, Estimate
from evaluations.scoring.sample import Part, Place, Sample, SampledStratum
from evaluations.scoring.shares import Share, share_of
from evaluations.scoring.weights import WeightedStratum, weigh

COMMUNITY = "community"
"""The margin whose register counts are the frames of the strata (M37)."""

Registers = Mapping[str, Mapping[str, int]]
"""Margin -> level -> households of the register."""

# Layer, demographic cell, building of a round: where answers stand.
_Spot = tuple[int, tuple[str, ...], tuple[str, str]]
_Sums = tuple[int, int, int]


def estimate(
    cells: Iterable[Cell],
    strata: Iterable[Stratum],
    *,
    domain: str | None,
    method: Method,
    margins: Registers | None = None,
) -> Estimate:
    """The score of one appointment over a window.

    `cells`: all usable answers of the weighting area in the window, each household
    once; `strata`: its strata with window counts; `domain`: the appointment, None for
    all cells; `margins`: see `Area`. ValueError if cells and strata contradict each
    other. Sources: see `Area` for the weights, `mean.estimate_mean` for the figures.
    """
    return Area(cells, strata, method=method, margins=margins).estimate(domain)


def estimate_all(
    cells: Iterable[Cell],
    strata: Iterable[Stratum],
    *,
    method: Method,
    margins: Registers | None = None,
) -> dict[str, Estimate]:
    """`estimate` for every appointment that has cells, in the order of their codes."""
    area = Area(cells, strata, method=method, margins=margins)
    return {domain: area.estimate(domain) for domain in area.domains}


class Area:
    """The cells of a weighting area, added up and weighted once.

    `domains`: the appointments that have cells, ascending; `numbers`: the questions;
    `weighting`: w1 per stratum (M35, M36); `weight_cells`, `calibration`: who shares
    a final weight, and how it came about (M37-M40). Counts and sums of answers that
    share a weight stay exact integers, so neither the order of the cells nor their
    splitting can change a bit of any figure (M109).
    """

    def __init__(
        self,
        cells: Iterable[Cell],
        strata: Iterable[Stratum],
        *,
        method: Method,
        margins: Registers | None = None,
        names: Sequence[str] | None = None,
        level_min: int | None = None,
    ) -> None:
        """`margins`: household counts of the register for the margins of the scheme.

        Those of `community` are taken from the frames of the strata unless given; a
        margin of the scheme without counts is not used. With `sampling.cluster =
        building` every cell needs its building, and strata without their number of
        buildings have no finite population correction. `names`, `level_min`: margins
        and smallest level other than those of the scheme, for reference data.
        """
        self._method = method
        self._names = tuple(method.weights_margins if names is None else names)
        self._level_min = level_min
        self._cells = list(cells)
        listed = list(strata)
        usable: Counter[str] = Counter()
        for cell in self._cells:
            usable[cell.stratum] += cell.n
        self.weighting = weigh(listed, usable, class_min=method.weights_class_min)
        self._homes = {
            code: number
            for number, stratum in enumerate(self.weighting.strata)
            for code in stratum.codes
        }
        self._strata_of: dict[str, list[WeightedStratum]] = {}
        for stratum in self.weighting.strata:
            self._strata_of.setdefault(stratum.community, []).append(stratum)
        self._known_levels: dict[Levels, tuple[str, ...]] = {}
        spots = [self._spot(cell) for cell in self._cells]
        order = sorted(set(spots))
        place_of = {spot: place for place, spot in enumerate(order)}
        self._places = [place_of[spot] for spot in spots]
        self._index()
        self._build_sample(order, _registers(listed, margins), listed)

    def estimate(self, domain: str | None) -> Estimate:
        """The estimate of one appointment, or of all answers if `domain` is None."""
        return self._estimate(domain, self._merged(self._scores, domain))

    def question(self, number: int, domain: str | None) -> QuestionFigures:
        """Mean and satisfied share of a question among those who answered (M34)."""
        method = self._method
        mean = self._counted(number, domain, points_of(method))
        return QuestionFigures(
            number=number,
            m=mean.m,
            mean=mean,
            satisfied=self.share(number, method.score_top_levels, domain),
        )

    def share(self, number: int, levels: Iterable[int], domain: str | None) -> Share:
        """Share of those with one of the levels among those who answered (M34, M57).

        Levels are 1..5 as they were counted.
        """
        counted = self._counted(number, domain, top_points(levels))
        return share_of(counted, method=self._method)

    def weighted_cells(self) -> list[tuple[Cell, float]]:
        """Every cell with the final weight of its answers, in the order given (M47)."""
        places = self._sample.places
        return [
            (cell, places[place].weight)
            for cell, place in zip(self._cells, self._places, strict=True)
        ]

    def _spot(self, cell: Cell) -> _Spot:
        home = self._homes[cell.stratum]
        levels = self._levels(cell.levels)
        if self._method.sampling_cluster == "none":
            return home, levels, ("", "")
        if not cell.building:
            raise ValueError(f"stratum {cell.stratum}: a cell without its building")
        # A building has a new number in every round (M22).
        return home, levels, (cell.round, cell.building)

    def _levels(self, levels: Levels) -> tuple[str, ...]:
        """One per margin of the scheme but the community, which a stratum implies."""
        if levels not in self._known_levels:
            known = dict(levels)
            self._known_levels[levels] = tuple(
                known.get(name, NO_VALUE) for name in self._names if name != COMMUNITY
            )
        return self._known_levels[levels]

    def _index(self) -> None:
        """Add up the cells of each domain per place."""
        self._scores: dict[str, dict[int, _Sums]] = {}
        self._rows: dict[str, list[int]] = {}
        for row, (cell, place) in enumerate(
            zip(self._cells, self._places, strict=True)
        ):
            of_domain = self._scores.setdefault(cell.appointment, {})
            n, sum_s, sum_s2 = of_domain.get(place, (0, 0, 0))
            of_domain[place] = n + cell.n, sum_s + cell.sum_s, sum_s2 + cell.sum_s2
            self._rows.setdefault(cell.appointment, []).append(row)
        self.domains = sorted(self._scores)
        self.numbers = tuple(
            sorted({number for cell in self._cells for number, _ in cell.items})
        )
        self._items: dict[str, dict[int, Counts]] = {}

    def _build_sample(
        self, spots: Sequence[_Spot], registers: Registers, strata: Sequence[Stratum]
    ) -> None:
        usable = [0] * len(spots)
        for cell, place in zip(self._cells, self._places, strict=True):
            usable[place] += cell.n
        keys = sorted({(layer, levels) for layer, levels, _ in spots})
        number_of = {key: number for number, key in enumerate(keys)}
        counts = [0] * len(keys)
        for (layer, levels, _), n in zip(spots, usable, strict=True):
            counts[number_of[layer, levels]] += n
        self.weight_cells = tuple(
            self._weight_cell(key, n) for key, n in zip(keys, counts, strict=True)
        )
        self.calibration = calibrate(
            self.weight_cells,
            self._names,
            registers,
            method=self._method,
            level_min=self._level_min,
        )
        buildings = {spot: number for number, spot in enumerate(sorted(_sites(spots)))}
        places = [
            Place(
                layer=layer,
                cell=number_of[layer, levels],
                building=buildings[layer, building],
                n=n,
                weight=self.calibration.weights[number_of[layer, levels]],
            )
            for (layer, levels, building), n in zip(spots, usable, strict=True)
        ]
        known = {stratum.code: stratum.buildings for stratum in strata}
        self._sample = Sample(
            [_sampled(stratum, known) for stratum in self.weighting.strata],
            places,
            clustered=self._method.sampling_cluster != "none",
            projection=self.calibration.projection,
        )

    def _weight_cell(self, key: tuple[int, tuple[str, ...]], n: int) -> WeightCell:
        layer, levels = key
        stratum = self.weighting.strata[layer]
        rest = iter(levels)
        own = stratum.community
        every = (own if name == COMMUNITY else next(rest) for name in self._names)
        return WeightCell(layer, tuple(every), n, stratum.weight)

    def _merged(
        self, sums: Mapping[str, Mapping[int, _Sums]], domain: str | None
    ) -> dict[int, _Sums]:
        """The sums of a domain, or of all, per place."""
        if domain is not None:
            return dict(sums.get(domain, {}))
        merged: dict[int, _Sums] = {}
        for of_domain in sums.values():
            for place, (n, total, squares) in of_domain.items():
                a, b, c = merged.get(place, (0, 0, 0))
                merged[place] = a + n, b + total, c + squares
        return merged

    def _counted(
        self, number: int, domain: str | None, points: Sequence[int]
    ) -> Estimate:
        """The estimate of a variable that depends on the level of one question."""
        chosen = self.domains if domain is None else [domain]
        sums: dict[str, dict[int, _Sums]] = {}
        for appointment in chosen:
            counts = self._counts(appointment).get(number, {})
            sums[appointment] = {
                place: _weighted(levels, points)
                for place, levels in counts.items()
                if any(levels)
            }
        return self._estimate(domain, self._merged(sums, domain))

    def _counts(self, appointment: str) -> dict[int, Counts]:
        """Question -> place -> answers of level 1..5, added up once."""
        if appointment not in self._items:
            self._items[appointment] = histograms(
                (self._places[row], self._cells[row])
                for row in self._rows.get(appointment, ())
            )
        return self._items[appointment]

    def _estimate(self, domain: str | None, sums: Mapping[int, _Sums]) -> Estimate:
        m = sum(n for n, _, _ in sums.values())
        # Any integer near the mean will do; this one is the same in any order.
        centre = sum(total for _, total, _ in sums.values()) // m if m else 0
        parts = [_centred(place, *sums[place], centre) for place in sorted(sums)]
        homes = {self._sample.places[part.place].layer for part in parts}
        found = {self.weighting.strata[home].community for home in homes}
        nearby = [s for place in sorted(found) for s in self._strata_of[place]]
        return estimate_mean(
            self._sample,
            parts,
            centre=centre / SCALE,
            domain=domain,
            method=self._method,
            cautions=self._cautions(nearby, found, whole=domain is None),
            joined=tuple(s.codes for s in nearby if len(s.codes) > 1),
            raked=self.calibration.raked,
        )

    def _cautions(
        self,
        nearby: Sequence[WeightedStratum],
        communities: set[str],
        *,
        whole: bool,
    ) -> tuple[Caution, ...]:
        """What must be said beside a figure of these communities."""
        found = []
        if any(len(stratum.codes) > 1 for stratum in nearby):
            found.append(Caution.STRATA_JOINED)
        gaps = self.weighting.uncovered
        if any(whole or gap.community in communities for gap in gaps):
            found.append(Caution.STRATUM_UNCOVERED)
        # Inside one community a common factor changes nothing.
        if len(communities) > 1 and communities & set(self.weighting.by_area):
            found.append(Caution.AREA_FACTOR)
        if self.calibration.raked is False:
            found.append(Caution.NOT_RAKED)
        return tuple(found)


def _registers(strata: Iterable[Stratum], margins: Registers | None) -> Registers:
    """The register counts, those of the communities from the frames (M37)."""
    frames: Counter[str] = Counter()
    for stratum in strata:
        frames[stratum.community] += stratum.frame
    return {COMMUNITY: frames, **(margins or {})}


def _sites(spots: Iterable[_Spot]) -> set[tuple[int, tuple[str, str]]]:
    return {(layer, building) for layer, _, building in spots}


def _sampled(
    stratum: WeightedStratum, buildings: Mapping[str, int | None]
) -> SampledStratum:
    parts = [buildings[code] for code in stratum.codes]
    known = [part for part in parts if part is not None]
    return SampledStratum(
        code=stratum.codes[0],
        community=stratum.community,
        frame=stratum.frame,
        usable=stratum.usable,
        buildings=sum(known) if len(known) == len(parts) else None,
    )


def _weighted(counts: Sequence[int], points: Sequence[int]) -> _Sums:
    """n, sum and sum of squares of a variable that has `points` at each level."""
    pairs = list(zip(counts, points, strict=True))
    return (
        sum(counts),
        sum(count * value for count, value in pairs),
        sum(count * value * value for count, value in pairs),
    )


def _centred(place: int, n: int, total: int, squares: int, centre: int) -> Part:
    """Sums of ten-thousandths as sums about the centre in points, rounded once."""
    return Part(
        place=place,
        n=n,
        total=(total - n * centre) / SCALE,
        squares=(squares - 2 * centre * total + n * centre * centre) / SCALE**2,
    )
