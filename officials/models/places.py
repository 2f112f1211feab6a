"""Divisions of the country and the organizations in them (domain 3.1)."""

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
        STREET_OFFICE = "street_office", _("街道办事处")
        TOWN_GOVERNMENT = "town_government", _("镇政府")
        TOWNSHIP_GOVERNMENT = "township_government", _("乡政府")
        DEPARTMENT = "department", _("部门")
        LEADERSHIP_TEAM = "leadership_team", _("领导班子")

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
