"""Rules of the house that no linter holds."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config.launcher.folders import ROOT

APPS = (
    "audit",
    "accounts",
    "jobs",
    "officials",
    "residents",
    "ballots",
    "surveys",
    "evaluations",
)
FOLDERS = (*APPS, "config", "demo", "tests", "bench")
MAX_FILE = 600
MAX_FUNCTION = 60
RAW_SQL = re.compile(r"\.cursor\(|\bRawSQL\b|\.raw\(|\.extra\(|\bRunSQL\b")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=[\"']", re.IGNORECASE)


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def long_functions(path: Path) -> list[str]:
    return [
        f"{name(path)}: {node.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and length(node) > MAX_FUNCTION
    ]


def test_no_file_is_longer_than_600_lines() -> None:
    long = [name(p) for p in sources() if len(p.read_text().splitlines()) > MAX_FILE]
    assert long == []


def test_no_function_is_longer_than_60_lines() -> None:
    assert [found for path in sources() for found in long_functions(path)] == []


def test_raw_sql_stands_in_one_file() -> None:
    """What is not the ORM's must be easy to find when the database changes."""
    raw = [
        name(path)
        for path in sources()
        if path.relative_to(ROOT).parts[0] in (*APPS, "demo")
        and RAW_SQL.search(path.read_text())
    ]
    assert raw == ["audit/vendor_sql.py"]


def test_templates_have_no_inline_style_or_script() -> None:
    """The content security policy would drop them without a word (T106)."""
    inline = [
        name(path)
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if INLINE.search(path.read_text())
    ]
    assert inline == []


def test_no_page_of_ours_names_another_host() -> None:
    """Nothing is loaded from elsewhere at run time."""
    foreign = re.compile(
        r"""(?:src|href)=["'](?:https?:)?//|url\(["']?(?:https?:)?//"""
    )
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css")]
    assert [name(path) for path in files if foreign.search(path.read_text())] == []
