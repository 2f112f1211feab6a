"""The household roster: every personal datum of residents is here, only here."""

from residents.models.households import (
    PERSONAL_FIELDS,
    Dwelling,
    DwellingQuerySet,
    Household,
    HouseholdQuerySet,
    ResidenceStatus,
)
from residents.models.imports import (
    ChangeKind,
    RosterChange,
    RosterImport,
    RosterImportQuerySet,
    RosterRow,
    RowAction,
)
from residents.models.snapshots import (
    RosterSnapshot,
    SnapshotHousehold,
    SnapshotIsImmutable,
)

__all__ = [
    "PERSONAL_FIELDS",
    "ChangeKind",
    "Dwelling",
    "DwellingQuerySet",
    "Household",
    "HouseholdQuerySet",
    "ResidenceStatus",
    "RosterChange",
    "RosterImport",
    "RosterImportQuerySet",
    "RosterRow",
    "RosterSnapshot",
    "RowAction",
    "SnapshotHousehold",
    "SnapshotIsImmutable",
]
