"""Addresses that are told of a publication, and what was told them (T114)."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.grants import scope_code
from accounts.scopes import Scopes
from audit import crypto
from evaluations.models.publications import Publication


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def within(self, scopes: Scopes) -> "WebhookQuerySet":
        return self.filter(scopes.q("scope"))

    def active(self) -> "WebhookQuerySet":
        return self.filter(ended_at=None)

    def told_of(self, division: str) -> "WebhookQuerySet":
        """Those whose scope holds the division: its code and all codes above it."""
        above = [division[:digits] for digits in (2, 4, 6, 9, 12)]
        return self.active().filter(scope__in=above[: above.index(division) + 1])


class Webhook(models.Model):
    """Another system that wants to know; the secret signs what it is told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("接收方"), max_length=60)
    scope = models.CharField(_("范围"), max_length=12, validators=[scope_code])
    url = models.CharField(_("地址"), max_length=300)
    secret = models.BinaryField(_("密钥（加密）"), max_length=200)
    made_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    made_at = models.DateTimeField(_("登记时间"))
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("停用人")
    )
    ended_at = models.DateTimeField(_("停用时间"), null=True)
    end_reason = models.CharField(_("停用原因"), max_length=200, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)
        verbose_name = _("发布通知")
        verbose_name_plural = _("发布通知")
        constraints = (
            models.UniqueConstraint(
                fields=["url", "scope"],
                condition=Q(ended_at=None),
                name="webhook_address_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, ended_at=None, end_reason="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(end_reason=""),
                name="webhook_ended_by_whom_and_why",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.ended_at is None

    def seal(self, secret: str) -> None:
        self.secret = crypto.seal_field(
            secret, table="evaluations_webhook", column="secret", row=self.pk
        )

    def opened_secret(self) -> str:
        return crypto.open_field(
            self.secret, table="evaluations_webhook", column="secret", row=self.pk
        )


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def within(self, scopes: Scopes) -> "WebhookDeliveryQuerySet":
        return self.filter(scopes.q("webhook__scope"))

    def due(self, *, at: dt.datetime) -> "WebhookDeliveryQuerySet":
        waiting = self.filter(state=WebhookDelivery.State.WAITING, next_at__lte=at)
        return waiting.filter(webhook__ended_at=None)


class WebhookDelivery(models.Model):
    """One message to one address: written with the publication, sent afterwards.

    `body` is kept to the byte, so that a message sent again is the same message.
    """

    class Event(models.TextChoices):
        PUBLISHED = "month.published", _("发布")
        WITHDRAWN = "publication.withdrawn", _("撤回")

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        DELIVERED = "delivered", _("已送达")
        FAILED = "failed", _("没有送达")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="+")
    event = models.CharField(_("事项"), max_length=30, choices=Event)
    body = models.TextField(_("内容"))
    written_at = models.DateTimeField(_("写入时间"))
    state = models.CharField(
        _("状态"), max_length=9, choices=State, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("发送次数"), default=0)
    next_at = models.DateTimeField(_("下次发送"), null=True)
    # The status of the last answer, or why there was none.
    status = models.PositiveSmallIntegerField(_("对方答复"), null=True)
    problem = models.CharField(_("问题"), max_length=20, blank=True)
    delivered_at = models.DateTimeField(_("送达时间"), null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at",)
        verbose_name = _("通知记录")
        verbose_name_plural = _("通知记录")
        indexes = (
            models.Index(
                fields=["next_at"], condition=Q(state="waiting"), name="delivery_due"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["webhook", "publication", "event"], name="delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False, delivered_at=None)
                | Q(state="delivered", next_at=None, delivered_at__gte=F("written_at"))
                | Q(state="failed", next_at=None, delivered_at=None),
                name="delivery_has_its_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.publication_id} → {self.webhook_id}"
