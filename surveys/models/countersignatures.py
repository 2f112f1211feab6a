"""Grave acts on a round: one person proposes, another agrees (T92)."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import crypto
from ballots.models import BallotCode
from surveys.models.rounds import WAITS, Round


class CountersignatureQuerySet(models.QuerySet["Countersignature"]):
    def pending(self, *, at: dt.datetime) -> "CountersignatureQuerySet":
        """Proposed or agreed, not yet carried out, not too old."""
        return self.filter(done_at=None, proposed_at__gt=at - WAITS)

    def agreed(self, *, at: dt.datetime) -> "CountersignatureQuerySet":
        return self.pending(at=at).filter(agreed_by__isnull=False)


class Countersignature(models.Model):
    class Act(models.TextChoices):
        ANNUL = "annul", _("作废本次测评")
        REISSUE_BATCH = "reissue_batch", _("整批重印")
        REISSUE_CODE = "reissue_code", _("补发一户的码")
        VOID_CODE = "void_code", _("作废一户的码")
        MOVE_DEADLINE = "move_deadline", _("推迟截止")
        LIST_TAMPERED = "list_tampered", _("把被动过的信封列为作废")
        ACCEPT_INVALID = "accept_invalid", _("无效票偏多，仍然开箱")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.CASCADE, related_name="countersignatures")
    act = models.CharField(_("事项"), max_length=20, choices=Act)
    # The batch or the drawn household meant, or the new deadline; empty for the round
    # itself, and once the link between codes and households is gone.
    subject = models.CharField(max_length=36, blank=True)
    label = models.CharField(_("对象"), max_length=60, blank=True)
    reason = models.CharField(_("原因"), max_length=200)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("提出时间"))
    agreed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(_("同意时间"), null=True)
    done_at = models.DateTimeField(_("执行时间"), null=True)

    objects = CountersignatureQuerySet.as_manager()

    class Meta:
        ordering = ("-proposed_at",)
        verbose_name = _("双人事项")
        verbose_name_plural = _("双人事项")
        constraints = (
            models.CheckConstraint(
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("proposed_by")),
                name="countersigned_by_another",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None, agreed_at=None)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="countersigned_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(agreed_by__isnull=False),
                name="countersigned_before_done",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="countersigned_with_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.label}".strip()

    @property
    def digest(self) -> bytes:
        """What the second person sees and agrees to, 32 bytes (T92)."""
        return crypto.digest(
            "act.v1",
            self.pk.bytes,
            self.round.code,
            self.act,
            self.subject,
            self.reason,
            self.proposed_by.audit_name,
        )

    @property
    def digest_hex(self) -> str:
        return self.digest.hex()

    @property
    def ends_in_slips(self) -> bool:
        """Carried out by printing; codes are shown to who prints, once."""
        return self.act in {self.Act.REISSUE_BATCH, self.Act.REISSUE_CODE}

    @property
    def reason_label(self) -> str:
        """Acts on codes carry a reason of T23, an annulment words of its own."""
        reasons = dict(BallotCode.VoidReason.choices)
        return str(reasons.get(self.reason, self.reason))
