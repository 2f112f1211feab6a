"""Published results for everybody: no account, no session, released values only."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations import charts, public_queries, publication, queries
from evaluations.models import MonthlyRating
from evaluations.publication import Audience, Released
from officials.models import Division
from surveys.queries import reports_told

COMMUNITIES_PER_PAGE = 100
MOST_WORDS = 30
PUBLIC = Audience.PUBLIC


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """By street; a search for a part of a community's name."""
    words = request.GET.get("words", "").strip()[:MOST_WORDS]
    communities = public_queries.published_communities(words=words)
    page = Paginator(communities, COMMUNITIES_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "words": words,
        "page": page,
        "rows": public_queries.rows_of(page.object_list),
    }
    return render(request, "results/index.html", context)


@require_safe
@login_not_required
def community_detail(request: HttpRequest, code: str) -> HttpResponse:
    communities = Division.objects.communities().select_related("parent")
    community = get_object_or_404(communities, code=code)
    rating = public_queries.newest_published(code)
    if rating is None:
        raise Http404
    figure = publication.release(rating, PUBLIC)
    reports = reports_told([code], rating.month, on=timezone.localdate())
    context = {
        "community": community,
        "rating": rating,
        "figure": figure,
        "reports": reports.get(code),
        **_pictures(rating),
    }
    known = publication.beside_all([rating], PUBLIC)[rating.pk]
    sheet = publication.release_sheet(rating, PUBLIC, known)
    if isinstance(figure, Released) and sheet is not None:
        context["sheet"] = sheet
        context["picture"] = charts.score_picture(figure, sheet.cuts)
    return render(request, "results/community_detail.html", context)


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
