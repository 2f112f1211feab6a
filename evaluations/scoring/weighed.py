"""The weighting areas of a file: their weights, targets and response rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil
from typing import Any

from evaluations.scoring.answers_file import Answers
from evaluations.scoring.calibration import Calibration
from evaluations.scoring.cells import Cell
from evaluations.scoring.config import Config, Frame
from evaluations.scoring.estimate import Area
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.weights import WeightedStratum
from evaluations.scoring.window import Validity, validity


@dataclass(frozen=True)
class WeighedArea:
    """The strata and usable answers of one weighting area; `code`: "" if unnamed."""

    code: str
    frames: Mapping[str, Frame]
    cells: Sequence[Cell]
    config: Config

    @cached_property
    def scores(self) -> Area:
        """Every answer weighted once."""
        config = self.config
        return Area(
            self.cells,
            [frame.stratum for frame in self.frames.values()],
            method=config.method,
            margins=config.margins.get(self.code, {}),
            names=config.margin_names,
            level_min=config.level_min,
        )

    @property
    def usable(self) -> int:
        """I + P of the area."""
        return sum(cell.n for cell in self.cells)

    @property
    def target(self) -> int:
        """T of M11."""
        whole = sum(frame.stratum.frame for frame in self.frames.values())
        return ceil(self.config.method.sampling_rate * whole)

    @property
    def mark(self) -> Validity:
        """Whether the window may carry consequences (M29)."""
        return validity(
            existing=self.config.months_existing,
            months=self.config.method.window_months,
            usable=self.usable,
            target=self.target,
        )

    @cached_property
    def _communities(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for cell in self.cells:
            home = self.frames[cell.stratum].stratum.community
            found.setdefault(cell.appointment, set()).add(home)
        return found

    def communities(self, subject: str | None) -> list[str]:
        """Where a subject has answers; all of the area for None."""
        if subject is not None:
            return sorted(self._communities.get(subject, ()))
        return sorted({frame.stratum.community for frame in self.frames.values()})

    def frame_of(self, communities: Collection[str]) -> int:
        """N_j: households of the communities (M68)."""
        strata = [frame.stratum for frame in self.frames.values()]
        return sum(s.frame for s in strata if s.community in communities)

    def modes(self, subject: str | None) -> dict[str, int]:
        """Mode → usable answers (M28)."""
        found: Counter[str] = Counter()
        for cell in self.cells:
            if subject in (None, cell.appointment):
                found[cell.mode] += cell.n
        return dict(sorted(found.items()))

    def rates(self, communities: Collection[str]) -> dict[str, Any] | None:
        """Dispositions and RR1-RR6 of the communities (M27); None without any."""
        finals = [
            frame.final
            for frame in self.frames.values()
            if frame.final is not None and frame.stratum.community in communities
        ]
        if not finals:
            return None
        final = Dispositions.total(finals)
        return {
            "released": final.released,
            "dispositions": asdict(final),
            **asdict(final.rates()),
        }

    def as_data(self) -> dict[str, Any]:
        """Weights and how they came about (M35-M40)."""
        weighting = self.scores.weighting
        calibration = self.scores.calibration
        return {
            "area": self.code,
            "frame": self.frame_of(self.communities(None)),
            "usable": self.usable,
            "target": self.target,
            "validity": self.mark.value,
            "strata": [_stratum(stratum) for stratum in weighting.strata],
            "uncovered": [stratum.code for stratum in weighting.uncovered],
            "with_factor_of_area": list(weighting.by_area),
            "calibration": _calibration(calibration),
            "weights": self._weights(calibration),
            "communities": [
                {"community": code, "rates": self.rates({code})}
                for code in self.communities(None)
            ],
        }

    def _weights(self, calibration: Calibration) -> list[dict[str, Any]]:
        """Final weights of the answers that share one."""
        names = self.config.margin_names
        strata = self.scores.weighting.strata
        return [
            {
                "strata": list(strata[cell.layer].codes),
                "levels": dict(zip(names, cell.levels, strict=True)),
                "n": cell.n,
                "w1": cell.weight,
                "weight": weight,
            }
            for cell, weight in zip(
                self.scores.weight_cells, calibration.weights, strict=True
            )
        ]


def weigh_areas(config: Config, answers: Answers) -> list[WeighedArea]:
    """The areas in the order of their codes, those without an answer too."""
    home = {code: frame.area for code, frame in config.frames.items()}
    cells: dict[str, list[Cell]] = {area: [] for area in config.areas}
    for cell in answers.cells:
        cells[home[cell.stratum]].append(cell)
    return [
        WeighedArea(
            code=area,
            frames={c: f for c, f in config.frames.items() if f.area == area},
            cells=cells[area],
            config=config,
        )
        for area in config.areas
    ]


def _stratum(stratum: WeightedStratum) -> dict[str, Any]:
    return {
        "codes": list(stratum.codes),
        "community": stratum.community,
        "frame": stratum.frame,
        "drawn": stratum.drawn,
        "not_eligible": stratum.not_eligible,
        "usable": stratum.usable,
        "base": stratum.base,
        "w1": stratum.weight,
    }


def _calibration(found: Calibration) -> dict[str, Any]:
    return {
        "raked": found.raked,
        "rounds": found.rounds,
        "trim_rounds": found.trim_rounds,
        "trimmed": found.trimmed,
        "margins": [
            {
                "margin": margin.name,
                "levels": [
                    {
                        "names": list(level.names),
                        "target": level.target,
                        "usable": level.usable,
                    }
                    for level in margin.levels
                ],
            }
            for margin in found.margins.used
        ],
        "without_register": list(found.margins.without_register),
        "single": list(found.margins.single),
    }
