"""Appeals, and the one thing they may take out of a figure: a process (T122, T131)."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import crypto
from evaluations.models.moving import Moving, MovingQuerySet, TwoPersonAct
from evaluations.models.publicity import PublicityNotice
from evaluations.models.ratings import MonthlyRating
from officials.models import Division
from surveys.models import Round

ANSWERED_WITHIN = 10
"""Working days from the day after filing (domain 3.7, configurable by section 9)."""


class AppealQuerySet(MovingQuerySet):
    def open(self) -> "AppealQuerySet":
        return self.filter(state__in=("filed", "accepted"))


class Appeal(Moving):
    """The rated person's objection to their own rating; answered by somebody else."""

    class State(models.TextChoices):
        FILED = "filed", _("待受理")
        ACCEPTED = "accepted", _("复核中")
        UPHELD = "upheld", _("成立")
        REJECTED = "rejected", _("不成立")

    class Ground(models.TextChoices):
        PROCESS = "process", _("测评的过程不合规定")
        CALCULATION = "calculation", _("结果算错了")
        FACTS = "facts", _("任职、社区或名册的事实有误")
        OTHER = "other", _("其他")

    class Outcome(models.TextChoices):
        REMARK = "remark", _("成立：加注说明，数字不变")
        SET_ASIDE = "set_aside", _("成立：一次测评中本社区的数字作废，更正结果")
        REJECTED = "rejected", _("不成立")

    MOVING = frozenset(
        {
            "state",
            "reviewer",
            "accepted_at",
            "decided_at",
            "decision",
            "outcome",
        }
    )

    rating = models.OneToOneField(
        MonthlyRating, models.PROTECT, related_name="appeal", verbose_name=_("结果")
    )
    # None when it came before the notice was put up.
    notice = models.ForeignKey(
        PublicityNotice, models.PROTECT, null=True, related_name="appeals"
    )
    filed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("申诉人")
    )
    filed_on = models.DateField(_("申诉日期"))
    filed_at = models.DateTimeField(_("申诉时间"))
    ground = models.CharField(_("理由"), max_length=12, choices=Ground)
    evidence = models.TextField(_("事实和依据"), max_length=2000)
    due_on = models.DateField(_("答复期限"))
    due_days = models.PositiveSmallIntegerField(_("工作日"), default=ANSWERED_WITHIN)
    due_is_certain = models.BooleanField(_("节假日已安排"))
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.FILED
    )
    reviewer = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("复核人")
    )
    accepted_at = models.DateTimeField(_("受理时间"), null=True)
    decided_at = models.DateTimeField(_("答复时间"), null=True)
    decision = models.CharField(
        _("处理"), max_length=10, choices=Outcome, blank=True, default=""
    )
    outcome = models.TextField(_("答复"), max_length=1000, blank=True)

    objects: ClassVar[Any] = AppealQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = _("申诉")
        verbose_name_plural = _("申诉")
        constraints = (
            models.CheckConstraint(
                condition=~Q(evidence=""), name="appeal_has_evidence"
            ),
            models.CheckConstraint(
                condition=Q(state="filed", reviewer=None, accepted_at=None)
                | (
                    ~Q(state="filed")
                    & Q(reviewer__isnull=False, accepted_at__isnull=False)
                ),
                name="appeal_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("filed", "accepted"),
                    decided_at=None,
                    decision="",
                    outcome="",
                )
                | (
                    Q(state__in=("upheld", "rejected"), decided_at__isnull=False)
                    & ~Q(decision="")
                    & ~Q(outcome="")
                ),
                name="appeal_decided_with_words",
            ),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("filed_by")),
                name="appeal_reviewed_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rating}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.FILED, self.State.ACCEPTED)

    def is_overdue(self, *, on: dt.date) -> bool:
        return self.is_open and on > self.due_on


class SetAside(TwoPersonAct):
    """The figure of one community in one round, annulled for its process (T122).

    It leaves out all answers and final codes of the community in that round, never a
    household's own. Records name it among their inputs, so that each revision
    recomputes with what it knew (M107).
    """

    round = models.ForeignKey(
        Round, models.PROTECT, related_name="+", verbose_name=_("测评")
    )
    community = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("社区")
    )
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="set_asides")

    class Meta(TwoPersonAct.Meta):
        ordering = ("-proposed_at",)
        verbose_name = _("作废一次测评中一个社区的数字")
        verbose_name_plural = _("作废一次测评中一个社区的数字")

    def __str__(self) -> str:
        return f"{self.round.code} {self.community_id}"

    @property
    def digest(self) -> str:
        """Of what the second person sees (T92)."""
        return crypto.digest(
            "set-aside.v1",
            str(self.pk),
            self.round.code,
            self.community_id,
            str(self.appeal_id),
            self.reason,
            self.proposed_by.audit_name,
        ).hex()
