"""The ledger of what was told: every number with the households behind it (T127)."""

import json

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.cells import WriteOnce
from evaluations.models.groups import PoolingRecord
from evaluations.models.publications import Publication
from evaluations.models.ratings import MonthlyRating
from evaluations.scoring.ladder import Audience


class ToldFigure(WriteOnce):
    """A number, or the counts of one table, told to an audience.

    The households behind it are those of the boxes of `covers`: appointment → rounds,
    as canonical JSON. `counts`: label → households of the label as told, null where
    withheld. A row is added in the transaction in which the number is told, and stays.
    """

    class Kind(models.TextChoices):
        SCORE = "score", _("得分和户数")
        QUESTION = "question", _("一道题")
        MODES = "modes", _("答卷的方式")
        STRATA = "strata", _("各层户数")
        FINALS = "finals", _("没有答的各种情形")
        GROUP = "group", _("收缩分组的平均")

    # None for a number of a pooling group.
    rating = models.ForeignKey(
        MonthlyRating, models.PROTECT, null=True, related_name="told"
    )
    pool = models.ForeignKey(
        PoolingRecord, models.PROTECT, null=True, related_name="told"
    )
    audience = models.CharField(
        _("对象"), max_length=10, choices=[(one.value, one.value) for one in Audience]
    )
    kind = models.CharField(_("数字"), max_length=10, choices=Kind)
    # The number of a question, otherwise empty.
    label = models.CharField(_("标签"), max_length=20, blank=True)
    first = models.CharField(_("窗口起"), max_length=7)
    last = models.CharField(_("窗口止"), max_length=7)
    covers = models.TextField(_("户从哪里来"))
    households = models.PositiveIntegerField(_("户数"), null=True)
    mean = models.CharField(_("平均，照印出来的"), max_length=10, blank=True)
    counts = models.TextField(_("各标签户数"), blank=True)
    # The version it came out with; None for the office, which is told as it is rated.
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("说出去的数字")
        verbose_name_plural = _("说出去的数字")
        indexes = (models.Index(fields=["rating", "kind"], name="told_of_rating"),)
        constraints = (
            models.UniqueConstraint(
                fields=["rating", "audience", "kind", "label"],
                name="told_once_per_audience",
            ),
            models.UniqueConstraint(
                fields=["pool", "audience", "kind"], name="told_once_per_group"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=False, pool=None)
                | Q(rating=None, pool__isnull=False),
                name="told_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(audience="office", publication=None)
                | Q(audience="public", publication__isnull=False),
                name="told_to_the_public_by_a_version",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.label} {self.last}"

    @property
    def rounds_of(self) -> dict[str, list[str]]:
        """Appointment → codes of the rounds whose answers are in it."""
        return json.loads(self.covers)

    @property
    def told_counts(self) -> dict[str, int | None]:
        return json.loads(self.counts) if self.counts else {}
