"""Places, organizations, posts and who holds them (domain 3.1)."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes


class DivisionQuerySet(models.QuerySet["Division"]):
    def within(self, scopes: Scopes) -> "DivisionQuerySet":
        return self.filter(scopes.q("code"))

    def valid(self, *, on: dt.date) -> "DivisionQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)

    def communities(self) -> "DivisionQuerySet":
        return self.filter(level=Division.Level.COMMUNITY)

    def under(self, code: str) -> "DivisionQuerySet":
        """The division itself and all below it."""
        return self.filter(code__startswith=code)


class Division(models.Model):
    """One table for all levels; a child's code starts with its parent's."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("省级")
        CITY = "city", _("地级")
        DISTRICT = "district", _("区县")
        STREET = "street", _("街道、镇、乡")
        COMMUNITY = "community", _("社区、村")

    code = models.CharField(_("代码"), max_length=12, primary_key=True)
    level = models.CharField(_("层级"), max_length=10, choices=Level)
    kind = models.CharField(_("类别"), max_length=20)
    name = models.CharField(_("名称"), max_length=60)
    short_name = models.CharField(_("简称"), max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    valid_from = models.DateField(_("启用"))
    valid_to = models.DateField(_("停用"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors"
    )

    objects = DivisionQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("区划")
        verbose_name_plural = _("区划")
        constraints = (
            models.CheckConstraint(
                condition=Q(parent=None) | Q(code__startswith=F("parent")),
                name="division_code_under_parent",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="division_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return self.short_name

    @property
    def code12(self) -> str:
        return self.code.ljust(12, "0")

    @property
    def street_code(self) -> str:
        return self.code[:9]

    @property
    def district_code(self) -> str:
        return self.code[:6]


class Organization(models.Model):
    class Kind(models.TextChoices):
        ORGANIZATION_DEPARTMENT = "organization_department", _("组织部")
        STREET_PARTY_COMMITTEE = "street_party_committee", _("街道党工委")
        COMMUNITY_PARTY_COMMITTEE = "community_party_committee", _("社区党委")
        RESIDENTS_COMMITTEE = "residents_committee", _("居民委员会")

    kind = models.CharField(_("类别"), max_length=40, choices=Kind)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="organizations", verbose_name=_("区划")
    )
    name = models.CharField(_("名称"), max_length=80)

    class Meta:
        verbose_name = _("组织")
        verbose_name_plural = _("组织")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "kind", "name"], name="organization_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    class Kind(models.TextChoices):
        COMMUNITY_SECRETARY = "community_secretary", _("社区党委书记")

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


class PeerGrouping(models.Model):
    name = models.CharField(_("分组办法"), max_length=60)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("区划"))
    version = models.PositiveSmallIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("分组办法")
        verbose_name_plural = _("分组办法")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "name", "version"], name="grouping_version_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class PeerGroup(models.Model):
    """组别: ranking happens inside it and nowhere else (W3)."""

    grouping = models.ForeignKey(PeerGrouping, models.PROTECT, related_name="groups")
    name = models.CharField(_("组别"), max_length=60)
    standard = models.CharField(_("标准"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("组别")
        verbose_name_plural = _("组别")
        constraints = (
            models.UniqueConstraint(
                fields=["grouping", "name"], name="group_once_per_grouping"
            ),
        )

    def __str__(self) -> str:
        return self.name


class PeerGroupMember(models.Model):
    """An organization is in exactly one group of a grouping per period."""

    grouping = models.ForeignKey(PeerGrouping, models.PROTECT)
    group = models.ForeignKey(PeerGroup, models.PROTECT, related_name="members")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="group_memberships"
    )
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = _("组别成员")
        verbose_name_plural = _("组别成员")
        constraints = (
            models.UniqueConstraint(
                fields=["grouping", "organization", "starts_on"],
                name="member_once_per_grouping",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization} → {self.group}"
