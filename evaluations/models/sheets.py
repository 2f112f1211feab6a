"""Score sheets 得分单, in-group ranks and grades (domain 3.7, 4.4)."""

import json
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from evaluations.models.moving import FiguresAreFinal, Moving, MovingQuerySet
from evaluations.models.periods import AssessmentPeriod
from officials.models import Appointment, Division, PeerGroup


class ScoreSheetQuerySet(MovingQuerySet):
    def settle(self, **figures: Any) -> int:
        """Write the figures of sheets that have none: once, never again."""
        if unknown := set(figures) - ScoreSheet.FIGURES - ScoreSheet.MOVING:
            raise FiguresAreFinal(*sorted(unknown))
        return models.QuerySet.update(self.filter(record=""), **figures)

    def within(self, scopes: Scopes) -> "ScoreSheetQuerySet":
        return self.filter(scopes.q("division__code"))

    def under(self, code: str) -> "ScoreSheetQuerySet":
        return self.filter(division__code__startswith=code)

    def current(self) -> "ScoreSheetQuerySet":
        """The newest revision of each appointment and period."""
        return self.filter(replaced_by=None)

    def standing(self) -> "ScoreSheetQuerySet":
        """Newest, and not withdrawn."""
        return self.current().exclude(state=ScoreSheet.State.WITHDRAWN)

    def with_names(self) -> "ScoreSheetQuerySet":
        return self.select_related(
            "period__scheme",
            "division",
            "group__grouping",
            "appointment__official",
            "appointment__post__organization",
            "group_rank",
            "grade",
        )


