"""Before publication: what the rated person was told, and the notice board (T131)."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluations.models.moving import Moving
from evaluations.models.ratings import MonthlyRating
from officials.models import Appointment, Division

# T131: at least five working days.
LEAST_DAYS = 5


class ResultNotice(Moving):
    """A rating shown to the rated person: what they saw, when, and their reply."""

    MOVING = frozenset({"seen_at", "reply", "replied_at"})

    rating = models.OneToOneField(
        MonthlyRating, models.PROTECT, related_name="result_notice"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="result_notices"
    )
    given_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("送达人")
    )
    given_at = models.DateTimeField(_("送达时间"))
    seen_at = models.DateTimeField(_("本人查看时间"), null=True)
    reply = models.TextField(_("本人答复"), max_length=1000, blank=True)
    replied_at = models.DateTimeField(_("答复时间"), null=True)

    class Meta:
        ordering = ("-given_at", "pk")
        verbose_name = _("结果告知")
        verbose_name_plural = _("结果告知")
        constraints = (
            models.CheckConstraint(
                condition=Q(reply="", replied_at=None)
                | (~Q(reply="") & Q(replied_at__isnull=False)),
                name="result_notice_reply_has_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rating_id}"


class PublicityNotice(Moving):
    """The notice of the publicity period: what hangs, from when to when, by which rule.

    `ends_on` is the last day on which an appeal is taken. `is_certain`: every year on
    the way had its table of holidays when the notice was put up (4.5).
    """

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    month = models.CharField(_("月份"), max_length=7)
    number = models.PositiveSmallIntegerField(_("次数"))
    days = models.PositiveSmallIntegerField(_("工作日"), default=LEAST_DAYS)
    starts_on = models.DateField(_("公示开始"))
    ends_on = models.DateField(_("公示结束"))
    is_certain = models.BooleanField(_("节假日已安排"))
    # In words, as it was told; the dates are what it came to.
    rule = models.CharField(_("依据"), max_length=200)
    # SHA-256 over the digests of the records that hang, as of a publication.
    digest = models.CharField(_("摘要"), max_length=64)
    started_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("公示人")
    )
    started_at = models.DateTimeField(_("公示时间"))

    class Meta:
        ordering = ("-month", "-number")
        verbose_name = _("公示")
        verbose_name_plural = _("公示")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "month", "number"], name="notice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(days__gte=LEAST_DAYS), name="notice_five_days_at_least"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="notice_ends_later"
            ),
        )

    def __str__(self) -> str:
        return f"{self.division_id} {self.month} {self.starts_on}"

    def runs(self, *, on: dt.date) -> bool:
        """Whether an appeal is still taken on the day `on`."""
        return on <= self.ends_on


class NoticedRating(Moving):
    """A rating on a notice."""

    notice = models.ForeignKey(PublicityNotice, models.PROTECT, related_name="entries")
    rating = models.ForeignKey(MonthlyRating, models.PROTECT, related_name="notices")

    class Meta:
        verbose_name = _("公示的评价")
        verbose_name_plural = _("公示的评价")
        constraints = (
            models.UniqueConstraint(
                fields=["notice", "rating"], name="noticed_rating_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.notice_id} {self.rating_id}"
