"""What the routes give out: released values of rows that were asked for in scope."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from evaluations import public_queries, publication, queries, year_stars
from evaluations.api.shapes import Shape, figure_shape, place_shape
from evaluations.group_lines import Line, Wanted, group_page
from evaluations.models import MonthlyRating, Publication
from evaluations.public_queries import CommunityRow
from evaluations.publication import Audience, Released
from evaluations.year_stars import YearLine
from officials.models import Division, PeerGroup

PUBLIC, OFFICE = Audience.PUBLIC, Audience.OFFICE


def page_of(found: QuerySet[Any], *, page: int, size: int) -> tuple[list[Any], Shape]:
    """The rows of one page, and which part of how much they are."""
    start = (page - 1) * size
    rows = list(found[start : start + size])
    return rows, {"page": page, "size": size, "total": found.count()}


def place(division: Division | None) -> Shape:
    return {
        "code": division.code if division else "",
        "name": division.name if division else "",
    }


def published_districts() -> QuerySet[Division]:
    return _with_something(Division.Level.DISTRICT)


def published_streets(district: str) -> QuerySet[Division]:
    return _with_something(Division.Level.STREET).filter(code__startswith=district)


def _with_something(level: str) -> QuerySet[Division]:
    """Divisions of a level with something published below them."""
    published = MonthlyRating.objects.current().published()
    below = published.filter(community__code__startswith=OuterRef("code"))
    found = Division.objects.filter(level=level).filter(Exists(below))
    return found.order_by("code")


def communities(*, district: str, street: str, words: str) -> QuerySet[Division]:
    found = public_queries.published_communities(words=words)
    return found.filter(code__startswith=street or district)


def community_shapes(found: Iterable[Division]) -> list[Shape]:
    return [_community(row) for row in public_queries.rows_of(found)]


def community_detail(code: str) -> Shape | None:
    found = public_queries.published_communities().filter(code=code)
    for row in public_queries.rows_of(found):
        path = reverse("results:community-detail", args=[code])
        return _community(row) | {"address": f"{settings.PUBLIC_URL}{path}"}
    return None


def _community(row: CommunityRow) -> Shape:
    return {
        "code": row.community.code,
        "name": row.community.name,
        "street": place(row.community.parent),
        "month": row.rating.month,
        "figure": figure_shape(row.figure),
    }


def history(code: str) -> Shape | None:
    """Twelve months of the newest appointment: a score follows no chair (M3)."""
    newest = public_queries.newest_published(code)
    if newest is None:
        return None
    months = queries.trend_months(newest.month)
    figures = queries.trends_of([newest], newest.month, PUBLIC)[newest.appointment_id]
    return {
        "code": code,
        "name": newest.community.name,
        "months": [
            {"month": month, "figure": figure_shape(figure)}
            for month, figure in zip(months, figures, strict=True)
            if isinstance(figure, Released)
        ],
    }


def year_stars_of(code: str, year: int) -> Shape | None:
    """What the public page of the year tells; None where it tells nothing."""
    lines = year_stars.told_lines(code, year)
    district = Division.objects.filter(code=code).first()
    if district is None or not lines:
        return None
    return {
        **place(district),
        "year": year,
        "items": [_year_star(line) for line in lines],
    }


def _year_star(line: YearLine) -> Shape:
    reading, star = line.reading, line.star
    return {
        **place(reading.community),
        "post": reading.appointment.post.title,
        "official": str(reading.appointment.official),
        "stars": star and star.stars,
        "previous_stars": star and star.previous,
        "figure": figure_shape(line.figure),
    }


def publications(*, district: str, month: str) -> QuerySet[Publication]:
    found = Publication.objects.select_related("division")
    if district:
        found = found.filter(division_id=district)
    if month:
        found = found.filter(month=month)
    return found.order_by("-month", "division_id", "-version")


def publication_shape(version: Publication) -> Shape:
    return {
        "division": version.division_id,
        "name": version.division.name,
        "month": version.month,
        "version": version.version,
        "digest": version.digest,
        "published_at": version.published_at.isoformat(timespec="seconds"),
        "reason": version.reason,
        "state": _state(version),
    }


def _state(version: Publication) -> str:
    if version.withdrawn:
        return "withdrawn"
    return "superseded" if version.superseded else "current"


def ratings(code: str, month: str) -> QuerySet[MonthlyRating]:
    """By the codes of communities and in no other order: nothing is ranked here."""
    return queries.ratings_of_month(code, month).defer("record", "shown__record")


def rated_shape(rating: MonthlyRating) -> Shape:
    return {
        "appointment": rating.appointment.code,
        "official": rating.appointment.official.name,
        "community": place(rating.community),
        "state": rating.state,
        "figure": figure_shape(publication.release(rating, OFFICE)),
    }


def group_shape(group: PeerGroup) -> Shape:
    return {
        "id": group.pk,
        "name": group.name,
        "division": group.grouping.division_id,
    }


def groups_of_month(code: str, month: str) -> list[Shape]:
    """The groups that the month's ratings below a division belong to."""
    rows = queries.group_rows(queries.ratings_of_month(code, month), month)
    return [
        group_shape(row.group) | {"appointments": row.lines}
        for row in rows
        if row.group is not None
    ]


def ranking(group: PeerGroup, month: str, *, page: int) -> Shape | None:
    """In the order in which the desk prints it; None without a rating (W3)."""
    found = group_page(group, month, Wanted(page=page), audience=OFFICE)
    if not found.lines:
        return None
    paginator = found.page.paginator
    is_past = page > paginator.num_pages
    return {
        "group": group_shape(group),
        "month": month,
        "page": page,
        "size": paginator.per_page,
        "total": paginator.count,
        "items": [] if is_past else [_ranked(line) for line in found.lines],
    }


def _ranked(line: Line) -> Shape:
    rating = line.rating
    return {
        "appointment": rating.appointment.code,
        "official": rating.appointment.official.name,
        "community": place(rating.community),
        "state": rating.state,
        "figure": figure_shape(line.figure),
        "place": place_shape(line.sheet.place if line.sheet else None),
    }
