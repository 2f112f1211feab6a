"""The measuring program runs, on a few rows: its figures are for people to judge."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_bench_imports_two_files_and_one_of_them_again(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.import_roster", "--rows", "200", "--json"],
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
    assert done.returncode in {0, 3}, done.stderr
    found = json.loads(done.stdout)
    assert {kind: one["changes"]["new"] for kind, one in found.items()} == {
        "xlsx": 40,
        "csv": 200,
    }
    assert found["csv"]["again"]["changes"] == {"unchanged": 200}
