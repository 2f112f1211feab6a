"""Every verb that changes the roster; each leaves its event in its transaction."""

from residents.actions.confirming import (
    ConfirmedByUploader,
    DigestChanged,
    NotPreviewed,
    confirm_import,
)
from residents.actions.purging import purge_imports
from residents.actions.reading import preview_import, read_roster
from residents.actions.snapshots import RosterEmpty, take_snapshot
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
    "RosterEmpty",
    "cancel_import",
    "confirm_import",
    "preview_import",
    "purge_imports",
    "read_roster",
    "refuse_import",
    "take_snapshot",
    "upload_roster",
]
