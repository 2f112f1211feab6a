"""What several ratings share, written once: pools, rankings, cut points, mode models.

The record of a rating names these by their digest; a month recomputes from them (M107).
"""

import json
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.cells import WriteOnce
from evaluations.models.schemes import AssessmentScheme
from officials.models import Division, PeerGroup


class StoredRecord(WriteOnce):
    """Canonical JSON and its SHA-256 (M106)."""

    scheme = models.ForeignKey(
        AssessmentScheme, models.PROTECT, related_name="+", verbose_name=_("办法")
    )
    record = models.TextField(_("记录"))
    record_sha256 = models.CharField(_("记录摘要"), max_length=64)

    class Meta:
        abstract = True

    @cached_property
    def contents(self) -> dict[str, Any]:
        return json.loads(self.record)


class PoolingRecord(StoredRecord):
    """Who was pooled in a month, with exact figures: `evaluations.pools` (M67-M70)."""

    class Level(models.TextChoices):
        DISTRICT = "district", _("区县")
        CITY = "city", _("市")

    month = models.CharField(_("月份"), max_length=7)
    kind = models.CharField(_("职务类别"), max_length=40)
    level = models.CharField(_("范围"), max_length=10, choices=Level)
    area = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )

    class Meta:
        verbose_name = _("收缩分组")
        verbose_name_plural = _("收缩分组")
        constraints = (
            models.UniqueConstraint(
                fields=["scheme", "kind", "area", "month"], name="pool_once_per_month"
            ),
            models.CheckConstraint(
                condition=Q(level__in=("district", "city")), name="pool_level_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.area_id} {self.kind} {self.month}"


class QuarterRanking(StoredRecord):
    """Ranks, sets and tiers of a peer group: `evaluations.quarters` (M78-M81)."""

    group = models.ForeignKey(
        PeerGroup, models.PROTECT, related_name="rankings", verbose_name=_("组别")
    )
    district = models.ForeignKey(Division, models.PROTECT, related_name="+")
    period = models.CharField(_("季度"), max_length=6)

    class Meta:
        ordering = ("-period", "group_id")
        verbose_name = _("季度排名")
        verbose_name_plural = _("季度排名")
        constraints = (
            models.UniqueConstraint(
                fields=["group", "period"], name="ranking_once_per_quarter"
            ),
        )

    def __str__(self) -> str:
        return f"{self.group_id} {self.period}"


class YearRecord(StoredRecord):
    """Made from a closed year, for the next one."""

    year = models.PositiveSmallIntegerField(_("年度"))
    area = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.area_id} {self.year}"


class YearlyCutPoints(YearRecord):
    """Cut points of the stars of the year after `year` (M74)."""

    class Meta:
        ordering = ("-year",)
        verbose_name = _("年度星级分界")
        verbose_name_plural = _("年度星级分界")
        constraints = (
            models.UniqueConstraint(
                fields=["scheme", "area", "year"], name="cut_points_once_per_year"
            ),
        )


class ModeCoefficients(YearRecord):
    """How answers of an area differed by mode in a closed year (M46, M47)."""

    class Meta:
        ordering = ("-year",)
        verbose_name = _("方式系数")
        verbose_name_plural = _("方式系数")
        constraints = (
            models.UniqueConstraint(
                fields=["scheme", "area", "year"], name="mode_model_once_per_year"
            ),
        )