class ScoreSheet(Moving):
    """One appointment in one period.

    Month: collecting → reviewed. Quarter: ranked → publicity → final, or withdrawn on
    an appeal. Year: reviewed → final. `record` is canonical JSON of every figure, the
    residents' part apart from the office's (H7); the columns repeat what lists need.
    """

    class State(models.TextChoices):
        COLLECTING = "collecting", _("录入中")
        REVIEWED = "reviewed", _("已复核")
        RANKED = "ranked", _("已排名")
        PUBLICITY = "publicity", _("公示中")
        FINAL = "final", _("已定案")
        WITHDRAWN = "withdrawn", _("已撤销")

    class NotRanked(models.TextChoices):
        """Why a quarter neither adds to a row of last places nor resets it."""

        SHORT_TIME = "short_time", _("任职不满半个季度")
        LEAVE = "leave", _("准假")
        INCOMPLETE = "incomplete", _("指标不全")
        FEW_RESIDENTS = "few_residents", _("居民评价户数不够")

    MOVING: ClassVar[frozenset[str]] = frozenset(
        {
            "state",
            "open_slot",
            "withdrawn_by",
            "withdrawn_at",
            "withdrawn_because",
        }
    )
    FIGURES: ClassVar[frozenset[str]] = frozenset(
        {
            "total",
            "completeness",
            "office_points",
            "resident_points",
            "resident_m",
            "not_ranked",
            "record",
            "record_sha256",
            "reviewed_by",
            "reviewed_at",
            "review_note",
        }
    )

    period = models.ForeignKey(
        AssessmentPeriod, models.PROTECT, related_name="sheets", verbose_name=_("周期")
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="score_sheets", verbose_name=_("任职")
    )
    # Of the organization when the sheet was made: the reach of those who may see it.
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    group = models.ForeignKey(
        PeerGroup, models.PROTECT, related_name="score_sheets", verbose_name=_("组别")
    )
    revision = models.PositiveSmallIntegerField(_("修订"), default=1)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by"
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.COLLECTING
    )
    # One open month per appointment (W1): the appointment's id while it is open.
    open_slot = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001
    total = models.DecimalField(_("总分"), max_digits=6, decimal_places=2, null=True)
    completeness = models.DecimalField(
        _("完整度"), max_digits=7, decimal_places=6, null=True
    )
    office_points = models.DecimalField(
        _("组织评分"), max_digits=6, decimal_places=2, null=True
    )
    resident_points = models.DecimalField(
        _("居民评价得分"), max_digits=6, decimal_places=2, null=True
    )
    resident_m = models.PositiveIntegerField(_("居民户数"), null=True)
    not_ranked = models.CharField(
        _("未排名原因"), max_length=14, choices=NotRanked, blank=True
    )
    record = models.TextField(_("记录"), blank=True)
    record_sha256 = models.CharField(_("记录摘要"), max_length=64, blank=True)
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("复核人")
    )
    reviewed_at = models.DateTimeField(_("复核时间"), null=True)
    review_note = models.CharField(_("复核意见"), max_length=300, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("撤销人")
    )
    withdrawn_at = models.DateTimeField(_("撤销时间"), null=True)
    withdrawn_because = models.CharField(_("撤销原因"), max_length=300, blank=True)

    objects: ClassVar[Any] = ScoreSheetQuerySet.as_manager()

    class Meta:
        ordering = ("division_id", "appointment_id")
        verbose_name = _("得分单")
        verbose_name_plural = _("得分单")
        constraints = (
            models.UniqueConstraint(
                fields=["period", "appointment", "revision"], name="sheet_revision_once"
            ),
            models.CheckConstraint(
                condition=Q(revision=1, replaces=None)
                | Q(revision__gt=1, replaces__isnull=False),
                name="sheet_revision_replaces",
            ),
            models.CheckConstraint(
                condition=Q(total=None) | Q(total__range=(0, 100)),
                name="sheet_total_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(completeness=None) | Q(completeness__range=(0, 1)),
                name="sheet_completeness_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(total=None) | Q(completeness__gt=0),
                name="sheet_total_rests_on_figures",
            ),
            models.CheckConstraint(
                condition=Q(state="collecting", record="", reviewed_by=None)
                | (~Q(state="collecting") & ~Q(record="")),
                name="sheet_record_when_settled",
            ),
            models.CheckConstraint(
                condition=~Q(state="reviewed")
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="sheet_reviewed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="withdrawn",
                    withdrawn_by__isnull=False,
                    withdrawn_at__isnull=False,
                )
                & ~Q(withdrawn_because="")
                | (~Q(state="withdrawn") & Q(withdrawn_by=None, withdrawn_at=None)),
                name="sheet_withdrawn_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.period.code}"

    @cached_property
    def contents(self) -> dict[str, Any]:
        """The record as it was written; {} while figures are collected."""
        return json.loads(self.record) if self.record else {}


class GroupRank(Moving):
    """1, 2, 2, 4 inside one peer group, computed once at quarter close (W3, W5)."""

    sheet = models.OneToOneField(ScoreSheet, models.PROTECT, related_name="group_rank")
    period = models.ForeignKey(
        AssessmentPeriod, models.PROTECT, related_name="ranks", verbose_name=_("季度")
    )
    group = models.ForeignKey(
        PeerGroup, models.PROTECT, related_name="sheet_ranks", verbose_name=_("组别")
    )
    rank = models.PositiveSmallIntegerField(_("名次"))
    of = models.PositiveSmallIntegerField(_("参加排名人数"))
    tie = models.BooleanField(_("并列"))
    is_last = models.BooleanField(_("末位"))

    class Meta:
        ordering = ("group_id", "rank", "sheet_id")
        verbose_name = _("组内名次")
        verbose_name_plural = _("组内名次")
        constraints = (
            models.CheckConstraint(
                condition=Q(rank__gte=1, rank__lte=F("of")), name="group_rank_in_group"
            ),
            models.CheckConstraint(
                condition=Q(is_last=False) | Q(tie=False, rank=F("of")),
                name="group_rank_last_is_alone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.rank}/{self.of}"


class Grade(Moving):
    """好, 较好, 一般, 较差, within the quota of 好 (4.4)."""

    class Step(models.TextChoices):
        GOOD = "good", _("好")
        FAIRLY_GOOD = "fairly_good", _("较好")
        FAIR = "fair", _("一般")
        POOR = "poor", _("较差")

    sheet = models.OneToOneField(ScoreSheet, models.PROTECT, related_name="grade")
    grade = models.CharField(_("等次"), max_length=12, choices=Step)
    # 好 by its points, 较好 because the places were taken.
    is_moved = models.BooleanField(_("因名额下调"))
    of = models.PositiveSmallIntegerField(_("参加评定人数"))
    places = models.PositiveSmallIntegerField(_("“好”的名额"))

    class Meta:
        verbose_name = _("等次")
        verbose_name_plural = _("等次")
        constraints = (
            models.CheckConstraint(
                condition=Q(places__lte=F("of")), name="grade_places_within_group"
            ),
            models.CheckConstraint(
                condition=Q(is_moved=False) | Q(grade="fairly_good"),
                name="grade_moved_is_fairly_good",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.grade}"
