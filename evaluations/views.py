"""Results on the desk: months, review and publication."""

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
from evaluations import actions, publication, queries
from evaluations.access import (
    can,
    get_district_for,
)
from evaluations.forms import PublishForm, ReviewForm
from evaluations.models import MonthlyRating
from evaluations.progress import Stage, rollup_progress
from evaluations.refusals import told
from officials.models import Division

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
