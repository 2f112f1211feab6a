"""Published results for everybody: no account, no session, released values only."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from evaluations import charts, public_queries, publication, queries, year_stars
from evaluations.models import MonthlyRating
from evaluations.public_pages import Page, public_page
from evaluations.publication import Audience, Released
from officials.models import Division
from surveys.comments import comments_told
from surveys.queries import reports_told

COMMUNITIES_PER_PAGE = 100
# A page stays below 40 KB; their order is random, so the first are no choice.
MOST_COMMENTS = 10
MOST_WORDS = 30
PUBLIC = Audience.PUBLIC
Level = Division.Level


@public_page
def index(request: HttpRequest) -> Page:
    """Districts; where there is one, its streets; a search over all communities."""
    words = request.GET.get("words", "").strip()[:MOST_WORDS]
    context: dict[str, Any] = {"words": words}
    if words:
        found = public_queries.published_communities(words=words)
        page = Paginator(found, COMMUNITIES_PER_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": public_queries.rows_of(page.object_list)}
    else:
        districts = public_queries.published_districts()
        context["districts"] = districts
        if len(districts) == 1:
            context |= {"place": districts[0], **_streets(districts[0])}
    return Page("results/index.html", context)


@public_page
def community_detail(request: HttpRequest, code: str) -> Page:
    """A community with its newest result; a district or street with its places."""
    place = get_object_or_404(Division.objects.select_related("parent"), code=code)
    if place.level != Level.COMMUNITY:
        context = _places(place)
        if not context["streets"]:
            raise Http404
        return Page("results/place_detail.html", context)
    rating = public_queries.newest_published(code)
    if rating is None:
        return _only_withdrawn(place)
    return _community(place, rating)


@public_page
def month_detail(request: HttpRequest, code: str, month: str) -> Page:
    """What was published for a month; it stays readable after newer ones (T130)."""
    rating = public_queries.published_rating(code, month)
    if rating is None:
        raise Http404
    return _community(rating.community, rating, is_past=True)


@public_page
def revision_detail(request: HttpRequest, code: str, month: str, revision: int) -> Page:
    """An older version of a month, marked as such (T130)."""
    rating = public_queries.published_revision(code, month, revision)
    if rating is None:
        raise Http404
    return _community(rating.community, rating, is_past=True)


@public_page
def year_detail(request: HttpRequest, code: str, year: int) -> Page:
    """评星定级 of a year: a list in order of place, or one sheet with its numbers."""
    place = get_object_or_404(Division.objects.select_related("parent"), code=code)
    lines = year_stars.told_lines(code, year)
    if not lines:
        raise Http404
    moments = [line.star.published_at for line in lines if line.star]
    told_at = max(moment for moment in moments if moment is not None)
    context: dict[str, Any] = {"place": place, "year": year, "lines": lines}
    if place.level != Level.COMMUNITY:
        return Page("results/year_detail.html", context, told_at)
    context["sheets"] = [
        (line, year_stars.sheet_of(line), year_stars.score_before(line))
        for line in lines
    ]
    return Page("results/year_sheet.html", context, told_at)


def _places(place: Division) -> dict[str, Any]:
    context = _streets(place)
    newest = max((row.rating.month for row in context["rows"]), default="")
    return {
        "place": place,
        "years": year_stars.told_years(place.code),
        **context,
        **_words(place.code, [newest]),
    }


def _streets(place: Division) -> dict[str, Any]:
    communities = public_queries.published_communities(under=place.code)
    streets = public_queries.streets_of(communities)
    return {
        "streets": streets,
        "rows": [row for street in streets for row in street.rows],
    }


def _words(code: str, months: list[str]) -> dict[str, Any]:
    """Reviewed words of households, told at one place only (T128)."""
    told = comments_told(code, months=months)
    return {"comments": told[:MOST_COMMENTS], "comments_number": len(told)}


def _only_withdrawn(community: Division) -> Page:
    """Everything that was published of it has been taken back."""
    withdrawn = public_queries.withdrawn_of(community.code)
    if not withdrawn:
        raise Http404
    return Page(
        "results/community_withdrawn.html",
        {"community": community, "withdrawn": withdrawn},
    )


def _community(
    community: Division, rating: MonthlyRating, *, is_past: bool = False
) -> Page:
    code, today = community.code, timezone.localdate()
    figure = publication.release(rating, PUBLIC)
    now = public_queries.in_office_now(rating, on=today)
    context: dict[str, Any] = {
        "community": community,
        "rating": rating,
        "figure": figure,
        "is_past": is_past,
        "standing": public_queries.standing_of(rating),
        "terms": public_queries.terms_of(code),
        "successor": now if now and now.pk != rating.appointment_id else None,
        "years": year_stars.told_of(code),
        "reports": reports_told([code], rating.month, on=today).get(code),
        **_words(code, [rating.month]),
        "site": settings.PUBLIC_URL,
        "badge_query": "" if _is_chinese() else f"?lang={get_language()}",
        "address": reverse("results:community-detail", args=[code]),
        **_pictures(rating),
    }
    known = publication.beside_all([rating], PUBLIC)[rating.pk]
    sheet = publication.release_sheet(rating, PUBLIC, known)
    if isinstance(figure, Released) and sheet is not None:
        context["sheet"] = sheet
        context["picture"] = charts.score_picture(figure, sheet.cuts)
    return Page("results/community_detail.html", context, rating.published_at)


def _is_chinese() -> bool:
    return get_language() == settings.LANGUAGE_CODE


def _pictures(rating: MonthlyRating) -> dict[str, Any]:
    """The trend as a narrow picture and as a table."""
    months = queries.trend_months(rating.month)
    figures = queries.trends_of([rating], rating.month, PUBLIC)[rating.appointment_id]
    return {
        "trend": charts.trend(months, figures, width=360, height=260, labels_every=3),
        "history": [
            (month, figure)
            for month, figure in zip(months, figures, strict=True)
            if figure is not None
        ],
    }
