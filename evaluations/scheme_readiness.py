"""What must hold before a draft may come into force (G12, H7, M4).

Each refusal is an exception of its own; a page lists all of them, the verb raises the
first.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import Q

from audit import crypto
from evaluations.models import (
    AssessmentScheme,
    DryRun,
    MonthlyRollup,
    RuleDocument,
    SchemeBasis,
)
from evaluations.scoring.method import MethodError
from evaluations.sheets.parts import Obstacle, Problem
from evaluations.sheets.rules import parsed_rules
from surveys.parameters import ParameterError, RoundParameters


class SchemeError(Exception):
    """Every refusal of a scheme's verbs."""


class NotADraft(SchemeError):
    """It is in force or retired: only a copy can change."""


class DraftChanged(SchemeError):
    """Somebody has changed the draft since the page was opened."""


class FieldsOutOfRange(SchemeError):
    """Values that the method refuses; `fields` names them (M4)."""

    def __init__(self, fields: Collection[str]) -> None:
        super().__init__(*sorted(fields))
        self.fields = frozenset(fields)


class NotReady(SchemeError):
    """A draft that may not come into force as it stands."""


class NothingOfItsOwn(NotReady):
    """Letter by letter what is in force already."""


class NotUsable(NotReady):
    """A value of the method that rounds of this edition cannot carry out."""


class KindUnknown(NotReady):
    """A kind of scheme whose rules this edition does not know."""


class BasisMissing(NotReady):
    """No rule document stands behind the scheme."""


class BasisRepealed(NotReady):
    """A rule that the scheme rests on is repealed: no new scheme, old results stand."""

    def __init__(self, documents: Collection[RuleDocument]) -> None:
        super().__init__(", ".join(document.number for document in documents))
        self.documents = list(documents)


class RulesNotReady(NotReady):
    """Obstacles in the rules of a regular scheme (W2, B3)."""

    def __init__(self, found: Collection[Obstacle]) -> None:
        super().__init__(", ".join(obstacle.field for obstacle in found))
        self.obstacles = list(found)


class BasisUnknown(NotReady):
    """A field names a document that is not entered, or not for this place."""


class ResidentsMissing(NotReady):
    """Posts rated by residents, no residents' indicator, and no reason (H7)."""


class NotTried(NotReady):
    """There is a closed quarter, and nobody has tried the draft on it."""


def content_digest(scheme: AssessmentScheme) -> bytes:
    """All that the second person agrees to, 32 bytes (T92)."""
    return crypto.digest(
        "scheme.v1",
        scheme.ref,
        scheme.kind,
        scheme.name,
        scheme.label,
        scheme.basis,
        scheme.division_id or "",
        str(scheme.grouping_id or ""),
        scheme.parameters,
        *(
            f"{basis.field} {basis.document_id} {basis.note}"
            for basis in scheme.bases.order_by("field")
        ),
    )


def obstacles(scheme: AssessmentScheme, *, on: dt.date) -> list[NotReady]:
    """Everything that keeps a draft from coming into force on that day."""
    return list(_obstacles(scheme, on=on))


def _obstacles(scheme: AssessmentScheme, *, on: dt.date) -> Iterator[NotReady]:
    yield from _of_kind(scheme)
    bases = list(scheme.bases.select_related("document"))
    if not any(basis.field == SchemeBasis.WHOLE for basis in bases):
        yield BasisMissing(scheme.ref)
    documents = {basis.document_id: basis.document for basis in bases}
    if scheme.kind == AssessmentScheme.Kind.REGULAR:
        named = set(_numbers(json.loads(scheme.parameters)))
        known = RuleDocument.objects.binding_at(scheme.division_id or "")
        documents |= {one.pk: one for one in known.filter(number__in=named)}
    repealed = [one for one in documents.values() if not one.stands(on=on)]
    if repealed:
        yield BasisRepealed(repealed)
    if is_same_as_in_force(scheme):
        yield NothingOfItsOwn(scheme.ref)
    if scheme.is_of_residents and can_be_tried(scheme) and not is_tried(scheme):
        yield NotTried(scheme.ref)


def _of_kind(scheme: AssessmentScheme) -> Iterator[NotReady]:
    if scheme.kind == AssessmentScheme.Kind.REGULAR:
        yield from _of_rules(scheme)
    elif not scheme.is_of_residents:
        yield KindUnknown(scheme.kind)
    elif problem := round_problem(scheme.round_parameters()):
        yield NotUsable(problem)


def _of_rules(scheme: AssessmentScheme) -> Iterator[NotReady]:
    """H7 apart from the rest: it asks for an indicator or for a reason."""
    found = parsed_rules(scheme.parameters).obstacles()
    h7 = [one for one in found if one.problem is Problem.RESIDENTS_MISSING]
    # Without a document of the whole all of them lack one; that is said once.
    silent = {Problem.RESIDENTS_MISSING, Problem.BASIS_MISSING}
    if h7:
        yield ResidentsMissing(scheme.ref)
    if rest := [one for one in found if one.problem not in silent]:
        yield RulesNotReady(rest)
    named = set(_numbers(json.loads(scheme.parameters))) - {""}
    known = RuleDocument.objects.binding_at(scheme.division_id or "")
    entered = set(known.filter(number__in=named).values_list("number", flat=True))
    if missing := sorted(named - entered):
        yield BasisUnknown(", ".join(missing))


def _numbers(part: Any) -> Iterator[str]:
    """Every document that some part of the rules names."""
    for one in part.values() if isinstance(part, dict) else part:
        if isinstance(one, dict | list):
            yield from _numbers(one)
    if isinstance(part, dict) and isinstance(part.get("basis"), str):
        yield part["basis"]


def round_problem(parameters: Mapping[str, Any]) -> str:
    """The first field that a round could not carry out, "" if it can do all."""
    try:
        RoundParameters.from_mapping(parameters)
    except (MethodError, ParameterError) as error:
        return error.field
    return ""


def is_same_as_in_force(scheme: AssessmentScheme) -> bool:
    """A second version must differ in something that decides a figure or a text."""
    same = AssessmentScheme.objects.in_force().filter(
        code=scheme.code, division=scheme.division_id, parameters=scheme.parameters
    )
    texts = {"name": scheme.name, "label": scheme.label, "basis": scheme.basis}
    return any(_rests_on(scheme) == _rests_on(other) for other in same.filter(**texts))


def _rests_on(scheme: AssessmentScheme) -> set[tuple[str, int, str]]:
    return set(scheme.bases.values_list("field", "document_id", "note"))


def rolled_up(scheme: AssessmentScheme) -> Any:
    """Rolled-up months of the districts that a draft could be tried on."""
    code = scheme.division_id or ""
    place = Q(division__code__startswith=code) | Q(division__code=code[:6])
    return MonthlyRollup.objects.filter(place, state=MonthlyRollup.State.DONE)


def can_be_tried(scheme: AssessmentScheme) -> bool:
    return bool(rolled_up(scheme).exists())


def is_tried(scheme: AssessmentScheme) -> bool:
    """With exactly these parameters, whoever asked."""
    tried = DryRun.objects.done().filter(
        scheme=scheme, scheme_digest=bytes(scheme.digest)
    )
    return tried.exists()
