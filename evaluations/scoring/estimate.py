"""From cells to the score of an appointment: the main door of the scoring core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from evaluations.scoring.cells import SCALE, Cell, Stratum
from evaluations.scoring.mean import Group, Layer, estimate_mean
from evaluations.scoring.method import Method
from evaluations.scoring.results import Caution, Estimate
from evaluations.scoring.weights import WeightedStratum, weigh


def estimate(
    cells: Iterable[Cell],
    strata: Iterable[Stratum],
    *,
    domain: str | None,
    method: Method,
) -> Estimate:
    """The score of one appointment over a window.

    `cells`: all usable answers of the weighting area in the window, each household
    once; `strata`: its strata with window counts; `domain`: the appointment, None for
    all cells. ValueError if cells and strata contradict each other. Sources: see
    `Area` for the weights and `mean.estimate_mean` for the figures.
    """
    return Area(cells, strata, method=method).estimate(domain)


def estimate_all(
    cells: Iterable[Cell], strata: Iterable[Stratum], *, method: Method
) -> dict[str, Estimate]:
    """`estimate` for every appointment that has cells, in the order of their codes."""
    area = Area(cells, strata, method=method)
    return {domain: area.estimate(domain) for domain in area.domains}


class Area:
    """The cells of a weighting area, added up per stratum and weighted once.

    `domains`: the appointments that have cells, ascending; `weighting`: the design
    weights (M35, M36). Counts and sums of a stratum stay exact integers, so neither
    the order of the cells nor their splitting can change a bit of any figure (M109).
    """

    def __init__(
        self, cells: Iterable[Cell], strata: Iterable[Stratum], *, method: Method
    ) -> None:
        self._method = method
        self._totals: dict[str, dict[str, tuple[int, int, int]]] = {}
        usable: Counter[str] = Counter()
        for cell in cells:
            usable[cell.stratum] += cell.n
            of_domain = self._totals.setdefault(cell.appointment, {})
            n, sum_s, sum_s2 = of_domain.get(cell.stratum, (0, 0, 0))
            sums = (n + cell.n, sum_s + cell.sum_s, sum_s2 + cell.sum_s2)
            of_domain[cell.stratum] = sums
        self.domains = sorted(self._totals)
        self.weighting = weigh(strata, usable, class_min=method.weights_class_min)
        self._home: dict[str, WeightedStratum] = {}
        self._by_community: dict[str, list[WeightedStratum]] = {}
        for stratum in self.weighting.strata:
            self._by_community.setdefault(stratum.community, []).append(stratum)
            self._home |= dict.fromkeys(stratum.codes, stratum)

    def estimate(self, domain: str | None) -> Estimate:
        """The estimate of one appointment, or of all answers if `domain` is None."""
        chosen = self.domains if domain is None else [domain]
        sums = [
            (self._home[code], *part)
            for appointment in chosen
            for code, part in sorted(self._totals.get(appointment, {}).items())
        ]
        m = sum(n for _, n, _, _ in sums)
        # Any integer near the mean will do; this one is the same in any order.
        centre = sum(total for _, _, total, _ in sums) // m if m else 0
        communities = sorted({home.community for home, _, _, _ in sums})
        nearby = [s for place in communities for s in self._by_community[place]]
        return estimate_mean(
            [_centred(*part, centre=centre) for part in sums],
            [Layer(s.codes[0], s.community, s.frame, s.usable) for s in nearby],
            centre=centre / SCALE,
            domain=domain,
            method=self._method,
            cautions=self._cautions(nearby, communities, whole=domain is None),
            joined=tuple(s.codes for s in nearby if len(s.codes) > 1),
        )

    def _cautions(
        self,
        nearby: Sequence[WeightedStratum],
        communities: Sequence[str],
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
        if len(communities) > 1 and set(communities) & set(self.weighting.by_area):
            found.append(Caution.AREA_FACTOR)
        return tuple(found)


def _centred(
    home: WeightedStratum, n: int, total: int, squares: int, *, centre: int
) -> Group:
    """Sums of ten-thousandths as sums about the centre in points, rounded once."""
    return Group(
        layer=home.codes[0],
        weight=home.weight,
        n=n,
        total=(total - n * centre) / SCALE,
        squares=(squares - 2 * centre * total + n * centre * centre) / SCALE**2,
    )
