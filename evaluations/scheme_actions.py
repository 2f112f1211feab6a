"""Draft, edit, bring into force, retire a scheme; enter and repeal a rule (M4, G12).

Two persons bring a scheme into force on a record of `accounts` (T92, docs/adr/0022);
from that moment nothing in it changes any more (docs/adr/0029).
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.actions import PayloadChanged, approve, propose
from accounts.models import Approval, User
from accounts.permissions import Permission
from audit import crypto
from audit.actions import record
from evaluations.models import AssessmentScheme, RuleDocument, SchemeBasis
from evaluations.scheme_readiness import (
    DraftChanged,
    FieldsOutOfRange,
    KindUnknown,
    NotADraft,
    SchemeError,
    content_digest,
    obstacles,
)
from evaluations.scoring.method import Method, MethodError
from evaluations.sheets.rules import RegularRules
from officials.models import Division

IN_FORCE = "scheme.put_in_force"
Status = AssessmentScheme.Status


class RuleKnown(SchemeError):
    """The number is taken at that place."""


class RuleIsRepealed(SchemeError):
    """It is repealed already, or would end before it began."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a field rests on, and the clause in it."""

    document: RuleDocument
    note: str = ""


@transaction.atomic
def draft_copy(
    *, scheme: AssessmentScheme, division: Division, by: User, at: dt.datetime
) -> AssessmentScheme:
    """A draft with the next version of the code, for one place and all below it.

    Rules that are repealed meanwhile are not taken along: the copy would rest on
    nothing (G12).
    """
    same = AssessmentScheme.objects.select_for_update().filter(code=scheme.code)
    list(same.order_by("pk"))
    newest = same.aggregate(newest=Max("version"))["newest"]
    draft = AssessmentScheme.objects.create(
        code=scheme.code,
        version=newest + 1,
        name=scheme.name,
        kind=scheme.kind,
        division=division,
        grouping=scheme.grouping,
        label=scheme.label,
        basis=scheme.basis,
        status=Status.DRAFT,
        parameters=scheme.parameters,
        digest=bytes(scheme.digest),
        drafted_by=by,
        drafted_at=at,
    )
    on = timezone.localdate(at)
    standing = RuleDocument.objects.standing(on=on).binding_at(division.code)
    for basis in scheme.bases.filter(document__in=standing):
        SchemeBasis.objects.create(
            scheme=draft, field=basis.field, document=basis.document, note=basis.note
        )
    _tell("scheme.drafted", draft, by=by, at=at, copied_from=scheme.ref)
    return draft


@transaction.atomic
def edit_draft(
    *,
    scheme: AssessmentScheme,
    seen: bytes,
    fields: Mapping[str, object],
    bases: Mapping[str, Basis | None],
    by: User,
    at: dt.datetime,
) -> AssessmentScheme:
    """Change values and what they rest on; `seen` is the digest of the page's draft.

    `fields`: by their names in the method, what is not named stays; `bases`: None
    takes a basis away. FieldsOutOfRange names every value that the method refuses.
    """
    draft = held_draft(scheme, seen)
    if not draft.is_of_residents:
        raise KindUnknown(draft.kind)
    before = draft.method.as_mapping()
    method = _method(before, fields)
    after = method.as_mapping()
    text = method.canonical()
    AssessmentScheme.objects.drafts().filter(pk=draft.pk).update(
        parameters=text.decode(), digest=sha256(text).digest()
    )
    for field, basis in bases.items():
        _set_basis(draft, field, basis)
    changed = {
        name: [before[name], after[name]]
        for name in after
        if before[name] != after[name]
    }
    draft = AssessmentScheme.objects.get(pk=draft.pk)
    _tell("scheme.edited", draft, by=by, at=at, changed=changed)
    return draft


@transaction.atomic
def describe_draft(
    *,
    scheme: AssessmentScheme,
    seen: bytes,
    name: str,
    label: str,
    whole: Basis | None,
    by: User,
    at: dt.datetime,
) -> AssessmentScheme:
    """Name, label (Z3) and the rule that the scheme as a whole rests on (G12)."""
    draft = held_draft(scheme, seen)
    basis = f"{whole.document} {whole.note}".strip()[:200] if whole else ""
    AssessmentScheme.objects.drafts().filter(pk=draft.pk).update(
        name=name, label=label, basis=basis, **_resting_on(draft, whole)
    )
    _set_basis(draft, SchemeBasis.WHOLE, whole)
    draft = AssessmentScheme.objects.get(pk=draft.pk)
    _tell("scheme.described", draft, by=by, at=at, name=name, label=label)
    return draft


@transaction.atomic
def propose_in_force(
    *, scheme: AssessmentScheme, seen: bytes, by: User, at: dt.datetime
) -> Approval:
    """Ask a second person to bring the draft into force, as it was seen, for 72 h."""
    draft = held_draft(scheme, seen)
    if found := obstacles(draft, on=timezone.localdate(at)):
        raise found[0]
    return propose(
        verb=IN_FORCE,
        payload={
            "scheme": draft.pk,
            "ref": draft.ref,
            "digest": content_digest(draft).hex(),
        },
        permission=Permission.SCHEME_EDIT,
        division=draft.division_id or "",
        by=by,
        at=at,
    )


