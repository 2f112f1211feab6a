"""`script/bench` as an operator calls it: its own database, two files, figures."""

import json
import subprocess

from config.launcher.folders import ROOT
from tests.infra.test_serve import Installation, installation

# The fixture of the server is the one an operator has.
__all__ = ["installation"]
ROWS = 1000


def test_bench_of_the_roster_prints_figures_and_leaves_no_server(
    installation: Installation,
) -> None:
    done = subprocess.run(
        [ROOT / "script" / "bench", "import_roster", "--rows", str(ROWS), "--json"],
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # 3 says that a limit was not kept, which so few rows cannot tell.
    assert done.returncode in {0, 3}, done.stderr
    found = json.loads(done.stdout)
    assert {kind: one["changes"]["new"] for kind, one in found.items()} == {
        "xlsx": ROWS // 5,
        "csv": ROWS,
    }
    assert found["csv"]["again"]["changes"] == {"unchanged": ROWS}
    assert not (installation.var / "postgres" / "postmaster.pid").exists()


def test_bench_without_a_name_tells_how_it_is_called() -> None:
    done = subprocess.run(
        [ROOT / "script" / "bench", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")
