"""The positive list: the scoring core and the draw import next to nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCORING = sorted((ROOT / "evaluations" / "scoring").rglob("*.py"))
PURE_SURVEYS = [ROOT / "surveys" / "sampling.py", ROOT / "surveys" / "scores.py"]


def imported(path):
    """Every module name that a file imports, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            found.add(node.module)
    return found


def foreign(path, *allowed):
    return sorted(
        name
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(name == home or name.startswith(f"{home}.") for home in allowed)
    )


def test_scoring_is_not_empty():
    assert len(SCORING) > 10


@pytest.mark.parametrize("path", SCORING, ids=lambda path: path.name)
def test_scoring_imports_the_standard_library_and_numpy_only(path):
    assert foreign(path, "numpy", "evaluations.scoring", "surveys.scores") == []


@pytest.mark.parametrize("path", PURE_SURVEYS, ids=lambda path: path.name)
def test_draw_and_household_score_import_the_standard_library_only(path):
    # The apportionment is the roster's too: pure, and tested there.
    assert foreign(path, "residents.apportionment") == []


def test_scoring_reads_no_clock_and_no_random_numbers():
    for path in SCORING:
        assert imported(path) & {"time", "datetime", "random", "secrets", "os"} == set()


def test_scoring_loads_without_django():
    program = (
        "import sys, evaluations.scoring.estimate, evaluations.scoring.stars, "
        "surveys.sampling, surveys.scores; "
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
