"""Reads for the pages: months, rankings, trends. Figures leave them released (T125)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from accounts.scopes import Scopes
from evaluations import publication
from evaluations.models import (
    AssessmentScheme,
    MonthlyRating,
    MonthlyRollup,
    Publication,
)
from evaluations.peers import group_of
from evaluations.publication import Audience, Released, Withheld
from evaluations.rollup import DISTRICT_DIGITS, due_months, pending_rounds
from evaluations.scoring.window import Month
from officials.models import Division, PeerGroup
from surveys.models import Question, Round

TREND_MONTHS = 12
TENS = 10
State = MonthlyRating.State
Figure = Released | Withheld


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A rolled-up month of a district: how far it has come."""

    division: Division
    month: str
    computed: int
    returned: int
    reviewed: int
    previewed: int
    publicity: int
    published: int
    withdrawn: int
    publication: Publication | None
    last_error: str

    @property
    def total(self) -> int:
        return self.waiting + self.seen + self.withdrawn

    @property
    def waiting(self) -> int:
        return self.computed + self.returned

    @property
    def seen(self) -> int:
        return self.reviewed + self.on_the_way + self.published

    @property
    def on_the_way(self) -> int:
        """Shown to the rated, or hung out for everybody; not yet published (T131)."""
        return self.previewed + self.publicity

    @property
    def step(self) -> str:
        """What the month waits for: review, publish, or nothing."""
        if self.waiting:
            return "review"
        return "publish" if self.reviewed or self.on_the_way else "done"

    @property
    def phase(self) -> str:
        """The same, told apart by whose turn it is (domain 3.9)."""
        if self.waiting:
            return "review"
        if self.reviewed:
            return "preview"
        if self.previewed:
            return "notice"
        return "publish" if self.publicity else "done"


@dataclass(frozen=True, slots=True)
class WaitingMonth:
    """A month that is not rolled up yet, and the rounds it waits for."""

    division: Division
    month: str
    rounds: list[Round]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A peer group in a month: how many of its ratings are where."""

    group: PeerGroup | None
    lines: int
    waiting: int
    returned: int


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A street's window against its target (M29).

    `usable`: None while a community of it is withheld or keeps an older figure: what
    the others leave of the total would be its count (M84). `about`: the ten at or below
    it, which leaves ten values for that count (T127).
    """

    division: Division
    usable: int | None
    about: int
    target: int
    frame: int
    mark: str
    months_existing: int
    months_wanted: int

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.about // self.target) if self.target else None


def month_rows(scopes: Scopes, *, month: str = "") -> list[MonthRow]:
    """Rolled-up months of the districts in scope, newest first."""
    rollups = MonthlyRollup.objects.filter(scopes.q("division__code"))
    if month:
        rollups = rollups.filter(month=month)
    states = _state_counts(scopes, month)
    publications = {
        (row.division_id, row.month): row
        for row in Publication.objects.current()
        .filter(scopes.q("division__code"))
        .select_related("published_by", "reviewed_by")
    }
    return [
        MonthRow(
            division=rollup.division,
            month=rollup.month,
            **{state: counts.get(state, 0) for state in State.values},
            publication=publications.get((rollup.division_id, rollup.month)),
            last_error=rollup.last_error,
        )
        for rollup in rollups.select_related("division")
        for counts in [states[rollup.division_id, rollup.month]]
    ]


def waiting_months(scopes: Scopes) -> list[WaitingMonth]:
    """Months under way or due, oldest first."""
    pending = Round.objects.filter(
        scopes.q("division__code"),
        state__in=(Round.State.APPROVED, Round.State.OPEN, Round.State.CLOSED),
    )
    places = pending.values_list("division_id", "period")
    pairs = {(code[:DISTRICT_DIGITS], period) for code, period in places}
    pairs |= {pair for pair in due_months() if scopes.cover(pair[0])}
    names = Division.objects.in_bulk([code for code, _ in pairs])
    return [
        WaitingMonth(
            names[code],
            month,
            [r for r in pending_rounds(code, month) if r.period == month],
        )
        for code, month in sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    ]


