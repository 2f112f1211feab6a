"""The household roster: every personal datum of residents is here, only here."""

from residents.models.exports import RosterExport
from residents.models.households import (
    PERSONAL_FIELDS,
    Dwelling,
    DwellingQuerySet,
    Household,
    HouseholdQuerySet,
    ResidenceStatus,
)
from residents.models.imports import (
    FILE_KINDS,
    UNDO_KINDS,
    ChangeKind,
    RosterChange,
    RosterImport,
    RosterImportQuerySet,
    RosterRow,
    RowAction,
)
from residents.models.mappings import ColumnMapping, ColumnQuestion, LeftOutSheet
from residents.models.requests import DataRequest, NeverCall, RosterCorrection
from residents.models.snapshots import (
    RosterSnapshot,
    SnapshotHousehold,
    SnapshotIsImmutable,
)

__all__ = [
    "FILE_KINDS",
    "PERSONAL_FIELDS",
    "UNDO_KINDS",
    "ChangeKind",
    "ColumnMapping",
    "ColumnQuestion",
    "DataRequest",
    "Dwelling",
    "DwellingQuerySet",
    "Household",
    "HouseholdQuerySet",
    "LeftOutSheet",
    "NeverCall",
    "ResidenceStatus",
    "RosterChange",
    "RosterCorrection",
    "RosterExport",
    "RosterImport",
    "RosterImportQuerySet",
    "RosterRow",
    "RosterSnapshot",
    "RowAction",
    "SnapshotHousehold",
    "SnapshotIsImmutable",
]
