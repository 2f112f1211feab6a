"""Residents ask to see, correct or erase what is kept of them (T103)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models.households import MARK_LENGTH, Household


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def within(self, scopes: Scopes) -> "DataRequestQuerySet":
        return self.filter(scopes.q("community__code"))


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
