"""What a draft would have done to a closed quarter: asked for, then written once."""

import json
from functools import cached_property
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluations.models.schemes import AssessmentScheme
from evaluations.quarter_calendar import quarter_of
from officials.models import Division


class DryRunIsWritten(Exception):
    """The report of a dry run never changes; another try is another row."""


class DryRunQuerySet(models.QuerySet["DryRun"]):
    def asked(self) -> "DryRunQuerySet":
        return self.filter(state=DryRun.State.ASKED)

    def done(self) -> "DryRunQuerySet":
        return self.filter(state=DryRun.State.DONE)

    def update(self, **kwargs: Any) -> int:
        """The report is written where one was asked for, and nowhere else."""
        kept = set(kwargs) - {"state", "done_at", "record", "record_sha256"}
        if kept or self.done().exists():
            raise DryRunIsWritten(*sorted(kept))
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise DryRunIsWritten


class DryRun(models.Model):
    """A draft held against the last quarter of a district, in memory only (M107).

    `record` is canonical JSON of counts: no figure of anybody, and nothing that the
    office may not see (M82, M86).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("等待试算")
        DONE = "done", _("已试算")

    scheme = models.ForeignKey(
        AssessmentScheme,
        models.PROTECT,
        related_name="dry_runs",
        verbose_name=_("办法"),
    )
    # Of the parameters that were tried: a draft changes, a report does not.
    scheme_digest = models.BinaryField(max_length=32)
    district = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    # The last month that was tried; it ends the quarter where there is a whole one.
    month = models.CharField(_("月份"), max_length=7)
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("试算人")
    )
    asked_at = models.DateTimeField(_("提出时间"))
    state = models.CharField(
        _("状态"), max_length=6, choices=State, default=State.ASKED
    )
    done_at = models.DateTimeField(_("完成时间"), null=True)
    record = models.TextField(_("报告"), blank=True)
    record_sha256 = models.CharField(_("报告摘要"), max_length=64, blank=True)

    objects = DryRunQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = _("试算")
        verbose_name_plural = _("试算")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="asked", done_at=None, record="", record_sha256="")
                | (
                    Q(state="done", done_at__isnull=False)
                    & ~Q(record="")
                    & ~Q(record_sha256="")
                ),
                name="dry_run_done_has_report",
            ),
        )

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.district_id} {self.month}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise DryRunIsWritten(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DryRunIsWritten(str(self))

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

    @property
    def period(self) -> str:
        """What was tried on, in words: the month, or the quarter of a regular draft."""
        is_regular = self.scheme.kind == AssessmentScheme.Kind.REGULAR
        return quarter_of(self.month) if is_regular else self.month

    @cached_property
    def contents(self) -> dict[str, Any]:
        return json.loads(self.record)
