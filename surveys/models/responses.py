"""Opened answers: random keys, no time, no code, no household (T10, T55, T61)."""

import uuid
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from officials.models import Appointment, Division
from surveys.models.rounds import Round

ITEM_COLUMNS = tuple(f"item_{number}" for number in range(1, 17))
MOST_SCORE = 1_000_000


class AnswersAreFinal(Exception):
    """An opened answer is never changed."""


class OpenedResponseQuerySet(models.QuerySet["OpenedResponse"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AnswersAreFinal


class OpenedResponse(models.Model):
    """One household's answers, no longer anybody's. Written by the sink only.

    Items: 5 best … 1 worst, 0 说不清, null blank. `score` in ten-thousandths of a
    point (M41), null when not usable. Read by the roll-up only (T125).
    """

    class Usability(models.TextChoices):
        COMPLETE = "I", _("完整")
        PARTIAL = "P", _("部分")
        BREAK_OFF = "B", _("中断")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    community = models.ForeignKey(Division, models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey(
        Appointment, models.PROTECT, null=True, related_name="+"
    )
    mode = models.CharField(_("方式"), max_length=10)
    assisted = models.CharField(_("代填"), max_length=10)
    item_1 = models.SmallIntegerField(null=True)
    item_2 = models.SmallIntegerField(null=True)
    item_3 = models.SmallIntegerField(null=True)
    item_4 = models.SmallIntegerField(null=True)
    item_5 = models.SmallIntegerField(null=True)
    item_6 = models.SmallIntegerField(null=True)
    item_7 = models.SmallIntegerField(null=True)
    item_8 = models.SmallIntegerField(null=True)
    item_9 = models.SmallIntegerField(null=True)
    item_10 = models.SmallIntegerField(null=True)
    item_11 = models.SmallIntegerField(null=True)
    item_12 = models.SmallIntegerField(null=True)
    item_13 = models.SmallIntegerField(null=True)
    item_14 = models.SmallIntegerField(null=True)
    item_15 = models.SmallIntegerField(null=True)
    item_16 = models.SmallIntegerField(null=True)
    usability = models.CharField(_("可用"), max_length=1, choices=Usability)
    score = models.IntegerField(_("户分"), null=True)
    salt = models.BinaryField(max_length=16)

    objects = OpenedResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("开箱答卷")
        verbose_name_plural = _("开箱答卷")
        constraints = (
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, MOST_SCORE)),
                name="response_score_in_range",
            ),
            models.CheckConstraint(
                condition=Q(usability="B", score=None)
                | Q(usability__in=("I", "P"), score__isnull=False),
                name="response_score_when_usable",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{column: None}) | Q(**{f"{column}__range": (0, 5)}),
                    name=f"response_{column}_0_to_5",
                )
                for column in ITEM_COLUMNS
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AnswersAreFinal
        super().save(*args, **{**kwargs, "force_insert": True})


class CommentQuerySet(models.QuerySet["Comment"]):
    def pending(self) -> "CommentQuerySet":
        return self.filter(review=Comment.Review.PENDING).exclude(text=b"")

    def shuffled(self) -> "CommentQuerySet":
        """In the order of random bytes, which is always the same and tells nothing."""
        return self.order_by("salt", "id")


class Comment(models.Model):
    """Words of a household, sealed apart from its marks; no tie between the two.

    What the household wrote is never rewritten while it is kept: `blackouts` says which
    characters nobody but the reviewer sees (T128). `is_raw`: the words of the household
    are still there; after their time only what was released is, blacked out for good.
    """

    class Review(models.TextChoices):
        PENDING = "pending", _("待审")
        PUBLISH = "publish", _("可公布")
        PRIVATE = "private", _("内部")
        WITHHOLD = "withhold", _("不公布")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    community = models.ForeignKey(Division, models.PROTECT, null=True, related_name="+")
    text = models.BinaryField()  # sealed, bound to this row
    review = models.CharField(
        _("审阅"), max_length=10, choices=Review, default=Review.PENDING
    )
    # [[start, end], ...] in characters of the text, in order, without overlaps.
    blackouts = models.JSONField(_("涂黑"), default=list, blank=True)
    # As on a signature; when it was stands in the trail: no clocks here (T61).
    reviewed_by = models.CharField(_("审阅人"), max_length=60, blank=True)
    is_raw = models.BooleanField(_("原话还在"), default=True)
    salt = models.BinaryField(max_length=16)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("留言")
        verbose_name_plural = _("留言")
        constraints = (
            models.CheckConstraint(
                condition=Q(review="pending", reviewed_by="")
                | (~Q(review="pending") & ~Q(reviewed_by="")),
                name="comment_reviewed_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
