"""Keys of programs that read the interface: one scope, one audience, an end (T84)."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.grants import scope_code
from accounts.scopes import Scopes
from audit import crypto

LONGEST = dt.timedelta(days=366)  # twelve months, leap years included (T88)
WAITS = dt.timedelta(hours=72)  # for the second person (T92)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def within(self, scopes: Scopes) -> "ApiTokenQuerySet":
        return self.filter(scopes.q("scope"))

    def in_force(self, *, on: dt.date) -> "ApiTokenQuerySet":
        """Good on the day `on`; `ends_on` is the first day without it."""
        living = self.filter(revoked_at=None, starts_on__lte=on, ends_on__gt=on)
        return living.exclude(audience="office", approved_at=None)

    def waiting(self, *, at: dt.datetime) -> "ApiTokenQuerySet":
        """For the office, made, and not yet seen by a second person."""
        unseen = self.filter(audience="office", approved_at=None, revoked_at=None)
        return unseen.filter(made_at__gt=at - WAITS)


class ApiToken(models.Model):
    """What a program may read, and until when. The secret itself is not kept.

    A token for the public's figures counts as soon as it is made; one for the office's
    waits for a second person, who sees all of it but the secret.
    """

    class Audience(models.TextChoices):
        PUBLIC = "public", _("公开数字")
        OFFICE = "office", _("内部数字")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("用途"), max_length=60)
    scope = models.CharField(_("范围"), max_length=12, validators=[scope_code])
    audience = models.CharField(_("看什么"), max_length=6, choices=Audience)
    # HMAC of the secret: without the key of the house it cannot be tried out.
    key_hash = models.BinaryField(max_length=32)
    key_id = models.PositiveSmallIntegerField()
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"))
    made_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("制作人")
    )
    made_at = models.DateTimeField(_("制作时间"))
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("核准人")
    )
    approved_at = models.DateTimeField(_("核准时间"), null=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("收回人")
    )
    revoked_at = models.DateTimeField(_("收回时间"), null=True)
    revoke_reason = models.CharField(_("收回原因"), max_length=200, blank=True)
    # A day and no moment: enough to find keys that nobody needs any more.
    last_used_on = models.DateField(_("最近使用"), null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)
        verbose_name = _("接口令牌")
        verbose_name_plural = _("接口令牌")
        constraints = (
            models.UniqueConstraint(fields=["key_hash"], name="token_hash_once"),
            models.CheckConstraint(
                condition=Q(audience__in=("public", "office")),
                name="token_audience_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    ends_on__gt=F("starts_on"), ends_on__lte=F("starts_on") + LONGEST
                ),
                name="token_at_most_a_year",
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("made_by")), name="token_second_person"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(
                    audience="office",
                    approved_by__isnull=False,
                    approved_at__gte=F("made_at"),
                    approved_at__lt=F("made_at") + WAITS,
                ),
                name="token_approved_in_time",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None, revoked_at=None, revoke_reason="")
                | Q(revoked_by__isnull=False, revoked_at__isnull=False)
                & ~Q(revoke_reason=""),
                name="token_revoked_by_whom_and_why",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_office(self) -> bool:
        return self.audience == self.Audience.OFFICE

    @property
    def scopes(self) -> Scopes:
        return Scopes((self.scope,))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the terms and of which token they are."""
        days = (self.starts_on.isoformat(), self.ends_on.isoformat())
        terms = (self.name, self.scope, self.audience, *days)
        which = (str(self.pk), bytes(self.key_hash))
        return crypto.digest("api_token.v1", *terms, *which).hex()

    def standing_at(self, at: dt.datetime, *, on: dt.date) -> str:
        """What a page says of it."""
        if self.revoked_at is not None:
            return "revoked"
        if self.is_office and self.approved_at is None:
            return "waiting" if at < self.made_at + WAITS else "lapsed"
        if self.ends_on <= on:
            return "ended"
        return "later" if self.starts_on > on else "in_force"
