"""Tokens of programs, and who is told of publications: lists, making, taking away."""

from collections.abc import Callable
from typing import Any
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

from accounts import places
from accounts.access import get_within, holding, scopes_in, staff, today
from accounts.account_forms import ReasonForm
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from evaluations import token_actions, webhook_actions
from evaluations.connection_forms import AgreeForm, TokenForm, WebhookForm
from evaluations.connections import PROBLEMS, REFUSALS, told
from evaluations.models import ApiToken, Webhook, WebhookDelivery

MANAGE = Permission.API_MANAGE
ROWS_PER_PAGE, DELIVERIES_PER_PAGE = 50, 30
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(MANAGE)
def connection_list(request: HttpRequest) -> HttpResponse:
    scopes, at = scopes_in(request), timezone.now()
    tokens = ApiToken.objects.within(scopes).select_related("made_by")
    webhooks = list(Webhook.objects.within(scopes)[:ROWS_PER_PAGE])
    page = Paginator(tokens, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    codes = [token.scope for token in page.object_list]
    names = places.names_of([*codes, *(webhook.scope for webhook in webhooks)])
    context = {
        "page": page,
        "tokens": [
            (token, token.standing_at(at, on=today()), names.get(token.scope, ""))
            for token in page.object_list
        ],
        "webhooks": [(webhook, names.get(webhook.scope, "")) for webhook in webhooks],
        "failed": WebhookDelivery.objects.within(scopes)
        .filter(state=WebhookDelivery.State.FAILED)
        .count(),
        "waiting": tokens.waiting(at=at).exclude(made_by=staff(request)).count(),
    }
    return render(request, "evaluations/connection_list.html", context)


@form_view
@holding(MANAGE)
@fresh_factor_needed
def token_add(request: HttpRequest) -> HttpResponse:
    """The secret stands in the answer to the form and nowhere else."""
    form = TokenForm(request.POST or None, scopes=scopes_in(request), on=today())
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = token_actions.make_token(
                **form.cleaned_data, by=staff(request), at=timezone.now()
            )
        except REFUSALS as refusal:
            form.add_error(None, told(refusal))
        else:
            context = {"token": token, "secret": secret}
            return render(request, "evaluations/token_secret.html", context)
    return render(request, "evaluations/token_add.html", {"form": form})


@require_safe
def token_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = _token(request, pk)
    context = {
        "token": token,
        "standing": token.standing_at(timezone.now(), on=today()),
        "place": places.told(token.scope),
        "is_mine": token.made_by_id == staff(request).pk,
        "form": AgreeForm(initial={"digest": token.digest}),
        "reason_form": ReasonForm(),
    }
    return render(request, "evaluations/token_detail.html", context)


@require_POST
@fresh_factor_needed
def token_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = _token(request, pk)
    form = AgreeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先核对，打上勾，再核准。"))
    else:
        digest = form.cleaned_data["digest"]
        done = _("已核准，令牌可以用了。")
        _do(request, token_actions.approve_token, done, token=token, digest=digest)
    return redirect("connections:token-detail", pk=pk)


@require_POST
@fresh_factor_needed
def token_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = _token(request, pk)
    if reason := _reason(request):
        done = _("已收回，马上不能再用。")
        _do(request, token_actions.revoke_token, done, token=token, reason=reason)
    return redirect("connections:token-detail", pk=pk)


@form_view
@holding(MANAGE)
@fresh_factor_needed
def webhook_add(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None, scopes=scopes_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            webhook, secret = webhook_actions.make_webhook(
                **form.cleaned_data, by=staff(request), at=timezone.now()
            )
        except REFUSALS as refusal:
            form.add_error(None, told(refusal))
        else:
            context = {"webhook": webhook, "secret": secret}
            return render(request, "evaluations/webhook_secret.html", context)
    return render(request, "evaluations/webhook_add.html", {"form": form})


@require_safe
def webhook_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was told, when it arrived, and what stands in the way."""
    webhook = _webhook(request, pk)
    told_so_far = webhook.deliveries.select_related("publication__division")
    page = Paginator(told_so_far, DELIVERIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "webhook": webhook,
        "place": places.told(webhook.scope),
        "page": page,
        "rows": [(row, PROBLEMS.get(row.problem, "")) for row in page.object_list],
        "reason_form": ReasonForm(),
    }
    return render(request, "evaluations/webhook_detail.html", context)


@require_POST
@fresh_factor_needed
def webhook_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    webhook = _webhook(request, pk)
    if reason := _reason(request):
        done = _("已停用，以后不再发送。")
        _do(request, webhook_actions.end_webhook, done, webhook=webhook, reason=reason)
    return redirect("connections:webhook-detail", pk=pk)


@require_POST
def delivery_resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The clock sends it within a minute; the page needs no queue."""
    deliveries = WebhookDelivery.objects.select_related("webhook")
    delivery = get_within(
        deliveries,
        staff(request),
        MANAGE,
        code_field="webhook__scope",
        on=today(),
        pk=pk,
    )
    done = _("一分钟内再发一次。")
    _do(request, webhook_actions.resend, done, delivery=delivery)
    return redirect("connections:webhook-detail", pk=delivery.webhook_id)


def _token(request: HttpRequest, pk: UUID) -> ApiToken:
    tokens = ApiToken.objects.select_related("made_by", "approved_by", "revoked_by")
    return get_within(
        tokens, staff(request), MANAGE, code_field="scope", on=today(), pk=pk
    )


def _webhook(request: HttpRequest, pk: UUID) -> Webhook:
    webhooks = Webhook.objects.select_related("made_by", "ended_by")
    return get_within(
        webhooks, staff(request), MANAGE, code_field="scope", on=today(), pk=pk
    )


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if form.is_valid():
        return str(form.cleaned_data["reason"])
    messages.error(request, _("请写明原因。"))
    return ""


def _do(
    request: HttpRequest, verb: Callable[..., Any], done: str, **words: Any
) -> None:
    try:
        verb(**words, by=staff(request), at=timezone.now())
    except REFUSALS as refusal:
        messages.error(request, told(refusal))
    else:
        messages.success(request, done)
