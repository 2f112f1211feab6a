"""Colours and measures: proposed by rule, decided by named persons (G9, G11, W8)."""

import datetime as dt
import json
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from evaluations.models.moving import Moving, MovingQuerySet
from evaluations.models.periods import AssessmentPeriod
from evaluations.models.sheets import ScoreSheet
from officials.models import Appointment, Division

DECISION = frozenset(
    {
        "state",
        "first_by",
        "first_at",
        "first_decision",
        "decided_by",
        "decided_at",
        "decision",
        "hearing_on",
        "hearing_record",
        "hearing_by",
    }
)


class DecidedQuerySet(MovingQuerySet):
    def within(self, scopes: Scopes) -> "DecidedQuerySet":
        return self.filter(scopes.q("division__code"))

    def under(self, code: str) -> "DecidedQuerySet":
        return self.filter(division__code__startswith=code)

    def proposed(self) -> "DecidedQuerySet":
        return self.filter(state="proposed")


class Decided(Moving):
    """What rests on a quarter and on somebody's word.

    `first_by`, `first_decision`: who approved first where two must, and in what words;
    `decision`: the record of the decision itself.
    """

    period = models.ForeignKey(
        AssessmentPeriod, models.PROTECT, related_name="+", verbose_name=_("季度")
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="+", verbose_name=_("任职")
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    first_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("首位核准人")
    )
    first_at = models.DateTimeField(_("首次核准时间"), null=True)
    first_decision = models.CharField(_("首位核准人的意见"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    decision = models.CharField(_("决定"), max_length=500, blank=True)
    hearing_on = models.DateField(_("听取本人意见日期"), null=True)
    hearing_record = models.TextField(_("本人意见"), max_length=2000, blank=True)
    hearing_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("听取人")
    )

    objects: ClassVar[Any] = DecidedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | (
                    ~Q(state="proposed")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decision="")
                ),
                name="%(class)s_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(hearing_on=None, hearing_by=None, hearing_record="")
                | Q(hearing_on__isnull=False, hearing_by__isnull=False)
                & ~Q(hearing_record=""),
                name="%(class)s_hearing_has_record",
            ),
            models.CheckConstraint(
                condition=Q(first_by=None, first_at=None, first_decision="")
                | Q(first_by__isnull=False, first_at__isnull=False)
                & ~Q(first_decision=""),
                name="%(class)s_first_has_words",
            ),
        )

    @property
    def was_heard(self) -> bool:
        return self.hearing_on is not None


