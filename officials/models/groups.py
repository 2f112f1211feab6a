"""Peer groups: ranking happens inside one and nowhere else (W3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from officials.models.places import Division, Organization


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
