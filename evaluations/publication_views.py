"""Notice, publication, withdrawal: the second person's acts on a month (T92, T131)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import staff, today
from accounts.fresh import fresh_factor_needed
from accounts.models import User
from accounts.permissions import Permission
from evaluations import actions, publication, queries
from evaluations.access import (
    get_district_for,
    get_publication_for,
    get_withdrawal_for,
)
from evaluations.forms import PublishForm, ReasonForm, WithdrawForm
from evaluations.models import Publication, Withdrawal
from evaluations.month_path import path_of
from evaluations.refusals import told
from officials.models import Division
from officials.working_days import add_working_days

Do = Callable[..., str]
PROPOSES = (Permission.RESULT_REVIEW, Permission.RESULT_PUBLISH)


@require_safe
@fresh_factor_needed
def publication_prepare(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """What would hang or go out next, exactly as everybody will see it."""
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    return _render(request, district, month)


@require_POST
@fresh_factor_needed
def notice_start(request: HttpRequest, code: str, month: str) -> HttpResponse:
    return _act(request, code, month, _start)


@require_POST
@fresh_factor_needed
def publication_publish(request: HttpRequest, code: str, month: str) -> HttpResponse:
    return _act(request, code, month, _publish)


def _start(**what: Any) -> str:
    notice = actions.start_publicity(**what)
    return _("已公示，到 %(day)s 为止。请把公示打印出来张贴。") % {
        "day": notice.ends_on
    }


def _publish(**what: Any) -> str:
    published = actions.publish_month(**what)
    return _("已发布第 %(version)s 版。") % {"version": published.version}


def _act(request: HttpRequest, code: str, month: str, do: Do) -> HttpResponse:
    """On the very records that the page listed (T92)."""
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    seen = actions.digest_of(queries.ratings_of_month(code, month))
    form = PublishForm(request.POST, seen=seen)
    if form.is_valid():
        try:
            text = do(
                division=district,
                month=month,
                digest=form.cleaned_data["digest"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, text)
            return redirect("evaluations:month-detail", code=code, month=month)
    return _render(request, district, month, form, status=422)


def _render(
    request: HttpRequest,
    district: Division,
    month: str,
    form: PublishForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    ratings = list(queries.ratings_of_month(district.code, month))
    digest = actions.digest_of(ratings)
    context = {
        "district": district,
        "month": month,
        "lines": [(rating, publication.preview(rating)) for rating in ratings],
        "path": path_of(district, month, ratings, user=staff(request), on=today())
        if ratings
        else None,
        "due": add_working_days(today(), actions.LEAST_DAYS),
        "unreviewed": [rating for rating in ratings if rating.awaits_review],
        "digest": digest,
        "form": form or PublishForm(seen=digest),
    }
    template = "evaluations/publication_prepare.html"
    return render(request, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_factor_needed
def publication_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose to take the standing version back; a second person agrees."""
    found = get_publication_for(staff(request), pk, *PROPOSES)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.propose_withdrawal(
                publication=found,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            text = _("已提出撤回，等另一个人在72小时内同意。")
            messages.success(request, text)
            return _to_month(found)
    context = {"publication": found, "form": form}
    status = 422 if form.errors else 200
    template = "evaluations/publication_withdraw.html"
    return render(request, template, context, status=status)


@require_safe
@fresh_factor_needed
def withdrawal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    withdrawal = get_withdrawal_for(staff(request), pk, Permission.RESULT_PUBLISH)
    return _render_withdrawal(request, withdrawal)


@require_POST
@fresh_factor_needed
def withdrawal_agree(request: HttpRequest, pk: int) -> HttpResponse:
    withdrawal = get_withdrawal_for(staff(request), pk, Permission.RESULT_PUBLISH)
    form = WithdrawForm(request.POST, seen=withdrawal.digest)
    if not form.is_valid():
        return _render_withdrawal(request, withdrawal, form, status=422)
    return _answer(request, withdrawal, form, _agree)


@require_POST
@fresh_factor_needed
def withdrawal_decline(request: HttpRequest, pk: int) -> HttpResponse:
    withdrawal = get_withdrawal_for(staff(request), pk, Permission.RESULT_PUBLISH)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_withdrawal(request, withdrawal, refusal=form, status=422)
    return _answer(request, withdrawal, form, _decline)


def _agree(
    withdrawal: Withdrawal, values: dict[str, Any], *, by: User, at: dt.datetime
) -> str:
    actions.withdraw_publication(
        withdrawal=withdrawal, digest=values["digest"], by=by, at=at
    )
    return _("已撤回。公开页面不再有数字，只有撤回的原因。")


def _decline(
    withdrawal: Withdrawal, values: dict[str, Any], *, by: User, at: dt.datetime
) -> str:
    actions.decline_withdrawal(
        withdrawal=withdrawal, answer=values["reason"], by=by, at=at
    )
    return _("没有同意撤回，这一版继续有效。")


def _answer(
    request: HttpRequest,
    withdrawal: Withdrawal,
    form: WithdrawForm | ReasonForm,
    do: Do,
) -> HttpResponse:
    try:
        text = do(withdrawal, form.cleaned_data, by=staff(request), at=timezone.now())
    except actions.RatingError as error:
        messages.error(request, told(error))
        return _render_withdrawal(request, withdrawal, status=422)
    messages.success(request, text)
    return _to_month(withdrawal.publication)


def _render_withdrawal(
    request: HttpRequest,
    withdrawal: Withdrawal,
    form: WithdrawForm | None = None,
    *,
    refusal: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "withdrawal": withdrawal,
        "publication": withdrawal.publication,
        "waits": withdrawal.waits(at=timezone.now()),
        "own": withdrawal.proposed_by_id == staff(request).pk,
        "form": form or WithdrawForm(seen=withdrawal.digest),
        "refusal": refusal or ReasonForm(),
    }
    template = "evaluations/withdrawal_detail.html"
    return render(request, template, context, status=status)


def _to_month(found: Publication) -> HttpResponse:
    return redirect(
        "evaluations:month-detail", code=found.division_id, month=found.month
    )
