"""Days that are not what their weekday says: holidays and make-up days (4.5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkdayException(models.Model):
    """One day of the arrangement that the State Council announces for a year."""

    on = models.DateField(_("日期"), unique=True)
    is_workday = models.BooleanField(_("上班"))
    name = models.CharField(_("名称"), max_length=40)

    class Meta:
        ordering = ("on",)
        verbose_name = _("节假日安排")
        verbose_name_plural = _("节假日安排")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(name=""), name="workday_exception_has_name"
            ),
        )

    def __str__(self) -> str:
        return f"{self.on} {self.name}"
