"""The report on a file of answers: one JSON object for an auditor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluations.scoring.answers_file import Answers
from evaluations.scoring.cells import cells_digest
from evaluations.scoring.config import Config
from evaluations.scoring.config_file import LEVEL_MIN
from evaluations.scoring.report_figures import Unit, estimate_data, questions_data
from evaluations.scoring.results import Estimate
from evaluations.scoring.standing import (
    Rated,
    Standings,
    adjusted_data,
    rate_subjects,
)
from evaluations.scoring.weighed import WeighedArea, weigh_areas
from evaluations.scoring.words import Remark, told
from evaluations.scoring.wrong_input import plain


def report(answers: Answers, config: Config, *, name: str) -> dict[str, Any]:
    """Everything that was asked for; `name`: of the file of answers."""
    areas = weigh_areas(config, answers)
    return {
        "answers": {
            "file": plain(name),
            "sha256": answers.sha256,
            "rows": answers.rows,
            "usable": answers.usable,
            "unusable": answers.rows - answers.usable,
        },
        "config": {"file": plain(config.file), "sha256": config.sha256},
        "method": {
            "version": config.method.method_version,
            "sha256": config.method.digest(),
        },
        "cells": {"count": len(answers.cells), "sha256": cells_digest(answers.cells)},
        "numpy": np.__version__,
        "remarks": _remarks(answers, config, areas),
        "areas": [area.as_data() for area in areas],
        **_Wishes(answers, config, areas).results(),
    }


class _Wishes:
    """What `report` of the settings asks for."""

    def __init__(
        self, answers: Answers, config: Config, areas: Sequence[WeighedArea]
    ) -> None:
        self._config = config
        self._areas = areas
        wishes = config.report
        if wishes is None:
            known = {"by_subject"} if answers.has_subjects else set()
            wishes = frozenset({"overall", *known})
        self._wishes = wishes
        self._unit = Unit.of(config.score_range)
        self._has_modes = "mode" in answers.columns
        self._stars = bool(wishes & {"stars", "ranks"})

    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "overall" in self._wishes:
            found["overall"] = [self._overall(area) for area in self._areas]
        if "by_subject" in self._wishes or self._stars:
            rated = rate_subjects(self._areas, self._config)
            standings = Standings(rated, self._config)
            found["subjects"] = [self._subject(one, standings) for one in rated]
            found["subjects"] += self._silent(rated)
            if self._stars:
                found["pools"] = standings.pools_data()
            if "ranks" in self._wishes:
                found["rankings"] = standings.rankings_data()
        return found

    def _overall(self, area: WeighedArea) -> dict[str, Any]:
        result = area.scores.estimate(None)
        return {"area": area.code, **self._figures(result, area, None)}

    def _subject(self, one: Rated, standings: Standings) -> dict[str, Any]:
        pooled = standings.pool_data(one.code) if self._stars else None
        lambda_ = pooled["reliability"] if pooled else None
        data = {
            "subject": one.code,
            "area": one.area.code,
            **self._figures(one.result, one.area, one.code, reliability=lambda_),
        }
        if one.adjusted:
            data["adjusted"] = adjusted_data(one.adjusted)
        if self._stars:
            data["pool"] = pooled
            data["star"] = standings.stars[one.code].as_data()
        if "ranks" in self._wishes:
            data["rank"] = standings.rank_data(one)
        return data

    def _figures(
        self,
        result: Estimate,
        area: WeighedArea,
        subject: str | None,
        *,
        reliability: float | None = None,
    ) -> dict[str, Any]:
        communities = area.communities(subject)
        data = estimate_data(
            result,
            unit=self._unit,
            method=self._config.method,
            mark=area.mark,
            reliability=reliability,
        )
        data["communities"] = communities
        data["rates"] = area.rates(communities)
        if self._has_modes:
            data["modes"] = area.modes(subject)
        if "shares" in self._wishes:
            data["questions"] = questions_data(
                area.scores, subject, method=self._config.method
            )
        return data

    def _silent(self, rated: Sequence[Rated]) -> list[dict[str, Any]]:
        """Subjects that the settings name and no answer does: nothing, never 0."""
        seen = {one.code for one in rated}
        level = float(self._config.method.interval_level)
        return [
            {
                "subject": code,
                "area": None,
                **estimate_data(
                    Estimate.nothing(domain=code, level=level),
                    unit=self._unit,
                    method=self._config.method,
                    mark=self._areas[0].mark,
                ),
            }
            for code in sorted(set(self._config.subjects) - seen)
        ]


def _remarks(
    answers: Answers, config: Config, areas: Sequence[WeighedArea]
) -> list[dict[str, str]]:
    """What must be said beside the whole report."""
    found = [told(Remark.UNSUPPRESSED)]
    if answers.unused:
        found.append(told(Remark.COLUMNS_NOT_USED, ", ".join(answers.unused)))
    if answers.rounded:
        found.append(told(Remark.SCORES_ROUNDED, answers.rounded))
    foreign = [n for n in config.columns if n not in config.method.weights_margins]
    if foreign:
        found.append(told(Remark.MARGINS_NOT_IN_SCHEME, ", ".join(foreign)))
    margins = [area.scores.calibration.margins for area in areas]
    absent = {name for found_here in margins for name in found_here.without_register}
    if absent:
        found.append(told(Remark.MARGINS_WITHOUT_REGISTER, ", ".join(sorted(absent))))
    if config.level_min is not None:
        departure = f"{LEVEL_MIN} = {config.level_min}"
        found.append(told(Remark.DEPARTS_FROM_METHOD, departure))
    if not config.score_range.is_points:
        span = config.score_range
        ends = f"{float(span.low)}..{float(span.high)}"
        found.append(told(Remark.SCORE_RANGE, ends))
    return found + _remarks_on_design(config)


def _remarks_on_design(config: Config) -> list[dict[str, str]]:
    found = []
    strata = [frame.stratum for frame in config.frames.values()]
    is_clustered = config.method.sampling_cluster == "building"
    if is_clustered and any(stratum.buildings is None for stratum in strata):
        found.append(told(Remark.BUILDINGS_UNKNOWN))
    if config.shifts and not config.method.mode_adjust:
        found.append(told(Remark.MODES_NOT_USED))
    if config.method.mode_adjust and not config.shifts:
        found.append(told(Remark.MODES_MISSING))
    return found
