"""Translations as the server reads them: `python -m config.catalogues`.

Compiled with a Python package, because a newcomer's machine has no gettext.
"""

import os
import tempfile
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def is_stale(source: Path, compiled: Path) -> bool:
    if not compiled.exists():
        return True
    return compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


def compile_one(source: Path, compiled: Path) -> None:
    """Write beside the old one, then replace it: a reader sees one or the other."""
    handle, fresh = tempfile.mkstemp(dir=compiled.parent, suffix=".mo")
    os.close(handle)
    polib.pofile(str(source)).save_as_mofile(fresh)
    Path(fresh).chmod(0o644)
    Path(fresh).replace(compiled)


def compile_stale(locale: Path = LOCALE) -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; the new files."""
    made = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if is_stale(source, compiled):
            compile_one(source, compiled)
            made.append(compiled)
    return made


if __name__ == "__main__":
    for path in compile_stale():
        print(path.relative_to(LOCALE.parent))
