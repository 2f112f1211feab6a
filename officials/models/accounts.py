"""Which account belongs to which official: the rated person's own door (W7)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from officials.models.posts import Official


class OfficialAccount(models.Model):
    """An official signs in as one account, and an account is one official's."""

    official = models.OneToOneField(
        Official, models.PROTECT, related_name="account", verbose_name=_("干部")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="official_account",
        verbose_name=_("账号"),
    )
    linked_by = models.CharField(_("对应人"), max_length=60)
    linked_at = models.DateTimeField(_("对应时间"))

    class Meta:
        verbose_name = _("干部账号")
        verbose_name_plural = _("干部账号")

    def __str__(self) -> str:
        return f"{self.official} · {self.user}"
