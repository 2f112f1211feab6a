"""A round: one survey of one area, with everything frozen at its approval."""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from ballots.models import BallotBox
from officials.models import Appointment, Division
from residents.models import RosterSnapshot
from surveys.models.questionnaires import Questionnaire


class RoundQuerySet(models.QuerySet["Round"]):
    def within(self, scopes: Scopes) -> "RoundQuerySet":
        return self.filter(scopes.q("division_id"))

    def due_to_open(self, *, at: dt.datetime) -> "RoundQuerySet":
        return self.filter(state=Round.State.APPROVED, opens_at__lte=at)

    def open(self) -> "RoundQuerySet":
        return self.filter(state=Round.State.OPEN)

    def tallied(self) -> "RoundQuerySet":
        """Opened, or opened and published: their answers count in windows."""
        return self.filter(state__in=(Round.State.TALLIED, Round.State.PUBLISHED))


class Round(models.Model):
    """draft → approved → open → closed → tallied → published; or annulled."""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("每月测评")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        APPROVED = "approved", _("已批准")
        OPEN = "open", _("进行中")
        CLOSED = "closed", _("已截止")
        TALLIED = "tallied", _("已开箱")
        PUBLISHED = "published", _("已发布")
        ANNULLED = "annulled", _("已作废")

    code = models.CharField(_("编号"), max_length=30, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    period = models.CharField(_("月份"), max_length=7)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="rounds", verbose_name=_("范围")
    )
    questionnaire = models.ForeignKey(
        Questionnaire, models.PROTECT, verbose_name=_("问卷")
    )
    snapshot = models.ForeignKey(
        RosterSnapshot, models.PROTECT, verbose_name=_("名册快照")
    )
    scheme_ref = models.CharField(_("办法"), max_length=40)
    scheme_digest = models.BinaryField(max_length=32)
    # Fields of the method (method.md) by their names there, frozen at approval.
    parameters = models.JSONField(_("参数"))
    month_in_cycle = models.PositiveSmallIntegerField(_("周期第几个月"))
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止"))
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.DRAFT
    )
    box = models.OneToOneField(
        BallotBox, models.PROTECT, null=True, related_name="survey_round"
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("登记时间"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    annulled_reason = models.CharField(_("作废原因"), max_length=200, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ("-period", "division_id")
        verbose_name = _("测评")
        verbose_name_plural = _("测评")
        constraints = (
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="round_closes_after_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "annulled")) | Q(box__isnull=False),
                name="round_approved_has_box",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")),
                name="round_approved_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division} {self.period}"

    def parameter(self, name: str) -> Any:
        """A field of the method as frozen with this round, e.g. "sampling.rate"."""
        return self.parameters[name]


class RoundSubject(models.Model):
    """Who is rated by the households of a community in this round."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="subjects")
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="round_subjects"
    )

    class Meta:
        verbose_name = _("被评任职")
        verbose_name_plural = _("被评任职")
        constraints = (
            models.UniqueConstraint(
                fields=["round", "community"], name="subject_one_per_community"
            ),
        )

    def __str__(self) -> str:
        return str(self.appointment)
