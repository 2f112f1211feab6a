"""A round: one survey of one area, with everything frozen at its approval."""

import datetime as dt
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from ballots.models import BallotBox
from officials.models import Appointment, Division
from residents.models import RosterSnapshot
from surveys.models.questionnaires import Questionnaire

WAITS = dt.timedelta(hours=72)  # T92


class RoundChangesByVerb(Exception):
    """A round moves through surveys.actions, which leave a trail."""


class RoundHasNoBox(Exception):
    """A draft has no ballot box yet."""


class RoundQuerySet(models.QuerySet["Round"]):
    def within(self, scopes: Scopes) -> "RoundQuerySet":
        return self.filter(scopes.q("division__code"))

    def due_to_open(self, *, at: dt.datetime) -> "RoundQuerySet":
        return self.filter(state=Round.State.APPROVED, opens_at__lte=at)

    def open(self) -> "RoundQuerySet":
        return self.filter(state=Round.State.OPEN)

    def due_to_close(self, *, at: dt.datetime) -> "RoundQuerySet":
        """Past the announced time; the box knows how long its grace lasts (T35)."""
        return self.open().filter(closes_at__lte=at)

    def closed(self) -> "RoundQuerySet":
        return self.filter(state=Round.State.CLOSED)

    def counting(self) -> "RoundQuerySet":
        """All that were not annulled."""
        return self.exclude(state=Round.State.ANNULLED)

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
    # The deadline first announced, where it was moved (T14).
    first_closes_at = models.DateTimeField(_("原定截止"), null=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.DRAFT
    )
    # "kind|period|division" while it counts: one round per place and month.
    slot = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001
    box = models.OneToOneField(
        BallotBox, models.PROTECT, null=True, related_name="survey_round"
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("登记时间"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # When it closed or was annulled: from then on its reserve is free again (M20).
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    # When its month was published first: limits of keeping count from here (T96).
    published_at = models.DateTimeField(_("发布时间"), null=True)
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
            models.CheckConstraint(
                condition=Q(state__in=("draft", "annulled"))
                | Q(approved_by__isnull=False),
                name="round_approved_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(state="annulled", slot=None)
                | (~Q(state="annulled") & Q(slot__isnull=False)),
                name="round_annulled_frees_slot",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "approved", "open"), ended_at=None)
                | Q(
                    state__in=("closed", "tallied", "published", "annulled"),
                    ended_at__isnull=False,
                ),
                name="round_ended_when_closed",
            ),
            models.CheckConstraint(
                condition=~Q(state="annulled") | ~Q(annulled_reason=""),
                name="round_annulled_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division} {self.period}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RoundChangesByVerb(self.code)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RoundChangesByVerb(self.code)

    def parameter(self, name: str) -> Any:
        """A field of the method as frozen with this round, e.g. "sampling.rate"."""
        return self.parameters[name]

    @property
    def ballot_box(self) -> BallotBox:
        """The box of a round that was approved; asking a draft is a mistake."""
        if self.box is None:
            raise RoundHasNoBox(self.code)
        return self.box

    def is_lapsed(self, *, at: dt.datetime) -> bool:
        """A draft that waited for its second person for too long (T92)."""
        return self.state == self.State.DRAFT and at >= self.created_at + WAITS

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


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
