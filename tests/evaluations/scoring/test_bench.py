"""The simulation of coverage and stars runs without a database, on a few samples."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Nothing listens there: the simulation asks no database and no broker.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def test_coverage_is_simulated_on_a_few_samples() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.coverage", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    shapes = ("symmetric", "skewed", "at the top")
    assert [(one["answers"], one["households"]) for one in found["coverage"]] == [
        (shape, size) for shape in shapes for size in (30, 100, 400)
    ]
    assert all(0.935 <= one["held"] <= 0.985 for one in found["coverage"])
    assert {one["without_interval"] for one in found["coverage"]} == {0}
    flips = found["flips"]
    assert (flips["officials"], flips["months_compared"]) == (60, 60 * 60)
    assert flips["changed"] < 0.03 < flips["plain"]["changed"]
