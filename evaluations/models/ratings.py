"""Monthly ratings: figures written once, a state that moves (domain 3.7, M102-M106)."""

import datetime as dt
import json
from functools import cached_property
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from evaluations.models.groups import PoolingRecord, QuarterRanking
from evaluations.models.moving import FiguresAreFinal
from evaluations.models.schemes import AssessmentScheme
from evaluations.scoring.stars import StarBasis
from evaluations.scoring.window import Month, Validity
from officials.models import Appointment, Division


class MonthlyRollup(models.Model):
    """A month of a district that is due, or was rolled up. The claim is its state."""

    class State(models.TextChoices):
        DUE = "due", _("待汇总")
        DONE = "done", _("已汇总")

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    month = models.CharField(_("月份"), max_length=7)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.DUE)
    done_at = models.DateTimeField(_("汇总时间"), null=True)
    last_error = models.CharField(_("上次出错"), max_length=300, blank=True)

    class Meta:
        ordering = ("-month", "division_id")
        verbose_name = _("月度汇总")
        verbose_name_plural = _("月度汇总")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "month"], name="rollup_once_per_month"
            ),
            models.CheckConstraint(
                condition=Q(state="due") | Q(state="done", done_at__isnull=False),
                name="rollup_done_has_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division_id} {self.month}"


class MonthlyRatingQuerySet(models.QuerySet["MonthlyRating"]):
    def update(self, **kwargs: Any) -> int:
        """The state moves, by the verbs of `actions.py`; figures never do."""
        if figures := set(kwargs) - MonthlyRating.MOVING:
            raise FiguresAreFinal(*sorted(figures))
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise FiguresAreFinal

    def within(self, scopes: Scopes) -> "MonthlyRatingQuerySet":
        return self.filter(scopes.q("community__code"))

    def under(self, code: str) -> "MonthlyRatingQuerySet":
        return self.filter(community__code__startswith=code)

    def current(self) -> "MonthlyRatingQuerySet":
        """The newest revision of each appointment and month."""
        return self.filter(replaced_by=None)

    def of_month(self, month: str) -> "MonthlyRatingQuerySet":
        return self.filter(month=month)

    def published(self) -> "MonthlyRatingQuerySet":
        """Every revision that was published and not withdrawn, old ones too."""
        return self.filter(state=MonthlyRating.State.PUBLISHED)

    def in_public(self) -> "MonthlyRatingQuerySet":
        """The one revision of each appointment and month that the public sees.

        It stays in public while a correction is made, until that one is published.
        """
        return self.published().filter(publications__publication__superseded=False)

    def with_names(self) -> "MonthlyRatingQuerySet":
        """All that a page prints of a rating, in one query."""
        return self.select_related(
            "scheme",
            "community__parent",
            "appointment__official",
            "appointment__post__organization",
            "shown__scheme",
            "reviewed_by",
        )


class MonthlyRating(models.Model):
    """The rating of one appointment for the window ending in one month.

    computed → reviewed → previewed → publicity → published → withdrawn; what was not
    yet on the notice board may be returned, and is reviewed again (T131).
    Columns hold what pages ask for, unrounded and unsuppressed: they leave this table
    only through `publication.release` (T125). `record` holds everything (M102-M105).
    """

    class State(models.TextChoices):
        COMPUTED = "computed", _("待复核")
        RETURNED = "returned", _("已退回")
        REVIEWED = "reviewed", _("已复核")
        PREVIEWED = "previewed", _("本人预览")
        PUBLICITY = "publicity", _("公示中")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Basis(models.TextChoices):
        """Why there is this star, or none."""

        DIRECT = StarBasis.DIRECT.value, _("按本期得分评定")
        SHRUNKEN = StarBasis.SHRUNKEN.value, _("按收缩得分评定")
        KEPT = "kept", _("沿用上次")
        NONE = "none", _("未评星")

    class Mark(models.TextChoices):
        """What stands beside every figure of an area whose window is not valid."""

        VALID = Validity.VALID.value, _("有效")
        INCOMPLETE = Validity.INCOMPLETE.value, _("窗口未满")
        BELOW_TARGET = Validity.BELOW_TARGET.value, _("未达到目标")

    TO_REVIEW = (State.COMPUTED, State.RETURNED, State.WITHDRAWN)
    MOVING = frozenset(
        {
            "state",
            "reviewed_by",
            "reviewed_by_id",
            "reviewed_at",
            "review_note",
            "is_correction",
            "returned_by",
            "returned_by_id",
            "returned_at",
            "return_reason",
            "published_by",
            "published_by_id",
            "published_at",
        }
    )

    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="ratings", verbose_name=_("任职")
    )
    community = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("社区")
    )
    month = models.CharField(_("月份"), max_length=7)
    revision = models.PositiveSmallIntegerField(_("修订"), default=1)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by"
    )
    # Why there is this revision; the month of a correction has hung on the notice
    # board before, and goes from review to publication (ADR 0026).
    because = models.ForeignKey(
        "evaluations.SetAside", models.PROTECT, null=True, related_name="revisions"
    )
    is_correction = models.BooleanField(_("更正"), default=False)
    scheme = models.ForeignKey(
        AssessmentScheme, models.PROTECT, related_name="+", verbose_name=_("办法")
    )
    window_from = models.CharField(_("窗口起"), max_length=7)
    window_to = models.CharField(_("窗口止"), max_length=7)
    months_existing = models.PositiveSmallIntegerField(_("窗口已有月数"))
    months_wanted = models.PositiveSmallIntegerField(_("窗口应有月数"))
    validity = models.CharField(_("有效性"), max_length=20, choices=Mark)
    released = models.PositiveIntegerField(_("放出户数"))
    submitted = models.PositiveIntegerField(_("参评户数"))
    usable = models.PositiveIntegerField(_("有效户数"))
    score = models.DecimalField(_("得分"), max_digits=9, decimal_places=6, null=True)
    low = models.DecimalField(_("下限"), max_digits=9, decimal_places=6, null=True)
    high = models.DecimalField(_("上限"), max_digits=9, decimal_places=6, null=True)
    se = models.DecimalField(_("标准误"), max_digits=9, decimal_places=6, null=True)
    # y_adj, where the scheme takes the modes into account (M47).
    adjusted = models.DecimalField(
        _("方式调整后得分"), max_digits=9, decimal_places=6, null=True
    )
    # Of the pooling group (M70); null without one. 0 reliability: nothing measured.
    reliability = models.DecimalField(
        _("可靠性"), max_digits=7, decimal_places=6, null=True
    )
    shrunken = models.DecimalField(
        _("收缩得分"), max_digits=9, decimal_places=6, null=True
    )
    shrunken_se = models.DecimalField(
        _("收缩得分的标准误"), max_digits=9, decimal_places=6, null=True
    )
    pool = models.ForeignKey(
        PoolingRecord, models.PROTECT, null=True, related_name="ratings"
    )
    rank = models.PositiveSmallIntegerField(_("名次"), null=True)
    ranking = models.ForeignKey(
        QuarterRanking, models.PROTECT, null=True, related_name="ratings"
    )
    rr1 = models.DecimalField("RR1", max_digits=8, decimal_places=6, null=True)
    rr3 = models.DecimalField("RR3", max_digits=8, decimal_places=6, null=True)
    # P, NE and UH + UO of the community: what rates may be told from (T127). None
    # where its answers are not this appointment's alone.
    partial = models.PositiveIntegerField(_("部分答卷"), null=True)
    not_eligible = models.PositiveIntegerField(_("不在范围内"), null=True)
    unknown = models.PositiveIntegerField(_("情况不明"), null=True)
    star = models.PositiveSmallIntegerField(_("星级"), null=True)
    previous_star = models.PositiveSmallIntegerField(_("上次星级"), null=True)
    star_basis = models.CharField(_("星级来源"), max_length=10, choices=Basis)
    # Whether this window may be told apart from those told before (M86). If not,
    # the figures of `shown`, the last that could, stay in its place.
    refreshed = models.BooleanField(_("已更新"))
    shown = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    record = models.TextField(_("记录"))
    record_sha256 = models.CharField(_("记录摘要"), max_length=64)
    previous_sha256 = models.CharField(_("上月记录摘要"), max_length=64, blank=True)
    code_version = models.CharField(_("程序版本"), max_length=40)
    numpy_version = models.CharField(_("numpy 版本"), max_length=20)
    computed_at = models.DateTimeField(_("计算时间"))

    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.COMPUTED
    )
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("复核人")
    )
    reviewed_at = models.DateTimeField(_("复核时间"), null=True)
    review_note = models.CharField(_("复核意见"), max_length=300, blank=True)
    returned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(_("退回时间"), null=True)
    return_reason = models.CharField(_("退回原因"), max_length=300, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("发布时间"), null=True)

    objects = MonthlyRatingQuerySet.as_manager()

    class Meta:
        ordering = ("-month", "community_id")
        verbose_name = _("月度评价")
        verbose_name_plural = _("月度评价")
        indexes = (
            models.Index(fields=["month", "community"], name="rating_month_place"),
            models.Index(fields=["community", "state", "month"], name="rating_public"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["appointment", "month", "revision"], name="rating_revision_once"
            ),
            models.CheckConstraint(
                condition=Q(revision=1, replaces=None)
                | Q(revision__gt=1, replaces__isnull=False),
                name="rating_revision_replaces",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, because=None, is_correction=False)
                | Q(revision__gt=1, because__isnull=False),
                name="rating_revision_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(star=None) | Q(star__range=(1, 5)),
                name="rating_star_1_to_5",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, 100)),
                name="rating_score_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(low=None) | Q(low__lte=F("score"), high__gte=F("score")),
                name="rating_interval_holds_score",
            ),
            models.CheckConstraint(
                condition=Q(reliability=None) | Q(reliability__range=(0, 1)),
                name="rating_reliability_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(rank=None) | Q(rank__gte=1, ranking__isnull=False),
                name="rating_rank_in_a_ranking",
            ),
            models.CheckConstraint(
                condition=Q(refreshed=False) | Q(shown=None),
                name="rating_shows_itself_when_refreshed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("computed", "returned"))
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="rating_reviewed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned")
                | (Q(returned_by__isnull=False) & ~Q(return_reason="")),
                name="rating_returned_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("published", "withdrawn"),
                    published_by__isnull=False,
                    published_at__isnull=False,
                )
                | (
                    ~Q(state__in=("published", "withdrawn"))
                    & Q(published_by=None, published_at=None)
                ),
                name="rating_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("reviewed_by")),
                name="rating_published_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community_id} {self.month}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FiguresAreFinal(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FiguresAreFinal(str(self))

    @property
    def name(self) -> str:
        """As the proof of a month names it; corrections with their number."""
        number = f" #{self.revision}" if self.revision > 1 else ""
        return f"{self.community_id} {self.month}{number}"

    @property
    def district_code(self) -> str:
        return str(self.community_id)[:6]

    @property
    def period(self) -> Month:
        return Month.parse(self.month)

    @property
    def month_start(self) -> dt.date:
        return dt.date(self.period.year, self.period.month, 1)

    @cached_property
    def contents(self) -> dict[str, Any]:
        """The record as it was written: decimals are text (M106)."""
        return json.loads(self.record)

    @property
    def awaits_review(self) -> bool:
        """A withdrawn one waits too: it may be reviewed and published anew."""
        return self.state in self.TO_REVIEW
