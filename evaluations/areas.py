"""A weighting area over a window: the cells and strata that figures are made from.

Pure: no database. The same object is built from the tables when a month is rolled up
and from a stored record when it is recomputed (M107).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.estimate import Area
from evaluations.scoring.method import Method
from evaluations.scoring.rates import Dispositions
from surveys.sampling import target

CODES = tuple(Dispositions.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class AreaCell:
    """A stored cell: `items` is question number → counts of level 1..5, missing."""

    appointment: str
    round: str
    stratum: str
    mode: str
    n: int
    sum_score: int
    sum_score_squared: int
    items: Mapping[int, Sequence[int]]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Canonical order (M108)."""
        return (self.appointment, self.round, self.stratum, self.mode)


@dataclass(frozen=True, slots=True)
class AreaStratum:
    """A stratum over the window: N_h of the newest snapshot, sums of the rest (M64)."""

    code: str
    community: str
    frame: int
    submitted: int
    final: Dispositions

    @property
    def released(self) -> int:
        """n_h."""
        return self.final.released

    def as_record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "community": self.community,
            "frame": self.frame,
            "released": self.released,
            "submitted": self.submitted,
            **{name: getattr(self.final, name) for name in CODES},
        }

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            code=row["code"],
            community=row["community"],
            frame=row["frame"],
            submitted=row["submitted"],
            final=Dispositions(**{name: row[name] for name in CODES}),
        )


class WindowArea:
    """All cells of an area in the rounds of one window, weighted once."""

    def __init__(
        self,
        code: str,
        cells: Iterable[AreaCell],
        strata: Iterable[AreaStratum],
        method: Method,
    ) -> None:
        self.code = code
        self.method = method
        self.cells = sorted(cells, key=lambda cell: cell.key)
        self.strata = sorted(strata, key=lambda stratum: stratum.code)

    @cached_property
    def scores(self) -> Area:
        """Household scores and questions, weighted once."""
        return Area(self.scored_cells, self.design, method=self.method)

    @cached_property
    def scored_cells(self) -> list[Cell]:
        """The cells with usable answers, as the estimates know them."""
        return [_scored(cell) for cell in self.cells if cell.n]

    @cached_property
    def design(self) -> list[Stratum]:
        """The strata as the estimates know them."""
        return [
            Stratum(
                code=row.code,
                community=row.community,
                frame=row.frame,
                drawn=row.released,
                not_eligible=row.final.not_eligible,
            )
            for row in self.strata
        ]

    @property
    def usable(self) -> int:
        """I + P of the area in the window (M29)."""
        return sum(cell.n for cell in self.cells)

    @property
    def target(self) -> int:
        """T of M11."""
        frame = sum(stratum.frame for stratum in self.strata)
        return target(frame, self.method.sampling_rate)

    @cached_property
    def cells_sha256(self) -> str:
        """Digest of the cell set, questions included (M102)."""
        rows = [
            [
                *cell.key,
                cell.n,
                cell.sum_score,
                cell.sum_score_squared,
                [[number, *cell.items[number]] for number in sorted(cell.items)],
            ]
            for cell in self.cells
        ]
        return sha256(canonical_json(rows)).hexdigest()

    def of_community(self, community: str) -> list[AreaStratum]:
        return [row for row in self.strata if row.community == community]

    def modes_of(self, appointment: str) -> dict[str, int]:
        """Mode → usable answers of the appointment."""
        modes: Counter[str] = Counter()
        for cell in self.cells:
            if cell.appointment == appointment and cell.n:
                modes[cell.mode] += cell.n
        return dict(sorted(modes.items()))


def _scored(cell: AreaCell) -> Cell:
    """Who stands at none of a question's levels did not answer it (M31)."""
    items = tuple(
        (number, tuple(cell.items[number][:5])) for number in sorted(cell.items)
    )
    return Cell(*cell.key, cell.n, cell.sum_score, cell.sum_score_squared, items=items)
