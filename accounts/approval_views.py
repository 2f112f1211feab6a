"""What waits for a second person in this room: roles of administrators and heads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions, places
from accounts.access import get_approval_for, holding, scopes_in, staff, today
from accounts.account_forms import ApproveForm, ReasonForm
from accounts.fresh import fresh_factor_needed
from accounts.models import Approval, User
from accounts.permissions import Permission as P
from accounts.refusals import REFUSALS, told
from accounts.roles import ROLES
from accounts.scopes import permissions_of

APPROVALS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A proposal in the words of a page."""

    approval: Approval
    who: str
    role: Any
    place: str
    standing: str


def lines_of(approvals: list[Approval], *, at: Any) -> list[ApprovalLine]:
    names = places.names_of([approval.division for approval in approvals])
    users = User.objects.in_bulk([approval.payload["user"] for approval in approvals])
    return [
        ApprovalLine(
            approval=each,
            who=users[each.payload["user"]].name
            if each.payload["user"] in users
            else "",
            role=ROLES[each.payload["role"]].name,
            place=names.get(each.division, ""),
            standing=each.standing_at(at),
        )
        for each in approvals
    ]


@require_safe
@holding(P.GRANT_MANAGE, P.AUDIT_READ)
def approval_list(request: HttpRequest) -> HttpResponse:
    """What waits for this user, what they wait for, and the history."""
    at = timezone.now()
    found = Approval.objects.within(scopes_in(request)).of_roles()
    found = found.select_related("proposed_by", "decided_by")
    waiting = found.waiting(at=at).order_by("expires_at")
    page = Paginator(found, APPROVALS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines_of(list(page.object_list), at=at),
        "for_me": lines_of(list(waiting.exclude(proposed_by=staff(request))), at=at),
        "mine": lines_of(list(waiting.filter(proposed_by=staff(request))), at=at),
        "can_grant": P.GRANT_MANAGE in permissions_of(request.user, on=today()),
    }
    return render(request, "accounts/approval_list.html", context)


@require_safe
def approval_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_approval_for(staff(request), pk, P.GRANT_MANAGE, P.AUDIT_READ)
    (line,) = lines_of([approval], at=timezone.now())
    context = {
        "line": line,
        "account": User.objects.filter(pk=approval.payload["user"]).first(),
        "is_mine": approval.proposed_by == request.user,
        "is_for_oneself": approval.payload["user"] == staff(request).pk,
        "can_grant": P.GRANT_MANAGE in permissions_of(request.user, on=today()),
        "form": ApproveForm(initial={"digest": approval.digest_hex}),
        "reason_form": ReasonForm(),
    }
    return render(request, "accounts/approval_detail.html", context)


@require_POST
@fresh_factor_needed
def approval_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_approval_for(staff(request), pk, P.GRANT_MANAGE)
    form = ApproveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先核对，打上勾，再核准。"))
        return redirect("accounts:approval-detail", pk=pk)
    digest = bytes.fromhex(form.cleaned_data["digest"])
    done = _("已核准，角色已授予。")
    return _decide(request, approval, actions.grant_approved, done, digest=digest)


@require_POST
@fresh_factor_needed
def approval_decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_approval_for(staff(request), pk, P.GRANT_MANAGE)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写明原因。"))
        return redirect("accounts:approval-detail", pk=pk)
    reason = form.cleaned_data["reason"]
    return _decide(request, approval, actions.decline, _("已退回。"), reason=reason)


@require_POST
def approval_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_approval_for(staff(request), pk, P.GRANT_MANAGE)
    return _decide(request, approval, actions.withdraw, _("已撤回。"))


def _decide(
    request: HttpRequest,
    approval: Approval,
    verb: Callable[..., Any],
    done: str,
    **words: Any,
) -> HttpResponse:
    try:
        verb(approval=approval, by=staff(request), at=timezone.now(), **words)
    except REFUSALS as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, done)
    return redirect("accounts:approval-detail", pk=approval.pk)
