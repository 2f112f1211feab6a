"""A month on the desk: where it stands, its review, its preview (T131)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff, today
from accounts.permissions import Permission
from evaluations import actions, queries
from evaluations.access import can, get_district_for
from evaluations.appeal_queries import under_appeal
from evaluations.forms import ReviewForm
from evaluations.month_path import path_of
from evaluations.progress import Stage, rollup_progress
from evaluations.refusals import told
from evaluations.version_queries import versions_of, waiting_withdrawals
from officials.models import Division

# A page about a month being rolled up looks again by itself, without any script.
SECONDS_WHEN_RUNNING, SECONDS_WHEN_WAITING = 2, 15


@require_safe
def month_detail(request: HttpRequest, code: str, month: str) -> HttpResponse:
    user = staff(request)
    district = get_district_for(user, code, Permission.RESULT_VIEW)
    ratings = list(queries.ratings_of_month(code, month))
    progress = rollup_progress(district, month, at=timezone.now())
    appealed = under_appeal(ratings)
    context = {
        "district": district,
        "month": month,
        "row": queries.month_row(district, month),
        "path": path_of(district, month, ratings, user=user, on=today())
        if ratings
        else None,
        "progress": progress,
        "groups": queries.group_rows(ratings, month),
        "ungrouped": queries.ungrouped(ratings, month),
        "areas": queries.area_rows(ratings),
        "appealed": [rating for rating in ratings if rating.pk in appealed],
        "versions": versions_of(district, month),
        "withdrawals": waiting_withdrawals(district, month, at=timezone.now()),
        "months": queries.neighbours(district, month),
        "can_withdraw": _may_withdraw(request, code),
        "can_decide": can(user, Permission.APPEAL_DECIDE, code),
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


@require_POST
def month_preview(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """Show every reviewed result to its person."""
    district = get_district_for(staff(request), code, Permission.RESULT_REVIEW)
    try:
        number = actions.preview_month(
            division=district, month=month, by=staff(request), at=timezone.now()
        )
    except actions.RatingError as error:
        messages.error(request, told(error))
    else:
        text = ngettext(
            "已送 %(number)s 人本人预览，等负责人公示。",
            "已送 %(number)s 人本人预览，等负责人公示。",
            number,
        )
        messages.success(request, text % {"number": number})
    return redirect("evaluations:month-detail", code=code, month=month)


def _may_withdraw(request: HttpRequest, code: str) -> bool:
    either = (Permission.RESULT_REVIEW, Permission.RESULT_PUBLISH)
    return any(can(staff(request), permission, code) for permission in either)


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
        "复核通过 %(number)s 项，下一步送本人预览。",
        "复核通过 %(number)s 项，下一步送本人预览。",
        number,
    )
    messages.success(request, text % {"number": number})
