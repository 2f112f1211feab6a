"""怎么算出来的: the way from a star back to the counts, for a page and as a document.

Made of released values only (T125): what is not in them is null here. Fields are
explained one by one in docs/calculation-json.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations import charts, publication
from evaluations.charts import ScorePicture
from evaluations.models import MonthlyRating
from evaluations.publication import (
    Audience,
    Place,
    Question,
    Released,
    Sheet,
    Shown,
    Withheld,
)

FORMAT = "minping.calculation/1"
# The key of every box so far lies on the server (T44).
ASSURANCE = "basic"
# Narrow, so that its letters are large on a phone.
WIDTH = 300
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A rating as one audience may see it, with its workings.

    `star_picture`: what the star rests on, on the scale of the cut points;
    `score_picture`: the score with its interval on the same scale.
    """

    rating: MonthlyRating
    audience: Audience
    figure: Released | Withheld
    sheet: Sheet | None

    @property
    def score_picture(self) -> ScorePicture | None:
        if self.sheet is None or not isinstance(self.figure, Released):
            return None
        return charts.score_picture(self.figure, self.sheet.cuts, width=WIDTH)

    @property
    def star_picture(self) -> ScorePicture | None:
        if self.sheet is None or not isinstance(self.figure, Released):
            return None
        rule = self.sheet.star
        if rule.steps is None:
            return None
        return charts.star_picture(rule.steps, rule.cuts, self.figure.star, width=WIDTH)

    @property
    def filename(self) -> str:
        rating = self.rating
        return f"calculation-{rating.community_id}-{rating.month}.json"

    @property
    def content(self) -> bytes:
        """The document as it is downloaded: UTF-8, indented for people to read."""
        text = json.dumps(document(self), ensure_ascii=False, indent=1)
        return f"{text}\n".encode()


def calculation_of(rating: MonthlyRating, audience: Audience) -> Calculation:
    """Everything the audience may know of one rating."""
    known = publication.beside(rating, audience)
    return Calculation(
        rating=rating,
        audience=audience,
        figure=publication.release(rating, audience),
        sheet=publication.release_sheet(rating, audience, known),
    )


def document(calculation: Calculation) -> Document:
    """The document; decimals are text, as in the record (M106)."""
    rating, figure = calculation.rating, calculation.figure
    head = {
        "format": FORMAT,
        "audience": calculation.audience.value,
        "assurance": ASSURANCE,
        "appointment": rating.appointment.code,
        "community": rating.community_id,
        "month": rating.month,
    }
    if isinstance(figure, Withheld) or calculation.sheet is None:
        return head | {"released": False, "withheld": _withheld(figure)}
    sheet = calculation.sheet
    return head | {
        "released": True,
        "figure": _figure(figure, sheet),
        "star": _star(figure, sheet),
        "place": _place(sheet.place),
        "group": _group(sheet),
        "design": _design(figure, sheet),
        "questions": [_question(n, one) for n, one in sorted(sheet.questions.items())],
        "consequence": sheet.consequence or None,
        "proof": _proof(figure, sheet),
    }


def _withheld(figure: Withheld | Released) -> Document | None:
    if isinstance(figure, Released):
        return None
    return {
        "reason": figure.reason.value,
        "households": figure.households or None,
        "needed": figure.needed,
        "rr1": _text(figure.rr1),
        "rr3": _text(figure.rr3),
    }


def _figure(figure: Released, sheet: Sheet) -> Document:
    adjustment = sheet.adjustment
    return {
        "month": figure.month,
        "is_kept": figure.is_kept,
        "households": figure.households,
        "score": _shown(figure.score),
        "low": _shown(figure.low),
        "high": _shown(figure.high),
        "level": _text(figure.level),
        "se": _text(figure.se),
        "df": sheet.precision.df,
        "interval": sheet.precision.formula or None,
        "deff": _text(sheet.precision.deff),
        "m_eff": sheet.precision.m_eff,
        "kish": _text(sheet.design.kish),
        "adjusted": adjustment
        and {
            "score": _shown(adjustment.score),
            "low": _shown(adjustment.low),
            "high": _shown(adjustment.high),
            "steps": [
                {"margin": one.margin, "level": one.level, "points": _text(one.points)}
                for one in adjustment.steps
            ],
        },
        "cautions": [name for name, _ in sheet.cautions],
        "needs_warning": figure.needs_warning,
        "score_levels": [_text(points) for points in sheet.points],
    }


