"""Released figures as files: Excel and CSV, typed, harmless, counted, hashed (T113)."""

from evaluations.exports.actions import (
    Asked,
    Exported,
    FileDisagrees,
    Format,
    export_figures,
)

__all__ = ["Asked", "Exported", "FileDisagrees", "Format", "export_figures"]
