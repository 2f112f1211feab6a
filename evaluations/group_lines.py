"""A peer group in one month, page by page: what the ranking prints (M78-M80, W3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from evaluations import publication
from evaluations.changes import Change, Reading, score_change
from evaluations.models import MonthlyRating, QuarterRanking
from evaluations.name_search import is_found
from evaluations.order import (
    Extent,
    Filter,
    extent,
    in_order,
    ratings_of_group,
    with_figures,
)
from evaluations.publication import Audience, Sheet
from evaluations.quarters import period_of
from evaluations.queries import Figure
from evaluations.scoring.window import Month
from officials.models import Division, PeerGroup

# As many as two sheets of paper hold; a larger group has pages, and ranks of the whole.
PAGE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asked of the ranking. Empty: everything, in the printed order."""

    order: str = ""
    by_street: bool = False
    search: str = ""
    tier: str = ""
    star: str = ""
    state: str = ""
    street: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment on a page, with what may be shown of it.

    `change`: since the last window that shares no month, None where it may not be told.
    """

    rating: MonthlyRating
    figure: Figure
    sheet: Sheet | None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """`lines` of one page in order; `whole` is the group, whatever is filtered."""

    lines: list[Line]
    whole: Extent
    page: Page[Any]
    order: str
    has_ranks: bool


def group_page(
    group: PeerGroup, month: str, wanted: Wanted, *, audience: Audience
) -> GroupPage:
    """The same number of queries for a group of six and of six thousand."""
    ratings = with_figures(ratings_of_group(group, month), audience)
    ranking = _ranking_of(group, month)
    order = wanted.order or ("rank" if ranking else "score")
    chosen = Filter(
        state=wanted.state,
        street=wanted.street,
        star=wanted.star,
        chosen=_chosen(ratings, ranking, wanted),
    )
    rows = in_order(ratings.filter(chosen.q()), order, by_street=wanted.by_street)
    page = Paginator(rows.values_list("pk", flat=True), PAGE).get_page(wanted.page)
    return GroupPage(
        lines=lines_of(list(page.object_list), audience),
        whole=extent(ratings),
        page=page,
        order=order,
        has_ranks=ranking is not None,
    )


def lines_of(pks: Sequence[int], audience: Audience) -> list[Line]:
    """Lines in the order of the keys."""
    found = MonthlyRating.objects.with_names().in_bulk(pks)
    ratings = [found[pk] for pk in pks]
    known = publication.beside_all(ratings, audience)
    earlier = readings_before(ratings, audience)
    lines = []
    for rating in ratings:
        figure = publication.release(rating, audience)
        sheet = publication.release_sheet(rating, audience, known[rating.pk])
        before = earlier.get(rating.pk)
        change = score_change(before, Reading(figure, sheet)) if before else None
        lines.append(Line(rating, figure, sheet, change))
    return lines


def readings_before(
    ratings: Sequence[MonthlyRating], audience: Audience
) -> dict[int, Reading]:
    """Rating pk → the appointment's newest reading whose window shares no month.

    Missing where there is none, or where its questions or rules were others.
    """
    before = ratings_before(ratings)
    found = {}
    for rating in ratings:
        earlier = before.get(rating.pk)
        if earlier is not None and are_comparable(earlier, rating):
            figure = publication.release(earlier, audience)
            sheet = publication.release_sheet(earlier, audience)
            found[rating.pk] = Reading(figure, sheet)
    return found


def ratings_before(ratings: Iterable[MonthlyRating]) -> dict[int, MonthlyRating]:
    """Rating pk → the same appointment's newest rating before its window (M58)."""
    earlier = MonthlyRating.objects.current().filter(
        appointment_id=OuterRef("appointment_id"),
        window_to__lt=Coalesce(OuterRef("shown__window_from"), OuterRef("window_from")),
    )
    newest = Subquery(earlier.order_by("-month").values("pk")[:1])
    mine = MonthlyRating.objects.filter(pk__in=[rating.pk for rating in ratings])
    pairs = dict(mine.order_by().values_list("pk", newest))
    wanted = [pk for pk in pairs.values() if pk is not None]
    found = MonthlyRating.objects.select_related("scheme", "shown__scheme")
    rows = found.in_bulk(wanted)
    return {pk: rows[other] for pk, other in pairs.items() if other is not None}


def streets_of(group: PeerGroup, month: str) -> list[tuple[str, str]]:
    """Code and name of the streets in which the group has ratings."""
    places = ratings_of_group(group, month).order_by().values("community__parent")
    streets = Division.objects.filter(code__in=places).order_by("code")
    return list(streets.values_list("code", "short_name"))


def are_comparable(one: MonthlyRating, other: MonthlyRating) -> bool:
    """Whether two readings answer the same questions by the same rules (M58)."""
    return _basis(one) == _basis(other)


def _basis(rating: MonthlyRating) -> tuple[str, object]:
    contents = publication.figure_of(rating).contents
    return contents["scheme"]["sha256"], contents["window"].get("basis")


def _ranking_of(group: PeerGroup, month: str) -> QuarterRanking | None:
    if not Month.parse(month).closes_quarter:
        return None
    rankings = QuarterRanking.objects.filter(group=group, period=period_of(month))
    return rankings.defer("record").first()


def _chosen(
    ratings: QuerySet[MonthlyRating], ranking: QuarterRanking | None, wanted: Wanted
) -> frozenset[int] | None:
    """Primary keys that a search and a tier leave over; None when neither is asked."""
    if not wanted.search and not wanted.tier:
        return None
    names = ratings.order_by().values_list(
        "pk",
        "appointment_id",
        "appointment__official__name",
        "appointment__official__sort_key",
        "community__short_name",
        "community__parent__short_name",
    )
    tiers = _tiers(ranking) if wanted.tier else {}
    return frozenset(
        pk
        for pk, appointment, name, spelling, community, street in names
        if (
            is_found(wanted.search, name, spelling=spelling)
            or is_found(wanted.search, community)
            or is_found(wanted.search, street)
        )
        and (not wanted.tier or tiers.get(appointment) == wanted.tier)
    )


def _tiers(ranking: QuarterRanking | None) -> dict[int, str]:
    """Appointment → tier, as the ranking of the quarter has written it down (M80)."""
    if ranking is None:
        return {}
    lines = ranking.contents["ranks"]
    return {int(code.removeprefix("A")): line["tier"] for code, line in lines.items()}
