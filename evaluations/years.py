"""What a closed year leaves to the next: cut points, mode coefficients (M47, M74)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any

from evaluations import mode_models
from evaluations.models import (
    AssessmentScheme,
    ModeCoefficients,
    MonthlyRating,
    YearlyCutPoints,
)
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.cuts import YearlyCuts, yearly_cuts
from evaluations.scoring.modes import ModeModel, fit_modes

DIGITS = {"street": 9, "district": 6, "city": 4}


@dataclass(frozen=True, slots=True)
class CutPoints:
    """c_2..c_5 that the year `year` has left to the following ones."""

    year: int
    points: tuple[Decimal, ...]


class ClosedYears:
    """What the years before `before` have left; asked once for a whole month."""

    def __init__(self, *, before: int) -> None:
        self.before = before

    def cuts(self, scheme: AssessmentScheme, community: str) -> CutPoints | None:
        """Of the newest closed year, under any version of the scheme (M73, M74)."""
        method = scheme.method
        if method.star_method != "yearly":
            return None
        return self._cuts.get((scheme.code, community[: DIGITS[method.eb_area]]))

    def modes(self, scheme: AssessmentScheme, community: str) -> ModeModel | None:
        """Of the year before and no other, where the scheme adjusts (M47)."""
        method = scheme.method
        if not method.mode_adjust:
            return None
        return self._modes.get((scheme.code, community[: DIGITS[method.weights_area]]))

    @cached_property
    def _cuts(self) -> dict[tuple[str, str], CutPoints]:
        rows = YearlyCutPoints.objects.filter(year__lt=self.before)
        return {
            (row.scheme.code, row.area_id): CutPoints(
                row.year, tuple(Decimal(cut) for cut in row.contents["cuts"])
            )
            for row in rows.select_related("scheme").order_by("year", "pk")
        }

    @cached_property
    def _modes(self) -> dict[tuple[str, str], ModeModel]:
        rows = ModeCoefficients.objects.filter(year=self.before - 1)
        return {
            (row.scheme.code, row.area_id): mode_models.from_record(row.contents)
            for row in rows.select_related("scheme").order_by("pk")
        }


def write_cuts(
    *,
    scheme: AssessmentScheme,
    area: str,
    year: int,
    ratings: Iterable[MonthlyRating],
) -> YearlyCutPoints | None:
    """The cut points from the December of all starred appointments of an area (M74).

    `ratings`: of the area in December. None where the scheme's are fixed, or where
    those of the year are written down: they are never made anew.
    """
    method = scheme.method
    known = YearlyCutPoints.objects.filter(
        scheme__code=scheme.code, area_id=area, year=year
    )
    if method.star_method != "yearly" or known.exists():
        return None
    before = ClosedYears(before=year).cuts(scheme, area)
    last = before.points if before else method.star_cuts
    starred = {
        rating.appointment_id: Decimal(rating.contents["star"]["score"])
        for rating in ratings
        if rating.contents["star"]["score"] is not None
    }
    found = yearly_cuts(starred.values(), last=last, method=method)
    contents = _cuts_record(found, year, starred.values())
    return YearlyCutPoints.objects.create(**_row(scheme, area, year, contents))


def _cuts_record(
    found: YearlyCuts, year: int, scores: Iterable[Decimal]
) -> dict[str, Any]:
    return {
        "year": year,
        "cuts": [str(cut) for cut in found.cuts],
        "basis": found.basis.value,
        "last": [str(cut) for cut in found.last],
        "scores": [str(score) for score in sorted(scores)],
        "fences": [str(fence) for fence in found.fences] if found.fences else None,
        "dropped": [str(score) for score in found.dropped],
        "clustered": [str(cut) for cut in found.clustered or ()],
        "within": str(found.within) if found.within is not None else None,
    }


def write_modes(
    *,
    scheme: AssessmentScheme,
    area: str,
    year: int,
    cells: Sequence[Cell],
    strata: Sequence[Stratum],
) -> ModeCoefficients | None:
    """How the answers of an area differed by mode in the closed year (M46).

    No mode is drawn at random yet, so every coefficient is descriptive. None without
    an answer, or where the year is written down.
    """
    known = ModeCoefficients.objects.filter(
        scheme__code=scheme.code, area_id=area, year=year
    )
    if not cells or known.exists():
        return None
    model = fit_modes(
        cells, strata, year=year, mix=(), assigned={}, method=scheme.method
    )
    contents = mode_models.as_record(model)
    return ModeCoefficients.objects.create(**_row(scheme, area, year, contents))


def _row(
    scheme: AssessmentScheme, area: str, year: int, contents: dict[str, Any]
) -> dict[str, Any]:
    """The columns that both kinds of year record share."""
    text = canonical_json(contents)
    return {
        "scheme": scheme,
        "area_id": area,
        "year": year,
        "record": text.decode(),
        "record_sha256": sha256(text).hexdigest(),
    }
