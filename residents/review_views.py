"""待核实 worked through one by one; every decision has its own address."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff, today
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from residents import actions, privacy, reviews
from residents.access import abilities, get_dwelling_for, get_household_for
from residents.forms import CorrectionForm, ResumeForm, RevealForm, ReviewFilterForm
from residents.models import Dwelling, Household
from residents.refusals import sentence

LINES_PER_PAGE = 50
Verb = Callable[..., None]


@require_safe
@holding(Permission.ROSTER_VIEW)
def review_list(request: HttpRequest) -> HttpResponse:
    form, wanted = _filter(request, scopes_in(request))
    households = reviews.open_reviews(scopes_in(request), **wanted)
    page = Paginator(households, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": reviews.review_lines(page.object_list),
        "query": request.GET.urlencode(),
    }
    return render(request, "residents/review_list.html", context)


def _filter(
    request: HttpRequest, scopes: Any
) -> tuple[ReviewFilterForm, dict[str, str]]:
    everything = reviews.open_reviews(scopes, community="", code="")
    form = ReviewFilterForm(
        request.GET,
        communities=reviews.community_choices(everything),
        codes=reviews.reason_choices(everything),
    )
    wanted = form.cleaned_data if form.is_valid() else {}
    return form, {
        "community": wanted.get("community", ""),
        "code": wanted.get("code", ""),
    }


@require_safe
def review_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    household = get_household_for(staff(request), pk, Permission.ROSTER_VIEW)
    return _detail(request, household, CorrectionForm())


@require_POST
@fresh_factor_needed
def review_reveal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same page with name and number in clear; the trail knows why."""
    household = get_household_for(staff(request), pk, Permission.ROSTER_REVEAL)
    return _detail(request, household, CorrectionForm(), RevealForm(request.POST))


def _detail(
    request: HttpRequest,
    household: Household,
    form: CorrectionForm,
    reveal_form: RevealForm | None = None,
) -> HttpResponse:
    scopes = scopes_of(staff(request), Permission.ROSTER_VIEW, on=today())
    _form, wanted = _filter(request, scopes)
    person = None
    if reveal_form and reveal_form.is_valid():
        shown = privacy.reveal(
            by=staff(request),
            reason=reveal_form.cleaned_data["reason"],
            households=[household],
            at=timezone.now(),
        )
        person = shown[household.pk]
    listed = reviews.open_reviews(scopes, **wanted)
    context = {
        "line": reviews.review_line(household),
        "household": household,
        "person": person,
        "form": form,
        "reveal_form": reveal_form or RevealForm(),
        "near": reviews.neighbours_of(household, listed),
        "query": request.GET.urlencode(),
        "can": abilities(staff(request), household.community_id),
    }
    return render(request, "residents/review_detail.html", context)


def _decide(
    request: HttpRequest, pk: uuid.UUID, verb: Verb, **words: Any
) -> HttpResponse:
    """Do it, say it, and go on to the next household of the list."""
    household = get_household_for(staff(request), pk, Permission.ROSTER_IMPORT)
    try:
        verb(household=household, by=staff(request), at=timezone.now(), **words)
    except (
        actions.NotCurrent,
        actions.NothingToDecide,
        actions.PersonErased,
    ) as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(
            request, _("已记下：%(door)s。") % {"door": household.dwelling}
        )
    return redirect(_next_after(request, household))


def _next_after(request: HttpRequest, household: Household) -> str:
    scopes = scopes_of(staff(request), Permission.ROSTER_VIEW, on=today())
    _form, wanted = _filter(request, scopes)
    near = reviews.neighbours_of(household, reviews.open_reviews(scopes, **wanted))
    following = near.after or near.before
    query = request.GET.urlencode()
    if following is None:
        return reverse("residents:review-list")
    url = reverse("residents:review-detail", args=[following.pk])
    return f"{url}?{query}" if query else url


@require_POST
def review_keep(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _decide(request, pk, actions.keep_household)


@require_POST
def review_correct(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    household = get_household_for(staff(request), pk, Permission.ROSTER_IMPORT)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _detail(request, household, form)
    return _decide(request, pk, actions.correct_household, correction=form.correction())


@require_POST
def review_moved_away(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _decide(request, pk, actions.end_household)


@require_POST
def review_suspend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _decide(request, pk, actions.suspend_dwelling)


# --- dwellings that were suspended, and their way back ------------------------------


@require_safe
@holding(Permission.ROSTER_VIEW)
def dwelling_list(request: HttpRequest) -> HttpResponse:
    suspended = reviews.suspended(scopes_in(request))
    page = Paginator(suspended, LINES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "residents/dwelling_list.html", {"page": page})


@require_safe
def dwelling_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    dwelling = get_dwelling_for(staff(request), pk, Permission.ROSTER_VIEW)
    return _dwelling(request, dwelling, ResumeForm())


def _dwelling(
    request: HttpRequest, dwelling: Dwelling, form: ResumeForm
) -> HttpResponse:
    context = {
        "dwelling": dwelling,
        "household": dwelling.households.filter(until=None).first(),
        "form": form,
        "can": abilities(staff(request), dwelling.community_id),
    }
    return render(request, "residents/dwelling_detail.html", context)


@require_POST
def dwelling_resume(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """For whoever may suspend it."""
    dwelling = get_dwelling_for(staff(request), pk, Permission.ROSTER_IMPORT)
    form = ResumeForm(request.POST)
    if not form.is_valid():
        return _dwelling(request, dwelling, form)
    try:
        actions.resume_dwelling(
            dwelling=dwelling,
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except actions.NotSuspended as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("已恢复使用，已留痕。下一次冻结快照就包括它。"))
    return redirect("residents:dwelling-detail", pk=pk)
