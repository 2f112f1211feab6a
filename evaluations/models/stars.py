"""评星定级 of a year: the star an appointment enters the next year with (H4)."""

import json
from functools import cached_property
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluations.models.ratings import FiguresAreFinal, MonthlyRating
from officials.models import Appointment


class StarRatingQuerySet(models.QuerySet["StarRating"]):
    def update(self, **kwargs: Any) -> int:
        """What is proposed may be decided; star and reading change by a proposal."""
        if fixed := set(kwargs) - StarRating.MOVING:
            raise FiguresAreFinal(*sorted(fixed))
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise FiguresAreFinal

    def standing(self) -> "StarRatingQuerySet":
        """Decided by a named person, told or not."""
        return self.filter(
            state__in=(StarRating.State.DECIDED, StarRating.State.PUBLISHED)
        )

    def under(self, code: str) -> "StarRatingQuerySet":
        return self.filter(
            appointment__post__organization__division__code__startswith=code
        )


class StarRating(models.Model):
    """A closed year: proposed from a published reading, decided by another person.

    proposed → decided → published; proposed → declined → proposed. A star whose reading
    was corrected or withdrawn may be proposed again. Years before the first reading are
    entered by hand as decided; then `score` and `items` hold what the paper told.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待决定")
        DECLINED = "declined", _("未同意")
        DECIDED = "decided", _("已决定")
        PUBLISHED = "published", _("已公布")

    MOVING = frozenset(
        {
            "state",
            "stars",
            "previous",
            "reading",
            "basis",
            "proposed_by",
            "proposed_at",
            "decided_by",
            "decided_at",
            "declined_by",
            "declined_at",
            "decline_reason",
            "published_by",
            "published_at",
        }
    )

    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="star_ratings", verbose_name=_("任职")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    # A year that is entered by hand is decided by whoever enters it.
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.DECIDED
    )
    stars = models.PositiveSmallIntegerField(_("星级"))
    previous = models.PositiveSmallIntegerField(_("上年星级"), null=True, blank=True)
    reading = models.ForeignKey(
        MonthlyRating,
        models.PROTECT,
        null=True,
        related_name="year_stars",
        verbose_name=_("依据的结果"),
    )
    score = models.DecimalField(
        _("得分"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    # Question number → score, of a year that was entered by hand.
    items = models.TextField(_("各题得分"), blank=True)
    basis = models.CharField(_("依据"), max_length=200)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"), null=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    declined_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    declined_at = models.DateTimeField(_("退回时间"), null=True)
    decline_reason = models.CharField(_("退回原因"), max_length=300, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("公布时间"), null=True)

    objects = StarRatingQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=Q(reading=None, proposed_by=None, proposed_at=None)
                | Q(
                    reading__isnull=False,
                    proposed_by__isnull=False,
                    proposed_at__isnull=False,
                ),
                name="star_rating_proposed_from_a_reading",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("decided", "published"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(
                    state__in=("proposed", "declined"), decided_by=None, decided_at=None
                ),
                name="star_rating_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None)
                | Q(decided_by=None)
                | ~Q(decided_by=F("proposed_by")),
                name="star_rating_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined")
                | (
                    Q(declined_by__isnull=False, declined_at__isnull=False)
                    & ~Q(decline_reason="")
                ),
                name="star_rating_declined_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="published",
                    published_by__isnull=False,
                    published_at__isnull=False,
                )
                | (~Q(state="published") & Q(published_by=None, published_at=None)),
                name="star_rating_published_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.year} {self.stars}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FiguresAreFinal(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FiguresAreFinal(str(self))

    @property
    def is_standing(self) -> bool:
        return self.state in (self.State.DECIDED, self.State.PUBLISHED)

    @property
    def is_change(self) -> bool:
        return self.previous is not None and self.previous != self.stars

    @cached_property
    def entered_items(self) -> dict[int, str]:
        """Question number → score, as it was entered by hand; empty otherwise."""
        told = json.loads(self.items) if self.items else {}
        return {int(number): str(score) for number, score in told.items()}
