"""What the pages of schemes read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accounts.models import Approval
from accounts.prefixes import Scopes
from evaluations import scheme_fields
from evaluations.models import AssessmentScheme, DryRun, RuleDocument, SchemeBasis
from evaluations.quarter_dry_running import ranked_quarters
from evaluations.scheme_actions import IN_FORCE
from evaluations.scheme_readiness import rolled_up
from evaluations.scheme_words import Text
from officials.models import Division


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a scheme as a page prints it."""

    text: Text
    value: str
    default: str
    range: str
    unit: str
    is_default: bool
    basis: SchemeBasis | None
    is_own_basis: bool


@dataclass(frozen=True, slots=True)
class ThemeRows:
    key: str
    title: str | Promise
    rows: list[FieldRow]

    @property
    def changed(self) -> int:
        """How many are not the default of the method."""
        return sum(not row.is_default for row in self.rows)


def theme_rows(scheme: AssessmentScheme) -> list[ThemeRows]:
    """Every field with value, range, default and the rule that it rests on."""
    bases = bases_of(scheme)
    whole = bases.get(SchemeBasis.WHOLE)
    method, default = scheme.method, scheme_fields.defaults()
    return [
        ThemeRows(
            key,
            title,
            [
                FieldRow(
                    text=text,
                    value=scheme_fields.shown(text.name, method),
                    default=scheme_fields.shown(text.name, default),
                    range=scheme_fields.range_of(text.name),
                    unit=scheme_fields.unit_of(text.name),
                    is_default=scheme_fields.is_default(text.name, method),
                    basis=bases.get(text.name, whole),
                    is_own_basis=text.name in bases,
                )
                for text in texts
            ],
        )
        for key, title, texts in scheme_fields.themes()
    ]


def bases_of(scheme: AssessmentScheme) -> dict[str, SchemeBasis]:
    rows = scheme.bases.select_related("document")
    return {basis.field: basis for basis in rows}


def schemes_by_code(scopes: Scopes) -> list[list[AssessmentScheme]]:
    """Versions of each code, newest first."""
    found: dict[str, list[AssessmentScheme]] = {}
    seen = AssessmentScheme.objects.seen_from(scopes).select_related("division")
    for scheme in seen.order_by("code", "-version").defer("parameters"):
        found.setdefault(scheme.code, []).append(scheme)
    return list(found.values())


def siblings(scheme: AssessmentScheme, scopes: Scopes) -> list[AssessmentScheme]:
    """The other versions of its code that its reader may see."""
    seen = AssessmentScheme.objects.seen_from(scopes).filter(code=scheme.code)
    return list(seen.exclude(pk=scheme.pk).order_by("-version").defer("parameters"))


def predecessor(scheme: AssessmentScheme) -> AssessmentScheme | None:
    """What a draft would replace: the version in force that holds at its place."""
    earlier = AssessmentScheme.objects.filter(
        code=scheme.code, kind=scheme.kind, version__lt=scheme.version
    ).for_place(scheme.division_id or "")
    in_force = earlier.in_force().order_by("-version").first()
    return in_force or earlier.ever_in_force().order_by("-version").first()


def waiting_approval(scheme: AssessmentScheme, *, at: dt.datetime) -> Approval | None:
    """The proposal that waits for a second person; an older text of it counts too."""
    waiting = Approval.objects.waiting(at=at).filter(
        verb=IN_FORCE, division=scheme.division_id or ""
    )
    for approval in waiting.select_related("proposed_by"):
        if approval.payload["scheme"] == scheme.pk:
            return approval
    return None


def dry_runs_of(scheme: AssessmentScheme) -> Iterable[DryRun]:
    return scheme.dry_runs.select_related("district", "asked_by")


def districts_to_try(scheme: AssessmentScheme) -> Any:
    """At the scheme's place: where a month is rolled up, or a quarter ranked."""
    if scheme.is_of_residents:
        tried = rolled_up(scheme)
    elif scheme.kind == scheme.Kind.REGULAR:
        tried = ranked_quarters(scheme)
    else:
        return Division.objects.none()
    codes = tried.order_by().values_list("division_id", flat=True)
    return Division.objects.filter(pk__in=codes).order_by("code")


def rules_for(scheme: AssessmentScheme, *, on: dt.date) -> Any:
    """Rules that still stand and were issued for the scheme's place or above it."""
    return RuleDocument.objects.standing(on=on).binding_at(scheme.division_id or "")


def moved_stars(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Whose star would change, with the name of the place."""
    rows = report["stars"]
    names = Division.objects.in_bulk([row["community"] for row in rows])
    return [{**row, "place": names.get(row["community"])} for row in rows]
