"""The draw of a round: a seed committed to beforehand, an order anyone can redo."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from officials.models import Division
from residents.models import Household
from surveys.models.rounds import Round


class SampleDraw(models.Model):
    """One per round. The commitment is public, the seed opened to auditors at close."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.OneToOneField(Round, models.CASCADE, related_name="draw")
    method = models.CharField(_("方法"), max_length=40)
    seed_commitment = models.CharField(_("种子承诺"), max_length=64)
    seed = models.BinaryField()  # sealed, bound to this row
    drawn_at = models.DateTimeField(_("抽取时间"))

    class Meta:
        verbose_name = _("抽样")
        verbose_name_plural = _("抽样")

    def __str__(self) -> str:
        return f"{self.round} {self.seed_commitment[:12]}"


class DrawStratum(models.Model):
    """What one stratum (community) has, needs and got; M10 to M18."""

    draw = models.ForeignKey(SampleDraw, models.CASCADE, related_name="strata")
    code = models.CharField(_("层"), max_length=20)
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    # N_h: the frame after households of rated persons and role-holders left it (T24).
    frame_count = models.PositiveIntegerField(_("常住户"))
    recused = models.PositiveIntegerField(_("回避"), default=0)
    resting = models.PositiveIntegerField(_("一年内抽过"))
    year_target = models.PositiveIntegerField(_("全年目标"))
    month_target = models.PositiveIntegerField(_("本月目标"))
    drawn = models.PositiveIntegerField(_("首批抽取"))
    shortfall = models.PositiveIntegerField(_("不足"), default=0)
    # Released households by final code, once their own are forgotten (T96, T101).
    final = models.JSONField(_("各种结果的户数"), null=True)
    # SHA-256 over the sorted households that could be drawn: a redone draw meets it.
    available_digest = models.BinaryField(max_length=32)

    class Meta:
        ordering = ("code",)
        verbose_name = _("层")
        verbose_name_plural = _("层")
        constraints = (
            models.UniqueConstraint(fields=["draw", "code"], name="stratum_once"),
        )

    def __str__(self) -> str:
        return self.code


class RecusedHousehold(models.Model):
    """回避: a household that leaves the frame of a round before the draw (T24)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.CASCADE, related_name="recused")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    reason = models.CharField(_("原因"), max_length=100)

    class Meta:
        verbose_name = _("回避户")
        verbose_name_plural = _("回避户")
        constraints = (
            models.UniqueConstraint(
                fields=["round", "household"], name="recused_household_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class SlipBatch(models.Model):
    """Slips printed in one go: what was counted and sealed, never the codes (T22)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.CASCADE, related_name="slip_batches")
    number = models.PositiveSmallIntegerField(_("批号"))
    count = models.PositiveIntegerField(_("份数"))
    printed_by = models.CharField(_("打印人"), max_length=60)
    printed_at = models.DateTimeField(_("打印时间"))
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_by"
    )
    voided = models.BooleanField(_("已作废"), default=False)

    class Meta:
        ordering = ("number",)
        verbose_name = _("打印批次")
        verbose_name_plural = _("打印批次")
        constraints = (
            models.UniqueConstraint(
                fields=["round", "number"], name="slip_batch_number_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.round.code} #{self.number}"


class SampledHouseholdQuerySet(models.QuerySet["SampledHousehold"]):
    def released(self) -> "SampledHouseholdQuerySet":
        return self.exclude(state=SampledHousehold.State.DRAWN)

    def reserve(self) -> "SampledHouseholdQuerySet":
        """Drawn and not yet released."""
        return self.filter(state=SampledHousehold.State.DRAWN)

    def of_round(self, survey_round: Round) -> "SampledHouseholdQuerySet":
        return self.filter(stratum__draw__round=survey_round)

    def undecided(self) -> "SampledHouseholdQuerySet":
        """Released and without a final result."""
        return self.released().filter(disposition="")

    def without_code(self) -> "SampledHouseholdQuerySet":
        """Released and still waiting for a slip."""
        return self.undecided().filter(slip_batch=None)


class SampledHousehold(models.Model):
    """A household in the order of its stratum. Knows "submitted", never an answer."""

    class State(models.TextChoices):
        DRAWN = "drawn", _("备选")
        RELEASED = "released", _("已放出")
        CONTACTED = "contacted", _("已联系")
        SUBMITTED = "submitted", _("已参评")
        REFUSED = "refused", _("拒绝")
        UNREACHABLE = "unreachable", _("未联系上")
        INELIGIBLE = "ineligible", _("不符合条件")

    class Disposition(models.TextChoices):
        """Final codes of M24; I, P and break-offs are counted after the opening."""

        SUBMITTED = "S", _("已参评")
        REFUSAL = "R", _("拒绝或中断")
        NOT_CONTACTED = "NC", _("未联系上")
        OTHER = "O", _("其他原因")
        UNKNOWN_HOUSEHOLD = "UH", _("不知是否有人住")
        UNKNOWN_OTHER = "UO", _("情况不明")
        NOT_ELIGIBLE = "NE", _("不符合条件")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stratum = models.ForeignKey(DrawStratum, models.CASCADE, related_name="households")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(_("次序"))
    is_reserve = models.BooleanField(_("备用"), default=False)
    state = models.CharField(
        _("状态"), max_length=12, choices=State, default=State.DRAWN
    )
    disposition = models.CharField(
        _("结果"), max_length=2, choices=Disposition, blank=True
    )
    slip_batch = models.ForeignKey(
        SlipBatch, models.PROTECT, null=True, related_name="households"
    )

    objects = SampledHouseholdQuerySet.as_manager()

    class Meta:
        ordering = ("stratum", "position")
        verbose_name = _("样本户")
        verbose_name_plural = _("样本户")
        constraints = (
            models.UniqueConstraint(
                fields=["stratum", "position"], name="sampled_position_once"
            ),
            models.UniqueConstraint(
                fields=["stratum", "household"], name="sampled_household_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("drawn", "released", "contacted"), disposition=""
                )
                | (
                    Q(state__in=("submitted", "refused", "unreachable", "ineligible"))
                    & ~Q(disposition="")
                ),
                name="sampled_final_has_disposition",
            ),
        )

    def __str__(self) -> str:
        return f"{self.stratum} {self.position}"

    @property
    def serial(self) -> str:
        """What stands on the slip beside the address: community and position."""
        return f"{self.stratum.code}-{self.position:03d}"
