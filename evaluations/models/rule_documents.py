"""The rules that schemes rest on, and which field rests on which (G12)."""

import datetime as dt
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.prefixes import Scopes
from evaluations.models.schemes import AssessmentScheme, SchemeIsFrozen
from officials.models import Division


class RuleIsWritten(Exception):
    """A rule document is entered once; afterwards it can only be repealed."""


class RuleDocumentQuerySet(models.QuerySet["RuleDocument"]):
    def seen_from(self, scopes: Scopes) -> "RuleDocumentQuerySet":
        """Of the places in scope and of the places above them."""
        above = {
            prefix[:digits] for prefix in scopes.prefixes for digits in (2, 4, 6, 9)
        }
        return self.filter(scopes.q("division__code") | Q(division__in=above))

    def binding_at(self, code: str) -> "RuleDocumentQuerySet":
        """Issued for a place or for what lies above it."""
        above = [code[:digits] for digits in (2, 4, 6, 9, 12) if digits <= len(code)]
        return self.filter(division__in=above)

    def standing(self, *, on: dt.date) -> "RuleDocumentQuerySet":
        """Not repealed on that day."""
        return self.filter(Q(repealed_on=None) | Q(repealed_on__gt=on))

    def update(self, **kwargs: Any) -> int:
        if fixed := sorted(set(kwargs) - {"repealed_on"}):
            raise RuleIsWritten(*fixed)
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise RuleIsWritten


class RuleDocument(models.Model):
    """制度: title, number, who issued it and when. Repealed, never removed."""

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("适用范围")
    )
    title = models.CharField(_("标题"), max_length=120)
    number = models.CharField(_("文号"), max_length=60)
    issued_by = models.CharField(_("发文单位"), max_length=80)
    issued_on = models.DateField(_("发文日期"))
    # The first day on which it does not hold any more.
    repealed_on = models.DateField(_("废止日期"), null=True)

    objects = RuleDocumentQuerySet.as_manager()

    class Meta:
        ordering = ("-issued_on", "number")
        verbose_name = _("制度文件")
        verbose_name_plural = _("制度文件")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "number"], name="rule_number_once"
            ),
            models.CheckConstraint(
                condition=Q(repealed_on=None) | Q(repealed_on__gt=F("issued_on")),
                name="rule_repealed_after_issue",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}（{self.number}）"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RuleIsWritten(self.number)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuleIsWritten(self.number)

    def stands(self, *, on: dt.date) -> bool:
        return self.repealed_on is None or on < self.repealed_on


class SchemeBasisQuerySet(models.QuerySet["SchemeBasis"]):
    def update(self, **kwargs: Any) -> int:
        self._refuse_frozen()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse_frozen()
        return super().delete()

    def _refuse_frozen(self) -> None:
        if self.exclude(scheme__status=AssessmentScheme.Status.DRAFT).exists():
            raise SchemeIsFrozen


class SchemeBasis(models.Model):
    """Which rule a field rests on; `WHOLE` for all that have none of their own."""

    WHOLE = "*"

    scheme = models.ForeignKey(
        AssessmentScheme, models.PROTECT, related_name="bases", verbose_name=_("办法")
    )
    field = models.CharField(_("项目"), max_length=60)
    document = models.ForeignKey(
        RuleDocument, models.PROTECT, related_name="bases", verbose_name=_("制度文件")
    )
    note = models.CharField(_("条款"), max_length=120, blank=True)

    objects = SchemeBasisQuerySet.as_manager()

    class Meta:
        ordering = ("field",)
        verbose_name = _("依据")
        verbose_name_plural = _("依据")
        constraints = (
            models.UniqueConstraint(
                fields=["scheme", "field"], name="scheme_basis_once_per_field"
            ),
            models.CheckConstraint(
                condition=~Q(field=""), name="scheme_basis_names_a_field"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.field}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Into a draft only; the verb holds the scheme's row while it writes."""
        known = AssessmentScheme.objects.filter(pk=self.scheme_id)
        if known.ever_in_force().exists():
            raise SchemeIsFrozen(str(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if not AssessmentScheme.objects.drafts().filter(pk=self.scheme_id).exists():
            raise SchemeIsFrozen(str(self))
        return super().delete(*args, **kwargs)
