"""Every verb that changes the roster; each leaves its event in its transaction."""

from residents.actions.confirming import (
    ConfirmedByUploader,
    DigestChanged,
    NotPreviewed,
    confirm_import,
)
from residents.actions.deciding import (
    Correction,
    NotCurrent,
    NothingToDecide,
    correct_household,
    end_household,
    keep_household,
    suspend_dwelling,
)
from residents.actions.exporting import NothingToReport, export_report
from residents.actions.mapping import columns_in, confirm_columns
from residents.actions.purging import purge_imports
from residents.actions.reading import preview_import, read_roster
from residents.actions.requesting import (
    RequestClosed,
    RequestOpen,
    answer_correction,
    answer_erasure,
    answer_view,
    may_be_called,
    refuse_request,
    register_request,
)
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
    "Correction",
    "DigestChanged",
    "ImportNotOpen",
    "NotCurrent",
    "NotPreviewed",
    "NotStored",
    "NothingToDecide",
    "NothingToReport",
    "RequestClosed",
    "RequestOpen",
    "RosterEmpty",
    "UndoAfterSnapshot",
    "UndoProposed",
    "UndoRefused",
    "UndoTooLate",
    "answer_correction",
    "answer_erasure",
    "answer_view",
    "cancel_import",
    "check_undoable",
    "columns_in",
    "confirm_columns",
    "confirm_import",
    "confirm_undo",
    "correct_household",
    "end_household",
    "export_report",
    "keep_household",
    "may_be_called",
    "preview_import",
    "propose_undo",
    "purge_imports",
    "read_roster",
    "refuse_import",
    "refuse_request",
    "register_request",
    "renew_undo",
    "suspend_dwelling",
    "take_snapshot",
    "upload_roster",
]
