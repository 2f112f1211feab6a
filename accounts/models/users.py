"""Staff: personal accounts (T88). Residents have none: they hold a code."""

import datetime as dt

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ROLE_LETTERS = 60  # audit.AuditEvent.role


class UserManager(BaseUserManager["User"]):
    @staticmethod
    def normalize(username: str) -> str:
        """As it was stored: without spaces around it, one form of each sign."""
        return User.normalize_username(username.strip())

    def create_user(
        self,
        username: str,
        *,
        name: str,
        password: str | None,
        at: dt.datetime,
        must_change: bool = True,
    ) -> "User":
        """A first password is given by somebody else, and so is to be changed."""
        user = self.model(
            username=self.model.normalize_username(username),
            name=name,
            password_set_at=at,
            must_change_password=must_change,
            last_used_at=at,
        )
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A staff member. Residents have no account: they hold a code."""

    class Lock(models.TextChoices):
        """Why an account stays shut until the security administrator unlocks it."""

        FAILURES = "failures", _("一天里试错太多次")
        UNUSED = "unused", _("很久没有用过")
        ADMINISTRATOR = "administrator", _("由安全管理员锁定")

    class Ended(models.TextChoices):
        """Why the last session of an account was ended, for its own page to say."""

        SIGNED_OUT = "signed_out", _("已退出")
        PASSWORD = "password", _("密码已更换")
        ROLES = "roles", _("角色有变动")
        FACTOR = "factor", _("验证器已更换")
        LOCKED = "locked", _("账号已锁定")

    username = models.CharField(_("账号"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    is_active = models.BooleanField(_("启用"), default=True)
    password_set_at = models.DateTimeField(_("密码设置时间"))
    must_change_password = models.BooleanField(_("下次登录要换密码"), default=False)
    # The last sign-in, or the creation or unlocking that began the count anew (T88).
    last_used_at = models.DateTimeField(_("最近使用"))
    locked_until = models.DateTimeField(_("暂时锁定到"), null=True, blank=True)
    locked_at = models.DateTimeField(_("锁定时间"), null=True, blank=True)
    locked_because = models.CharField(
        _("锁定原因"), max_length=20, choices=Lock, blank=True
    )
    # The one live session carries this mark; without it no session is live (T91).
    session_mark = models.UUIDField(null=True, blank=True, editable=False)
    session_ended = models.CharField(max_length=20, choices=Ended, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = _("工作人员")
        verbose_name_plural = _("工作人员")
        constraints = (
            models.CheckConstraint(
                condition=Q(locked_at=None, locked_because="")
                | Q(
                    locked_at__isnull=False,
                    locked_because__in=("failures", "unused", "administrator"),
                ),
                name="lock_has_time_and_reason",
            ),
            # A locked account has no live session (T91).
            models.CheckConstraint(
                condition=Q(locked_at=None) | Q(session_mark=None),
                name="locked_has_no_session",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        return self.username

    @property
    def audit_role(self) -> str:
        """The roles held today, as many letters as the column of the trail takes."""
        held = self.grants.in_force(on=timezone.localdate())
        codes = held.order_by().values_list("role", flat=True)
        return ",".join(sorted(set(codes)))[:ROLE_LETTERS]

    def is_locked(self, *, at: dt.datetime) -> bool:
        """Shut for a quarter of an hour, or until somebody unlocks it (T90)."""
        return self.locked_at is not None or (
            self.locked_until is not None and at < self.locked_until
        )
