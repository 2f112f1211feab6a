"""A grave act waits for a second person who saw exactly the same (T92)."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from accounts.permissions import Permission
from accounts.prefixes import Scopes

WAITS = dt.timedelta(hours=72)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def within(self, scopes: Scopes) -> "ApprovalQuerySet":
        return self.filter(scopes.q("division"))

    def of_roles(self) -> "ApprovalQuerySet":
        """What this room proposes; other rooms show theirs on their own pages."""
        return self.filter(permission=Permission.GRANT_MANAGE.value)

    def waiting(self, *, at: dt.datetime) -> "ApprovalQuerySet":
        """Proposed, not yet decided, and not too old."""
        return self.filter(state=Approval.State.WAITING, expires_at__gt=at)


class Approval(models.Model):
    """提出 → 核准、退回、撤回; spent by its approval, worth nothing after 72 hours."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待核准")
        APPROVED = "approved", _("已核准")
        DECLINED = "declined", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")
        LAPSED = "lapsed", _("已过期")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(_("事项"), max_length=60)
    # What the approver must hold, and where.
    permission = models.CharField(max_length=40)
    division = models.CharField(_("区划代码"), max_length=12)
    # Plain values only: what the verb needs, and nothing personal of residents.
    payload = models.JSONField(_("内容"))
    digest = models.BinaryField(max_length=32)
    state = models.CharField(
        _("状态"), max_length=9, choices=State, default=State.WAITING
    )
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    expires_at = models.DateTimeField(_("有效到"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("核准人")
    )
    decided_at = models.DateTimeField(_("核准时间"), null=True)
    reason = models.CharField(_("退回原因"), max_length=200, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ("-proposed_at", "pk")
        verbose_name = _("双人核准")
        verbose_name_plural = _("双人核准")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "declined"])
                | ~Q(decided_by=F("proposed_by")),
                name="approval_second_person",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["waiting", "lapsed"], decided_by=None, decided_at=None
                )
                | Q(
                    state__in=["approved", "declined", "withdrawn"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="approval_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=F("proposed_at") + WAITS),
                name="approval_waits_72_hours",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(decided_at__lt=F("expires_at")),
                name="approval_in_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(reason=""),
                name="approval_declined_with_reason",
            ),
            models.UniqueConstraint(
                fields=["digest"],
                condition=Q(state="waiting"),
                name="approval_one_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.get_state_display()}"

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()

    def is_waiting(self, *, at: dt.datetime) -> bool:
        return self.state == self.State.WAITING and at < self.expires_at

    def standing_at(self, at: dt.datetime) -> str:
        """What a page says of it: a proposal lapses by itself."""
        if self.state == self.State.WAITING and at >= self.expires_at:
            return self.State.LAPSED
        return self.state
