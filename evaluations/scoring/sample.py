"""The answers of an area as the variance sees them: strata, buildings, weights.

Sources: M49-M53 (Sarndal, Swensson, Wretman 1992; Deville and Sarndal 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from evaluations.scoring.residuals import Projection
from evaluations.scoring.variance import Layer, runs_of


@dataclass(frozen=True, slots=True)
class SampledStratum:
    """A stratum: `usable` answers of `frame` households (None: without end).

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

    `layer`: their stratum; `cell`: their weight cell; `building`: a number that no
    building of another stratum has; `n`: answers; `weight`: w.
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


@dataclass(frozen=True, slots=True)
class Spread:
    """What the variance of a mean rests on.

    `raw`: V before tiny values are cut, points^2, None if it is unknown; `df`: units
    of the domain less strata that hold one; `is_census`: all those strata answered in
    full.
    """

    raw: float | None
    df: int
    is_census: bool


# Sums of z and of z^2 at one place.
_Z = tuple[float, float]


class Sample:
    """Strata in order of (community, code), places in order of their strata.

    `clustered`: buildings are the units that were drawn, not households (M53);
    `projection`: what raking takes out of a variable (M50). Everything that does not
    depend on what is estimated is made once.
    """

    def __init__(
        self,
        strata: Sequence[SampledStratum],
        places: Sequence[Place],
        *,
        clustered: bool = False,
        projection: Projection | None = None,
    ) -> None:
        self.strata = strata
        self.places = places
        self._clustered = clustered
        self._projection = projection
        buildings: list[set[int]] = [set() for _ in strata]
        for place in places:
            buildings[place.layer].add(place.building)
        self._layers = [
            _layer(stratum, len(reached) if clustered else None)
            for stratum, reached in zip(strata, buildings, strict=True)
        ]
        self._runs = runs_of(self._layers)
        self._run_of = [
            number
            for number, run in enumerate(self._runs)
            for _ in range(run.first, run.last)
        ]
        ends = np.searchsorted(
            [place.layer for place in places], [run.last for run in self._runs]
        )
        self._starts = [0, *ends.tolist()]
        self._n = np.array([place.n for place in places], dtype=np.float64)
        self._w = np.array([place.weight for place in places], dtype=np.float64)
        self._cells = np.array([place.cell for place in places], dtype=np.intp)

    def spread(self, parts: Sequence[Part], mean: float) -> Spread:
        """V, df and census of the mean of a domain; at most one part per place.

        V = sum_h (1 - f_h) m_h/(m_h - 1) sum_i (z_i - zbar_h)^2 over all usable
        answers of the area, z = w e (M51). None if a stratum of one unit holds the
        domain and nothing is there to join it with: its spread is unknown, and never
        0 (M59).
        """
        home = {self.places[part.place].layer for part in parts}
        lonely = any(self._runs[self._run_of[layer]].is_lonely for layer in home)
        return Spread(
            raw=None if lonely else self._variance(parts, mean),
            df=self._units(parts) - len(home),
            is_census=all(self._layers[layer].is_census for layer in home),
        )

    def _units(self, parts: Sequence[Part]) -> int:
        if self._clustered:
            return len({self.places[part.place].building for part in parts})
        return sum(part.n for part in parts)

    def _variance(self, parts: Sequence[Part], mean: float) -> float:
        """u = 1(domain)(s - y)/W (M49), e = u - XB after raking, else u (M50)."""
        whole = fsum(self.places[part.place].weight * part.n for part in parts)
        cells = [self.places[part.place].cell for part in parts]
        projection = self._projection
        if projection is None or projection.is_idle(cells):
            return self._added(self._plain(parts, mean, whole))
        z, squares = self._residuals(projection, parts, mean, whole)
        if self._clustered:
            return self._added(enumerate(zip(z, squares, strict=True)))
        bounds = zip(self._runs, self._starts, self._starts[1:], strict=False)
        return fsum(run.contribution(z[a:b], squares[a:b]) for run, a, b in bounds)

    def _plain(
        self, parts: Sequence[Part], mean: float, whole: float
    ) -> Iterable[tuple[int, _Z]]:
        """Sums of z and of z^2 at the places of the domain; elsewhere z is 0."""
        for part in parts:
            share = self.places[part.place].weight / whole
            about = share * (part.total - part.n * mean)
            yield part.place, (about, share**2 * squares_about(part, mean))

    def _residuals(
        self,
        projection: Projection,
        parts: Sequence[Part],
        mean: float,
        whole: float,
    ) -> tuple[list[float], list[float]]:
        """Sums of z and of z^2 at every place, e = u - XB: none is 0 (M50, M52)."""
        first, second = np.zeros((2, len(self.places)))
        where = [part.place for part in parts]
        first[where] = [(part.total - part.n * mean) / whole for part in parts]
        second[where] = [squares_about(part, mean) / whole**2 for part in parts]
        cells = [self.places[place].cell for place in where]
        own = projection.fitted(cells, first[where].tolist())[self._cells]
        squares = second - 2 * own * first + self._n * own**2
        z = self._w * (first - self._n * own)
        return z.tolist(), (self._w**2 * np.maximum(squares, 0.0)).tolist()

    def _added(self, sums: Iterable[tuple[int, _Z]]) -> float:
        """The contributions of the strata from sums at their places."""
        inside: dict[int, tuple[list[float], list[float]]] = {}
        for layer, (z, squares) in self._by_unit(sums):
            firsts, seconds = inside.setdefault(self._run_of[layer], ([], []))
            firsts.append(z)
            seconds.append(squares)
        return fsum(
            self._runs[run].contribution(*lists) for run, lists in inside.items()
        )

    def _by_unit(self, sums: Iterable[tuple[int, _Z]]) -> Iterable[tuple[int, _Z]]:
        """(stratum, sums); z is summed per building where those were drawn (M53)."""
        if not self._clustered:
            for number, pair in sums:
                yield self.places[number].layer, pair
            return
        inside: dict[tuple[int, int], list[float]] = {}
        for number, (z, _) in sums:
            place = self.places[number]
            inside.setdefault((place.layer, place.building), []).append(z)
        for (layer, _), values in inside.items():
            z = fsum(values)
            yield layer, (z, z * z)


def squares_about(part: Part, mean: float) -> float:
    """Sum of squares of a part about the mean: Q - 2 y S + n y^2 (M52)."""
    return part.squares - 2 * mean * part.total + part.n * mean * mean


def _layer(stratum: SampledStratum, reached: int | None) -> Layer:
    """`reached`: buildings with an answer, None where households were drawn."""
    frame: float | None = stratum.frame
    if reached is not None:
        frame = _frame_of_buildings(stratum, reached)
    units = stratum.usable if reached is None else reached
    return Layer(stratum.code, stratum.community, frame, units)


def _frame_of_buildings(stratum: SampledStratum, reached: int) -> float | None:
    """N_h in buildings.

    Where every building was reached but not every household answered, f_h is the
    share of the households: a standard error of 0 would claim what nobody knows.
    """
    if stratum.frame is None or stratum.buildings is None:
        return None
    if reached < stratum.buildings:
        return stratum.buildings
    return reached * stratum.frame / stratum.usable
