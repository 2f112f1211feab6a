"""Assessment schemes: every quantity of the method, versioned, frozen (M4)."""

import json
from functools import lru_cache
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.prefixes import Scopes
from audit.vendor_sql import sha256_of
from evaluations.scoring.method import Method
from officials.models import Division, PeerGrouping


class SchemeIsFrozen(Exception):
    """A scheme that was ever in force is never edited, only copied (M4)."""


class AssessmentSchemeQuerySet(models.QuerySet["AssessmentScheme"]):
    def drafts(self) -> "AssessmentSchemeQuerySet":
        return self.filter(status=AssessmentScheme.Status.DRAFT)

    def in_force(self) -> "AssessmentSchemeQuerySet":
        return self.filter(status=AssessmentScheme.Status.IN_FORCE)

    def ever_in_force(self) -> "AssessmentSchemeQuerySet":
        """What a round may name: drafts decide nothing."""
        return self.exclude(status=AssessmentScheme.Status.DRAFT)

    def of_residents(self) -> "AssessmentSchemeQuerySet":
        """Those whose parameters are a `Method`."""
        return self.filter(kind=AssessmentScheme.Kind.RESIDENT)

    def seen_from(self, scopes: Scopes) -> "AssessmentSchemeQuerySet":
        """Of the places in scope and of the house; from above what is in force."""
        above = {
            prefix[:digits] for prefix in scopes.prefixes for digits in (2, 4, 6, 9)
        }
        ours = scopes.q("division__code") | Q(division=None)
        decided = ~Q(status=AssessmentScheme.Status.DRAFT)
        return self.filter(ours | Q(division__in=above) & decided)

    def for_place(self, code: str) -> "AssessmentSchemeQuerySet":
        """Those that hold at a place: of the house, of it, of what lies above it."""
        above = [code[:digits] for digits in (2, 4, 6, 9, 12) if digits <= len(code)]
        return self.filter(Q(division=None) | Q(division__in=above))

    def update(self, **kwargs: Any) -> int:
        """A draft may change; of what was in force only the status moves on (M4)."""
        back = kwargs.get("status") == AssessmentScheme.Status.DRAFT
        fixed = sorted(set(kwargs) - {"status"})
        if (fixed or back) and self.ever_in_force().exists():
            raise SchemeIsFrozen(*fixed)
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise SchemeIsFrozen


class AssessmentScheme(models.Model):
    """draft → in_force → retired. A draft is edited by its verbs, then never again."""

    class Kind(models.TextChoices):
        RESIDENT = "resident", _("居民评价")
        REGULAR = "regular", _("平时考核")
        STAR = "star", _("评星定级")
        ANNUAL = "annual", _("年度考核")
        TERM = "term", _("任期考核")
        SPECIAL = "special", _("专项考核")

    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_FORCE = "in_force", _("执行中")
        RETIRED = "retired", _("已停用")

    code = models.CharField(_("编号"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    # Where it holds, with all below it; null for what comes with the house.
    division = models.ForeignKey(
        Division,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("适用范围"),
    )
    grouping = models.ForeignKey(
        PeerGrouping,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("分组办法"),
    )
    # As in "2+3": a name that people know it by; no formula reads it (Z3).
    label = models.CharField(_("标签"), max_length=20, blank=True)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status)
    # Canonical JSON of all fields, by their names; what they are depends on `kind`.
    parameters = models.TextField(_("参数"))
    digest = models.BinaryField(max_length=32)  # SHA-256 of `parameters`
    drafted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("起草人")
    )
    drafted_at = models.DateTimeField(_("起草时间"), null=True)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("提出人")
    )
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人")
    )
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
                condition=~Q(status="draft")
                | Q(frozen_at=None, proposed_by=None, approved_by=None),
                name="scheme_draft_is_not_frozen",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "in_force", "retired")),
                name="scheme_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        "resident",
                        "regular",
                        "star",
                        "annual",
                        "term",
                        "special",
                    )
                ),
                name="scheme_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None, approved_by=None)
                | ~Q(approved_by=F("proposed_by")),
                name="scheme_in_force_by_two",
            ),
            models.CheckConstraint(
                condition=Exact(F("digest"), sha256_of("parameters")),
                name="scheme_digest_fits",
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
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_of_residents(self) -> bool:
        return self.kind == self.Kind.RESIDENT

    @property
    def method(self) -> Method:
        """Of a residents' scheme; other kinds hold other fields."""
        return parsed(self.parameters)

    def round_parameters(self) -> dict[str, object]:
        """Every field by its name in the method, to be frozen with a round."""
        return self.method.as_mapping()


@lru_cache(maxsize=64)
def parsed(parameters: str) -> Method:
    """The method of a scheme; a page asks for it once per row."""
    return Method.from_mapping(json.loads(parameters))
