"""The roster frozen at one moment: the only source of a frame (domain 3.2)."""

import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models.households import Household, ResidenceStatus


class SnapshotIsImmutable(Exception):
    """Somebody tried to change or delete a snapshot."""


class FrozenQuerySet(models.QuerySet[Any]):
    def within(self, scopes: Scopes) -> "FrozenQuerySet":
        return self.filter(scopes.q("division__code"))

    def update(self, **kwargs: Any) -> NoReturn:
        raise SnapshotIsImmutable(self.model.__name__)

    def delete(self) -> NoReturn:
        raise SnapshotIsImmutable(self.model.__name__)


class RosterSnapshot(models.Model):
    """名册快照 of one division with all below it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    taken_at = models.DateTimeField(_("时间"))
    taken_by = models.CharField(_("经手人"), max_length=60)
    # SHA-256 over the sorted household ids with community and status.
    digest = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField(_("户数"))
    # community code -> residence status -> households
    counts = models.JSONField()

    objects = FrozenQuerySet.as_manager()

    class Meta:
        verbose_name = _("名册快照")
        verbose_name_plural = _("名册快照")
        ordering = ("-taken_at",)

    def __str__(self) -> str:
        return f"{self.division} {self.taken_at:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise SnapshotIsImmutable(self.pk)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SnapshotIsImmutable(self.pk)

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()


class SnapshotHousehold(models.Model):
    """One household as it stood in a snapshot."""

    id = models.BigAutoField(primary_key=True)
    snapshot = models.ForeignKey(
        RosterSnapshot, models.PROTECT, related_name="households"
    )
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    residence_status = models.CharField(max_length=10, choices=ResidenceStatus)

    objects = FrozenQuerySet.as_manager()

    class Meta:
        verbose_name = _("快照中的住户")
        verbose_name_plural = _("快照中的住户")
        indexes = (
            models.Index(
                fields=["snapshot", "residence_status", "community"],
                name="snapshot_frame",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["snapshot", "household"], name="snapshot_household_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise SnapshotIsImmutable(self.pk)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SnapshotIsImmutable(self.pk)
