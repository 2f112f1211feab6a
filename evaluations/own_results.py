"""What the rated person is told: own figures, and of the others the median (W7).

Own figures from the preview on, by the public's floors; of the group only what is
published: its median, the rank set and the tier (M80). Words of households when the
month is published, never before (T86).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluations import charts, publication, queries, tables
from evaluations.actions.appealing import may_appeal, notice_of
from evaluations.changes import Change, Reading, question_changes, score_change
from evaluations.charts import Bar, Trend
from evaluations.group_lines import are_comparable, ratings_before
from evaluations.medians import median_of
from evaluations.models import MonthlyRating, ResultNotice
from evaluations.peers import groups_by_month
from evaluations.portraits import Month
from evaluations.publication import Audience, Place, Question, Released, Sheet, Withheld
from evaluations.publication.gate import SEEN_BY_THE_RATED
from evaluations.queries import Figure
from evaluations.scoring.rounding import rounded
from officials.models import Appointment
from surveys.comments import Told, comments_told

PUBLIC = Audience.PUBLIC
# The median of fewer would come close to telling somebody's figure.
LEAST_OTHERS = 3
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class OwnItem:
    """A question with the points lost on it: 100 minus its mean, one place.

    `lost`: None where the mean is withheld or printed as a bound (M85).
    """

    number: int
    dimension: str
    text: str
    question: Question | Withheld | None
    bar: Bar | None
    lost: Decimal | None
    change: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnResult:
    """`median`: of the peer group, None below three others who are told, or none."""

    rating: MonthlyRating
    figure: Figure
    sheet: Sheet | None
    median: Decimal | None
    items: Sequence[OwnItem]
    change: Change | None
    trend: Trend
    history: Sequence[Month]
    comments: Sequence[Told]
    notice: ResultNotice | None
    appeal_until: dt.date | None
    may_appeal: bool

    # The pieces of the portrait's template ask for this.
    has_medians = False

    @property
    def place(self) -> Place | None:
        return self.sheet.place if self.sheet else None

    @property
    def is_published(self) -> bool:
        return self.rating.state == MonthlyRating.State.PUBLISHED

    @property
    def is_withdrawn(self) -> bool:
        return self.rating.state == MonthlyRating.State.WITHDRAWN

    @property
    def risen(self) -> list[OwnItem]:
        return [one for one in self.items if one.change and one.change.direction > 0]

    @property
    def fallen(self) -> list[OwnItem]:
        return [one for one in self.items if one.change and one.change.direction < 0]

    @property
    def against_median(self) -> Decimal | None:
        """Points above (+) or below (-) the median of the group."""
        if self.median is None or not isinstance(self.figure, Released):
            return None
        return None if self.figure.is_clamped else self.figure.score.value - self.median

    @property
    def points_above(self) -> Decimal | None:
        points = self.against_median
        return points if points and points > 0 else None

    @property
    def points_below(self) -> Decimal | None:
        points = self.against_median
        return -points if points and points < 0 else None


def own_result(rating: MonthlyRating, *, on: dt.date) -> OwnResult:
    now = _reading(rating)
    before = _reading_before(rating)
    months = queries.trend_months(rating.month)
    figures = _own_months(rating, months)
    hanging = notice_of(rating)
    return OwnResult(
        rating=rating,
        figure=now.figure,
        sheet=now.sheet,
        median=group_median(rating),
        items=_items(rating, now, before),
        change=score_change(before, now) if before else None,
        trend=charts.trend(months, figures, cuts=now.sheet.cuts if now.sheet else ()),
        history=[
            Month(month, figure, None)
            for month, figure in zip(months, figures, strict=True)
        ],
        comments=_comments(rating),
        notice=ResultNotice.objects.filter(rating=rating).first(),
        appeal_until=hanging.ends_on if hanging else None,
        may_appeal=may_appeal(rating, hanging, on=on),
    )


def own_months(
    appointments: Sequence[Appointment],
) -> list[tuple[MonthlyRating, Figure]]:
    """Every month that was shown to the person, the newest first."""
    ratings = MonthlyRating.objects.current().with_names()
    shown = ratings.filter(
        appointment__in=appointments, state__in=SEEN_BY_THE_RATED
    ).order_by("-month", "community_id")
    return [(rating, publication.release_own(rating)) for rating in shown]


def group_median(rating: MonthlyRating) -> Decimal | None:
    """Of the published scores of the peer group, own included; one place, half up.

    Nothing below three others, and nothing of anybody before publication.
    """
    organization = rating.appointment.post.organization_id
    members = groups_by_month(organization, [rating.month]).get(rating.month, ())
    ratings = (
        MonthlyRating.objects.current()
        .of_month(rating.month)
        .filter(appointment__post__organization_id__in=members, refreshed=True)
        .select_related("scheme", "shown__scheme")
        .defer("record", "shown__record")
    )
    scores = {
        one.appointment_id: figure.score.value
        for one in ratings
        if isinstance(figure := publication.release(one, PUBLIC), Released)
    }
    others = [pk for pk in scores if pk != rating.appointment_id]
    return median_of(scores.values()) if len(others) >= LEAST_OTHERS else None


def _reading(rating: MonthlyRating) -> Reading:
    known = publication.beside(rating, PUBLIC)
    return Reading(
        publication.release_own(rating), publication.release_own_sheet(rating, known)
    )


def _reading_before(rating: MonthlyRating) -> Reading | None:
    """Of the newest own window that shares no month, under the same rules."""
    before = ratings_before([rating]).get(rating.pk)
    if before is None or not are_comparable(before, rating):
        return None
    return _reading(before)


def _items(
    rating: MonthlyRating, now: Reading, before: Reading | None
) -> list[OwnItem]:
    """The questions, those that cost most points first."""
    if now.sheet is None:
        return []
    changes = question_changes(before, now) if before else {}
    rows = tables.question_rows(now.sheet, queries.questions_of(rating))
    items = [
        OwnItem(
            number=row.number,
            dimension=row.dimension,
            text=row.text,
            question=row.question,
            bar=row.bar,
            lost=_lost(row.question),
            change=changes.get(row.number),
        )
        for row in rows
    ]
    return sorted(items, key=lambda one: (one.lost is None, -(one.lost or 0)))


def _lost(question: Question | Withheld | None) -> Decimal | None:
    if not isinstance(question, Question):
        return None
    score = question.score
    is_bound = score.text != str(score.value)
    return None if is_bound else rounded(HUNDRED - score.value, 1)


def _own_months(rating: MonthlyRating, months: Sequence[str]) -> list[Figure | None]:
    """Own figures of twelve months, as far as they were shown."""
    found: dict[str, Figure] = {}
    history = (
        MonthlyRating.objects.current()
        .filter(appointment_id=rating.appointment_id, month__in=months)
        .select_related("scheme", "shown__scheme")
        .defer("record", "shown__record")
    )
    for one in history:
        found[one.month] = publication.release_own(one)
    return [found.get(month) for month in months]


def _comments(rating: MonthlyRating) -> list[Told]:
    if rating.state != MonthlyRating.State.PUBLISHED:
        return []
    rounds = publication.figure_of(rating).contents["window"]["rounds"]
    return comments_told(rating.community_id, months={one["month"] for one in rounds})
