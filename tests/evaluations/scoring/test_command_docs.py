"""docs/scoring.md: its example is what the command prints, its tables all keys."""

import json
import re
import shlex

import pytest

from evaluations.scoring.config_file import (
    CODES,
    FRAME_KEYS,
    KEYS,
    PERSON_KEYS,
    QUESTION_KEYS,
    REPORTS,
)
from tests.evaluations.scoring.auditor import ROOT, Auditor, command, table

TEXT = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")


def fenced(kind):
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, flags=re.DOTALL)


def part(title):
    """From a heading, or the line before a table, up to the next blank after it."""
    return TEXT.split(title, 1)[1].split("\n\n", 2)[1]


def first_column(title):
    cells = [line.split("|")[1] for line in part(title).splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def alike(found, shown):
    """The same JSON; a last bit of a number may differ between machines."""
    if isinstance(shown, dict):
        assert list(found) == list(shown)
        for name in shown:
            alike(found[name], shown[name])
    elif isinstance(shown, list):
        assert len(found) == len(shown)
        for one, other in zip(found, shown, strict=True):
            alike(one, other)
    elif isinstance(shown, float):
        assert found == pytest.approx(shown, rel=1e-12)
    else:
        assert found == shown


def test_the_example_prints_what_the_text_shows():
    program = shlex.split(fenced("sh")[1])
    assert program[:3] == ["python", "-m", "evaluations.scoring"]
    done = command(*program[3:])
    assert (done.returncode, done.stderr) == (0, b"")
    found, shown = json.loads(done.stdout), json.loads(fenced("json")[0])
    # Another version is no error; the text need not follow each of them.
    assert re.fullmatch(r"\d+\.\d+\.\d+", found.pop("numpy"))
    shown.pop("numpy")
    alike(found, shown)


def test_the_example_is_the_worked_example_of_the_method():
    whole = json.loads(fenced("json")[0])["overall"][0]
    assert whole["score"] == pytest.approx(66.304348, abs=6e-7)
    assert whole["se"] == pytest.approx(6.575862, abs=6e-7)


def test_the_refusal_is_the_one_shown(tmp_path):
    folder = ROOT / "docs" / "examples" / "scoring"
    answers = (folder / "answers.csv").read_text()
    wrong = answers.replace("A,J-2041,online,,", "C,J-2041,online,,")
    done = Auditor(tmp_path).run(wrong, (folder / "config.json").read_bytes())
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == fenced("text")[-1]


def test_the_tables_name_every_key():
    assert first_column("One JSON object, at most 64 MB") == set(KEYS)
    assert first_column("A stratum (`strata`):") == set(FRAME_KEYS)
    assert first_column("A subject (`subjects`):") == set(PERSON_KEYS)
    assert first_column("Questions (`questions`):") == set(QUESTION_KEYS)
    said = set(re.findall(r"`(\w+)`", part("One JSON object, at most 64 MB")))
    assert set(REPORTS) <= said
    assert set(CODES) <= set(re.findall(r"`(\w+)`", part("A stratum (`strata`):")))


def test_the_tables_name_every_key_of_a_report(tmp_path):
    answers = table(
        {"stratum": "A", "subject": "j", "mode": "phone", "item_1": 1 + k % 5}
        for k in range(9)
    )
    found = Auditor(tmp_path).score(
        answers,
        {
            "strata": {"A": {"frame": 50, "drawn": 20}},
            "method": {"mode.adjust": True},
            "modes": {"phone": {"b": 3, "se": 1}},
            "report": list(REPORTS),
            "period": "2026Q4",
        },
    )
    assert set(found) == first_column("## The report")
    keys = set(found["subjects"][0]) - {"subject", "area"}
    assert keys == first_column("An estimate:")
