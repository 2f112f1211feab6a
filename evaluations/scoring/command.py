"""The auditor's door: a file of answers and a file of settings in, a report out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evaluations.scoring.answers_file import read_answers
from evaluations.scoring.config_file import read_config
from evaluations.scoring.report import report


def parser() -> argparse.ArgumentParser:
    """What the command takes; wrong usage ends with exit code 2."""
    made = argparse.ArgumentParser(
        prog="python -m evaluations.scoring",
        description="按方法重算一份答卷文件，不需要数据库。数字未经隐去，只供审计。 "
        "Score a file of answers by the method, without a database. Figures are not "
        "suppressed: for auditors, not for publication. See docs/scoring.md.",
    )
    made.add_argument("answers", metavar="FILE.csv", type=Path)
    made.add_argument("--config", metavar="FILE.json", type=Path, required=True)
    return made


def score_file(answers: Path, config: Path) -> bytes:
    """The report as JSON, UTF-8: numbers as they are, null where undefined.

    WrongInput for anything in the files that cannot be used.
    """
    settings = read_config(config)
    found = report(read_answers(answers, settings), settings, name=answers.name)
    text = json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()
