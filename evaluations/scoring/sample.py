"""The answers of an area as the variance sees them: strata, buildings, weights.

Sources: M49-M53 (Sarndal, Swensson, Wretman 1992; Deville and Sarndal 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

import numpy as np

from evaluations.scoring.residuals import Projection
from evaluations.scoring.variance import StratumSums


@dataclass(frozen=True, slots=True)
class Layer:
    """A stratum as the variance sees it: `usable` m_h of `frame` N_h (None: no end).

    `buildings`: those of the frame where buildings are drawn, None: not known.
    """

    code: str
    community: str
    frame: int | None
    usable: int
    buildings: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """All usable answers, in a domain or not, with one weight in one building.

    `layer`: their stratum; `cell`: their weight cell; `building`: their building
    among those of the stratum; `n`: answers; `weight`: w.
    """

    layer: int
    cell: int
    building: int
    n: int
    weight: float


@dataclass(frozen=True, slots=True)
class Part:
    """The answers of a domain at one place.

    `total`, `squares`: sum and sum of squares of value - centre, points.
    """

    place: int
    n: int
    total: float
    squares: float


class Sample:
    """Layers, places sorted by (layer, building), and what raking takes out (M50).

    `clustered`: buildings are the units that were drawn, not households (M53).
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        places: Sequence[Place],
        *,
        clustered: bool = False,
        projection: Projection | None = None,
    ) -> None:
        self.layers = layers
        self.places = places
        self._clustered = clustered
        self._projection = projection
        numbers = range(len(places))
        self._places_of = {
            layer: list(group)
            for layer, group in groupby(numbers, key=lambda p: places[p].layer)
        }
        self._near: dict[str, list[int]] = {}
        for number, layer in enumerate(layers):
            self._near.setdefault(layer.community, []).append(number)

    def weight(self, part: Part) -> float:
        """w of the answers of a domain at one place."""
        return self.places[part.place].weight

    def layer_of(self, part: Part) -> Layer:
        """The stratum of the answers of a domain at one place."""
        return self.layers[self.places[part.place].layer]

    def stratum_sums(self, parts: Sequence[Part], mean: float) -> list[StratumSums]:
        """Sums of z = w e per stratum; at most one part per place.

        u = 1(domain)(s - y)/W (M49), e = u - XB after raking, else u (M50). Without a
        residual only strata of the communities of the domain are told: the others
        contribute nothing, except that lonely strata join their neighbours.
        """
        inside = {part.place: part for part in parts}
        whole = fsum(self.weight(part) * part.n for part in parts)
        cells = [self.places[part.place].cell for part in parts]
        projection = self._projection
        if projection is None or projection.is_idle(cells):
            z = self._plain(parts, mean, whole)
            return [
                self._sums(layer, z, inside)
                for community in sorted({self.layer_of(p).community for p in parts})
                for layer in self._near[community]
            ]
        z = self._residuals(projection, parts, mean, whole)
        return [self._sums(layer, z, inside) for layer in range(len(self.layers))]

    def _plain(
        self, parts: Iterable[Part], mean: float, whole: float
    ) -> dict[int, tuple[float, float]]:
        """Place -> sums of z and of z^2, e = u (M49)."""
        sums = {}
        for part in parts:
            share = self.weight(part) / whole
            about = share * (part.total - part.n * mean)
            sums[part.place] = about, share**2 * squares_about(part, mean)
        return sums

    def _residuals(
        self,
        projection: Projection,
        parts: Sequence[Part],
        mean: float,
        whole: float,
    ) -> dict[int, tuple[float, float]]:
        """Place -> sums of z and of z^2, e = u - XB: none is 0 (M50, M52)."""
        first = np.zeros(len(self.places))
        second = np.zeros(len(self.places))
        where = [part.place for part in parts]
        first[where] = [(part.total - part.n * mean) / whole for part in parts]
        second[where] = [squares_about(part, mean) / whole**2 for part in parts]
        cells = [self.places[place].cell for place in where]
        fitted = projection.fitted(cells, first[where].tolist())
        own = fitted[[place.cell for place in self.places]]
        n = np.array([place.n for place in self.places], dtype=np.float64)
        weights = np.array([place.weight for place in self.places])
        z = weights * (first - n * own)
        z2 = weights**2 * np.maximum(second - 2 * own * first + n * own**2, 0.0)
        return dict(enumerate(zip(z.tolist(), z2.tolist(), strict=True)))

    def _sums(
        self,
        number: int,
        z: dict[int, tuple[float, float]],
        inside: dict[int, Part],
    ) -> StratumSums:
        layer, places = self.layers[number], self._places_of.get(number, [])
        if self._clustered:
            return self._building_sums(layer, places, z, inside)
        known = [z[place] for place in places if place in z]
        return StratumSums(
            code=layer.code,
            community=layer.community,
            frame=layer.frame,
            usable=layer.usable,
            in_domain=sum(inside[place].n for place in places if place in inside),
            sum_z=fsum(one for one, _ in known),
            sum_z2=fsum(two for _, two in known),
        )

    def _building_sums(
        self,
        layer: Layer,
        places: Sequence[int],
        z: dict[int, tuple[float, float]],
        inside: dict[int, Part],
    ) -> StratumSums:
        """z summed per building; m_h and N_h count buildings (M53)."""
        buildings: dict[int, list[int]] = {}
        for place in places:
            buildings.setdefault(self.places[place].building, []).append(place)
        sums = [
            fsum(z[place][0] for place in members if place in z)
            for members in buildings.values()
        ]
        return StratumSums(
            code=layer.code,
            community=layer.community,
            frame=_frame_of_buildings(layer, len(buildings)),
            usable=len(buildings),
            in_domain=sum(
                1
                for members in buildings.values()
                if any(place in inside for place in members)
            ),
            sum_z=fsum(sums),
            sum_z2=fsum(one * one for one in sums),
        )


def squares_about(part: Part, mean: float) -> float:
    """Sum of squares of a part about the mean: Q - 2 y S + n y^2 (M52)."""
    return part.squares - 2 * mean * part.total + part.n * mean * mean


def _frame_of_buildings(layer: Layer, reached: int) -> float | None:
    """N_h in buildings.

    Where every building was reached but not every household answered, f_h is the
    share of the households: a standard error of 0 would claim what nobody knows.
    """
    if layer.frame is None or layer.buildings is None:
        return None
    if reached < layer.buildings:
        return layer.buildings
    return reached * layer.frame / layer.usable
