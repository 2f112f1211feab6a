"""有人教我怎么填: what residents tell about pressure on their ballots (T119)."""

import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division


class ReportsStand(Exception):
    """A report is neither changed nor taken back by anybody."""


class CoercionReportQuerySet(models.QuerySet["CoercionReport"]):
    def within(self, scopes: Scopes) -> "CoercionReportQuerySet":
        return self.filter(scopes.q("community__code"))

    def update(self, **kwargs: Any) -> NoReturn:
        raise ReportsStand


class CoercionReport(models.Model):
    """A kind, a community and a day; never a household, a code or a clock time.

    Whoever reports may be any of the community: nothing here leads back to a ballot.
    """

    class Kind(models.TextChoices):
        COACHED = "coached", _("有人教我怎么填")
        WATCHED = "watched", _("有人盯着我填")
        PAID = "paid", _("有人给东西、许好处")
        PRESSED = "pressed", _("有人拿事情压我")
        TAKEN = "taken", _("有人要走了信或者码")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    kind = models.CharField(_("情形"), max_length=10, choices=Kind)
    day = models.DateField(_("日期"))
    words = models.BinaryField()  # sealed, bound to this row; b"" for none

    objects = CoercionReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("施压反映")
        verbose_name_plural = _("施压反映")

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ReportsStand
        super().save(*args, **{**kwargs, "force_insert": True})
