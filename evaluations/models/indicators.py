"""Entries of a month, with their evidence: added, never edited (domain 3.7)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluations.models.moving import Moving, MovingQuerySet
from evaluations.models.periods import AssessmentPeriod
from evaluations.models.sheets import ScoreSheet
from evaluations.sheets.indicators import Evidence
from officials.models import Appointment


class IndicatorScoreQuerySet(MovingQuerySet):
    def current(self) -> "IndicatorScoreQuerySet":
        return self.filter(replaced_by=None)

    def of(self, sheet: ScoreSheet) -> "IndicatorScoreQuerySet":
        """Of a month's sheet, whatever its revision; of a quarter's, its months'."""
        scores = self.filter(appointment=sheet.appointment_id)
        if sheet.period.is_quarter:
            return scores.filter(period__parent=sheet.period_id)
        return scores.filter(period=sheet.period_id)


class IndicatorScore(Moving):
    """One figure of one indicator of one appointment in a month.

    An adjustment is a new record that replaces the old one, with a reason and the
    names of two: who proposed it enters it, who approved it is `approved_by`.
    """

    period = models.ForeignKey(
        AssessmentPeriod, models.PROTECT, related_name="scores", verbose_name=_("月份")
    )
    appointment = models.ForeignKey(
        Appointment,
        models.PROTECT,
        related_name="indicator_scores",
        verbose_name=_("任职"),
    )
    indicator = models.CharField(_("指标"), max_length=60)
    revision = models.PositiveSmallIntegerField(_("修订"), default=1)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by"
    )
    raw = models.DecimalField(_("原始数"), max_digits=18, decimal_places=6)
    # 0 to 100 by the indicator's own line from raw to points.
    score = models.DecimalField(_("得分"), max_digits=9, decimal_places=6)
    evidence = models.TextField(_("凭据"), max_length=1000)
    # Kinds of evidence, separated by blanks: what B3 counts.
    evidence_kinds = models.CharField(_("凭据种类"), max_length=100)
    source = models.CharField(_("来源"), max_length=14)
    entered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("录入人")
    )
    entered_at = models.DateTimeField(_("录入时间"))
    reason = models.CharField(_("调整原因"), max_length=300, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("核准人")
    )
    approved_at = models.DateTimeField(_("核准时间"), null=True)

    objects: ClassVar[Any] = IndicatorScoreQuerySet.as_manager()

    class Meta:
        ordering = ("indicator", "revision")
        verbose_name = _("指标得分")
        verbose_name_plural = _("指标得分")
        constraints = (
            models.UniqueConstraint(
                fields=["period", "appointment", "indicator", "revision"],
                name="indicator_score_once",
            ),
            models.CheckConstraint(
                condition=Q(score__range=(0, 100)), name="indicator_score_0_to_100"
            ),
            models.CheckConstraint(
                condition=~Q(evidence="") & ~Q(evidence_kinds=""),
                name="indicator_score_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, replaces=None, approved_by=None, reason="")
                | Q(revision__gt=1, replaces__isnull=False, approved_by__isnull=False)
                & ~Q(reason=""),
                name="indicator_score_adjusted_by_two",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("entered_by")),
                name="indicator_score_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.indicator}"

    @property
    def kinds(self) -> tuple[Evidence, ...]:
        return tuple(Evidence(word) for word in self.evidence_kinds.split())
