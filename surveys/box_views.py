"""The box of a round on the desk: its deadline, turnout and damage (T14, T15, T52)."""

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

from accounts.access import staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from ballots.actions import deadline_refusal
from ballots.errors import DeadlineStays
from surveys import actions, queries, tables
from surveys.access import get_round_for
from surveys.forms import MoveDeadlineForm
from surveys.models import Countersignature, Round
from surveys.refusals import told

Act = Countersignature.Act


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_factor_needed
def round_deadline(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a later deadline; it takes effect when another person agrees (T92)."""
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    if survey_round.state != Round.State.OPEN:
        messages.error(request, told(actions.WrongState(survey_round.state)))
        return redirect("surveys:round-detail", code=code)
    initial = {"closes_at": timezone.localtime(survey_round.closes_at)}
    form = MoveDeadlineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        closes_at, now = form.cleaned_data["closes_at"], timezone.now()
        if why := deadline_refusal(survey_round.ballot_box, closes_at, at=now):
            form.add_error("closes_at", told(DeadlineStays(why)))
        else:
            actions.propose_act(
                survey_round=survey_round,
                act=Act.MOVE_DEADLINE,
                subject=closes_at,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=now,
            )
            messages.success(request, _("已提出推迟，等组织部负责人同意。"))
            return redirect("surveys:round-detail", code=code)
    context = {"survey_round": survey_round, "form": form}
    return render(request, "surveys/round_deadline.html", context)


@require_safe
def round_turnout(request: HttpRequest, code: str) -> HttpResponse:
    """By community and day, small numbers hidden: all that is known of a box (T15)."""
    survey_round = get_round_for(staff(request), code, Permission.BOX_TURNOUT)
    context = {
        "survey_round": survey_round,
        "table": tables.turnout_of(survey_round),
        "voided": tables.voided_of(survey_round),
    }
    return render(request, "surveys/round_turnout.html", context)


@require_POST
@fresh_factor_needed
def round_list_tampered(request: HttpRequest, code: str) -> HttpResponse:
    """Damaged envelopes stopped the opening: two persons list them as void (T52)."""
    survey_round = get_round_for(staff(request), code, Permission.BOX_SETUP)
    stopped = queries.opening_stopped(survey_round)
    if stopped is None or not stopped.is_damage:
        messages.error(request, _("开箱没有因为信封被动过而停过，不用提出。"))
    else:
        actions.propose_act(
            survey_round=survey_round,
            act=Act.LIST_TAMPERED,
            reason=_("被动过的信封照数公布，其余照常开箱。"),
            by=staff(request),
            at=timezone.now(),
        )
        messages.success(request, _("已提出，等组织部负责人同意；之后再开箱。"))
    return redirect("surveys:round-detail", code=code)
