"""Two persons bring a scheme into force; one takes it out (T92)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import actions as account_actions
from accounts.access import staff
from accounts.fresh import fresh_factor_needed
from accounts.models import Approval
from evaluations import scheme_actions, scheme_queries
from evaluations.models import AssessmentScheme
from evaluations.scheme_access import get_scheme_to_edit
from evaluations.scheme_forms import ApproveSchemeForm, DigestForm, SchemeReasonForm
from evaluations.scheme_refusals import REFUSALS, told
from evaluations.scheme_views import render_scheme


@require_POST
def scheme_propose(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    form = DigestForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请重新打开页面再提出。"))
        return redirect("schemes:scheme-detail", pk=pk)
    try:
        scheme_actions.propose_in_force(
            scheme=scheme, seen=form.seen, by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已提出，请另一个人在72小时内核对并批准。"))
    return redirect("schemes:scheme-detail", pk=pk)


@require_POST
@fresh_factor_needed
def scheme_approve(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    approval = _waiting(scheme)
    form = ApproveSchemeForm(request.POST)
    if form.is_valid():
        try:
            scheme_actions.put_in_force(
                approval=approval,
                digest=form.seen,
                by=staff(request),
                at=timezone.now(),
            )
        except REFUSALS as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("已生效并冻结，以后准备的测评用这一版。"))
            return redirect("schemes:scheme-detail", pk=pk)
    return render_scheme(request, scheme, status=422, approve_form=form)


@require_POST
def scheme_decline(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    approval = _waiting(scheme)
    form = SchemeReasonForm(request.POST, prefix="decline")
    if not form.is_valid():
        return render_scheme(request, scheme, status=422, decline_form=form)
    try:
        account_actions.decline(
            approval=approval,
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已退回给提出的人。"))
    return redirect("schemes:scheme-detail", pk=pk)


@require_POST
def scheme_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    try:
        account_actions.withdraw(
            approval=_waiting(scheme), by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已撤回，可以继续改草稿。"))
    return redirect("schemes:scheme-detail", pk=pk)


@require_POST
@fresh_factor_needed
def scheme_retire(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    form = SchemeReasonForm(request.POST, prefix="retire")
    if not form.is_valid():
        return render_scheme(request, scheme, status=422, retire_form=form)
    try:
        scheme_actions.retire_scheme(
            scheme=scheme,
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已停用，新的测评不再用它。"))
    return redirect("schemes:scheme-detail", pk=pk)


def _waiting(scheme: AssessmentScheme) -> Approval:
    found = scheme_queries.waiting_approval(scheme, at=timezone.now())
    if found is None:
        raise Http404
    return found
