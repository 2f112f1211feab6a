"""Counts of a round, made once: the only thing of it that ratings read (M99, M100)."""

import json
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from evaluations.scoring.rates import Dispositions
from officials.models import Appointment, Division
from surveys.models import Round


class CellsAreFinal(Exception):
    """Counts of a closed round never change (M65, M107)."""


class WriteOnceQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise CellsAreFinal(self.model.__name__)

    def delete(self) -> NoReturn:
        raise CellsAreFinal(self.model.__name__)


class WriteOnce(models.Model):
    """Rows that are added and never changed."""

    objects = WriteOnceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise CellsAreFinal(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise CellsAreFinal(str(self))


class CountedRound(WriteOnce):
    """A tallied round whose answers are in cells; one per round, so once (M99)."""

    round = models.OneToOneField(Round, models.PROTECT, related_name="counted")
    month = models.CharField(_("月份"), max_length=7)
    responses = models.PositiveIntegerField(_("答卷"))
    # Too few to bear a community: they enter no appointment's figure (T59).
    unattributed = models.PositiveIntegerField(_("未归社区"))
    cells_sha256 = models.CharField(_("分组计数摘要"), max_length=64)
    # What must not change inside a window: scored questions and points (M63).
    basis = models.CharField(_("计分口径"), max_length=64)

    class Meta:
        verbose_name = _("已计数的测评")
        verbose_name_plural = _("已计数的测评")

    def __str__(self) -> str:
        return str(self.round_id)


class StratumCount(WriteOnce):
    """Frame and final codes of the released households of one stratum (M24, M103).

    Kept here because the draw itself is purged after twelve months (T96).
    `submitted` counts households; I, P and break-offs come from the opened answers.
    """

    counted = models.ForeignKey(CountedRound, models.PROTECT, related_name="strata")
    code = models.CharField(_("层"), max_length=20)
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    frame = models.PositiveIntegerField(_("常住户"))
    released = models.PositiveIntegerField(_("放出"))
    submitted = models.PositiveIntegerField(_("参评"))
    complete = models.PositiveIntegerField("I")
    partial = models.PositiveIntegerField("P")
    refusal = models.PositiveIntegerField("R")
    no_contact = models.PositiveIntegerField("NC")
    other = models.PositiveIntegerField("O")
    unknown_household = models.PositiveIntegerField("UH")
    unknown_other = models.PositiveIntegerField("UO")
    not_eligible = models.PositiveIntegerField("NE")

    CODES = (
        "complete",
        "partial",
        "refusal",
        "no_contact",
        "other",
        "unknown_household",
        "unknown_other",
        "not_eligible",
    )

    class Meta:
        verbose_name = _("层的计数")
        verbose_name_plural = _("层的计数")
        constraints = (
            models.UniqueConstraint(
                fields=["counted", "code"], name="stratum_count_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    released=F("complete")
                    + F("partial")
                    + F("refusal")
                    + F("no_contact")
                    + F("other")
                    + F("unknown_household")
                    + F("unknown_other")
                    + F("not_eligible")
                ),
                name="stratum_count_balances",  # M26
            ),
        )

    def __str__(self) -> str:
        return f"{self.counted_id} {self.code}"

    @property
    def dispositions(self) -> Dispositions:
        return Dispositions(**{name: getattr(self, name) for name in self.CODES})


class ResponseCell(WriteOnce):
    """Answers that share round, appointment, stratum and mode. Confidential (M100).

    Sums are exact: household scores in ten-thousandths of a point (M41).
    `item_counts`: canonical JSON, question number → households at level 1..5, missing.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    stratum = models.CharField(_("层"), max_length=20)
    mode = models.CharField(_("方式"), max_length=10)
    complete = models.PositiveIntegerField(_("完整"))
    partial = models.PositiveIntegerField(_("部分"))
    break_off = models.PositiveIntegerField(_("中断"))
    n = models.PositiveBigIntegerField(_("可用"))
    sum_score = models.BigIntegerField(_("户分之和"))
    sum_score_squared = models.BigIntegerField(_("户分平方和"))
    item_counts = models.TextField(_("各题计数"))

    class Meta:
        verbose_name = _("分组计数")
        verbose_name_plural = _("分组计数")
        constraints = (
            models.UniqueConstraint(
                fields=["round", "appointment", "stratum", "mode"], name="cell_once"
            ),
            models.CheckConstraint(
                condition=Q(n=F("complete") + F("partial")), name="cell_n_is_usable"
            ),
            models.CheckConstraint(
                condition=Q(sum_score__gte=0)
                & Q(sum_score__lte=F("n") * 1_000_000)
                & Q(sum_score_squared__gte=0)
                & Q(sum_score_squared__lte=F("sum_score") * 1_000_000),
                name="cell_sums_possible",
            ),
        )

    def __str__(self) -> str:
        return f"{self.round_id} {self.stratum} {self.mode}"

    @property
    def items(self) -> dict[int, list[int]]:
        """Question number → counts of level 1, 2, 3, 4, 5 and of missing."""
        return {
            int(key): counts for key, counts in json.loads(self.item_counts).items()
        }
