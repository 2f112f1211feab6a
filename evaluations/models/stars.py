"""评星定级 of a year: the star an appointment enters the next year with (H4)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from officials.models import Appointment


class StarRating(models.Model):
    """A closed year, decided by a named person."""

    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="star_ratings", verbose_name=_("任职")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    stars = models.PositiveSmallIntegerField(_("星级"))
    previous = models.PositiveSmallIntegerField(_("上年星级"), null=True, blank=True)
    score = models.DecimalField(
        _("得分"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    basis = models.CharField(_("依据"), max_length=200)
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"))

    class Meta:
        ordering = ("-year",)
        verbose_name = _("年度星级")
        verbose_name_plural = _("年度星级")
        constraints = (
            models.UniqueConstraint(
                fields=["appointment", "year"], name="star_rating_once_per_year"
            ),
            models.CheckConstraint(
                condition=Q(stars__range=(1, 5)), name="star_rating_1_to_5"
            ),
            models.CheckConstraint(
                condition=Q(previous=None) | Q(previous__range=(1, 5)),
                name="star_rating_previous_1_to_5",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.year} {self.stars}"
