"""Files as an auditor writes them, and the command that reads them."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import isqrt
from pathlib import Path
from typing import Any

from evaluations.scoring.command import score_file

ROOT = Path(__file__).parents[3]
Settings = Mapping[str, Any]


class Auditor:
    """Two files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.answers = folder / "answers.csv"
        self.config = folder / "config.json"

    def write(self, answers: str | bytes, settings: Settings | str | bytes) -> None:
        if isinstance(settings, Mapping):
            settings = json.dumps(settings, ensure_ascii=False)
        for path, contents in ((self.answers, answers), (self.config, settings)):
            path.write_bytes(
                contents.encode() if isinstance(contents, str) else contents
            )

    def score(self, answers: str | bytes, settings: Settings | str | bytes) -> Any:
        """The report, made in this process."""
        self.write(answers, settings)
        return json.loads(score_file(self.answers, self.config))

    def run(
        self, answers: str | bytes, settings: Settings | str | bytes
    ) -> subprocess.CompletedProcess[bytes]:
        """The command as a program with an empty environment: no settings at all."""
        self.write(answers, settings)
        return command(self.answers, "--config", self.config)

    def report(self, answers: str | bytes, settings: Settings | str | bytes) -> Any:
        done = self.run(answers, settings)
        assert (done.returncode, done.stderr) == (0, b"")
        return json.loads(done.stdout)


def command(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "evaluations.scoring", *map(str, arguments)],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")},
        capture_output=True,
        check=False,
    )


def table(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV, columns in the order of the first."""
    listed = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(listed[0]))
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()


def spread(mean: int, squares: int, number: int, *, top: int = 100) -> Sequence[int]:
    """`number` whole scores 0..`top` with this mean and sum of squares about it.

    Groups of one far below and `times` a little above, then pairs: every even sum of
    squares is one of doubled squares.
    """
    above = top - mean
    times = max(1, mean // above)
    values: list[int] = []
    group = times * (times + 1) * above**2
    while squares >= group:
        values += [mean + above] * times + [mean - times * above]
        squares -= group
    while squares:
        away = min(above, mean, isqrt(squares // 2))
        values += [mean + away, mean - away]
        squares -= 2 * away**2
    assert len(values) <= number
    values += [mean] * (number - len(values))
    assert sum(values) == number * mean
    return values


def worked_example() -> str:
    """M115: two strata, bands F and M."""
    scores = {
        ("A", "F"): [100, 75, 50, 100],
        ("A", "M"): [75, 50],
        ("B", "F"): [25],
        ("B", "M"): [75, 50, 50],
    }
    return table(
        {"stratum": stratum, "subject": "j", "band": band, "score": score}
        for (stratum, band), values in scores.items()
        for score in values
    )


EXAMPLE_STRATA = {
    "A": {"frame": 60, "drawn": 12, "community": "c1"},
    "B": {"frame": 40, "drawn": 10, "community": "c1"},
}
