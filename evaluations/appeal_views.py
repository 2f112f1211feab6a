"""Appeals: filing one's own, and what the reviewer and the second person do (T131)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
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
from accounts.models import User
from accounts.permissions import Permission
from evaluations import actions, publication
from evaluations.access import (
    can,
    get_appeal_for,
    get_own_rating,
    get_set_aside_for,
)
from evaluations.actions.appealing import may_appeal, notice_of
from evaluations.appeal_forms import (
    AppealForm,
    CountersignForm,
    DecideForm,
    SetAsideForm,
)
from evaluations.appeal_queries import (
    appeals_within,
    open_first,
    rounds_of,
    waiting_set_asides,
)
from evaluations.corrections import affected_ratings
from evaluations.forms import ReasonForm
from evaluations.models import Appeal, SetAside
from evaluations.publication import Audience
from evaluations.refusals import told
from officials.working_days import add_working_days

DECIDES, COUNTERSIGNS = Permission.APPEAL_DECIDE, Permission.SIGNAL_DECIDE
Do = Callable[..., str]


@require_http_methods(["GET", "HEAD", "POST"])
def appeal_file(request: HttpRequest, appointment: int, month: str) -> HttpResponse:
    user = staff(request)
    rating = get_own_rating(user, appointment, month)
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            appeal = actions.file_appeal(
                rating=rating, by=user, at=timezone.now(), **form.cleaned_data
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            text = _("申诉已收到，%(day)s 前答复您。") % {"day": appeal.due_on}
            messages.success(request, text)
            return redirect("appeals:appeal-file", appointment, month)
    notice = notice_of(rating)
    context = {
        "rating": rating,
        "figure": publication.release_own(rating),
        "notice": notice,
        "appeal": Appeal.objects.filter(rating=rating).first(),
        "open": may_appeal(rating, notice, on=today()),
        "due": add_working_days(today(), actions.ANSWERED_WITHIN),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "evaluations/appeal_file.html", context, status=status)


@require_safe
@holding(DECIDES, COUNTERSIGNS)
def appeal_list(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    waiting, answered = open_first(appeals_within(scopes))
    context = {
        "waiting": [(one, one.is_overdue(on=today())) for one in waiting],
        "answered": answered,
        "proposals": waiting_set_asides(scopes, at=timezone.now()),
    }
    return render(request, "evaluations/appeal_list.html", context)


@require_safe
def appeal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    appeal = get_appeal_for(staff(request), pk, DECIDES, COUNTERSIGNS)
    return _render(request, appeal)


@require_POST
def appeal_accept(request: HttpRequest, pk: int) -> HttpResponse:
    appeal = get_appeal_for(staff(request), pk, DECIDES)
    try:
        actions.accept_appeal(appeal=appeal, by=staff(request), at=timezone.now())
    except actions.RatingError as error:
        messages.error(request, told(error))
    else:
        text = _("已受理，由您复核，%(day)s 前答复。") % {"day": appeal.due_on}
        messages.success(request, text)
    return redirect("appeals:appeal-detail", pk)


@require_POST
@fresh_factor_needed
def appeal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    appeal = get_appeal_for(staff(request), pk, DECIDES)
    form = DecideForm(request.POST)
    if form.is_valid():
        try:
            actions.decide_appeal(
                appeal=appeal, by=staff(request), at=timezone.now(), **form.cleaned_data
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("已答复，申诉人能看到。"))
            return redirect("appeals:appeal-detail", pk)
    return _render(request, appeal, decide=form, status=422)


@require_POST
@fresh_factor_needed
def set_aside_propose(request: HttpRequest, pk: int) -> HttpResponse:
    appeal = get_appeal_for(staff(request), pk, DECIDES)
    form = SetAsideForm(request.POST, rounds=rounds_of(appeal.rating))
    if form.is_valid():
        try:
            actions.propose_set_aside(
                appeal=appeal, by=staff(request), at=timezone.now(), **form.cleaned_data
            )
        except actions.RatingError as error:
            form.add_error(None, told(error))
        else:
            text = _("已提出，等负责人在72小时内会签。会签后申诉成立，结果重算。")
            messages.success(request, text)
            return redirect("appeals:appeal-detail", pk)
    return _render(request, appeal, annul=form, status=422)


@require_safe
@fresh_factor_needed
def set_aside_detail(request: HttpRequest, pk: int) -> HttpResponse:
    act = get_set_aside_for(staff(request), pk, COUNTERSIGNS)
    return _render_act(request, act)


@require_POST
@fresh_factor_needed
def set_aside_countersign(request: HttpRequest, pk: int) -> HttpResponse:
    act = get_set_aside_for(staff(request), pk, COUNTERSIGNS)
    form = CountersignForm(request.POST, seen=act.digest)
    if not form.is_valid():
        return _render_act(request, act, form, status=422)
    return _answer(request, act, form, _countersign)


@require_POST
@fresh_factor_needed
def set_aside_decline(request: HttpRequest, pk: int) -> HttpResponse:
    act = get_set_aside_for(staff(request), pk, COUNTERSIGNS)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_act(request, act, refusal=form, status=422)
    return _answer(request, act, form, _decline)


def _countersign(
    act: SetAside, values: dict[str, Any], *, by: User, at: dt.datetime
) -> str:
    made = actions.countersign_set_aside(
        set_aside=act, digest=values["digest"], by=by, at=at
    )
    text = _("已会签，申诉成立。%(number)s 个结果已重算，等科员复核后发布更正。")
    return text % {"number": len(made)}


def _decline(
    act: SetAside, values: dict[str, Any], *, by: User, at: dt.datetime
) -> str:
    actions.decline_set_aside(set_aside=act, answer=values["reason"], by=by, at=at)
    return _("没有会签，申诉退回复核人。")


def _answer(request: HttpRequest, act: SetAside, form: Form, do: Do) -> HttpResponse:
    try:
        text = do(act, form.cleaned_data, by=staff(request), at=timezone.now())
    except actions.RatingError as error:
        messages.error(request, told(error))
        return _render_act(request, act, status=422)
    messages.success(request, text)
    return redirect("appeals:appeal-detail", act.appeal_id)


def _render(
    request: HttpRequest,
    appeal: Appeal,
    *,
    decide: DecideForm | None = None,
    annul: SetAsideForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, rating = staff(request), appeal.rating
    proposals = list(appeal.set_asides.select_related("round", "proposed_by"))
    waiting = [act for act in proposals if act.waits(at=timezone.now())]
    rounds = rounds_of(rating)
    is_mine = appeal.reviewer_id == user.pk
    context = {
        "appeal": appeal,
        "rating": rating,
        "figure": publication.release(rating, Audience.OFFICE),
        "is_overdue": appeal.is_overdue(on=today()),
        "proposals": proposals,
        "waiting": waiting,
        "can_accept": appeal.state == Appeal.State.FILED
        and can(user, DECIDES, rating.community_id),
        "can_decide": is_mine and appeal.state == Appeal.State.ACCEPTED and not waiting,
        "can_countersign": can(user, COUNTERSIGNS, rating.community_id),
        "rounds": rounds,
        "decide": decide or DecideForm(),
        "annul": annul or SetAsideForm(rounds=rounds),
    }
    return render(request, "evaluations/appeal_detail.html", context, status=status)


def _render_act(
    request: HttpRequest,
    act: SetAside,
    form: CountersignForm | None = None,
    *,
    refusal: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "act": act,
        "appeal": act.appeal,
        "affected": affected_ratings(act.round, act.community_id),
        "waits": act.waits(at=timezone.now()) and act.appeal.is_open,
        "own": act.proposed_by_id == staff(request).pk,
        "form": form or CountersignForm(seen=act.digest),
        "refusal": refusal or ReasonForm(),
    }
    return render(request, "evaluations/set_aside_detail.html", context, status=status)
