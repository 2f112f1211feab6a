"""What is known of one appointment, block by block; no total of a person (Z4).

Each block stands for itself and says whose voice it is. Blocks of later rooms
(requests, visits, the file) come beside these, never into a sum with them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations import charts, publication, queries, tables
from evaluations.changes import Change, Reading, question_changes, score_change
from evaluations.charts import Trend
from evaluations.group_lines import are_comparable, ratings_before
from evaluations.medians import medians_of
from evaluations.models import MonthlyRating, StarRating
from evaluations.publication import Audience, Released, Sheet
from evaluations.queries import Figure
from evaluations.rank_charts import RankBand, rank_band
from evaluations.tables import Likely, ModePart, ModeRow, QuestionRow
from surveys.comments import Told, comments_told
from surveys.queries import reports_told

# Months of which the number of reports of pressure is told beside a figure.
REPORT_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Month:
    """A row of the twelve months: the figure and the median of the group then."""

    month: str
    figure: Figure | None
    median: Decimal | None


@dataclass(frozen=True, slots=True)
class Item:
    """A question, and its change since the last window that shares no month."""

    row: QuestionRow
    change: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    rating: MonthlyRating
    figure: Figure
    sheet: Sheet | None
    trend: Trend
    history: list[Month]
    change: Change | None
    items: list[Item]
    modes: Sequence[ModePart]
    mode_rows: list[ModeRow]
    stars: list[Likely]
    band: RankBand | None
    comments: list[Told]
    reports: list[tuple[str, str]]
    years: list[StarRating]

    @property
    def has_medians(self) -> bool:
        return any(month.median is not None for month in self.history)

    @property
    def risen(self) -> list[Item]:
        return [one for one in self.items if one.change and one.change.direction > 0]

    @property
    def fallen(self) -> list[Item]:
        return [one for one in self.items if one.change and one.change.direction < 0]


def portrait_of(rating: MonthlyRating, audience: Audience, *, on: dt.date) -> Portrait:
    """`on`: the day of asking, for what is told only when a month is over."""
    now = _reading(rating, audience)
    before = _reading_before(rating, audience)
    changes = question_changes(before, now) if before else {}
    months = queries.trend_months(rating.month)
    figures = queries.trends_of([rating], rating.month, audience)[rating.appointment_id]
    medians = medians_of(rating.appointment.post.organization_id, months, audience)
    cuts = now.sheet.cuts if now.sheet else ()
    return Portrait(
        rating=rating,
        figure=now.figure,
        sheet=now.sheet,
        trend=charts.trend(months, figures, cuts=cuts, medians=medians),
        history=[Month(*row) for row in zip(months, figures, medians, strict=True)],
        change=score_change(before, now) if before else None,
        comments=_comments(rating, audience),
        reports=_reports(rating, months[-REPORT_MONTHS:], on=on),
        years=list(rating.appointment.star_ratings.standing().order_by("-year")),
        **_of_sheet(rating, now, changes),
    )


def _reading(rating: MonthlyRating, audience: Audience) -> Reading:
    known = publication.beside(rating, audience)
    return Reading(
        publication.release(rating, audience),
        publication.release_sheet(rating, audience, known),
    )


def _reading_before(rating: MonthlyRating, audience: Audience) -> Reading | None:
    """Of the newest window that shares no month, under the same rules and questions."""
    before = ratings_before([rating]).get(rating.pk)
    if before is None or not are_comparable(before, rating):
        return None
    return _reading(before, audience)


def _of_sheet(
    rating: MonthlyRating, now: Reading, changes: Mapping[int, Change]
) -> dict[str, Any]:
    """What exists only beside a released figure."""
    sheet, figure = now.sheet, now.figure
    if sheet is None or not isinstance(figure, Released):
        empty: list[Any] = []
        return {
            **dict.fromkeys(("items", "modes", "mode_rows", "stars"), empty),
            "band": None,
        }
    rows = tables.question_rows(sheet, queries.questions_of(rating))
    return {
        "items": [Item(row, changes.get(row.number)) for row in rows],
        "modes": tables.mode_parts(sheet, figure.households, width=320),
        "mode_rows": tables.mode_rows(sheet),
        "stars": tables.likely_stars(sheet, figure.star),
        "band": rank_band(sheet.place, width=240),
    }


def _comments(rating: MonthlyRating, audience: Audience) -> list[Told]:
    """Reviewed words of the months in which this appointment was rated."""
    rounds = publication.figure_of(rating).contents["window"]["rounds"]
    return comments_told(
        rating.community_id,
        months={one["month"] for one in rounds},
        for_office=audience is Audience.OFFICE,
    )


def _reports(
    rating: MonthlyRating, months: Sequence[str], *, on: dt.date
) -> list[tuple[str, str]]:
    """Month and number of reports of pressure, as everybody may know it (T119)."""
    code = rating.community_id
    told = [(month, reports_told([code], month, on=on)) for month in months]
    return [(month, words[code]) for month, words in told if code in words]