def ratings_of_month(code: str, month: str) -> QuerySet[MonthlyRating]:
    """Current ratings of a month below a division, with all that pages print."""
    return (
        MonthlyRating.objects.current()
        .under(code)
        .of_month(month)
        .with_names()
        .order_by("community_id", "appointment_id")
    )


def group_rows(ratings: Iterable[MonthlyRating], month: str) -> list[GroupRow]:
    """The month's ratings by peer group; those in none come last."""
    ratings = list(ratings)
    groups = group_of(month, [r.appointment.post.organization_id for r in ratings])
    by_group: dict[PeerGroup | None, list[MonthlyRating]] = defaultdict(list)
    for rating in ratings:
        by_group[groups.get(rating.appointment.post.organization_id)].append(rating)
    return [
        GroupRow(
            group=group,
            lines=len(members),
            waiting=sum(rating.awaits_review for rating in members),
            returned=sum(rating.state == State.RETURNED for rating in members),
        )
        for group, members in sorted(
            by_group.items(), key=lambda pair: (pair[0] is None, pair[0] and pair[0].pk)
        )
    ]


def trends_of(
    ratings: Iterable[MonthlyRating], month: str, audience: Audience
) -> dict[int, list[Figure | None]]:
    """Appointment → released figures of twelve months, None where no rating.

    The public goes on reading the old version of a month that is being corrected.
    """
    months = trend_months(month)
    ratings_of_audience = (
        MonthlyRating.objects.in_public()
        if audience is Audience.PUBLIC
        else MonthlyRating.objects.current()
    )
    history = (
        ratings_of_audience.filter(
            appointment_id__in=[rating.appointment_id for rating in ratings],
            month__in=months,
        )
        .select_related("scheme", "shown__scheme")
        .defer("record", "shown__record")
    )
    found: dict[int, dict[str, Figure]] = defaultdict(dict)
    for rating in history:
        figure = publication.release(rating, audience)
        found[rating.appointment_id][rating.month] = figure
    return {
        rating.appointment_id: [found[rating.appointment_id].get(m) for m in months]
        for rating in ratings
    }


def trend_months(month: str) -> list[str]:
    """The twelve months up to and with the given one."""
    last = Month.parse(month)
    return [str(last.plus(-back)) for back in range(TREND_MONTHS - 1, -1, -1)]


def area_rows(ratings: Iterable[MonthlyRating]) -> list[AreaRow]:
    """Streets of the month with completed households against the target (M29)."""
    areas: dict[str, MonthlyRating] = {}
    incomplete = set()
    for rating in ratings:
        # The longest series of an area tells how far its window has come.
        code = rating.contents["inputs"]["area"]
        figure = publication.release(rating, Audience.OFFICE)
        if not isinstance(figure, Released) or figure.is_kept:
            incomplete.add(code)
        known = areas.setdefault(code, rating)
        if rating.months_existing > known.months_existing:
            areas[code] = rating
    names = Division.objects.in_bulk(list(areas))
    return [
        AreaRow(
            division=names[code],
            usable=None
            if code in incomplete
            else rating.contents["inputs"]["usable_in_area"],
            about=rating.contents["inputs"]["usable_in_area"] // TENS * TENS
            if code in incomplete
            else rating.contents["inputs"]["usable_in_area"],
            target=rating.contents["inputs"]["target"],
            frame=sum(row["frame"] for row in rating.contents["inputs"]["strata"]),
            mark=rating.validity,
            months_existing=rating.months_existing,
            months_wanted=rating.months_wanted,
        )
        for code, rating in sorted(areas.items())
    ]


def questions_of(rating: MonthlyRating) -> dict[int, Question]:
    """The questions behind a rating, by number, from its newest round."""
    code = publication.figure_of(rating).contents["window"]["rounds"][-1]["code"]
    questions = Question.objects.filter(questionnaire__round__code=code)
    return {question.order: question for question in questions}


