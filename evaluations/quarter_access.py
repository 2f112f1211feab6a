"""Who may open a period, a sheet, a card, a measure: 404, 403 or the row (T85)."""

from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.access import get_within, today
from accounts.models import Approval, User
from accounts.permissions import Permission
from accounts.scopes import any_scope_of, scopes_of_any
from evaluations.models import AssessmentPeriod, ColorWarning, Measure, ScoreSheet
from evaluations.quarter_actions import ADJUST


def get_period_for(user: User, pk: int, permission: Permission) -> AssessmentPeriod:
    periods = AssessmentPeriod.objects.select_related("scheme", "division", "parent")
    return cast(AssessmentPeriod, _get(periods, user, permission, pk))


def get_sheet_for(user: User, pk: int, permission: Permission) -> ScoreSheet:
    sheets = ScoreSheet.objects.with_names().select_related("period__parent")
    return cast(ScoreSheet, _get(sheets, user, permission, pk))


def get_warning_for(user: User, pk: int, permission: Permission) -> ColorWarning:
    rows = with_persons(ColorWarning.objects)
    return cast(ColorWarning, _get(rows, user, permission, pk))


def get_measure_for(user: User, pk: int, permission: Permission) -> Measure:
    return cast(Measure, _get(with_persons(Measure.objects), user, permission, pk))


def get_adjustment_for(user: User, pk: UUID, *permissions: Permission) -> Approval:
    """An adjustment of a score, at a place where the user holds a permission."""
    found = (
        Approval.objects.filter(verb=ADJUST)
        .select_related("proposed_by", "decided_by")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    if scopes_of_any(user, permissions, on=today()).cover(found.division):
        return found
    if any_scope_of(user, on=today()).cover(found.division):
        raise PermissionDenied
    raise Http404


def with_persons(rows: Any) -> Any:
    """Cards or measures with all that a page names."""
    return rows.select_related(
        "period__scheme",
        "division",
        "appointment__official",
        "appointment__post__organization",
        "first_by",
        "decided_by",
        "hearing_by",
    )


def _get(rows: Any, user: User, permission: Permission, pk: int) -> Any:
    """The managers of rows that move are untyped; callers name the model."""
    return get_within(
        rows, user, permission, code_field="division_id", on=today(), pk=pk
    )
