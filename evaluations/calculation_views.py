"""怎么算出来的: on the desk and for everybody, as a page and as a document."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import staff
from accounts.permissions import Permission
from evaluations import public_queries, queries, tables
from evaluations.access import get_rating_for
from evaluations.calculation import Calculation, calculation_of
from evaluations.models import MonthlyRating
from evaluations.public_pages import Page, cacheable, public_page
from evaluations.publication import Audience, Released

CONTENT_TYPE = "application/json; charset=utf-8"


@require_safe
def rating_calculation(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    calculation = calculation_of(rating, Audience.OFFICE)
    context = context_of(calculation) | {
        "district_code": rating.district_code,
        "group": queries.group_of_rating(rating),
    }
    return render(request, "evaluations/rating_calculation.html", context)


@require_safe
def rating_calculation_file(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    response = _file(calculation_of(rating, Audience.OFFICE))
    response.headers["Cache-Control"] = "no-store"
    return response


@public_page
def community_calculation(request: HttpRequest, code: str, month: str) -> Page:
    rating = _published(code, month)
    context = context_of(calculation_of(rating, Audience.PUBLIC))
    return Page("results/community_calculation.html", context, rating.published_at)


@require_safe
@login_not_required
def community_calculation_file(
    request: HttpRequest, code: str, month: str
) -> HttpResponseBase:
    calculation = calculation_of(_published(code, month), Audience.PUBLIC)
    modified = calculation.rating.published_at
    return cacheable(request, _file(calculation), modified=modified)


def _published(code: str, month: str) -> MonthlyRating:
    rating = public_queries.published_rating(code, month)
    if rating is None:
        raise Http404
    return rating


def context_of(calculation: Calculation) -> dict[str, Any]:
    rating, figure, sheet = calculation.rating, calculation.figure, calculation.sheet
    context: dict[str, Any] = {
        "calculation": calculation,
        "rating": rating,
        "community": rating.community,
        "figure": figure,
        "sheet": sheet,
        "is_office": calculation.audience is Audience.OFFICE,
    }
    if sheet is not None and isinstance(figure, Released):
        asked = queries.questions_of(rating)
        context["questions"] = tables.question_rows(sheet, asked)
        context["taken"] = tables.step_rows(sheet)
        context["margins"] = tables.margin_names(sheet)
        context["modes"] = tables.mode_rows(sheet)
        context["likely"] = tables.likely_stars(sheet, figure.star)
    return context


def _file(calculation: Calculation) -> HttpResponse:
    response = HttpResponse(calculation.content, content_type=CONTENT_TYPE)
    name = calculation.filename
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
