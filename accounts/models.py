"""Staff: personal accounts and roles inside a part of the country (T82 to T88)."""

import datetime as dt
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import ROLES

scope_code = RegexValidator(
    r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$", _("写 2、4、6、9 或 12 位区划代码。")
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, *, name: str, password: str | None) -> "User":
        user = self.model(username=self.model.normalize_username(username), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A staff member. Residents have no account: they hold a code."""

    username = models.CharField(_("账号"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = _("工作人员")
        verbose_name_plural = _("工作人员")

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        return self.username

    @property
    def audit_role(self) -> str:
        return ",".join(sorted({grant.role for grant in self.grants.all()}))


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
