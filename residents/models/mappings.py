"""What an office calls its columns: asked once, remembered (domain 5.2)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from officials.models import Division


class ColumnMapping(models.Model):
    """A column title that no list knows, and the field that it means here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    header = models.CharField(_("列名"), max_length=60)
    field = models.CharField(_("对应的列"), max_length=20)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("经手人"),
    )
    confirmed_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("列名对照")
        verbose_name_plural = _("列名对照")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "header"], name="column_mapping_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"
