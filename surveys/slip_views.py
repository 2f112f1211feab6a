"""Slips and codes on the desk. A clear code stands in one answer, once (T19, T22)."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from ballots.errors import SecondPersonNeeded
from residents.queries import addresses_of
from surveys import actions, tables
from surveys.access import (
    abilities,
    get_act_for,
    get_batch_for,
    get_round_for,
    get_sampled_for,
)
from surveys.actions import IssuedSlips
from surveys.forms import (
    BatchReasonForm,
    FindHouseholdForm,
    HouseholdReasonForm,
    PrintSlipsForm,
)
from surveys.models import Countersignature, Round, SampledHousehold
from surveys.refusals import REFUSALS, told
from surveys.slips import slips_of

BATCH = 500  # T22
# Of the stored promise, in its own words (T2): one code one ballot, who can read it,
# what is not noted, voluntary. The whole stands on the page before the questions.
ON_SLIP = (0, 1, 2, 10)
once = cache_control(no_store=True, private=True)


@require_safe
def slip_list(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.CODE_ISSUE)
    table = tables.communities_of(survey_round)
    waiting = [(row.code, row.name) for row in table.rows if row.waiting]
    context = {
        "survey_round": survey_round,
        "can": abilities(staff(request), survey_round),
        "table": table,
        "batches": survey_round.slip_batches.select_related("replaces"),
        "print_form": PrintSlipsForm(communities=waiting),
        "batch_form": BatchReasonForm(),
        "find_form": FindHouseholdForm(survey_round=survey_round),
        "batch_size": BATCH,
    }
    return render(request, "surveys/slip_list.html", context)


@once
@require_POST
@fresh_factor_needed
def slip_print(request: HttpRequest, code: str) -> HttpResponse:
    """Make the codes and show them: the same request, and never again."""
    survey_round = get_round_for(staff(request), code, Permission.CODE_ISSUE)
    rows = tables.communities_of(survey_round).rows
    form = PrintSlipsForm(
        request.POST, communities=[(row.code, row.name) for row in rows]
    )
    if not form.is_valid():
        messages.error(request, _("没有这个社区。"))
        return redirect("surveys:slip-list", code=code)
    try:
        issued = actions.issue_round_codes(
            survey_round=survey_round,
            by=staff(request),
            at=timezone.now(),
            limit=BATCH,
            community=form.cleaned_data["community"] or None,
        )
    except REFUSALS as error:
        messages.error(request, told(error))
        return redirect("surveys:slip-list", code=code)
    return _printed(request, survey_round, issued)


@require_safe
def slip_find(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.CODE_VOID)
    form = FindHouseholdForm(request.GET, survey_round=survey_round)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors.get("serial", []))))
        return redirect("surveys:slip-list", code=code)
    return redirect("surveys:household-detail", pk=form.cleaned_data["serial"].pk)


@require_POST
@fresh_factor_needed
def batch_reissue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a batch to be printed anew; a second person has to agree (T92)."""
    batch = get_batch_for(staff(request), pk, Permission.CODE_ISSUE)
    form = BatchReasonForm(request.POST)
    if form.is_valid():
        actions.propose_act(
            survey_round=batch.round,
            act=Countersignature.Act.REISSUE_BATCH,
            subject=batch,
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
        messages.success(request, _("已提出重印，等组织部负责人同意。"))
    else:
        messages.error(request, _("请选原因。"))
    return redirect("surveys:slip-list", code=batch.round.code)


@require_safe
def household_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    sampled = get_sampled_for(staff(request), pk, Permission.CODE_VOID)
    survey_round = sampled.stratum.draw.round
    context = {
        "survey_round": survey_round,
        "can": abilities(staff(request), survey_round),
        "sampled": sampled,
        "address": addresses_of([sampled.household_id]).get(sampled.household_id),
        "form": HouseholdReasonForm(),
    }
    return render(request, "surveys/slip_household.html", context)


@require_POST
@fresh_factor_needed
def household_void(request: HttpRequest, pk: UUID) -> HttpResponse:
    sampled = get_sampled_for(staff(request), pk, Permission.CODE_VOID)
    form = HouseholdReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请选原因。"))
        return redirect("surveys:household-detail", pk=pk)
    reason = form.cleaned_data["reason"]
    try:
        actions.void_household_code(
            sampled=sampled, reason=reason, by=staff(request), at=timezone.now()
        )
    except SecondPersonNeeded:
        _propose(request, sampled, Countersignature.Act.VOID_CODE, reason)
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("这一户的码已作废。"))
    return redirect("surveys:household-detail", pk=pk)


@once
@require_POST
@fresh_factor_needed
def household_reissue(request: HttpRequest, pk: UUID) -> HttpResponse:
    sampled = get_sampled_for(staff(request), pk, Permission.CODE_ISSUE)
    form = HouseholdReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请选原因。"))
        return redirect("surveys:household-detail", pk=pk)
    reason = form.cleaned_data["reason"]
    try:
        issued = actions.reissue_household_code(
            sampled=sampled, reason=reason, by=staff(request), at=timezone.now()
        )
    except SecondPersonNeeded:
        _propose(request, sampled, Countersignature.Act.REISSUE_CODE, reason)
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        return _printed(request, sampled.stratum.draw.round, issued)
    return redirect("surveys:household-detail", pk=pk)


@once
@require_POST
@fresh_factor_needed
def act_print(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Print what a second person has agreed to."""
    act = get_act_for(staff(request), pk)
    try:
        issued = actions.print_agreed(
            proposal=act, by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
        return redirect("surveys:round-detail", code=act.round.code)
    return _printed(request, act.round, issued)


def _propose(
    request: HttpRequest, sampled: SampledHousehold, act: str, reason: str
) -> None:
    actions.propose_act(
        survey_round=sampled.stratum.draw.round,
        act=act,
        subject=sampled,
        reason=reason,
        by=staff(request),
        at=timezone.now(),
    )
    messages.success(request, _("这一步要两个人：已提出，等组织部负责人同意。"))


def _printed(
    request: HttpRequest, survey_round: Round, issued: IssuedSlips
) -> HttpResponse:
    context = {
        "survey_round": survey_round,
        "batch": issued.batch,
        "slips": slips_of(issued),
        "promise": [survey_round.ballot_box.promise.lines[line] for line in ON_SLIP],
        "notice": settings.NOTICE,
        # Typed by hand from paper: without what every browser adds by itself.
        "site": _in_print(""),
        "notice_at": _in_print(reverse("ballot:notice")),
        "report_at": _in_print(reverse("ballot:report")),
    }
    return render(request, "surveys/slip_print.html", context)


def _in_print(path: str) -> str:
    return settings.PUBLIC_URL.partition("://")[2] + path
