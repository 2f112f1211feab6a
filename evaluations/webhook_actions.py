"""Who is told of publications, and the outbox that does not forget to tell (T114).

A message is written in the transaction of the publication and sent afterwards by a job
that asks what is due: neither a message about nothing, nor silence about something.
"""

import datetime as dt
import json
import logging
import secrets
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User, scope_code
from audit.actions import record
from evaluations import publication as gate
from evaluations import webhook_sending
from evaluations.api.shapes import figure_shape
from evaluations.models import (
    MonthlyRating,
    Publication,
    Webhook,
    WebhookDelivery,
)
from evaluations.publication import Audience
from evaluations.webhook_sending import Outcome
from evaluations.webhook_targets import resolved

logger = logging.getLogger(__name__)

Event, State = WebhookDelivery.Event, WebhookDelivery.State
FORMAT = "minping.notice/1"
SECRET_BYTES = 32
# A district of some hundred communities; a larger one gets the address of its figures.
LARGEST_BODY = 256 * 1024
# How long after each failure the next attempt comes; after the last nobody tries.
RESTS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
# A claim that its worker did not live to settle.
CLAIMED = dt.timedelta(minutes=2)
AT_ONCE = 50


class WebhookError(Exception):
    """Every refusal of a webhook's verbs."""


class AlreadyTold(WebhookError):
    """The address is registered for this place."""


class WebhookOver(WebhookError):
    """The webhook has been ended."""


class StillWaiting(WebhookError):
    """The message waits to be sent anyway."""


@transaction.atomic
def make_webhook(
    *, name: str, scope: str, url: str, by: User, at: dt.datetime
) -> tuple[Webhook, str]:
    """The webhook and its secret, shown once; TargetRefused for a wrong address."""
    scope_code(scope)
    resolved(url)
    webhook = Webhook(name=name, scope=scope, url=url, made_by=by, made_at=at)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    webhook.seal(secret)
    try:
        with transaction.atomic():
            webhook.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyTold(url) from error
    _tell("webhook.made", webhook, by=by, at=at, data={"url": url})
    return webhook, secret


@transaction.atomic
def end_webhook(*, webhook: Webhook, reason: str, by: User, at: dt.datetime) -> None:
    """Nothing more is sent; what was sent stays on the page."""
    living = Webhook.objects.active().filter(pk=webhook.pk)
    if not living.update(ended_by=by, ended_at=at, end_reason=reason):
        raise WebhookOver(webhook.pk)
    _tell("webhook.ended", webhook, by=by, at=at, data={"reason": reason})


@transaction.atomic
def resend(*, delivery: WebhookDelivery, by: User, at: dt.datetime) -> None:
    """The same bytes once more, with a new moment and signature."""
    if not delivery.webhook.is_active:
        raise WebhookOver(delivery.webhook_id)
    settled = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(
        state=State.WAITING
    )
    if not settled.update(
        state=State.WAITING, next_at=at, attempts=0, delivered_at=None
    ):
        raise StillWaiting(delivery.pk)
    _tell(
        "webhook.resent",
        delivery.webhook,
        by=by,
        at=at,
        data={"delivery": str(delivery.pk), "event": delivery.event},
    )


def write_messages(
    *, publication: Publication, event: str, at: dt.datetime, reason: str = ""
) -> int:
    """Into the outbox, inside the transaction of the verb that calls; how many."""
    webhooks = list(Webhook.objects.told_of(publication.division_id))
    if not webhooks:
        return 0
    body = message(publication, event, at=at, reason=reason)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            webhook=webhook,
            publication=publication,
            event=event,
            body=body,
            written_at=at,
            next_at=at,
        )
        for webhook in webhooks
    )
    return len(webhooks)


def message(
    publication: Publication, event: str, *, at: dt.datetime, reason: str = ""
) -> str:
    """Canonical JSON: which version, its digest, and the figures everybody may see."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "event": event,
        "division": publication.division_id,
        "name": publication.division.name,
        "month": publication.month,
        "version": publication.version,
        "digest": publication.digest,
        "at": at.isoformat(timespec="seconds"),
        "address": f"{settings.PUBLIC_URL}/api/v1/publications/"
        f"{publication.division_id}/{publication.month}/{publication.version}",
    }
    if event == Event.WITHDRAWN:
        return _text(told | {"reason": reason})
    ratings = MonthlyRating.objects.filter(publications__publication=publication)
    ordered = ratings.with_names().order_by("community_id", "appointment_id")
    full = _text(
        told
        | {
            "communities": [
                {
                    "code": rating.community_id,
                    "name": rating.community.name,
                    "figure": figure_shape(gate.release(rating, Audience.PUBLIC)),
                }
                for rating in ordered.defer("record", "shown__record")
            ]
        }
    )
    if len(full.encode()) > LARGEST_BODY:
        return _text(told | {"communities": None})
    return full


def send_next(*, at: dt.datetime) -> bool | None:
    """Send one message that is due: whether it arrived, or None when none is due.

    It is claimed by a conditional update, so that a second worker passes it by.
    """
    due = WebhookDelivery.objects.due(at=at).order_by("next_at", "pk")
    for delivery in due.select_related("webhook")[:AT_ONCE]:
        mine = WebhookDelivery.objects.filter(
            pk=delivery.pk, state=State.WAITING, next_at=delivery.next_at
        )
        if mine.update(next_at=at + CLAIMED):
            return _send(delivery, at=at)
    return None


def _send(delivery: WebhookDelivery, *, at: dt.datetime) -> bool:
    outcome = webhook_sending.send(
        url=delivery.webhook.url,
        secret=delivery.webhook.opened_secret(),
        body=delivery.body,
        delivery=str(delivery.pk),
        event=delivery.event,
        at=at,
    )
    _settle(delivery, outcome, at=at)
    return outcome.is_delivered


def _settle(delivery: WebhookDelivery, outcome: Outcome, *, at: dt.datetime) -> None:
    attempts = delivery.attempts + 1
    fields: dict[str, Any] = {"state": State.WAITING}
    if outcome.is_delivered:
        fields = {"state": State.DELIVERED, "next_at": None, "delivered_at": at}
    elif attempts > len(RESTS):
        fields = {"state": State.FAILED, "next_at": None}
        logger.warning("Nobody answers for delivery %s", delivery.pk)
    else:
        fields["next_at"] = at + RESTS[attempts - 1]
    WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING).update(
        attempts=attempts, status=outcome.status, problem=outcome.problem, **fields
    )


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _tell(
    verb: str, webhook: Webhook, *, by: User, at: dt.datetime, data: dict[str, str]
) -> None:
    told = {"name": webhook.name} | data
    record(verb, target=webhook, by=by, at=at, division=webhook.scope, data=told)
