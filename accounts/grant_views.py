"""Roles: granted for a year at most, and taken back, by the security administrator."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions, places, queries
from accounts.access import (
    get_account_for,
    get_grant_for,
    holding,
    scopes_in,
    staff,
    today,
)
from accounts.account_forms import GrantForm, ReasonForm
from accounts.fresh import fresh_factor_needed
from accounts.models import RoleGrant, User
from accounts.permissions import Permission as P
from accounts.refusals import REFUSALS, told
from accounts.roles import ROLES
from accounts.scopes import permissions_of, scopes_of

GRANTS_PER_PAGE = 50
PLACES_OFFERED = 400
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(P.GRANT_MANAGE, P.AUDIT_READ)
def grant_list(request: HttpRequest) -> HttpResponse:
    found = RoleGrant.objects.within(scopes_in(request)).select_related("user")
    soon = found.ending(on=today(), days=queries.SOON_DAYS).count()
    words = request.GET.get("q", "").strip()[:60]
    role = request.GET.get("role", "")
    part = request.GET.get("part", "")
    part = part if part in queries.PARTS else queries.PARTS[0]
    if words:
        found = found.filter(user__in=queries.found_by(User.objects.all(), words))
    if role in ROLES:
        found = found.filter(role=role)
    listed = queries.grants_of_part(found, part, on=today())
    page = Paginator(listed, GRANTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": queries.grant_lines(page.object_list, on=today()),
        "words": words,
        "role": role,
        "roles": ROLES.values(),
        "part": part,
        "soon": soon,
        "soon_days": queries.SOON_DAYS,
        "can_grant": P.GRANT_MANAGE in permissions_of(request.user, on=today()),
    }
    return render(request, "accounts/grant_list.html", context)


@form_view
@fresh_factor_needed
def grant_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant a role; an administrator's or head's is proposed to a second person."""
    account = get_account_for(staff(request), pk, P.GRANT_MANAGE)
    scopes = scopes_of(staff(request), P.GRANT_MANAGE, on=today())
    asked = {
        name: request.GET[name] for name in ("role", "scope") if name in request.GET
    }
    form = GrantForm(request.POST or None, scopes=scopes, on=today(), initial=asked)
    if request.method == "POST" and form.is_valid():
        try:
            return _grant_or_propose(request, account, form.cleaned_data)
        except REFUSALS as refusal:
            form.add_error(None, told(refusal))
    context = {
        "account": account,
        "form": form,
        "places": places.within(scopes, limit=PLACES_OFFERED),
        "roles": ROLES.values(),
    }
    return render(request, "accounts/grant_add.html", context)


def _grant_or_propose(
    request: HttpRequest, account: User, wanted: dict[str, Any]
) -> HttpResponse:
    words = {**wanted, "user": account, "by": staff(request), "at": timezone.now()}
    if wanted["role"].takes_two:
        approval = actions.propose_grant(**words)
        messages.success(request, _("已提出，等另一位安全管理员核准，72小时内有效。"))
        return redirect("accounts:approval-detail", pk=approval.pk)
    actions.grant_role(**words)
    messages.success(request, _("已授予。本人要重新登录。"))
    return redirect("accounts:account-detail", pk=account.pk)


@form_view
@fresh_factor_needed
def grant_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    grant = get_grant_for(staff(request), pk, P.GRANT_MANAGE)
    if grant.user == request.user:
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.revoke_grant(
                grant=grant,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
            )
        except REFUSALS as refusal:
            form.add_error(None, told(refusal))
        else:
            messages.success(request, _("已收回，正在用的登录也已结束。"))
            return redirect("accounts:account-detail", pk=grant.user_id)
    (line,) = queries.grant_lines([grant], on=today())
    return render(request, "accounts/grant_revoke.html", {"line": line, "form": form})
