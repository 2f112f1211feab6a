"""Who opens a scheme, a rule, a dry run: 404 out of scope, 403 without permission."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from accounts.access import get_within, today
from accounts.models import User
from accounts.permissions import Permission
from accounts.prefixes import Scopes
from accounts.scopes import any_scope_of, scopes_of, scopes_of_any
from evaluations.models import AssessmentScheme, DryRun, RuleDocument
from officials.models import Division

# A scheme is no secret to who works with its results; only drafting needs the right.
READERS = (Permission.SCHEME_EDIT, Permission.RESULT_VIEW)


def get_scheme_to_read(user: User, pk: int) -> AssessmentScheme:
    """Of one's place, of what lies above it, or of the house."""
    known = AssessmentScheme.objects.select_related(
        "division", "grouping", "drafted_by", "proposed_by", "approved_by"
    )
    scopes = scopes_of_any(user, READERS, on=today())
    found = known.seen_from(scopes).filter(pk=pk).first() if scopes else None
    if found is not None:
        return found
    if known.seen_from(any_scope_of(user, on=today())).filter(pk=pk).exists():
        raise PermissionDenied
    raise Http404


def get_scheme_to_edit(user: User, pk: int) -> AssessmentScheme:
    """Only at one's own place: the house's and the city's are not a district's."""
    found = get_scheme_to_read(user, pk)
    if not can_edit(user, found):
        raise PermissionDenied
    return found


def can_edit(user: User, scheme: AssessmentScheme) -> bool:
    if scheme.division_id is None:
        return False
    held = scopes_of(user, Permission.SCHEME_EDIT, on=today())
    return held.cover(scheme.division_id)


def get_rule_for(user: User, pk: int) -> RuleDocument:
    return get_within(
        RuleDocument.objects.select_related("division"),
        user,
        Permission.SCHEME_EDIT,
        code_field="division_id",
        on=today(),
        pk=pk,
    )


def get_dry_run_for(user: User, pk: int) -> DryRun:
    return get_within(
        DryRun.objects.select_related("scheme", "district", "asked_by"),
        user,
        Permission.SCHEME_EDIT,
        code_field="district_id",
        on=today(),
        pk=pk,
    )


def places_for(scopes: Scopes) -> QuerySet[Division]:
    """Where a scheme or a rule may hold: cities, districts and streets in scope."""
    levels = (Division.Level.CITY, Division.Level.DISTRICT, Division.Level.STREET)
    return Division.objects.within(scopes).filter(level__in=levels).order_by("code")
