"""What a user may do where: roles inside a part of the country (T82 to T88)."""

import datetime as dt
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User
from accounts.prefixes import Scopes
from accounts.roles import ROLES

scope_code = RegexValidator(
    r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$", _("写 2、4、6、9 或 12 位区划代码。")
)
LONGEST = dt.timedelta(days=366)  # T88: at most 12 months, leap years included


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def within(self, scopes: Scopes) -> "RoleGrantQuerySet":
        return self.filter(scopes.q("scope"))

    def standing(self) -> "RoleGrantQuerySet":
        """Not taken back; they may have ended, or begin later."""
        return self.filter(revoked_at=None)

    def in_force(self, *, on: dt.date) -> "RoleGrantQuerySet":
        """Held on the day `on`; `ends_on` is the first day without the role."""
        return self.standing().filter(ends_on__gt=on, starts_on__lte=on)

    def living(self, *, on: dt.date) -> "RoleGrantQuerySet":
        """In force on the day `on`, or promised for a later one."""
        return self.standing().filter(ends_on__gt=on)

    def overlapping(self, starts_on: dt.date, ends_on: dt.date) -> "RoleGrantQuerySet":
        """Held on at least one day of a time; `ends_on` is the first day after it."""
        return self.standing().filter(starts_on__lt=ends_on, ends_on__gt=starts_on)

    def ending(self, *, on: dt.date, days: int) -> "RoleGrantQuerySet":
        """In force, and over within so many days."""
        return self.in_force(on=on).filter(ends_on__lte=on + dt.timedelta(days=days))


class RoleGrant(models.Model):
    """A role inside a scope: a division code whose whole subtree is meant."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.CharField(_("角色"), max_length=40)
    scope = models.CharField(_("范围"), max_length=12, validators=[scope_code])
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"))
    granted_on = models.DateField(_("授予日期"))
    granted_by = models.CharField(_("授予人"), max_length=60)
    # The second person of an administrator's or head's role (T92).
    agreed_by = models.CharField(_("核准人"), max_length=60, blank=True)
    revoked_at = models.DateTimeField(_("收回时间"), null=True, blank=True)
    revoked_by = models.CharField(_("收回人"), max_length=60, blank=True)
    revoke_reason = models.CharField(_("收回原因"), max_length=200, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权")
        verbose_name_plural = _("授权")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role", "scope", "starts_on"],
                condition=Q(revoked_at=None),
                name="grant_once",
            ),
            models.CheckConstraint(condition=~Q(scope=""), name="grant_has_scope"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="grant_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__lte=Greatest("granted_on", "starts_on") + LONGEST),
                name="grant_at_most_a_year",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by="") | ~Q(agreed_by=F("granted_by")),
                name="grant_agreed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="", revoke_reason="")
                | (
                    Q(revoked_at__isnull=False)
                    & ~Q(revoked_by="")
                    & ~Q(revoke_reason="")
                ),
                name="grant_revoked_by_whom_and_why",
            ),
        )
        indexes = (models.Index(fields=["ends_on"], name="grant_ends_on"),)

    def __str__(self) -> str:
        return f"{self.user} {self.role_name} {self.scope}"

    @property
    def role_name(self) -> Any:
        return ROLES[self.role].name

    def standing_on(self, on: dt.date) -> str:
        """What a page says of it: in force, later, ended or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        if self.ends_on <= on:
            return "ended"
        return "later" if self.starts_on > on else "in_force"
