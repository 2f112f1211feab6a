"""What the audit administrator is to see without looking for it (T77).

An alert is an event of the trail like any other, so nobody takes it back.
"""

import datetime as dt
from collections.abc import Collection

from django.db.models import IntegerField, JSONField, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from audit.actions import Actor, record
from audit.models import AuditEvent

PREFIX = "alert."
REVEALS = "alert.reveals"
ONE_DAY = dt.timedelta(days=1)


def watch(
    verb: str, *, counted: Collection[str], limit: int, by: Actor, at: dt.datetime
) -> AuditEvent | None:
    """Once a day and actor: `verb`, when `counted` events tell of more than `limit`.

    Each of them says in `data` how many persons it has shown (`count`). To be called
    after the last one was recorded: until this transaction ends nobody else adds an
    event, so two requests at once cannot both stay below, nor both alert.
    """
    today = of_day(by.audit_name, at=at)
    number = Cast(KeyTextTransform("count", Cast("data", JSONField())), IntegerField())
    found = today.filter(verb__in=counted).aggregate(shown=Sum(number))["shown"] or 0
    if found <= limit or today.filter(verb=verb).exists():
        return None
    return record(verb, by=by, at=at, data={"count": found, "limit": limit})


def of_day(actor: str, *, at: dt.datetime) -> QuerySet[AuditEvent]:
    """What an actor has done on the day of `at`, in the time of this house."""
    start = midnight(at)
    return AuditEvent.objects.filter(actor=actor, at__gte=start, at__lt=start + ONE_DAY)


def midnight(at: dt.datetime) -> dt.datetime:
    """When the day of this moment began; there is no summer time here."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def latest(*, since: dt.datetime) -> QuerySet[AuditEvent]:
    """Alerts, newest first."""
    alerts = AuditEvent.objects.filter(verb__startswith=PREFIX, at__gte=since)
    return alerts.order_by("-seq")