@transaction.atomic
def put_in_force(
    *, approval: Approval, digest: bytes, by: User, at: dt.datetime
) -> AssessmentScheme:
    """The second person's word: frozen and in force, exactly as it was proposed.

    1. the proposal is spent (T92);
    2. the draft is still what was proposed, and nothing stands in its way now;
    3. it is frozen; the version that held at the same place is retired.
    """
    spent = approve(approval=approval, verb=IN_FORCE, digest=digest, by=by, at=at)
    drafts = AssessmentScheme.objects.drafts().select_for_update(of=("self",))
    draft = drafts.filter(pk=spent.payload["scheme"]).first()
    if draft is None:
        raise NotADraft(spent.payload["ref"])
    if content_digest(draft).hex() != spent.payload["digest"]:
        raise PayloadChanged(spent.pk)
    if found := obstacles(draft, on=timezone.localdate(at)):
        raise found[0]
    replaced = AssessmentScheme.objects.in_force().filter(
        code=draft.code, division=draft.division_id
    )
    refs = sorted(other.ref for other in replaced)
    replaced.update(status=Status.RETIRED)
    AssessmentScheme.objects.drafts().filter(pk=draft.pk).update(
        status=Status.IN_FORCE,
        frozen_at=at,
        proposed_by=spent.proposed_by,
        approved_by=by,
    )
    draft = AssessmentScheme.objects.get(pk=draft.pk)
    _tell(IN_FORCE, draft, by=by, at=at, replaced=refs)
    return draft


@transaction.atomic
def retire_scheme(
    *, scheme: AssessmentScheme, reason: str, by: User, at: dt.datetime
) -> None:
    """In force → retired: no new round takes it; its results stay as they are."""
    held = AssessmentScheme.objects.in_force().filter(pk=scheme.pk)
    if not held.update(status=Status.RETIRED):
        raise NotADraft(scheme.ref)
    _tell("scheme.retired", scheme, by=by, at=at, reason=reason)


@transaction.atomic
def enter_rule(
    *,
    division: Division,
    title: str,
    number: str,
    issued_by: str,
    issued_on: dt.date,
    by: User,
    at: dt.datetime,
) -> RuleDocument:
    """A rule that schemes of the place may rest on (G12)."""
    try:
        with transaction.atomic():
            document = RuleDocument.objects.create(
                division=division,
                title=title,
                number=number,
                issued_by=issued_by,
                issued_on=issued_on,
            )
    except IntegrityError as error:
        raise RuleKnown(number) from error
    _tell_rule("rule.entered", document, by=by, at=at, title=title)
    return document


@transaction.atomic
def repeal_rule(
    *, document: RuleDocument, repealed_on: dt.date, by: User, at: dt.datetime
) -> None:
    """From that day no new scheme may rest on it; what was rated stays (G12)."""
    standing = RuleDocument.objects.filter(
        pk=document.pk, repealed_on=None, issued_on__lt=repealed_on
    )
    if not standing.update(repealed_on=repealed_on):
        raise RuleIsRepealed(document.number)
    day = repealed_on.isoformat()
    _tell_rule("rule.repealed", document, by=by, at=at, repealed_on=day)


def held_draft(scheme: AssessmentScheme, seen: bytes) -> AssessmentScheme:
    """The draft, locked, as its page showed it."""
    drafts = AssessmentScheme.objects.drafts().select_for_update(of=("self",))
    draft = drafts.filter(pk=scheme.pk).first()
    if draft is None:
        raise NotADraft(scheme.ref)
    if not crypto.equal(seen, content_digest(draft)):
        raise DraftChanged(scheme.ref)
    return draft


def _method(before: Mapping[str, object], fields: Mapping[str, object]) -> Method:
    """The method with the new values; every wrong one is named, not only the first."""
    wrong = set()
    for name, value in fields.items():
        try:
            # Alone against the defaults: two wrong values must not hide each other.
            Method.from_mapping({**_neutral(name, before), name: value})
        except MethodError as error:
            wrong.add(error.field)
    if wrong:
        raise FieldsOutOfRange(wrong)
    try:
        return Method.from_mapping({**before, **fields})
    except MethodError as error:
        raise FieldsOutOfRange({error.field}) from error


def _neutral(name: str, before: Mapping[str, object]) -> dict[str, object]:
    """Values of the one pair that is checked together, so wide that it fits (M20)."""
    if name == "window.months":
        return {"sampling.rest_months": 36}
    return {"window.months": 3} if name == "sampling.rest_months" else {}


def _resting_on(draft: AssessmentScheme, whole: Basis | None) -> dict[str, Any]:
    """Rules of a regular scheme name their document by its number, field by field.

    What rested on the old one as a whole rests on the new one.
    """
    if draft.kind != AssessmentScheme.Kind.REGULAR or whole is None:
        return {}
    before = json.loads(draft.parameters)
    mapping = _renamed(before, before["basis"], whole.document.number)
    text = RegularRules.from_mapping(mapping).canonical()
    return {"parameters": text.decode(), "digest": sha256(text).digest()}


def _renamed(part: Any, old: str, new: str) -> Any:
    if isinstance(part, list):
        return [_renamed(one, old, new) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: new if name == "basis" and value == old else _renamed(value, old, new)
        for name, value in part.items()
    }


def _set_basis(draft: AssessmentScheme, field: str, basis: Basis | None) -> None:
    draft.bases.filter(field=field).delete()
    if basis is not None:
        SchemeBasis.objects.create(
            scheme=draft, field=field, document=basis.document, note=basis.note
        )


def _tell(
    verb: str, scheme: AssessmentScheme, *, by: User, at: dt.datetime, **data: Any
) -> None:
    told = {"scheme": scheme.ref, "digest": scheme.digest_hex}
    record(
        verb,
        target=scheme,
        by=by,
        at=at,
        division=scheme.division_id or "",
        data=json.loads(json.dumps({**told, **data})),
    )


def _tell_rule(
    verb: str, document: RuleDocument, *, by: User, at: dt.datetime, **data: str
) -> None:
    record(
        verb,
        target=document,
        by=by,
        at=at,
        division=document.division_id,
        data={"number": document.number, **data},
    )
