"""One look at a district: what runs, who takes part, whose turn it is, what is amiss.

While a round is open nothing is read of it but turnout (M83), below ten as "<10".
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from evaluations import queries
from evaluations.models import Appeal, PublicityNotice
from evaluations.overview_charts import Gauge, Segment, gauge, segments
from evaluations.queries import AreaRow, MonthRow
from evaluations.rollup import DISTRICT_DIGITS
from evaluations.scoring.rounding import rounded
from evaluations.scoring.window import Validity
from jobs.models import Run
from officials.models import Division, WorkdayException
from officials.working_days import missing_years
from surveys.comments import piles_within
from surveys.models import Round
from surveys.queries import communities_without_roster
from surveys.tables import RoundLine, lines_of

# Months whose steps are listed one by one; the others are a number.
MONTHS_SHOWN = 2


class Mood(StrEnum):
    """How urgent a line is: the badge it gets."""

    GOOD = "good"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that waits for somebody; `who` in words, `until` its last day."""

    label: str | Promise
    who: str | Promise
    number: int
    url: str
    until: dt.date | None = None
    mood: Mood = Mood.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """Something amiss, in words, and where to look."""

    text: str | Promise
    about: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRow:
    """An area: its round of this month, and its window against the target (M29).

    `line`: None without a round this month; its turnout may be hidden. `area`: None
    before anything was rolled up.
    """

    place: Division
    line: RoundLine | None
    area: AreaRow | None
    gauge: Gauge | None

    @property
    def rate(self) -> Decimal | None:
        """Completed households of the frame, per cent with one place."""
        if self.area is None or not self.area.frame:
            return None
        return rounded(Decimal(100 * self.area.about) / self.area.frame, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    district: Division
    period: str
    rounds: list[tuple[str, int]]
    streets: list[StreetRow]
    month: MonthRow | None
    segments: Sequence[Segment]
    tasks: list[Task]
    running: int
    failed: int
    warnings: list[Warning]


def overview_of(district: Division, *, shows_turnout: bool, on: dt.date) -> Overview:
    """`shows_turnout`: the reader may see how many have taken part (BOX_TURNOUT)."""
    scopes = Scopes((district.code,))
    months = queries.month_rows(scopes)
    month = months[0] if months else None
    period, rounds = _rounds(scopes)
    areas = _areas(district, month)
    runs = Run.objects.within(scopes)
    return Overview(
        district=district,
        period=period,
        rounds=_by_state(rounds),
        streets=_streets(rounds, areas, shows_turnout=shows_turnout),
        month=month,
        segments=segments(month) if month else (),
        tasks=[*_months(months, on), *_appeals(district), *_comments(scopes)],
        running=runs.running().count(),
        failed=runs.unsettled().count(),
        warnings=[
            *_areas_short(areas, month),
            *_rosters_missing(rounds),
            *_holidays_missing(on),
        ],
    )


def districts_within(scopes: Scopes) -> list[Division]:
    """Whole districts in scope in which something was ever asked."""
    codes = Round.objects.within(scopes).values_list("division_id", flat=True)
    districts = {code[:DISTRICT_DIGITS] for code in codes.distinct()}
    seen = [code for code in districts if scopes.cover(code)]
    return list(Division.objects.filter(code__in=seen).order_by("code"))


def _rounds(scopes: Scopes) -> tuple[str, list[Round]]:
    """The newest period with a round, and its rounds."""
    known = Round.objects.within(scopes).counting()
    newest = known.order_by("-period").values_list("period", flat=True).first()
    if newest is None:
        return "", []
    rounds = known.filter(period=newest).select_related("division", "box", "snapshot")
    return newest, list(rounds.order_by("division_id"))


def _by_state(rounds: Iterable[Round]) -> list[tuple[str, int]]:
    """States in their order, with the number of rounds in each."""
    states = [found.state for found in rounds]
    return [
        (str(state.label), states.count(state))
        for state in Round.State
        if state in states
    ]


def _areas(district: Division, month: MonthRow | None) -> dict[str, AreaRow]:
    if month is None:
        return {}
    ratings = queries.ratings_of_month(district.code, month.month)
    return {row.division.code: row for row in queries.area_rows(ratings)}


def _streets(
    rounds: Sequence[Round], areas: dict[str, AreaRow], *, shows_turnout: bool
) -> list[StreetRow]:
    lines = lines_of(rounds) if shows_turnout else []
    by_place = {one.division_id: RoundLine(one, None, None) for one in rounds}
    by_place |= {line.survey_round.division_id: line for line in lines}
    # A round of the whole district in the row of a street: its state alone.
    above = {one.division_id: RoundLine(one, None, None) for one in rounds}
    places = {one.division_id: one.division for one in rounds}
    places |= {code: area.division for code, area in areas.items()}
    return [
        StreetRow(
            place=place,
            line=by_place.get(code) or above.get(code[:DISTRICT_DIGITS]),
            area=areas.get(code),
            gauge=gauge(areas[code]) if code in areas else None,
        )
        for code, place in sorted(places.items())
    ]


def _months(months: Iterable[MonthRow], on: dt.date) -> list[Task]:
    """What the months wait for, the newest first; a month that is done has nothing."""
    rows = [row for row in months if row.phase != "done"]
    newest, older = rows[:MONTHS_SHOWN], rows[MONTHS_SHOWN:]
    notices = _notices(newest)
    tasks = [task for row in newest for task in _tasks_of(row, notices, on)]
    if older:
        tasks.append(
            Task(
                label=_("更早的月份"),
                who=_("没有办完"),
                number=len(older),
                url=reverse("evaluations:month-list"),
                mood=Mood.WARN,
            )
        )
    return tasks


def _notices(rows: Iterable[MonthRow]) -> dict[tuple[str, str], PublicityNotice]:
    """The newest notice of each month."""
    wanted = [row for row in rows if row.publicity]
    found = PublicityNotice.objects.filter(
        division__in=[row.division for row in wanted],
        month__in=[row.month for row in wanted],
    )
    return {(one.division_id, one.month): one for one in found.order_by("number")}


def _tasks_of(
    row: MonthRow, notices: dict[tuple[str, str], PublicityNotice], on: dt.date
) -> list[Task]:
    url = reverse("evaluations:month-detail", args=[row.division.code, row.month])
    steps = (
        (row.waiting, _("复核"), _("科员"), Mood.WARN),
        (row.reviewed, _("送本人预览"), _("科员"), Mood.INFO),
        (row.previewed, _("张贴公示"), _("科员"), Mood.INFO),
    )
    tasks = [
        Task(label=_labelled(label, row), who=who, number=number, url=url, mood=mood)
        for number, label, who, mood in steps
        if number
    ]
    notice = notices.get((row.division.code, row.month))
    if row.publicity and notice is not None and notice.runs(on=on):
        tasks.append(
            Task(
                label=_labelled(_("公示中"), row),
                who=_("到期前可申诉"),
                number=row.publicity,
                url=url,
                until=notice.ends_on,
            )
        )
    elif row.publicity:
        tasks.append(
            Task(
                label=_labelled(_("发布"), row),
                who=_("负责人"),
                number=row.publicity,
                url=url,
                mood=Mood.WARN,
            )
        )
    return tasks


def _labelled(label: str | Promise, row: MonthRow) -> str:
    return f"{row.month} {label}"


def _appeals(district: Division) -> list[Task]:
    """Open appeals, the one that is due first in front."""
    appeals = Appeal.objects.open().filter(
        rating__community__code__startswith=district.code
    )
    return [
        Task(
            label=_("申诉：%(place)s") % {"place": appeal.rating.community},
            who=appeal.get_state_display(),
            number=1,
            url=reverse(
                "evaluations:rating-detail",
                args=[appeal.rating.appointment_id, appeal.rating.month],
            ),
            until=appeal.due_on,
            mood=Mood.BAD,
        )
        for appeal in appeals.select_related("rating__community").order_by("due_on")
    ]


def _comments(scopes: Scopes) -> list[Task]:
    """Words that nobody has read yet."""
    pending = sum(pile.pending for pile in piles_within(scopes))
    if not pending:
        return []
    return [
        Task(
            label=_("居民的话要审看"),
            who=_("审看人"),
            number=pending,
            url=reverse("comments:pile-list"),
        )
    ]


def _areas_short(areas: dict[str, AreaRow], month: MonthRow | None) -> list[Warning]:
    """Areas whose full window is below its target (M29)."""
    if month is None:
        return []
    short = [a for a in areas.values() if a.mark == Validity.BELOW_TARGET]
    if not short:
        return []
    url = reverse("evaluations:month-detail", args=[month.division.code, month.month])
    names = "、".join(str(area.division) for area in short)
    return [Warning(text=_("未达到目标，不提任何处理"), about=names, url=url)]


def _rosters_missing(rounds: Iterable[Round]) -> list[Warning]:
    """Communities of a round of which its frozen roster knows no household."""
    found = []
    for survey_round in rounds:
        missing = communities_without_roster(survey_round)
        if missing:
            found.append(
                Warning(
                    text=_("没有名册的社区"),
                    about="、".join(str(place) for place in missing[:4]),
                    url=reverse("surveys:round-detail", args=[survey_round.code]),
                )
            )
    return found


def _holidays_missing(on: dt.date) -> list[Warning]:
    """Years whose working days are not arranged: deadlines wait for them (4.5)."""
    days = WorkdayException.objects.values("on__year").annotate(Count("pk"))
    known = days.order_by().values_list("on__year", flat=True)
    years = missing_years(known, on=on)
    if not years:
        return []
    text = _("还没有录入节假日安排")
    about = "、".join(str(year) for year in years)
    return [Warning(text=text, about=about, url="")]
