"""The measuring programs run, on a few rows: their figures are for people to judge."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings


def measured(tmp_path: Path, name: str, *options: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--json", *options],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MINPING_VAR": str(tmp_path),
            "MINPING_KEYS": str(settings.KEYS),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    # 3 says that a limit was not kept, which so few rows cannot tell.
    assert done.returncode in {0, 3}, done.stderr
    return json.loads(done.stdout)


def test_bench_of_the_roll_up_counts_rates_and_works_side_by_side(
    tmp_path: Path,
) -> None:
    few, more, history, workers = measured(tmp_path, "rollup", "--quick")
    assert [one["name"].split(" into")[0] for one in (few, more)] == [
        "counting 100 answers",
        "counting 1,000 answers",
    ]
    assert {len(one["cells"]) for one in (few, more)} == {1}
    assert (len(history["1 months"]), len(history["3 months"])) == (1, 1)
    assert workers["ratings"] == 2 * 15


def test_bench_of_the_scores_agrees_with_numpy(tmp_path: Path) -> None:
    found = measured(tmp_path, "score", "--appointments", "40")
    assert (found["appointments"], found["figures agree"]) == (40, True)


def test_bench_of_the_ranking_asks_as_often_for_600_as_for_60(tmp_path: Path) -> None:
    groups, whole, weight = measured(
        tmp_path, "ranking_page", "--largest", "600", "--runs", "1"
    )
    for found in (groups, whole):
        assert found["appointments"] == [6, 60, 600]
        assert len(set(found["queries"])) == 1
    assert (weight["holds"], weight["bytes"] > weight["page"]) == (True, True)
