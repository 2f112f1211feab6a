"""Rounds on the desk: list, detail, and one address per act (R10, R11)."""

from uuid import UUID

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
from accounts.scopes import scopes_of
from surveys import actions, queries, tables, tasks
from surveys.access import AGREES, abilities, get_act_for, get_round_for
from surveys.forms import AgreeForm, AnnulForm, ApproveRoundForm, RecuseForm
from surveys.models import Countersignature, Round
from surveys.refusals import REFUSALS, told
from surveys.steps import next_of, steps_of

ROUNDS_PER_PAGE = 24
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(Permission.BOX_TURNOUT)
def round_list(request: HttpRequest) -> HttpResponse:
    rounds = Round.objects.within(scopes_in(request)).select_related("division", "box")
    page = Paginator(rounds, ROUNDS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": tables.lines_of(list(page.object_list)),
        "may_prepare": bool(
            scopes_of(staff(request), Permission.ROUND_PREPARE, on=today())
        ),
    }
    return render(request, "surveys/round_list.html", context)


@require_safe
def round_detail(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.BOX_TURNOUT)
    now = timezone.now()
    due = queries.opening_due_at(survey_round)
    box = survey_round.box
    opening = box.openings.first() if box else None
    context = {
        "survey_round": survey_round,
        "can": abilities(staff(request), survey_round),
        "steps": steps_of(survey_round),
        "next": next_of(survey_round),
        "table": tables.communities_of(survey_round),
        "without_roster": queries.communities_without_roster(survey_round),
        "without_official": queries.communities_without_official(survey_round),
        "plan": [] if box else tables.plan_of(survey_round),
        "acts": survey_round.countersignatures.pending(at=now).select_related(
            "proposed_by", "agreed_by"
        ),
        "is_lapsed": survey_round.is_lapsed(at=now),
        "stopped": queries.opening_stopped(survey_round),
        "opening": opening,
        "voided": tables.in_words(opening.voided) if opening else [],
        "may_open": survey_round.opens_at <= now,
        "may_close": box is not None and box.technical_close <= now,
        "may_open_box": due is not None and due <= now,
    }
    return render(request, "surveys/round_detail.html", context)


@form_view
@fresh_factor_needed
def round_approve(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.ROUND_APPROVE)
    form = ApproveRoundForm(request.POST or None, survey_round=survey_round)
    if request.method == "POST" and form.is_valid():
        try:
            actions.approve_round(
                survey_round=survey_round,
                digest=bytes.fromhex(form.cleaned_data["digest"]),
                by=staff(request),
                at=timezone.now(),
            )
        except REFUSALS as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("已批准：样本已抽好，票箱已设置。"))
            return redirect("surveys:round-detail", code=code)
    context = {
        "survey_round": survey_round,
        "form": form,
        "plan": tables.plan_of(survey_round),
        "is_lapsed": survey_round.is_lapsed(at=timezone.now()),
        "without_roster": queries.communities_without_roster(survey_round),
        "recused": survey_round.recused.count(),
    }
    return render(request, "surveys/round_approve.html", context)


@require_POST
def round_propose(request: HttpRequest, code: str) -> HttpResponse:
    """A draft that waited for too long goes before the second person again (T92)."""
    survey_round = get_round_for(staff(request), code, Permission.ROUND_PREPARE)
    try:
        actions.propose_again(
            survey_round=survey_round, by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已重新提出，等负责人批准，72小时内有效。"))
    return redirect("surveys:round-detail", code=code)


@form_view
def round_recuse(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.ROUND_PREPARE)
    form = RecuseForm(request.POST or None, survey_round=survey_round)
    if request.method == "POST" and form.is_valid():
        try:
            actions.recuse_household(
                survey_round=survey_round,
                household=form.cleaned_data["household"],
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
            )
        except REFUSALS as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("这一户不会被抽到。"))
            return redirect("surveys:round-detail", code=code)
    context = {
        "survey_round": survey_round,
        "form": form,
        "recused": survey_round.recused.count(),
    }
    return render(request, "surveys/round_recuse.html", context)


