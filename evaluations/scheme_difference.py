"""What changed between two versions of a scheme, field by field."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from evaluations import scheme_fields
from evaluations.models import AssessmentScheme, SchemeBasis
from evaluations.scheme_words import Effect, Text


@dataclass(frozen=True, slots=True)
class Change:
    """One field; `is_higher`: None where more is no matter of size."""

    text: Text
    old: str
    new: str
    is_higher: bool | None

    @property
    def direction(self) -> str:
        if self.is_higher is None:
            return ""
        return _("提高") if self.is_higher else _("降低")

    @property
    def shows_in_dry_run(self) -> bool:
        return self.text.effect in (Effect.SHOWS, Effect.ROUNDS)


@dataclass(frozen=True, slots=True)
class WordChange:
    """A name, a label, or what a field rests on."""

    label: str | Promise
    old: str
    new: str


def changes(old: AssessmentScheme, new: AssessmentScheme) -> list[Change]:
    """Fields with another value, in the order of the method."""
    before, after = old.method, new.method
    mine, theirs = before.as_mapping(), after.as_mapping()
    return [
        Change(
            text=text,
            old=scheme_fields.shown(name, before),
            new=scheme_fields.shown(name, after),
            is_higher=scheme_fields.is_higher(name, before, after),
        )
        for name, text in scheme_fields.TEXTS.items()
        if mine[name] != theirs[name]
    ]


def word_changes(old: AssessmentScheme, new: AssessmentScheme) -> list[WordChange]:
    """Other words: names, label, and the rules that fields rest on."""
    pairs = [
        (_("名称"), old.name, new.name),
        (_("标签"), old.label, new.label),
        (_("总依据"), _whole(old), _whole(new)),
    ]
    before, after = _own(old), _own(new)
    for name in sorted(set(before) | set(after)):
        label = scheme_fields.TEXTS[name].label if name in scheme_fields.TEXTS else name
        label = _("%(label)s的依据") % {"label": label}
        pairs.append((label, before.get(name, ""), after.get(name, "")))
    return [WordChange(label, a, b) for label, a, b in pairs if a != b]


def _whole(scheme: AssessmentScheme) -> str:
    known = scheme.bases.filter(field=SchemeBasis.WHOLE).select_related("document")
    basis = known.first()
    return told_basis(basis) if basis else scheme.basis


def _own(scheme: AssessmentScheme) -> dict[str, str]:
    bases = scheme.bases.exclude(field=SchemeBasis.WHOLE).select_related("document")
    return {basis.field: told_basis(basis) for basis in bases}


def told_basis(basis: SchemeBasis) -> str:
    return f"{basis.document} {basis.note}".strip()