class ColorWarning(Decided):
    """黄橙红 of an appointment in a quarter: proposed → decided → lifted, or dropped.

    `reasons`: canonical JSON, one entry per condition that held, see
    `sheets.colors.Reason`.
    """

    class Color(models.TextChoices):
        YELLOW = "yellow", _("黄牌提醒")
        ORANGE = "orange", _("橙牌谈话")
        RED = "red", _("红牌清退")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待决定")
        DECIDED = "decided", _("已决定")
        DROPPED = "dropped", _("未采纳")
        LIFTED = "lifted", _("已解除")

    class Lifted(models.TextChoices):
        CLEAN = "clean", _("之后的季度没有预警")
        APPEAL = "appeal", _("结果因申诉撤销")

    MOVING = DECISION | {"lifted_at", "lifted_because", "lifted_in"}

    sheet = models.ForeignKey(
        ScoreSheet, models.PROTECT, related_name="warnings", verbose_name=_("得分单")
    )
    color = models.CharField(_("颜色"), max_length=6, choices=Color)
    reasons = models.TextField(_("理由"))
    state = models.CharField(
        _("状态"), max_length=8, choices=State, default=State.PROPOSED
    )
    lifted_at = models.DateTimeField(_("解除时间"), null=True)
    lifted_because = models.CharField(
        _("解除原因"), max_length=6, choices=Lifted, blank=True
    )
    # The clean quarter, as in "2026Q4".
    lifted_in = models.CharField(_("解除于"), max_length=7, blank=True)

    class Meta(Decided.Meta):
        ordering = ("-proposed_at", "division_id", "appointment_id")
        verbose_name = _("三色预警")
        verbose_name_plural = _("三色预警")
        constraints = (
            *Decided.Meta.constraints,
            models.UniqueConstraint(
                fields=["period", "appointment"], name="warning_once_per_quarter"
            ),
            models.CheckConstraint(
                condition=~Q(color="red", state__in=("decided", "lifted"))
                | Q(first_by__isnull=False, hearing_on__isnull=False)
                & ~Q(first_by=F("decided_by")),
                name="warning_red_by_two_after_a_hearing",
            ),
            models.CheckConstraint(
                condition=Q(state="lifted", lifted_at__isnull=False)
                & ~Q(lifted_because="")
                | (~Q(state="lifted") & Q(lifted_at=None)),
                name="warning_lifted_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.period_id} {self.color}"

    @cached_property
    def reason_list(self) -> list[dict[str, Any]]:
        return json.loads(self.reasons)

    @property
    def needs_two(self) -> bool:
        return self.color == self.Color.RED


class Measure(Decided):
    """措施: proposed → approved | dropped with reason → carried_out → expired.

    `trigger`: what it follows from, once per quarter; the sheets it rests on are its
    `grounds`.
    """

    class Kind(models.TextChoices):
        REMINDER_TALK = "reminder_talk", _("谈话提醒")
        CRITICISM = "criticism", _("批评教育")
        ADMONITION = "admonition", _("诫勉")
        ADJUSTMENT = "adjustment", _("组织调整")
        REMOVAL = "removal", _("清退")
        ACCOUNTABILITY = "accountability", _("问责")

    class Trigger(models.TextChoices):
        GRADE_FAIR = "grade_fair", _("季度等次为“一般”")
        GRADE_POOR = "grade_poor", _("季度等次为“较差”")
        LAST_PLACES = "last_places", _("连续末位")
        YELLOW = "yellow", _("黄牌")
        ORANGE = "orange", _("橙牌")
        RED = "red", _("红牌")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待决定")
        APPROVED = "approved", _("已决定")
        DROPPED = "dropped", _("未采纳")
        CARRIED_OUT = "carried_out", _("已执行")
        EXPIRED = "expired", _("已到期")

    MOVING = DECISION | {"effect_until", "carried_out_on", "carried_out_by", "outcome"}

    kind = models.CharField(_("措施"), max_length=16, choices=Kind)
    trigger = models.CharField(_("起因"), max_length=12, choices=Trigger)
    warning = models.ForeignKey(
        ColorWarning, models.PROTECT, null=True, related_name="measures"
    )
    # The measure that this one was added to, if the decider found it necessary.
    added_to = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="additions"
    )
    # Canonical JSON of what it rests on; `sheets.words.ground_words` says it.
    ground = models.TextField(_("理由"))
    basis = models.CharField(_("依据"), max_length=300)
    # Months of effect by the rule; none where the rule sets no end.
    effect_months = models.PositiveSmallIntegerField(_("效力月数"), null=True)
    state = models.CharField(
        _("状态"), max_length=12, choices=State, default=State.PROPOSED
    )
    effect_until = models.DateField(_("效力至"), null=True)
    carried_out_on = models.DateField(_("执行日期"), null=True)
    carried_out_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("执行人")
    )
    outcome = models.CharField(_("执行情况"), max_length=500, blank=True)

    class Meta(Decided.Meta):
        ordering = ("-proposed_at", "division_id", "appointment_id")
        verbose_name = _("措施")
        verbose_name_plural = _("措施")
        constraints = (
            *Decided.Meta.constraints,
            models.UniqueConstraint(
                fields=["period", "appointment", "trigger", "kind"],
                name="measure_once_per_trigger",
            ),
            models.CheckConstraint(
                condition=~Q(
                    kind="removal", state__in=("approved", "carried_out", "expired")
                )
                | Q(first_by__isnull=False, hearing_on__isnull=False)
                & ~Q(first_by=F("decided_by")),
                name="measure_removal_by_two_after_a_hearing",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("carried_out", "expired"))
                | Q(carried_out_on__isnull=False, carried_out_by__isnull=False)
                & ~Q(outcome=""),
                name="measure_carried_out_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(ground="") & ~Q(basis=""), name="measure_has_ground"
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.period_id} {self.kind}"

    @property
    def needs_two(self) -> bool:
        return self.kind == self.Kind.REMOVAL

    @cached_property
    def ground_facts(self) -> dict[str, Any]:
        return json.loads(self.ground)

    def is_in_effect(self, *, on: dt.date) -> bool:
        done = self.state == self.State.CARRIED_OUT
        return done and (self.effect_until is None or on < self.effect_until)


class MeasureGround(Moving):
    """A sheet that a measure rests on: withdrawn on appeal, it takes the proposal."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="grounds")
    sheet = models.ForeignKey(
        ScoreSheet, models.PROTECT, related_name="measure_grounds"
    )

    class Meta:
        verbose_name = _("措施的依据")
        verbose_name_plural = _("措施的依据")
        constraints = (
            models.UniqueConstraint(
                fields=["measure", "sheet"], name="measure_ground_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure_id} {self.sheet_id}"
