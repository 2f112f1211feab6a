"""What program runs here: one digest over its source files (T76, T115).

`python -m audit.release` prints it, so that anybody can compare the published source
with what a checkpoint says.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

# Beside the packages at the top: what pages are made of. Tests, benches and documents
# do not run.
FOLDERS = ("locale", "script", "static", "templates")
NOT_RUN = ("bench", "tests")
SUFFIXES = frozenset(
    {".py", ".html", ".css", ".js", ".svg", ".png", ".po", ".csv", ".json", ".txt"}
)
ROOT = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def digest() -> str:
    """SHA-256 (hex) of the release that this process was started from."""
    return digest_of(ROOT)


def digest_of(root: Path) -> str:
    """SHA-256 (hex) over a line for every source file, in the order of their names.

    A line is the SHA-256 of the file, two spaces and its path: `sha256sum` prints it.
    """
    lines = hashlib.sha256()
    for path in sources(root):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.update(f"{found}  {path.relative_to(root).as_posix()}\n".encode())
    return lines.hexdigest()


def sources(root: Path) -> list[Path]:
    folders = [folder for folder in root.iterdir() if folder.is_dir()]
    wanted = [
        folder
        for folder in folders
        if folder.name in FOLDERS
        or ((folder / "__init__.py").exists() and folder.name not in NOT_RUN)
    ]
    found = [path for folder in wanted for path in _files(folder)]
    found += [path for path in root.iterdir() if path.is_file() and _is_source(path)]
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def _files(folder: Path) -> Iterator[Path]:
    for place, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name != "__pycache__"]
        for name in names:
            path = Path(place, name)
            if _is_source(path) or "script" in path.parts[-2:-1]:
                yield path


def _is_source(path: Path) -> bool:
    return path.suffix in SUFFIXES


if __name__ == "__main__":
    sys.stdout.write(digest_of(ROOT) + "\n")
