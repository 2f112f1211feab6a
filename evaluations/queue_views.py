"""Sixty appointments in an hour: one at a time, by keyboard or by buttons."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff, today
from accounts.permissions import Permission
from evaluations import queries, queue, queue_actions
from evaluations.access import get_district_for, get_rating_for
from evaluations.actions import RatingError
from evaluations.models import MonthlyRating
from evaluations.portraits import portrait_of
from evaluations.publication import Audience
from evaluations.queue_forms import QueueReturnForm, QueueReviewForm
from evaluations.refusals import told
from officials.models import Division


@require_safe
def queue_start(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """To the first that waits; to the month when nothing does."""
    district = get_district_for(staff(request), code, Permission.RESULT_REVIEW)
    return _onward(district, month, after=None)


@never_cache
@require_safe
def queue_detail(request: HttpRequest, code: str, month: str, pk: int) -> HttpResponse:
    district, rating = _district_and_rating(request, code, month, pk)
    return _render(request, district, rating)


@require_POST
def queue_review(request: HttpRequest, code: str, month: str, pk: int) -> HttpResponse:
    district, rating = _district_and_rating(request, code, month, pk)
    form = QueueReviewForm(request.POST)
    if not form.is_valid():
        return _render(request, district, rating, review_form=form, status=422)
    try:
        queue_actions.review_seen(
            rating=rating,
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            by=staff(request),
            at=timezone.now(),
        )
    except RatingError as refusal:
        messages.error(request, told(refusal))
        return redirect("evaluations:queue-detail", code, month, pk)
    return _done(request, district, rating, _("复核通过：%(place)s。"))


@require_POST
def queue_return(request: HttpRequest, code: str, month: str, pk: int) -> HttpResponse:
    district, rating = _district_and_rating(request, code, month, pk)
    form = QueueReturnForm(request.POST)
    if not form.is_valid():
        return _render(request, district, rating, return_form=form, status=422)
    try:
        queue_actions.return_seen(
            rating=rating,
            seen=form.cleaned_data["seen"],
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except RatingError as refusal:
        messages.error(request, told(refusal))
        return redirect("evaluations:queue-detail", code, month, pk)
    return _done(request, district, rating, _("已退回：%(place)s。"))


def _render(
    request: HttpRequest,
    district: Division,
    rating: MonthlyRating,
    *,
    review_form: QueueReviewForm | None = None,
    return_form: QueueReturnForm | None = None,
    status: int = 200,
) -> HttpResponse:
    seen = {"seen": queue_actions.standing_of(rating)}
    context: dict[str, Any] = {
        "district": district,
        "rating": rating,
        "month": rating.month,
        "portrait": portrait_of(rating, Audience.OFFICE, on=today()),
        "group": queries.group_of_rating(rating),
        "place": queue.place_of(rating, district),
        "review_form": review_form or QueueReviewForm(initial=seen),
        "return_form": return_form or QueueReturnForm(initial=seen),
        "may_be_returned": rating.state == MonthlyRating.State.COMPUTED,
    }
    return render(request, "evaluations/queue_detail.html", context, status=status)


def _district_and_rating(
    request: HttpRequest, code: str, month: str, pk: int
) -> tuple[Division, MonthlyRating]:
    user, needed = staff(request), Permission.RESULT_REVIEW
    district = get_district_for(user, code, needed)
    rating = get_rating_for(user, pk, month, needed)
    if rating.district_code != district.code:
        raise Http404
    return district, rating


def _done(
    request: HttpRequest, district: Division, rating: MonthlyRating, text: str
) -> HttpResponse:
    messages.success(request, text % {"place": rating.community})
    return _onward(district, rating.month, after=rating.appointment_id)


def _onward(district: Division, month: str, *, after: int | None) -> HttpResponse:
    pk = queue.next_waiting(district, month, after=after)
    if pk is None:
        return redirect("evaluations:month-detail", district.code, month)
    return redirect("evaluations:queue-detail", district.code, month, pk)
