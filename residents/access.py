"""Who may do what to a roster import: the one function that decides 404 or 403."""

import uuid

from django.db.models import QuerySet

from accounts.access import get_within, today
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import permissions_of, scopes_of
from officials.models import Division
from residents.models import (
    DataRequest,
    Dwelling,
    Household,
    RosterCorrection,
    RosterExport,
    RosterImport,
)


def get_import_for(user: User, pk: uuid.UUID, permission: Permission) -> RosterImport:
    imports = RosterImport.objects.select_related(
        "street", "uploaded_by", "confirmed_by", "undoes"
    )
    return get_within(
        imports, user, permission, code_field="street_id", on=today(), pk=pk
    )


def get_household_for(user: User, pk: uuid.UUID, permission: Permission) -> Household:
    households = Household.objects.select_related("dwelling", "community")
    return get_within(
        households, user, permission, code_field="community_id", on=today(), pk=pk
    )


def get_request_for(user: User, pk: uuid.UUID) -> DataRequest:
    requests = DataRequest.objects.select_related(
        "household__dwelling", "household__community", "received_by"
    )
    return get_within(
        requests,
        user,
        Permission.DATA_REQUEST_HANDLE,
        code_field="community_id",
        on=today(),
        pk=pk,
    )


def get_correction_for(
    user: User, pk: uuid.UUID, permission: Permission
) -> RosterCorrection:
    corrections = RosterCorrection.objects.select_related(
        "request__household__dwelling",
        "request__household__community",
        "proposed_by",
        "decided_by",
    )
    return get_within(
        corrections, user, permission, code_field="community_id", on=today(), pk=pk
    )


def get_export_for(user: User, pk: uuid.UUID, permission: Permission) -> RosterExport:
    exports = RosterExport.objects.select_related(
        "roster_import", "street", "requested_by", "decided_by"
    )
    return get_within(
        exports, user, permission, code_field="street_id", on=today(), pk=pk
    )


def get_dwelling_for(user: User, pk: uuid.UUID, permission: Permission) -> Dwelling:
    dwellings = Dwelling.objects.select_related("community")
    return get_within(
        dwellings, user, permission, code_field="community_id", on=today(), pk=pk
    )


def abilities(user: User, street_code: str) -> dict[str, bool]:
    """Permission -> held at this street: what the page offers."""
    return {
        permission.value: scopes_of(user, permission, on=today()).cover(street_code)
        for permission in (
            Permission.ROSTER_IMPORT,
            Permission.ROSTER_APPROVE,
            Permission.ROSTER_REVEAL,
            Permission.DATA_REQUEST_HANDLE,
        )
    }


def somewhere(user: User) -> dict[str, bool]:
    """Permission -> held at any place: what the list offers."""
    held = permissions_of(user, on=today())
    return {
        permission.value: permission in held
        for permission in (
            Permission.ROSTER_IMPORT,
            Permission.ROSTER_APPROVE,
            Permission.DATA_REQUEST_HANDLE,
        )
    }


def freezable_by(user: User) -> QuerySet[Division]:
    """Districts and streets whose roster this user may freeze."""
    scopes = scopes_of(user, Permission.ROSTER_APPROVE, on=today())
    levels = (Division.Level.DISTRICT, Division.Level.STREET)
    return Division.objects.within(scopes).filter(level__in=levels)
