"""The trail, as the audit administrator reads it."""

import datetime as dt
import json
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import holding
from accounts.permissions import Permission
from audit import alerts
from audit.models import AuditEvent

EVENTS_PER_PAGE = 50
ALERTS_SHOWN = 10
ALERT_DAYS = 30


@require_safe
@holding(Permission.AUDIT_READ)
def trail(request: HttpRequest) -> HttpResponse:
    """Newest first. Reads all logs, deletes none."""
    events = AuditEvent.objects.order_by("-seq")
    if words := request.GET.get("verb", "").strip():
        events = events.filter(verb__startswith=words)
    if actor := request.GET.get("actor", "").strip():
        events = events.filter(actor=actor)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "verb": words,
        "actor": actor,
        "alerts": alert_lines(at=timezone.now()),
        "days": ALERT_DAYS,
    }
    return render(request, "accounts/trail.html", context)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in the words of the page."""

    event: AuditEvent
    sentence: str


def alert_lines(*, at: dt.datetime) -> list[AlertLine]:
    """The last ones; older ones are found by their verb like every event."""
    found = alerts.latest(since=at - dt.timedelta(days=ALERT_DAYS))
    return [AlertLine(event, sentence_of(event)) for event in found[:ALERTS_SHOWN]]


def sentence_of(event: AuditEvent) -> str:
    if event.verb != alerts.REVEALS:
        return event.verb
    return _(
        "一天里看了 %(count)d 户姓名和电话的原文，超过 %(limit)d 户。"
    ) % json.loads(event.data)
