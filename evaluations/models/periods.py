"""Months, quarters and years of regular assessment, and leave within them (W1, W5)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import Scopes
from evaluations.models.moving import Moving, MovingQuerySet
from evaluations.models.schemes import AssessmentScheme
from evaluations.sheets.rules import RegularRules, parsed_rules
from officials.models import Appointment, Division


class AssessmentPeriodQuerySet(MovingQuerySet):
    def within(self, scopes: Scopes) -> "AssessmentPeriodQuerySet":
        return self.filter(scopes.q("division__code"))

    def under(self, code: str) -> "AssessmentPeriodQuerySet":
        return self.filter(division__code__startswith=code)

    def months(self) -> "AssessmentPeriodQuerySet":
        return self.filter(kind=AssessmentPeriod.Kind.MONTH)

    def quarters(self) -> "AssessmentPeriodQuerySet":
        return self.filter(kind=AssessmentPeriod.Kind.QUARTER)


class AssessmentPeriod(Moving):
    """A month, quarter or year of a scheme in a district.

    Month: open → closed → reviewed. Quarter: open → ranked → publicity → final. Year:
    open → final. The scheme is the version that the quarter began with, for all its
    months: a newer version counts from the next quarter on (W1).
    """

    class Kind(models.TextChoices):
        MONTH = "month", _("月度")
        QUARTER = "quarter", _("季度")
        YEAR = "year", _("年度")

    class State(models.TextChoices):
        OPEN = "open", _("进行中")
        CLOSED = "closed", _("待复核")
        REVIEWED = "reviewed", _("已复核")
        RANKED = "ranked", _("已排名")
        PUBLICITY = "publicity", _("公示中")
        FINAL = "final", _("已定案")

    MOVING = frozenset(
        {
            "state",
            "open_slot",
            "closed_at",
            "ranked_at",
            "publicity_from",
            "publicity_until",
            "final_at",
            "colored_at",
        }
    )

    scheme = models.ForeignKey(
        AssessmentScheme, models.PROTECT, related_name="periods", verbose_name=_("办法")
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    # "2026-10", "2026Q4" or "2026".
    code = models.CharField(_("时间"), max_length=7)
    # Of the scheme, whatever its version: a month is not assessed by two of them.
    scheme_code = models.CharField(_("办法编号"), max_length=30)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="parts", verbose_name=_("属于")
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.OPEN
    )
    # One open month of a scheme in a district (W1): scheme and division while open.
    open_slot = models.CharField(max_length=50, null=True, unique=True)  # noqa: DJ001
    opened_at = models.DateTimeField(_("开始时间"))
    closed_at = models.DateTimeField(_("截止时间"), null=True)
    ranked_at = models.DateTimeField(_("排名时间"), null=True)
    publicity_from = models.DateField(_("公示起"), null=True)
    publicity_until = models.DateField(_("公示止"), null=True)
    final_at = models.DateTimeField(_("定案时间"), null=True)
    colored_at = models.DateTimeField(_("预警评定时间"), null=True)

    objects: ClassVar[Any] = AssessmentPeriodQuerySet.as_manager()

    class Meta:
        ordering = ("-code", "division_id", "scheme_code")
        verbose_name = _("考核周期")
        verbose_name_plural = _("考核周期")
        constraints = (
            models.UniqueConstraint(
                fields=["scheme_code", "division", "code"], name="period_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="month",
                    state__in=("open", "closed", "reviewed"),
                    parent__isnull=False,
                )
                | Q(kind="quarter", state__in=("open", "ranked", "publicity", "final"))
                | Q(kind="year", state__in=("open", "final"), parent=None),
                name="period_state_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="month", state="open", open_slot__isnull=False)
                | (~Q(kind="month", state="open") & Q(open_slot=None)),
                name="period_open_month_has_slot",
            ),
            models.CheckConstraint(
                condition=Q(publicity_from=None, publicity_until=None)
                | Q(publicity_until__gte=F("publicity_from")),
                name="period_publicity_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state="final", final_at__isnull=False)
                | (~Q(state="final") & Q(final_at=None)),
                name="period_final_has_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division_id} {self.scheme_code} {self.code}"

    @property
    def rules(self) -> RegularRules:
        """Of the scheme's frozen parameters."""
        return parsed_rules(self.scheme.parameters)

    @property
    def is_quarter(self) -> bool:
        return self.kind == self.Kind.QUARTER


class Leave(Moving):
    """Approved leave 准假: days of it are not days in post (M81)."""

    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="leaves", verbose_name=_("任职")
    )
    starts_on = models.DateField(_("起"))
    # The first day back.
    ends_on = models.DateField(_("返岗日期"))
    basis = models.CharField(_("依据"), max_length=200)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        ordering = ("-starts_on", "pk")
        verbose_name = _("准假")
        verbose_name_plural = _("准假")
        constraints = (
            models.UniqueConstraint(
                fields=["appointment", "starts_on"], name="leave_once_per_day"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="leave_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="leave_has_basis"),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.starts_on}"
