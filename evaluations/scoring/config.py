"""What an auditor says beside a file of answers: frame, register, method, wishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from evaluations.scoring.cells import Stratum
from evaluations.scoring.estimate import COMMUNITY
from evaluations.scoring.method import Method
from evaluations.scoring.rates import Dispositions


@dataclass(frozen=True, slots=True)
class Frame:
    """A stratum with its weighting area; `final`: dispositions, where they are told."""

    stratum: Stratum
    area: str
    final: Dispositions | None


@dataclass(frozen=True, slots=True)
class Person:
    """What the answers do not tell of an appointment (M67, M75, M78)."""

    kind: str = ""
    areas: Mapping[str, str] = field(default_factory=dict)
    previous_star: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """b and SE(b) of a mode against online, points (M46, M47)."""

    mode: str
    b: float
    se: float


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """What 0 and 100 points are in the file; figures come out in its own unit."""

    low: Fraction = Fraction(0)
    high: Fraction = Fraction(100)

    @property
    def is_points(self) -> bool:
        return self == ScoreRange()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that is said beside the answers.

    `frames`: by stratum; `margins`: weighting area → margin → level → households;
    `report`: None for all that the file allows of the first two; `cuts`: of the year;
    `weights`: the questionnaire's own per question; `reversed_items`: numbers from 1;
    `level_min`: a departure from the method, for reference numbers; `file`: its name.
    """

    frames: Mapping[str, Frame]
    margins: Mapping[str, Mapping[str, Mapping[str, int]]]
    method: Method
    report: frozenset[str] | None
    subjects: Mapping[str, Person]
    period: str
    cuts: tuple[Decimal, ...] | None
    shifts: tuple[Shift, ...]
    weights: tuple[Decimal, ...] | None
    reversed_items: frozenset[int]
    score_range: ScoreRange
    months_existing: int
    level_min: int | None
    file: str
    sha256: str

    @property
    def areas(self) -> list[str]:
        """The weighting areas, ascending; one without a name if none is named."""
        return sorted({frame.area for frame in self.frames.values()})

    @property
    def margin_names(self) -> list[str]:
        """Those of the scheme in its order, then any other that has counts (M37)."""
        given = [name for by_name in self.margins.values() for name in by_name]
        return list(dict.fromkeys((*self.method.weights_margins, *given)))

    @property
    def columns(self) -> list[str]:
        """The margins that need a column: the community is told by the stratum."""
        given = {name for by_name in self.margins.values() for name in by_name}
        return [n for n in self.margin_names if n in given and n != COMMUNITY]
