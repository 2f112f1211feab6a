"""Released figures as files: Excel and CSV, typed, harmless, counted, hashed (T113)."""

from evaluations.exports.actions import (
    Asked,
    Exported,
    FileDisagrees,
    Format,
    export_figures,
)
from evaluations.exports.later import (
    AT_ONCE,
    ExportClosed,
    ask_export,
    is_large,
    purge_exports,
    take_export,
    write_export,
)

__all__ = [
    "AT_ONCE",
    "Asked",
    "ExportClosed",
    "Exported",
    "FileDisagrees",
    "Format",
    "ask_export",
    "export_figures",
    "is_large",
    "purge_exports",
    "take_export",
    "write_export",
]
