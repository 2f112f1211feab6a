"""我的结果: the rated person's own pages (W7, T126). Nobody else's figure is here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff, today
from accounts.permissions import Permission
from evaluations import own_actions, own_results, publication
from evaluations.actions import RatingError
from evaluations.calculation import Calculation
from evaluations.calculation_views import context_of
from evaluations.models import MonthlyRating
from evaluations.own_access import get_own_result
from evaluations.own_forms import ReplyForm
from evaluations.publication import Audience
from evaluations.refusals import told
from officials.accounts import appointments_of


@never_cache
@require_safe
@holding(Permission.OWN_RESULT_VIEW)
def result_list(request: HttpRequest) -> HttpResponse:
    held = appointments_of(staff(request), on=today()).within(scopes_in(request))
    appointments = list(held.select_related("post__organization", "official"))
    context = {
        "appointments": appointments,
        "rows": own_results.own_months(appointments),
    }
    return render(request, "evaluations/own_list.html", context)


@never_cache
@require_safe
def result_detail(request: HttpRequest, appointment: int, month: str) -> HttpResponse:
    rating = get_own_result(staff(request), appointment, month)
    return _render(request, rating, ReplyForm())


@never_cache
@require_safe
def result_calculation(
    request: HttpRequest, appointment: int, month: str
) -> HttpResponse:
    """The same workings as everybody may read once the month is published."""
    rating = get_own_result(staff(request), appointment, month)
    known = publication.beside(rating, Audience.PUBLIC)
    calculation = Calculation(
        rating=rating,
        audience=Audience.PUBLIC,
        figure=publication.release_own(rating),
        sheet=publication.release_own_sheet(rating, known),
    )
    context = context_of(calculation)
    return render(request, "evaluations/own_calculation.html", context)


@require_POST
def result_seen(request: HttpRequest, appointment: int, month: str) -> HttpResponse:
    rating = get_own_result(staff(request), appointment, month)
    try:
        own_actions.mark_seen(rating=rating, by=staff(request), at=timezone.now())
    except RatingError as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, _("已记下：您看过了。"))
    return redirect("own:result-detail", appointment, month)


@require_POST
def result_reply(request: HttpRequest, appointment: int, month: str) -> HttpResponse:
    rating = get_own_result(staff(request), appointment, month)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            own_actions.reply_to_result(
                rating=rating,
                text=form.cleaned_data["text"],
                by=staff(request),
                at=timezone.now(),
            )
        except RatingError as refusal:
            form.add_error(None, told(refusal))
        else:
            messages.success(request, _("答复已收到。"))
            return redirect("own:result-detail", appointment, month)
    return _render(request, rating, form, status=422)


def _render(
    request: HttpRequest, rating: MonthlyRating, form: ReplyForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "rating": rating,
        "own": own_results.own_result(rating, on=today()),
        "form": form,
    }
    return render(request, "evaluations/own_detail.html", context, status=status)
