"""Accounts of staff, kept by the system administrator (T88)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import actions, passwords, queries
from accounts.access import get_account_for, holding, scopes_in, staff, today
from accounts.account_forms import AddAccountForm, ReasonForm, RenameForm
from accounts.fresh import fresh_factor_needed
from accounts.models import User
from accounts.permissions import Permission as P
from accounts.refusals import REFUSALS, told
from accounts.scopes import permissions_of

ACCOUNTS_PER_PAGE = 50
# The system administrator creates, the security administrator grants, the audit
# administrator sees both (T88).
SEES_ACCOUNTS = (P.ACCOUNT_MANAGE, P.GRANT_MANAGE, P.AUDIT_READ)
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(*SEES_ACCOUNTS)
def account_list(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    part = request.GET.get("part", "")
    found = queries.found_by(
        queries.accounts_within(scopes_in(request), on=today()), words
    )
    if part in ("active", "off"):
        found = found.filter(is_active=part == "active")
    found = queries.with_living(found.order_by("username"), on=today())
    page = Paginator(found, ACCOUNTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "now": timezone.now(),
        "words": words,
        "part": part,
        "may_add": P.ACCOUNT_MANAGE in permissions_of(request.user, on=today()),
    }
    return render(request, "accounts/account_list.html", context)


@never_cache
@form_view
@holding(P.ACCOUNT_MANAGE)
@fresh_factor_needed
def account_add(request: HttpRequest) -> HttpResponse:
    """The first password stands in this one answer and nowhere else."""
    form = AddAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = passwords.first_password()
        account = actions.create_user(
            username=form.cleaned_data["username"],
            name=form.cleaned_data["name"],
            password=password,
            by=staff(request),
            at=timezone.now(),
        )
        return _handed_over(request, account, password)
    return render(request, "accounts/account_add.html", {"form": form})


@require_safe
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, *SEES_ACCOUNTS)
    held = permissions_of(request.user, on=today())
    grants = account.grants.order_by("-starts_on", "-pk")
    context = {
        "account": account,
        "now": timezone.now(),
        "is_locked": account.is_locked(at=timezone.now()),
        "has_factor": account.authenticators.exclude(confirmed_at=None).exists(),
        "lines": queries.grant_lines(grants, on=today()),
        "can_manage": P.ACCOUNT_MANAGE in held,
        "can_grant": P.GRANT_MANAGE in held,
        "is_self": account == request.user,
        "rename_form": RenameForm(initial={"name": account.name}),
        "reason_form": ReasonForm(),
    }
    return render(request, "accounts/account_detail.html", context)


@require_POST
def account_rename(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, P.ACCOUNT_MANAGE)
    form = RenameForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写姓名。"))
        return redirect("accounts:account-detail", pk=pk)
    name = form.cleaned_data["name"]
    return _do(request, account, actions.rename_user, _("姓名已改。"), name=name)


@require_POST
def account_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("账号已停用，从现在起不能登录。")
    return _switch(request, pk, actions.deactivate_user, done)


@require_POST
def account_activate(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, actions.activate_user, _("账号已恢复。"))


@never_cache
@require_POST
@fresh_factor_needed
def account_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new first password for who has forgotten theirs; shown in this answer only."""
    account = get_account_for(staff(request), pk, P.ACCOUNT_MANAGE)
    password = passwords.first_password()
    try:
        actions.give_first_password(
            user=account, password=password, by=staff(request), at=timezone.now()
        )
    except REFUSALS as refusal:
        messages.error(request, told(refusal))
        return redirect("accounts:account-detail", pk=pk)
    return _handed_over(request, account, password)


@require_POST
@fresh_factor_needed
def account_unlock(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, P.GRANT_MANAGE)
    return _do(request, account, actions.unlock, _("已解锁，可以重新登录。"))


@require_POST
def account_lock(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, P.GRANT_MANAGE)
    return _do(request, account, actions.lock, _("已锁定，正在用的登录也已结束。"))


@require_POST
@fresh_factor_needed
def account_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """The telephone is lost: the next sign-in enrols another one."""
    account = get_account_for(staff(request), pk, P.GRANT_MANAGE)
    done = _("验证器已重置，本人下次登录时重新绑定。")
    return _do(request, account, actions.reset_factor, done)


def _switch(
    request: HttpRequest, pk: int, verb: Callable[..., None], done: str
) -> HttpResponse:
    account = get_account_for(staff(request), pk, P.ACCOUNT_MANAGE)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写明原因。"))
        return redirect("accounts:account-detail", pk=pk)
    return _do(request, account, verb, done, reason=form.cleaned_data["reason"])


def _do(
    request: HttpRequest,
    account: User,
    verb: Callable[..., None],
    done: str,
    **words: Any,
) -> HttpResponse:
    try:
        verb(user=account, by=staff(request), at=timezone.now(), **words)
    except REFUSALS as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, done)
    return redirect("accounts:account-detail", pk=account.pk)


def _handed_over(request: HttpRequest, account: User, password: str) -> HttpResponse:
    context = {"account": account, "password": password}
    return render(request, "accounts/account_password.html", context)
