"""Corrections that households have asked for, before their second person."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff, today
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from residents import actions, privacy, requests
from residents.access import abilities, get_correction_for
from residents.forms import ConfirmForm, RejectionForm
from residents.models import RosterCorrection
from residents.refusals import sentence

LINES_PER_PAGE = 50
REFUSALS = (
    actions.ConfirmedByProposer,
    actions.CorrectionDecided,
    actions.CorrectionTooOld,
    actions.DigestChanged,
    actions.KeepsThisRoster,
    actions.NotCurrent,
    actions.NumberNeverCalled,
    actions.RequestClosed,
)


@require_safe
@holding(Permission.ROSTER_VIEW)
def correction_list(request: HttpRequest) -> HttpResponse:
    """The history, what waits at the top."""
    found = RosterCorrection.objects.within(scopes_in(request)).select_related(
        "request__household__dwelling", "community", "proposed_by", "decided_by"
    )
    waiting = found.waiting()
    page = Paginator(found, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [(line, requests.field_names(line)) for line in page.object_list],
        "waiting": waiting.order_by("request__due_on"),
        "today": today(),
    }
    return render(request, "residents/correction_list.html", context)


@require_safe
def correction_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_correction_for(staff(request), pk, Permission.ROSTER_VIEW)
    return _detail(request, found)


@require_POST
@fresh_factor_needed
def correction_reveal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Old and new in clear for whoever is to confirm; the trail knows."""
    found = get_correction_for(staff(request), pk, Permission.ROSTER_APPROVE)
    if not found.is_waiting:
        return redirect("residents:correction-detail", pk=pk)
    person, values = privacy.reveal_correction(
        correction=found, by=staff(request), at=timezone.now()
    )
    lines = requests.correction_lines(found, person, values)
    return _detail(request, found, lines=lines)


def _detail(
    request: HttpRequest,
    found: RosterCorrection,
    *,
    lines: list[requests.CorrectionLine] | None = None,
    reject_form: RejectionForm | None = None,
) -> HttpResponse:
    """What is confirmed has been seen: the form comes with the clear values."""
    context: dict[str, Any] = {
        "found": found,
        "lines": requests.masked_lines(found) if lines is None else lines,
        "names": requests.field_names(found),
        "is_clear": lines is not None or found.fields == ["status"],
        "is_revealed": lines is not None,
        "is_proposer": found.proposed_by_id == staff(request).pk,
        "can": abilities(staff(request), found.community_id),
        "form": ConfirmForm(initial={"digest": found.digest_hex}),
        "reject_form": reject_form or RejectionForm(),
        "today": today(),
    }
    return render(request, "residents/correction_detail.html", context)


@require_POST
@fresh_factor_needed
def correction_confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_correction_for(staff(request), pk, Permission.ROSTER_APPROVE)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先看过变化，打上勾，再核准。"))
        return redirect("residents:correction-detail", pk=pk)
    digest = bytes.fromhex(form.cleaned_data["digest"])
    done = _("已核准并写入名册，申请已办结。")
    return _decide(request, found, actions.confirm_correction, done, digest=digest)


@require_POST
def correction_reject(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_correction_for(staff(request), pk, Permission.ROSTER_APPROVE)
    form = RejectionForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, reject_form=form)
    reason = form.cleaned_data["reason"]
    done = _("已退回，名册没有改。申请重新打开。")
    return _decide(request, found, actions.reject_correction, done, reason=reason)


@require_POST
def correction_withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_correction_for(staff(request), pk, Permission.DATA_REQUEST_HANDLE)
    done = _("已撤回，名册没有改。")
    _decide(request, found, actions.withdraw_correction, done)
    return redirect("residents:request-detail", pk=found.request_id)


def _decide(
    request: HttpRequest, found: RosterCorrection, verb: Any, done: str, **words: Any
) -> HttpResponse:
    try:
        verb(correction=found, by=staff(request), at=timezone.now(), **words)
    except REFUSALS as refusal:
        messages.error(request, refused(refusal))
    else:
        messages.success(request, done)
    return redirect("residents:correction-detail", pk=found.pk)


def refused(refusal: Exception) -> str:
    if isinstance(refusal, actions.DigestChanged):
        return _("录入之后这一户有了变化。请退回，由街道按现在的名册重新录入。")
    return sentence(refusal)
