"""What a user may do where: roles inside a part of the country (T82 to T88)."""

import datetime as dt
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from accounts.roles import ROLES

scope_code = RegexValidator(
    r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$", _("写 2、4、6、9 或 12 位区划代码。")
)


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def in_force(self, *, on: dt.date) -> "RoleGrantQuerySet":
        """Held on the day `on`; `ends_on` is the first day without the role."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)


class RoleGrant(models.Model):
    """A role inside a scope: a division code whose whole subtree is meant."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.CharField(_("角色"), max_length=40)
    scope = models.CharField(_("范围"), max_length=12, validators=[scope_code])
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"), null=True, blank=True)
    granted_by = models.CharField(_("授予人"), max_length=60)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权")
        verbose_name_plural = _("授权")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role", "scope", "starts_on"], name="grant_once"
            ),
            models.CheckConstraint(condition=~Q(scope=""), name="grant_has_scope"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=models.F("starts_on")),
                name="grant_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.role_name} {self.scope}"

    @property
    def role_name(self) -> Any:
        return ROLES[self.role].name
