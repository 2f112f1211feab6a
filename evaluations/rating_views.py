"""The page of one appointment in one month, its portrait, and its return."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff, today
from accounts.permissions import Permission
from evaluations import actions, queries
from evaluations.access import can, get_rating_for, get_rating_to_return
from evaluations.forms import ReturnForm
from evaluations.models import MonthlyRating
from evaluations.portraits import portrait_of
from evaluations.publication import Audience
from evaluations.refusals import told

OFFICE = Audience.OFFICE
# What was not yet on the notice board may be returned (T131).
RETURNABLE = frozenset(
    {
        MonthlyRating.State.COMPUTED,
        MonthlyRating.State.REVIEWED,
        MonthlyRating.State.PREVIEWED,
    }
)


@require_safe
def rating_detail(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    return _render_rating(request, rating, ReturnForm())


@require_safe
def rating_portrait(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """The same blocks on paper, without anything that asks for a click (Z4)."""
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    context = {
        "portrait": portrait_of(rating, OFFICE, on=today()),
        "rating": rating,
        "group": queries.group_of_rating(rating),
        "printed_on": today(),
    }
    return render(request, "evaluations/rating_portrait.html", context)


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


def _render_rating(
    request: HttpRequest, rating: MonthlyRating, form: ReturnForm, *, status: int = 200
) -> HttpResponse:
    user, code = staff(request), rating.community_id
    context = {
        "portrait": portrait_of(rating, OFFICE, on=today()),
        "rating": rating,
        "district_code": rating.district_code,
        "form": form,
        "next": queries.next_to_review(rating),
        "group": queries.group_of_rating(rating),
        "can_review": can(user, Permission.RESULT_REVIEW, rating.district_code),
        "can_return": can(user, Permission.RESULT_REVIEW, code)
        or can(user, Permission.RESULT_PUBLISH, code),
        "may_be_returned": rating.state in RETURNABLE,
    }
    return render(request, "evaluations/rating_detail.html", context, status=status)


def _detail_of(rating: MonthlyRating) -> str:
    return reverse(
        "evaluations:rating-detail", args=[rating.appointment_id, rating.month]
    )