@require_POST
def round_open(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    try:
        actions.open_round(
            survey_round=survey_round, by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("测评已开始，居民可以填了。"))
    return redirect("surveys:round-detail", code=code)


@require_POST
def round_close(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    try:
        actions.close_round(
            survey_round=survey_round, by=staff(request), at=timezone.now()
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("测评已截止，票箱已封。"))
    return redirect("surveys:round-detail", code=code)


@require_POST
def round_open_box(request: HttpRequest, code: str) -> HttpResponse:
    """Hand the box to the worker: keys are used there and in no web process (T41)."""
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    due = queries.opening_due_at(survey_round)
    if due is None or due > timezone.now():
        messages.error(request, _("现在还不能开箱。"))
    else:
        tasks.open_due_box.delay_on_commit(survey_round.pk)
        messages.success(request, _("已交给后台开箱，过一会儿刷新本页。"))
    return redirect("surveys:round-detail", code=code)


@require_POST
@fresh_factor_needed
def round_accept_invalid(request: HttpRequest, code: str) -> HttpResponse:
    """Too many invalid papers stopped the opening: two persons decide (T52)."""
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    if queries.opening_stopped(survey_round):
        actions.propose_act(
            survey_round=survey_round,
            act=Countersignature.Act.ACCEPT_INVALID,
            reason=_("无效票照数公布，其余照常开箱。"),
            by=staff(request),
            at=timezone.now(),
        )
        messages.success(request, _("已提出，等组织部负责人同意；之后再开箱。"))
    else:
        messages.error(request, _("开箱没有停过，不用提出。"))
    return redirect("surveys:round-detail", code=code)


@form_view
@fresh_factor_needed
def round_seed(request: HttpRequest, code: str) -> HttpResponse:
    """The seed of the draw, for auditors, once the round is over (M16)."""
    survey_round = get_round_for(staff(request), code, Permission.AUDIT_READ)
    context: dict[str, object] = {"survey_round": survey_round}
    if request.method == "POST":
        try:
            context["seed"] = actions.reveal_seed(
                survey_round=survey_round, by=staff(request), at=timezone.now()
            )
        except REFUSALS as error:
            messages.error(request, told(error))
            return redirect("surveys:round-seed", code=code)
    return render(request, "surveys/round_seed.html", context)


@form_view
@fresh_factor_needed
def round_annul(request: HttpRequest, code: str) -> HttpResponse:
    survey_round = get_round_for(staff(request), code, Permission.ROUND_PREPARE)
    form = AnnulForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _annul_or_propose(request, survey_round, form.cleaned_data["reason"])
        except REFUSALS as error:
            form.add_error(None, told(error))
        else:
            return redirect("surveys:round-detail", code=code)
    context = {"survey_round": survey_round, "form": form}
    return render(request, "surveys/round_annul.html", context)


@require_POST
@fresh_factor_needed
def act_agree(request: HttpRequest, pk: UUID) -> HttpResponse:
    act = get_act_for(staff(request), pk, AGREES)
    form = AgreeForm(request.POST)
    digest = form.cleaned_data["digest"] if form.is_valid() else ""
    try:
        actions.agree_to(
            proposal=act,
            digest=bytes.fromhex(digest),
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已同意。"))
    return redirect("surveys:round-detail", code=act.round.code)


@require_POST
def act_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    act = get_act_for(staff(request), pk)
    try:
        actions.withdraw_act(proposal=act, by=staff(request), at=timezone.now())
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已撤回。"))
    return redirect("surveys:round-detail", code=act.round.code)


def _annul_or_propose(request: HttpRequest, survey_round: Round, reason: str) -> None:
    """A draft goes at once; later a second person has to agree (T92)."""
    now = timezone.now()
    if survey_round.state == Round.State.DRAFT:
        actions.annul_round(
            survey_round=survey_round, reason=reason, by=staff(request), at=now
        )
        messages.success(request, _("草稿已作废。"))
        return
    actions.propose_act(
        survey_round=survey_round,
        act=Countersignature.Act.ANNUL,
        reason=reason,
        by=staff(request),
        at=now,
    )
    messages.success(request, _("已提出作废，等组织部负责人同意。"))