def month_row(district: Division, month: str) -> MonthRow | None:
    """How far one month has come; None before it is rolled up."""
    rows = month_rows(Scopes((district.code,)), month=month)
    return rows[0] if rows else None


def is_narrow(scopes: Scopes) -> bool:
    """Whether somebody sees single streets or communities, and no whole district."""
    return all(len(prefix) > DISTRICT_DIGITS for prefix in scopes.prefixes)


def newest_ratings(scopes: Scopes) -> list[tuple[MonthlyRating, Figure]]:
    """The newest rating of every appointment in scope, as the office sees it."""
    ratings = MonthlyRating.objects.current().within(scopes)
    newest: dict[int, int] = {}
    for pk, appointment in ratings.order_by("month").values_list("pk", "appointment"):
        newest[appointment] = pk
    rows = MonthlyRating.objects.with_names().filter(pk__in=newest.values())
    return [
        (rating, publication.release(rating, Audience.OFFICE))
        for rating in rows.defer("record", "shown__record").order_by("community_id")
    ]


def awaiting_review(district: Division, month: str) -> QuerySet[MonthlyRating]:
    return ratings_of_month(district.code, month).filter(
        state__in=(State.COMPUTED, State.RETURNED)
    )


def next_to_review(rating: MonthlyRating) -> MonthlyRating | None:
    """The next one that waits after this one, in the order of communities."""
    district = Division.objects.get(pk=rating.district_code)
    waiting = awaiting_review(district, rating.month).exclude(pk=rating.pk)
    after = waiting.filter(community_id__gt=rating.community_id)
    return after.first() or waiting.first()


def ungrouped(ratings: Iterable[MonthlyRating], month: str) -> list[MonthlyRating]:
    """Appointments in no peer group: rated, reviewed and published, never ranked."""
    ratings = list(ratings)
    groups = group_of(month, [r.appointment.post.organization_id for r in ratings])
    return [
        rating
        for rating in ratings
        if rating.appointment.post.organization_id not in groups
    ]


def group_of_rating(rating: MonthlyRating) -> PeerGroup | None:
    organization = rating.appointment.post.organization_id
    return group_of(rating.month, [organization]).get(organization)


def groups_beside(group: PeerGroup) -> list[PeerGroup]:
    """The groups of the same grouping."""
    return list(PeerGroup.objects.filter(grouping=group.grouping).order_by("pk"))


def publications_of(district: Division, month: str) -> list[Publication]:
    """All versions, the newest first; old ones stay readable (T130)."""
    versions = Publication.objects.filter(division=district, month=month)
    return list(versions.select_related("reviewed_by", "published_by"))


def neighbours(district: Division, month: str) -> tuple[str, str]:
    """The rolled-up months before and after, "" where there is none."""
    done = MonthlyRollup.objects.filter(
        division=district, state=MonthlyRollup.State.DONE
    ).values_list("month", flat=True)
    before = done.filter(month__lt=month).order_by("-month").first()
    after = done.filter(month__gt=month).order_by("month").first()
    return before or "", after or ""


def scheme_in_force(place: str) -> AssessmentScheme | None:
    """The newest scheme for residents' ratings that holds at a place."""
    return (
        AssessmentScheme.objects.in_force()
        .of_residents()
        .for_place(place)
        .order_by("-frozen_at", "-version")
        .first()
    )


def _state_counts(scopes: Scopes, month: str) -> dict[tuple[str, str], dict[str, int]]:
    ratings = MonthlyRating.objects.current().within(scopes)
    if month:
        ratings = ratings.of_month(month)
    counted: dict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    groups = ratings.order_by().values_list("community_id", "month", "state")
    for community, period, state, number in groups.annotate(Count("pk")):
        counted[community[:DISTRICT_DIGITS], period][state] += number
    return counted
