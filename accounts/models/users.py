"""Staff: personal accounts (T88). Residents have none: they hold a code."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


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
