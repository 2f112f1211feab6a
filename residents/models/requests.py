"""Residents ask to see, correct or erase what is kept of them (T103, ADR 0014)."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models.households import MARK_LENGTH, Household


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def within(self, scopes: Scopes) -> "DataRequestQuerySet":
        return self.filter(scopes.q("community__code"))

    def with_waiting(self) -> "DataRequestQuerySet":
        """Each with `waits_for_second`: a correction lies with the second person."""
        waiting = RosterCorrection.objects.waiting().filter(request=OuterRef("pk"))
        return self.annotate(waits_for_second=Exists(waiting))

    def open_first(self) -> "DataRequestQuerySet":
        """What is due next at the top, below it what was answered last."""
        return self.order_by(F("closed_on").desc(nulls_first=True), "due_on", "pk")


class DataRequest(models.Model):
    """A form handed in at the street office, or a letter. Identity stays on paper."""

    class Kind(models.TextChoices):
        VIEW = "view", _("查看")
        CORRECT = "correct", _("改正")
        ERASE = "erase", _("删除")

    class State(models.TextChoices):
        OPEN = "open", _("办理中")
        DONE = "done", _("已办结")
        REFUSED = "refused", _("不能办理")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    household = models.ForeignKey(
        Household, models.PROTECT, related_name="requests", verbose_name=_("住户")
    )
    community = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("社区")
    )
    kind = models.CharField(_("事项"), max_length=7, choices=Kind)
    state = models.CharField(_("状态"), max_length=7, choices=State, default=State.OPEN)
    received_on = models.DateField(_("收到日期"))
    due_on = models.DateField(_("办结期限"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("经手人"),
    )
    closed_on = models.DateField(_("办结日期"), null=True)
    # Why it could not be done. No names and numbers: the form asks for none.
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("个人信息申请")
        verbose_name_plural = _("个人信息申请")
        ordering = ("due_on", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", closed_on=None)
                | (~Q(state="open") & Q(closed_on__isnull=False)),
                name="data_request_closed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""),
                name="data_request_refused_with_reason",
            ),
            models.UniqueConstraint(
                fields=["household", "kind"],
                condition=Q(state="open"),
                name="data_request_one_open_per_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.received_on:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_overdue(self, *, on: dt.date) -> bool:
        return self.is_open and self.due_on < on


class RosterCorrectionQuerySet(models.QuerySet["RosterCorrection"]):
    def within(self, scopes: Scopes) -> "RosterCorrectionQuerySet":
        return self.filter(scopes.q("community__code"))

    def waiting(self) -> "RosterCorrectionQuerySet":
        return self.filter(state=RosterCorrection.State.WAITING)


class RosterCorrection(models.Model):
    """改正: a change set of one household, asked for by it, confirmed by a second.

    The new values stand here, sealed, only while they wait; who, when, which fields
    and the digest of what was shown stay as the history.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待核准")
        CONFIRMED = "confirmed", _("已写入")
        REJECTED = "rejected", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DataRequest,
        models.PROTECT,
        related_name="corrections",
        verbose_name=_("个人信息申请"),
    )
    community = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("社区")
    )
    state = models.CharField(
        _("状态"), max_length=9, choices=State, default=State.WAITING
    )
    # Names of the fields that change, never what stands in them.
    fields = models.JSONField(_("改哪几项"), default=list)
    values = models.BinaryField(default=b"")
    # What the second person confirms: household, values before and after, as marks.
    digest = models.BinaryField(max_length=32)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("录入人"),
    )
    proposed_at = models.DateTimeField(_("录入时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("核准人"),
    )
    decided_at = models.DateTimeField(_("核准时间"), null=True)
    # Why it went back. No names and numbers: the form asks for none.
    reason = models.CharField(_("退回原因"), max_length=200, blank=True)

    objects = RosterCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("按申请改正")
        verbose_name_plural = _("按申请改正")
        ordering = ("-proposed_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "rejected"])
                | ~Q(decided_by=F("proposed_by")),
                name="roster_correction_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by=None, decided_at=None)
                | (
                    ~Q(state="waiting")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="roster_correction_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""),
                name="roster_correction_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(values=b""),
                name="roster_correction_kept_while_waiting",
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state="waiting"),
                name="roster_correction_one_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.proposed_at:%Y-%m-%d}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()


class NeverCall(models.Model):
    """A number whose owner has asked to be left alone: only its keyed mark is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone_index = models.BinaryField(max_length=MARK_LENGTH, unique=True)
    index_algorithm_id = models.CharField(max_length=20)
    index_key_id = models.PositiveSmallIntegerField()
    since = models.DateField(_("起始日期"))

    class Meta:
        verbose_name = _("不再拨打的号码")
        verbose_name_plural = _("不再拨打的号码")

    def __str__(self) -> str:
        return str(self.pk)
