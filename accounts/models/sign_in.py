"""What sign-in remembers: failures of a day, and passwords that were used."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User


class SignInFailure(models.Model):
    """One try that failed; kept for a day, for staff sign-in only (T90, T109).

    `user` is null where nobody has that name, and where an account that was locked
    already was tried again: such a try counts for the client only.
    """

    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="failures"
    )
    client = models.CharField(_("来源地址"), max_length=45)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("登录失败")
        verbose_name_plural = _("登录失败")
        indexes = (
            models.Index(fields=["user", "at"], name="failure_of_user"),
            models.Index(fields=["client", "at"], name="failure_of_client"),
            models.Index(fields=["at"], name="failure_at"),
        )

    def __str__(self) -> str:
        return f"{self.client} {self.at}"


class PastPassword(models.Model):
    """The hash of a password that was used: none of the last five comes again (T89)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("用过的密码")
        verbose_name_plural = _("用过的密码")
        indexes = (models.Index(fields=["user", "set_at"], name="past_password"),)

    def __str__(self) -> str:
        return f"{self.user} {self.set_at}"
