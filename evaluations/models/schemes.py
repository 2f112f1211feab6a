"""Assessment schemes: every quantity of the method, versioned, frozen (M4)."""

import json
from functools import lru_cache
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.scoring.method import Method


class SchemeIsFrozen(Exception):
    """A scheme in force is never edited, only copied to a new version."""


class AssessmentSchemeQuerySet(models.QuerySet["AssessmentScheme"]):
    def in_force(self) -> "AssessmentSchemeQuerySet":
        return self.filter(status=AssessmentScheme.Status.IN_FORCE)

    def update(self, **kwargs: Any) -> int:
        """Only the status moves; what was frozen stays (M4)."""
        if fixed := set(kwargs) - {"status"}:
            raise SchemeIsFrozen(*sorted(fixed))
        return super().update(**kwargs)


class AssessmentScheme(models.Model):
    """draft → in_force → retired. Written once; a change is a copy, version + 1."""

    class Kind(models.TextChoices):
        RESIDENT = "resident", _("居民评价")

    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_FORCE = "in_force", _("执行中")
        RETIRED = "retired", _("已停用")

    code = models.CharField(_("编号"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status)
    # Canonical JSON of all fields of the method, by their names in the method.
    parameters = models.TextField(_("参数"))
    digest = models.BinaryField(max_length=32)  # SHA-256 of `parameters`
    frozen_at = models.DateTimeField(_("冻结时间"), null=True)

    objects = AssessmentSchemeQuerySet.as_manager()

    class Meta:
        ordering = ("code", "-version")
        verbose_name = _("考核办法")
        verbose_name_plural = _("考核办法")
        constraints = (
            models.UniqueConstraint(
                fields=["code", "version"], name="scheme_version_once"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(frozen_at__isnull=False),
                name="scheme_frozen_when_in_force",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "in_force", "retired")),
                name="scheme_status_known",
            ),
        )

    def __str__(self) -> str:
        return _("%(name)s（第 %(version)s 版）") % {
            "name": self.name,
            "version": self.version,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise SchemeIsFrozen(self.ref)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SchemeIsFrozen(self.ref)

    @property
    def ref(self) -> str:
        """Code and version as text: how a round names its scheme."""
        return f"{self.code}/{self.version}"

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()

    @property
    def method(self) -> Method:
        return parsed(self.parameters)

    def round_parameters(self) -> dict[str, object]:
        """Every field by its name in the method, to be frozen with a round."""
        return self.method.as_mapping()


@lru_cache(maxsize=64)
def parsed(parameters: str) -> Method:
    """The method of a scheme; a page asks for it once per row."""
    return Method.from_mapping(json.loads(parameters))
