"""Results on the desk: months, rankings, appointments, review and publication."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from evaluations import actions, charts, publication, queries, tables
from evaluations.access import (
    can,
    get_district_for,
    get_group_for,
    get_rating_for,
    get_rating_to_return,
)
from evaluations.forms import PublishForm, ReturnForm, ReviewForm
from evaluations.models import MonthlyRating
from evaluations.progress import Stage, rollup_progress
from evaluations.publication import Audience, Released
from evaluations.refusals import told
from officials.models import Division

OFFICE = Audience.OFFICE
# A page about a month being rolled up looks again by itself, without any script.
SECONDS_WHEN_RUNNING, SECONDS_WHEN_WAITING = 2, 15


@require_safe
@holding(Permission.RESULT_VIEW)
def month_list(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    context = {
        "rows": queries.month_rows(scopes),
        "waiting": queries.waiting_months(scopes),
        "is_narrow": queries.is_narrow(scopes),
        "ratings": queries.newest_ratings(scopes) if queries.is_narrow(scopes) else [],
    }
    return render(request, "evaluations/month_list.html", context)


@require_safe
def month_detail(request: HttpRequest, code: str, month: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_VIEW)
    row = queries.month_row(district, month)
    ratings = list(queries.ratings_of_month(code, month))
    progress = rollup_progress(district, month, at=timezone.now())
    context = {
        "district": district,
        "month": month,
        "row": row,
        "progress": progress,
        "groups": queries.group_rows(ratings, month),
        "ungrouped": queries.ungrouped(ratings, month),
        "areas": queries.area_rows(ratings),
        "publications": queries.publications_of(district, month),
        "months": queries.neighbours(district, month),
        "can_review": can(staff(request), Permission.RESULT_REVIEW, code),
        "can_publish": can(staff(request), Permission.RESULT_PUBLISH, code),
    }
    response = render(request, "evaluations/month_detail.html", context)
    if progress is not None and progress.is_moving:
        is_running = progress.stage == Stage.RUNNING
        seconds = SECONDS_WHEN_RUNNING if is_running else SECONDS_WHEN_WAITING
        response.headers["Refresh"] = str(seconds)
    return response


@require_safe
def ranking_list(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """One peer group in one month: no address ranks across groups (W3)."""
    group = get_group_for(staff(request), pk, Permission.RESULT_VIEW)
    district = group.grouping.division
    lines = queries.lines_of_group(group, month, OFFICE)
    level = max((line.rating.scheme.method.interval_level for line in lines), default=0)
    context = {
        "group": group,
        "district": district,
        "month": month,
        "ranking": tables.ranking(
            lines, order=request.GET.get("order", ""), level=float(level)
        ),
        "orders": [(name, label) for name, (label, _key) in tables.ORDERS.items()],
        "lines": lines,
        "waiting": [line.rating for line in lines if line.rating.awaits_review],
        "siblings": queries.groups_beside(group),
        "months": queries.neighbours(district, month),
        "can_review": can(staff(request), Permission.RESULT_REVIEW, district.code),
    }
    return render(request, "evaluations/ranking_list.html", context)


@require_safe
def rating_detail(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    return _render_rating(request, rating, ReturnForm())


@require_POST
def rating_review(request: HttpRequest, code: str, month: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_REVIEW)
    waiting = queries.awaiting_review(district, month)
    form = ReviewForm(request.POST, waiting=waiting)
    if form.is_valid():
        number = actions.review_ratings(
            ratings=form.cleaned_data["ratings"],
            note=form.cleaned_data["note"],
            by=staff(request),
            at=timezone.now(),
        )
        _tell_reviewed(request, number)
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
    return redirect(_back(request, district, month))


@require_POST
def month_review(request: HttpRequest, code: str, month: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_REVIEW)
    number = actions.review_month(
        division=district, month=month, by=staff(request), at=timezone.now()
    )
    _tell_reviewed(request, number)
    return redirect("evaluations:month-detail", code=code, month=month)


@require_POST
def rating_return(request: HttpRequest, pk: int) -> HttpResponse:
    rating = get_rating_to_return(staff(request), pk)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            actions.return_rating(
                rating=rating,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("已退回。查清之前，这个月不能发布。"))
            return redirect(_detail_of(rating))
    return _render_rating(request, rating, form, status=422)


@require_safe
@fresh_factor_needed
def publication_prepare(request: HttpRequest, code: str, month: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    return _render_publication(request, district, month)


@require_POST
@fresh_factor_needed
def publication_publish(request: HttpRequest, code: str, month: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    ratings = queries.ratings_of_month(code, month)
    form = PublishForm(request.POST, seen=actions.digest_of(ratings))
    if form.is_valid():
        try:
            published = actions.publish_month(
                division=district,
                month=month,
                digest=form.cleaned_data["digest"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            text = _("已发布第 %(version)s 版。") % {"version": published.version}
            messages.success(request, text)
            return redirect("evaluations:month-detail", code=code, month=month)
    return _render_publication(request, district, month, form, status=422)


def _render_publication(
    request: HttpRequest,
    district: Division,
    month: str,
    form: PublishForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    ratings = list(queries.ratings_of_month(district.code, month))
    context = {
        "district": district,
        "month": month,
        "lines": [(rating, publication.preview(rating)) for rating in ratings],
        "groups": queries.group_rows(ratings, month),
        "unreviewed": [rating for rating in ratings if rating.awaits_review],
        "fresh": [r for r in ratings if r.state == MonthlyRating.State.REVIEWED],
        "own": any(r.reviewed_by_id == staff(request).pk for r in ratings),
        "digest": actions.digest_of(ratings),
        "form": form or PublishForm(seen=actions.digest_of(ratings)),
    }
    return render(
        request, "evaluations/publication_prepare.html", context, status=status
    )


def _render_rating(
    request: HttpRequest, rating: MonthlyRating, form: ReturnForm, *, status: int = 200
) -> HttpResponse:
    user, code = staff(request), rating.community_id
    figure = publication.release(rating, OFFICE)
    known = publication.beside(rating, OFFICE)
    sheet = publication.release_sheet(rating, OFFICE, known)
    months = queries.trend_months(rating.month)
    figures = queries.trends_of([rating], rating.month, OFFICE)[rating.appointment_id]
    context: dict[str, Any] = {
        "rating": rating,
        "district_code": rating.district_code,
        "figure": figure,
        "sheet": sheet,
        "trend": charts.trend(months, figures, cuts=sheet.cuts if sheet else ()),
        "history": list(zip(months, figures, strict=True)),
        "form": form,
        "next": queries.next_to_review(rating),
        "group": queries.group_of_rating(rating),
        "can_review": can(user, Permission.RESULT_REVIEW, rating.district_code),
        "can_return": can(user, Permission.RESULT_REVIEW, code)
        or can(user, Permission.RESULT_PUBLISH, code),
    }
    if sheet is not None and isinstance(figure, Released):
        asked = queries.questions_of(rating)
        context["questions"] = tables.question_rows(sheet, asked)
        context["modes"] = tables.mode_parts(sheet, figure.households, width=320)
    return render(request, "evaluations/rating_detail.html", context, status=status)


def _detail_of(rating: MonthlyRating) -> str:
    return reverse(
        "evaluations:rating-detail", args=[rating.appointment_id, rating.month]
    )


def _back(request: HttpRequest, district: Division, month: str) -> str:
    """Where the reviewer came from, if it is a page of ours."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("evaluations:month-detail", args=[district.code, month])


def _tell_reviewed(request: HttpRequest, number: int) -> None:
    if not number:
        messages.warning(request, _("没有要复核的：别人已经复核过了。"))
        return
    text = ngettext(
        "复核通过 %(number)s 项，等负责人发布。",
        "复核通过 %(number)s 项，等负责人发布。",
        number,
    )
    messages.success(request, text % {"number": number})