def _star(figure: Released, sheet: Sheet) -> Document:
    rule = sheet.star
    steps = rule.steps
    return {
        "star": figure.star,
        "previous": figure.previous_star,
        "previous_since": rule.since or None,
        "is_kept": figure.star_is_kept,
        "cuts": [_text(cut) for cut in rule.cuts],
        "cuts_year": rule.cuts_year,
        "hysteresis": _text(rule.hysteresis),
        "percents": list(rule.percents) if rule.percents else None,
        "steps": steps
        and {
            "basis": "shrunken" if steps.is_shrunken else "direct",
            "score": _text(steps.score),
            "se": _text(steps.se),
            "low": _text(steps.low),
            "high": _text(steps.high),
            "plain": steps.plain,
            "up": steps.up,
            "down": steps.down,
        },
        "floors": {
            "star": figure.star_floor,
            "star_reliable": figure.star_reliable,
            "star_lambda": _text(figure.star_lambda),
        },
    }


def _place(place: Place | None) -> Document | None:
    """Residents' copies have no key for a rank at all (M80)."""
    if place is None:
        return None
    told = {
        "period": place.period,
        "of": place.of,
        "tier": place.tier,
        "best": place.best,
        "worst": place.worst,
    }
    if place.rank is None:
        return told
    return told | {
        "rank": place.rank,
        "is_alone": place.is_alone,
        "crit": _text(place.crit),
        "difference": _text(place.difference),
        "difference_se": _text(place.difference_se),
        "last_place": {check.name: check.holds for check in place.checks},
    }


def _group(sheet: Sheet) -> Document | None:
    group, shrinkage = sheet.group, sheet.shrinkage
    if group is None:
        return None
    return {
        "level": group.level,
        "count": group.count,
        "shows_differences": group.shows_differences,
        "mean": _text(group.mean),
        "spread": _text(group.spread),
        "reliability": _text(shrinkage.reliability) if shrinkage else None,
        "eb": _shown(shrinkage.eb) if shrinkage else None,
        "se_eb": _text(shrinkage.se) if shrinkage else None,
        "is_smoothed": shrinkage.is_smoothed if shrinkage else None,
    }


def _design(figure: Released, sheet: Sheet) -> Document:
    design = sheet.design
    return {
        "window": {
            "first": figure.window_from,
            "last": figure.window_to,
            "existing": figure.months_existing,
            "months": figure.months_wanted,
            "mark": figure.mark,
            "rounds": [{"code": code, "month": month} for code, month in design.rounds],
        },
        "area": design.area,
        "target": design.target,
        "meets_target": design.meets_target,
        "released": figure.released,
        "submitted": figure.submitted,
        "rates": {
            "rr1": _text(figure.rr1),
            "rr3": _text(figure.rr3),
            "e": _text(design.e),
        },
        "strata": [
            {
                "code": row.code,
                "frame": row.frame,
                "released": row.released,
                "submitted": row.submitted,
                "usable": row.usable,
                "base": _text(row.base),
                "weight": _text(row.weight),
            }
            for row in design.strata
        ],
        "dispositions": {one.name: one.households for one in design.dispositions},
        "margins": list(design.margins),
        "raked": design.raked,
        "rake_rounds": design.rake_rounds,
        "is_trimmed": design.is_trimmed,
        "modes": dict(sheet.modes),
    }


def _question(number: int, question: Question | Withheld) -> Document:
    if isinstance(question, Withheld):
        return {"number": number, "released": False} | (_withheld(question) or {})
    return {
        "number": number,
        "released": True,
        "month": question.month,
        "is_kept": question.is_kept,
        "households": question.households,
        "score": _shown(question.score),
        "low": _shown(question.low),
        "high": _shown(question.high),
        "satisfied": _shown(question.satisfied),
        "satisfied_low": _shown(question.satisfied_low),
        "satisfied_high": _shown(question.satisfied_high),
    }


def _proof(figure: Released, sheet: Sheet) -> Mapping[str, Any]:
    proof = sheet.proof
    return {
        "scheme": figure.scheme,
        "scheme_sha256": proof.scheme_sha256,
        "method_version": proof.method_version,
        "snapshots": [
            {"id": pk, "sha256": digest} for pk, digest in sheet.design.snapshots
        ],
        "record_sha256": proof.record_sha256,
        "previous_sha256": proof.previous_sha256,
        "code_version": proof.code_version,
        "numpy_version": proof.numpy_version,
    }


def _shown(shown: Shown | None) -> str | None:
    return None if shown is None else shown.text


def _text(number: Decimal | Shown | None) -> str | None:
    return None if number is None else str(number)
