"""A draft of regular assessment 平时考核: begun, and changed part by part (W2, 4.4).

From draft to force it goes the way of every scheme: `scheme_actions`.
"""

import datetime as dt
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import record
from evaluations.models import AssessmentScheme
from evaluations.scheme_actions import held_draft
from evaluations.scheme_readiness import SchemeError
from evaluations.sheets.parts import RuleError
from evaluations.sheets.rules import RegularRules
from officials.models import Division


class CodeTaken(SchemeError):
    """Another scheme has this code."""


class RulesUnreadable(SchemeError):
    """A part that the rules refuse; `error` names the field and the problem."""

    def __init__(self, error: RuleError) -> None:
        super().__init__(error.field)
        self.error = error


@transaction.atomic
def draft_regular(
    *, code: str, name: str, division: Division, by: User, at: dt.datetime
) -> AssessmentScheme:
    """The first version of a regular scheme: defaults, and no indicator yet."""
    rules = RegularRules.from_mapping({})
    text = rules.canonical()
    try:
        with transaction.atomic():
            draft = AssessmentScheme.objects.create(
                code=code,
                version=1,
                name=name,
                kind=AssessmentScheme.Kind.REGULAR,
                division=division,
                status=AssessmentScheme.Status.DRAFT,
                parameters=text.decode(),
                digest=sha256(text).digest(),
                drafted_by=by,
                drafted_at=at,
            )
    except IntegrityError as error:
        raise CodeTaken(code) from error
    _tell("scheme.drafted", draft, by=by, at=at)
    return draft


@transaction.atomic
def edit_rules(
    *,
    scheme: AssessmentScheme,
    seen: bytes,
    parts: Mapping[str, object],
    by: User,
    at: dt.datetime,
) -> AssessmentScheme:
    """Replace whole parts of the rules, by their names; what is not named stays.

    A draft may be incomplete, weights may not sum to 100 yet; RulesUnreadable for what
    no rules can hold.
    """
    draft = held_draft(scheme, seen)
    before = json.loads(draft.parameters)
    try:
        rules = RegularRules.from_mapping({**before, **parts})
    except RuleError as error:
        raise RulesUnreadable(error) from error
    text = rules.canonical()
    AssessmentScheme.objects.drafts().filter(pk=draft.pk).update(
        parameters=text.decode(), digest=sha256(text).digest()
    )
    after = rules.as_mapping()
    draft = AssessmentScheme.objects.get(pk=draft.pk)
    changed = sorted(name for name in after if after[name] != before.get(name))
    _tell("scheme.edited", draft, by=by, at=at, changed=changed)
    return draft


def _tell(
    verb: str, scheme: AssessmentScheme, *, by: User, at: dt.datetime, **data: Any
) -> None:
    record(
        verb,
        target=scheme,
        by=by,
        at=at,
        division=scheme.division_id or "",
        data={"scheme": scheme.ref, "digest": scheme.digest_hex, **data},
    )
