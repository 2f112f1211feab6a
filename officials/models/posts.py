"""Posts, officials, and who holds what from when to when (domain 3.1)."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models.places import Division, Organization


class Post(models.Model):
    class Kind(models.TextChoices):
        COMMUNITY_SECRETARY = "community_secretary", _("社区党委书记")
        HEAD = "head", _("党政正职")
        COMMUNITY_WORKER = "community_worker", _("社区工作者")
        GRID_WORKER = "grid_worker", _("网格员")

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="posts", verbose_name=_("组织")
    )
    kind = models.CharField(_("类别"), max_length=40, choices=Kind)
    title = models.CharField(_("职务"), max_length=60)
    is_head = models.BooleanField(_("正职"), default=True)
    rated_by_residents = models.BooleanField(_("由居民评价"), default=True)

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "title"], name="post_once_per_organization"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization}{self.title}"


class Official(models.Model):
    """A person in office. No identity number, no birth date, no age."""

    name = models.CharField(_("姓名"), max_length=60)
    sort_key = models.CharField(_("拼音"), max_length=60, blank=True)
    staff_no = models.CharField(_("工号"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("干部")
        verbose_name_plural = _("干部")

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_office(self, *, on: dt.date) -> "AppointmentQuerySet":
        """Held on the day `on`; `ends_on` is the first day out of office."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)

    def within(self, scopes: Scopes) -> "AppointmentQuerySet":
        return self.filter(scopes.q("post__organization__division__code"))

    def rated(self) -> "AppointmentQuerySet":
        return self.filter(post__rated_by_residents=True)


class Appointment(models.Model):
    """任职: one person in one post for one period. Every score attaches here."""

    class Kind(models.TextChoices):
        FULL = "full", _("正式")
        ACTING = "acting", _("代理")
        CONCURRENT = "concurrent", _("兼任")

    official = models.ForeignKey(
        Official, models.PROTECT, related_name="appointments", verbose_name=_("干部")
    )
    post = models.ForeignKey(
        Post, models.PROTECT, related_name="appointments", verbose_name=_("岗位")
    )
    kind = models.CharField(_("方式"), max_length=12, choices=Kind, default=Kind.FULL)
    starts_on = models.DateField(_("任职日期"))
    ends_on = models.DateField(_("免职日期"), null=True, blank=True)
    end_reason = models.CharField(_("免职原因"), max_length=60, blank=True)
    # One non-acting holder of a post at a time: the post's id while in office.
    current_slot = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
                name="appointment_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(current_slot=None),
                name="appointment_ended_frees_slot",
            ),
        )

    def __str__(self) -> str:
        return f"{self.official} {self.post}"

    @property
    def code(self) -> str:
        """The permanent code used in figures and seeds."""
        return f"A{self.pk:08d}"

    @property
    def division(self) -> Division:
        return self.post.organization.division
