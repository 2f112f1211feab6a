"""Second factors of staff: an authenticator, and codes for the day it is lost (T89)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User


class Authenticator(models.Model):
    """A program on a telephone that shows six digits; it shares a secret with us.

    Unconfirmed until a first code was typed. The secret is sealed and bound to this
    row (T97). `last_step` is the newest step whose code was used: a code of this or an
    earlier step is refused for ever (T144).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="authenticators")
    secret = models.BinaryField()
    made_at = models.DateTimeField(_("生成时间"))
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("验证器")
        verbose_name_plural = _("验证器")
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(confirmed_at__isnull=False),
                name="authenticator_one_per_user",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(confirmed_at=None),
                name="authenticator_one_waiting_per_user",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}"


class RecoveryCode(models.Model):
    """One of ten codes on paper, stored as a keyed hash, good for one time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)
    key_id = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField(_("用掉时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("恢复码")
        verbose_name_plural = _("恢复码")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "code_hash"], name="recovery_code_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}"
