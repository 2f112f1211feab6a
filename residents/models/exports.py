"""A report with names leaves the house: asked for by one, released by another (T92)."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models.imports import RosterImport

# So long an approval is waited for, and so long the download is open after it.
WAITS = dt.timedelta(hours=72)
OPEN = dt.timedelta(hours=24)


class RosterExportQuerySet(models.QuerySet["RosterExport"]):
    def within(self, scopes: Scopes) -> "RosterExportQuerySet":
        return self.filter(scopes.q("street__code"))

    def waiting(self, *, at: dt.datetime) -> "RosterExportQuerySet":
        """For a second person, and not for too long already."""
        return self.filter(
            state=RosterExport.State.WAITING, requested_at__gt=at - WAITS
        )


class RosterExport(models.Model):
    """下载申请: one report of one import, for one person. It holds no name itself."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待核准")
        RELEASED = "released", _("已核准")
        REFUSED = "refused", _("已退回")
        LAPSED = "lapsed", _("已过期")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roster_import = models.ForeignKey(
        RosterImport,
        models.PROTECT,
        related_name="exports",
        verbose_name=_("名册导入"),
    )
    street = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("街道")
    )
    state = models.CharField(
        _("状态"), max_length=8, choices=State, default=State.WAITING
    )
    # Why it is needed: a choice of the form, as with every reading of clear names.
    purpose = models.CharField(_("用途"), max_length=10)
    # What the second person releases: SHA-256 over file, columns, rows, who and why.
    digest = models.BinaryField(max_length=32)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("申请人"),
    )
    requested_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("核准人"),
    )
    decided_at = models.DateTimeField(_("核准时间"), null=True)
    # Why it was not released. No names and numbers: the form asks for none.
    reason = models.CharField(_("退回原因"), max_length=200, blank=True)

    objects = RosterExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("报告下载申请")
        verbose_name_plural = _("报告下载申请")
        ordering = ("-requested_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="roster_export_second_person",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["waiting", "lapsed"], decided_by=None, decided_at=None
                )
                | Q(
                    state__in=["released", "refused"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="roster_export_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""),
                name="roster_export_refused_with_reason",
            ),
            models.UniqueConstraint(
                fields=["roster_import", "requested_by"],
                condition=Q(state="waiting"),
                name="roster_export_one_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.requested_at:%Y-%m-%d}"

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()

    @property
    def waits_until(self) -> dt.datetime:
        return self.requested_at + WAITS

    @property
    def open_until(self) -> dt.datetime | None:
        """When the download closes; None while nobody has released it."""
        is_released = self.state == self.State.RELEASED and self.decided_at
        return self.decided_at + OPEN if is_released and self.decided_at else None

    def is_waiting(self, *, at: dt.datetime) -> bool:
        return self.state == self.State.WAITING and at < self.waits_until

    def is_open(self, *, at: dt.datetime) -> bool:
        return self.open_until is not None and at < self.open_until
