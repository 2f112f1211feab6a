"""Every verb that changes the roster; each leaves its event in its transaction."""

from residents.actions.confirming import (
    ConfirmedByUploader,
    DigestChanged,
    NotPreviewed,
    confirm_import,
)
from residents.actions.exporting import NothingToReport, export_report
from residents.actions.purging import purge_imports
from residents.actions.reading import preview_import, read_roster
from residents.actions.snapshots import RosterEmpty, take_snapshot
from residents.actions.undoing import (
    NotStored,
    UndoAfterSnapshot,
    UndoProposed,
    UndoRefused,
    UndoTooLate,
    check_undoable,
    confirm_undo,
    propose_undo,
    renew_undo,
)
from residents.actions.uploads import (
    ImportNotOpen,
    cancel_import,
    refuse_import,
    upload_roster,
)

__all__ = [
    "ConfirmedByUploader",
    "DigestChanged",
    "ImportNotOpen",
    "NotPreviewed",
    "NotStored",
    "NothingToReport",
    "RosterEmpty",
    "UndoAfterSnapshot",
    "UndoProposed",
    "UndoRefused",
    "UndoTooLate",
    "cancel_import",
    "check_undoable",
    "confirm_import",
    "confirm_undo",
    "export_report",
    "preview_import",
    "propose_undo",
    "purge_imports",
    "read_roster",
    "refuse_import",
    "renew_undo",
    "take_snapshot",
    "upload_roster",
]
