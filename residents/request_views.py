"""The desk of the street for requests of residents: register, answer, print, log."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import holding, scopes_in, staff, today
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from residents import actions, requests
from residents.access import get_household_for, get_request_for
from residents.forms import CorrectionForm, DoorForm, RefusalForm, RequestForm
from residents.models import DataRequest
from residents.refusals import sentence

LINES_PER_PAGE = 50
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(Permission.DATA_REQUEST_HANDLE)
def request_list(request: HttpRequest) -> HttpResponse:
    found = (
        DataRequest.objects.within(scopes_in(request))
        .with_waiting()
        .open_first()
        .select_related("household__dwelling", "community", "received_by")
    )
    page = Paginator(found, LINES_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "residents/request_list.html", {"page": page, "today": today()}
    )


@require_safe
@holding(Permission.DATA_REQUEST_HANDLE)
def request_find(request: HttpRequest) -> HttpResponse:
    """Find the household by its address, then take the form in."""
    form = DoorForm(request.GET or None)
    wanted = form.cleaned_data["address"] if form.is_valid() else ""
    doors = requests.doors(scopes_in(request), wanted)
    context = {"form": form, "doors": doors, "searched": form.is_bound}
    return render(request, "residents/request_find.html", context)


@form_view
def request_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    household = get_household_for(staff(request), pk, Permission.DATA_REQUEST_HANDLE)
    form = RequestForm(
        request.POST or None, initial={"received_on": today()}, today=today()
    )
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.register_request(
                household=household,
                kind=form.cleaned_data["kind"],
                received_on=form.cleaned_data["received_on"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RequestOpen as refusal:
            form.add_error(None, sentence(refusal))
        else:
            return redirect("residents:request-detail", pk=added.pk)
    context = {"household": household, "form": form}
    return render(request, "residents/request_add.html", context)


@require_safe
def request_print(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The paper form of one household, to be signed at the desk."""
    household = get_household_for(staff(request), pk, Permission.DATA_REQUEST_HANDLE)
    return render(request, "residents/request_print.html", {"household": household})


@require_safe
def request_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_request_for(staff(request), pk)
    return _detail(request, found, CorrectionForm(), RefusalForm())


def _detail(
    request: HttpRequest,
    found: DataRequest,
    form: CorrectionForm,
    refusal_form: RefusalForm,
) -> HttpResponse:
    corrections = [
        (line, requests.field_names(line), requests.masked_lines(line))
        for line in found.corrections.select_related("proposed_by", "decided_by")
    ]
    waiting = next((line for line, _n, _l in corrections if line.is_waiting), None)
    context = {
        "found": found,
        "form": form,
        "refusal_form": refusal_form,
        "corrections": corrections,
        "waiting": waiting,
        "is_overdue": found.is_overdue(on=today()),
    }
    return render(request, "residents/request_detail.html", context)


@require_POST
@fresh_factor_needed
def request_view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show, once, everything that is kept of the household; to be printed."""
    found = get_request_for(staff(request), pk)
    at = timezone.now()
    try:
        household, person = actions.answer_view(request=found, by=staff(request), at=at)
    except actions.RequestClosed as refusal:
        messages.error(request, sentence(refusal))
        return redirect("residents:request-detail", pk=pk)
    context = {
        "found": found,
        "household": household,
        "groups": requests.everything_kept(household, person),
        "others": requests.other_tables(household),
        "at": at,
        "by": staff(request),
    }
    return render(request, "residents/request_answer.html", context)


@require_safe
def request_reply(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The written answer, to be handed over: what was done, and what stays."""
    found = get_request_for(staff(request), pk)
    if found.is_open:
        return redirect("residents:request-detail", pk=pk)
    return render(request, "residents/request_reply.html", {"found": found})


@require_POST
def request_correct(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep what shall be written until a second person has confirmed it."""
    found = get_request_for(staff(request), pk)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, form, RefusalForm())
    done = _("已录入，等另一个人核准。核准之前名册不变。")
    return _answer(
        request,
        found,
        actions.propose_correction,
        done,
        correction=form.correction(),
    )


@require_POST
def request_erase(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_request_for(staff(request), pk)
    return _answer(request, found, actions.answer_erasure, _("已办结，已留痕。"))


@require_POST
def request_refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_request_for(staff(request), pk)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, CorrectionForm(), form)
    return _answer(
        request,
        found,
        actions.refuse_request,
        _("已办结，已留痕。"),
        answer=form.cleaned_data["answer"],
    )


def _answer(
    request: HttpRequest, found: DataRequest, verb: Any, done: str, **words: Any
) -> HttpResponse:
    try:
        verb(request=found, by=staff(request), at=timezone.now(), **words)
    except (
        actions.CorrectionEmpty,
        actions.CorrectionWaiting,
        actions.NotCurrent,
        actions.NumberNeverCalled,
        actions.RequestClosed,
    ) as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, done)
    return redirect("residents:request-detail", pk=found.pk)
