"""Wrong input: one line with file, row, column and reason, never a figure."""

import json
import os

import pytest

from evaluations.scoring import answers_file, csv_rows, known_keys
from evaluations.scoring.__main__ import main
from evaluations.scoring.command import score_file
from evaluations.scoring.wrong_input import WrongInput
from tests.evaluations.scoring.auditor import Auditor

STRATA = {"A": {"frame": 60, "drawn": 12}}
GOOD = "stratum,score\nA,50\n"
ITEMS = "stratum,item_1,item_2\nA,5,4\n"


@pytest.fixture
def auditor(tmp_path):
    return Auditor(tmp_path)


def refused(auditor, answers, settings):
    with pytest.raises(WrongInput) as caught:
        auditor.score(answers, settings)
    line = str(caught.value)
    assert "\n" not in line
    return line


def with_strata(**settings):
    return {"strata": STRATA, **settings}


@pytest.mark.parametrize(
    ("answers", "place", "problem"),
    [
        ("", "row 1, column stratum", "the header has no such column"),
        ("score\n50\n", "row 1, column stratum", "the header has no such column"),
        (
            "stratum,score,score\nA,1,2\n",
            "row 1, column score",
            "this column twice",
        ),
        (
            "stratum\nA\n",
            "row 1, column score",
            "either score or item_1, item_2 … is needed, and not both",
        ),
        (
            "stratum,score,item_1\nA,1,2\n",
            "row 1, column score",
            "either score or item_1, item_2 … is needed, and not both",
        ),
        (
            "stratum,item_1,item_3\nA,1,2\n",
            "row 1, column item_2",
            "the header has no such column",
        ),
        (
            "stratum,score,cluster\nA,1,2\n",
            "row 1, column cluster",
            "sampling.cluster of the method is none: drop the column or say building",
        ),
        ("stratum,score\nA,50\nA\n", "row 3", "1 cells, the header has 2"),
        ("stratum,score\nA,50\n\n\nA,1,2\n", "row 5", "3 cells, the header has 2"),
        (
            "stratum,score\nZ,50\n",
            "row 2, column stratum",
            "stratum “Z” is not in the settings",
        ),
        (
            "stratum,score\nA,100.01\n",
            "row 2, column score",
            "“100.01” is no number in 0..100",
        ),
        (
            "stratum,score\nA,-1\n",
            "row 2, column score",
            "“-1” is no number in 0..100",
        ),
        (
            "stratum,score\nA,NaN\n",
            "row 2, column score",
            "“NaN” is no number in 0..100",
        ),
        (
            "stratum,score\nA,５０\n",
            "row 2, column score",
            "“５０” is no number in 0..100",
        ),
        (
            "stratum,item_1\nA,6\n",
            "row 2, column item_1",
            "“6” is neither 1 to 5 nor 0 or blank",
        ),
        (
            "stratum,score,subject\nA,50,\n",
            "row 2, column subject",
            "the subject is missing",
        ),
        (
            "stratum,score\n" + 13 * "A,50\n",
            "row 14, column stratum",
            "stratum “A”: more answers than eligible drawn, 12",
        ),
        (
            'stratum,score\nA,"50\n',
            "row 2",
            "not CSV (unexpected end of data)",
        ),
        (
            "stratum,score\nA,\x1b[2J\n",
            "row 2, column score",
            "“\\u001b[2J” is no number in 0..100",
        ),
        (b"stratum,score\nA,50\nA,\xff\n", "row 3", "not UTF-8"),
        ("stratum,score\n".encode("utf-16"), "row 1", "not UTF-8"),
    ],
)
def test_answers_that_cannot_be_used(answers, place, problem, auditor):
    line = refused(auditor, answers, with_strata())
    assert line.partition(" answers.csv")[2] == f", {place}: {problem}."
    assert line.startswith("answers.csv，第 ")


@pytest.mark.parametrize(
    ("settings", "place", "problem"),
    [
        ({}, "strata", "at least one stratum is needed"),
        ({"strata": {}}, "strata", "at least one stratum is needed"),
        ({"strata": []}, "strata", "an object is wanted here, not “[]”"),
        ({"strata": {"A": 5}}, "strata.A", "an object is wanted here, not “5”"),
        (
            {"strata": {"": {}}},
            "strata.",
            "the code “” is empty or has blanks around it",
        ),
        ({"strata": {"A": {"frame": 5}}}, "strata.A.drawn", "missing"),
        (
            {"strata": {"A": {"frame": -5, "drawn": 1}}},
            "strata.A.frame",
            "“-5” is no whole number from 0",
        ),
        (
            {"strata": {"A": {"frame": 5.5, "drawn": 1}}},
            "strata.A.frame",
            "“5.5” is no whole number from 0",
        ),
        (
            {"strata": {"A": {"frame": True, "drawn": 1}}},
            "strata.A.frame",
            "“true” is no whole number from 0",
        ),
        (
            {"strata": {"A": {"frame": 0, "drawn": 1}}},
            "strata.A.frame",
            "frame, drawn, not_eligible and buildings contradict each other",
        ),
        (
            {"strata": {"A": {"frame": 10**12 + 1, "drawn": 1}}},
            "strata.A.frame",
            "1000000000001 is too large",
        ),
        (
            {"strata": {"A": {"frame": 9, "drawn": 2, "colour": 1}}},
            "strata.A.colour",
            "no such key: frame, drawn, community, area, not_eligible, buildings, "
            "dispositions",
        ),
        (
            {"strata": {"A": {"frame": 9, "drawn": 2, "community": ""}}},
            "strata.A.community",
            '“""” is not a text',
        ),
        (
            {"strata": {"A": {"frame": 9, "drawn": 2, "dispositions": {"other": 1}}}},
            "strata.A.dispositions",
            "they sum to 1, drawn are 2",
        ),
        (
            {
                "strata": {
                    "A": {
                        "frame": 9,
                        "drawn": 2,
                        "not_eligible": 0,
                        "dispositions": {"complete": 1, "not_eligible": 1},
                    }
                }
            },
            "strata.A.not_eligible",
            "the dispositions say 1",
        ),
        (
            {
                "strata": {
                    "A": {"frame": 9, "drawn": 2, "dispositions": {"complete": 2}},
                    "B": {"frame": 9, "drawn": 2},
                }
            },
            "strata.B",
            "other strata have dispositions, this one has none",
        ),
        (
            {
                "strata": {
                    "A": {"frame": 9, "drawn": 2, "dispositions": {"complete": 2}}
                }
            },
            "strata.A.dispositions",
            "complete and partial sum to 2, usable answers are 1",
        ),
        (
            {
                "strata": {
                    "A": {"frame": 9, "drawn": 2, "community": "c", "area": "x"},
                    "B": {"frame": 9, "drawn": 2, "community": "c", "area": "y"},
                }
            },
            "strata.B",
            "community “c” is in two areas",
        ),
        (
            with_strata(margins={"sex2": {"F": -1}}),
            "margins.sex2.F",
            "“-1” is no whole number from 0",
        ),
        (
            with_strata(margins={"subject": {"F": 1}}),
            "margins.subject",
            "this column has another meaning",
        ),
        (
            with_strata(margins={"community": {"B": 1}}),
            "margins.community",
            "wants every community: A",
        ),
        (
            with_strata(method={"star.colour": 1}),
            "method.star.colour",
            "there is no such field",
        ),
        (
            with_strata(method={"interval.level": "0.5"}),
            "method.interval.level",
            "0.5 is outside 0.80..0.99",
        ),
        (
            with_strata(report=["overall", "figures"]),
            "report",
            'no such word “"figures"”: overall, by_subject, shares, stars, ranks',
        ),
        (
            with_strata(report=["overall", "overall"]),
            "report",
            '“["overall", "overall"]” is no list of different words',
        ),
        (
            with_strata(report="overall"),
            "report",
            '“"overall"” is no list of different words',
        ),
        (with_strata(report=["ranks"]), "period", "ranks need a quarter"),
        (with_strata(period="2026-Q4"), "period", "is written like 2026Q4"),
        (
            with_strata(cuts=[1, 2, 3]),
            "cuts",
            "(1, 2, 3) must be 4 numbers, strictly increasing, gaps >= 2.0",
        ),
        (
            with_strata(subjects={"j": {"previous_star": 6}}),
            "subjects.j.previous_star",
            "stars are 1 to 5",
        ),
        (
            with_strata(subjects={"j": {"district": "120101"}}),
            "subjects.j.kind",
            "pooling needs the kind of appointment",
        ),
        (with_strata(modes={"phone": {"b": 1}}), "modes.phone.se", "missing"),
        (
            with_strata(modes={"phone": {"b": 1, "se": -1}}),
            "modes.phone.se",
            "a standard error is not below 0",
        ),
        (
            with_strata(questions={"weights": [0, 0]}),
            "questions.weights",
            "weights are not below 0, and not all 0",
        ),
        (
            with_strata(questions={"reversed": [0]}),
            "questions.reversed",
            "questions are numbered from 1",
        ),
        (
            with_strata(questions={"weights": 1}),
            "questions.weights",
            "a list is wanted",
        ),
        (
            with_strata(score_range=[5, 5]),
            "score_range",
            "is written as [lowest, highest]",
        ),
        (
            with_strata(score_range=[0, "x"]),
            "score_range",
            "“x” is no ordinary number",
        ),
        (
            with_strata(score_range=[0, 10], report=["stars"]),
            "score_range",
            "stars and ranks want 0..100",
        ),
        (
            with_strata(method={"star.overall": "mean"}, report=["stars"]),
            "method.star.overall",
            "this command gives stars by the overall score only",
        ),
        (
            with_strata(months_existing=13),
            "months_existing",
            "the window has 1 to 12 months",
        ),
        (
            with_strata(departures={"eb.group_min": 3}),
            "departures.eb.group_min",
            "no such key: weights.level_min",
        ),
    ],
)
def test_settings_that_cannot_be_used(settings, place, problem, auditor):
    line = refused(auditor, GOOD, settings)
    assert line.partition(" config.json, ")[2] == f"{place}: {problem}."
    assert line.startswith(f"config.json，{place}：")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON, near line 1, column 1: Expecting value"),
        (b"{", "not JSON, near line 1, column 2: Expecting property name enclosed in"),
        (b"\xff", "not UTF-8"),
        (b"[]", "an object is wanted here, not “[]”"),
        (b"{} {}", "not JSON, near line 1, column 4: Extra data"),
        (b'{"strata": {}, "strata": {}}', "“strata” stands there twice"),
        (b'{"strata": NaN}', "NaN is no number"),
        (b'{"strata": ' + 5000 * b"9" + b"}", f"“{60 * '9'}…” is too large"),
        (b'{"period": "\\ud800"}', "“\\ud800” holds no characters"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"colour": 1}', "colour: no such key: strata, margins, method, report,"),
    ],
)
def test_a_text_that_is_no_settings(text, problem, auditor):
    line = refused(auditor, GOOD, text)
    assert line.startswith("config.json")
    assert problem in line


@pytest.mark.parametrize(
    ("answers", "settings", "place", "problem"),
    [
        (
            "stratum,score\nA,5\n",
            with_strata(report=["by_subject"]),
            "answers.csv, row 1, column subject",
            "the header has no such column",
        ),
        (
            GOOD,
            with_strata(report=["shares"]),
            "answers.csv, row 1, column item_1",
            "the header has no such column",
        ),
        (
            GOOD,
            with_strata(questions={"reversed": [1]}),
            "answers.csv, row 1, column item_1",
            "the header has no such column",
        ),
        (
            ITEMS,
            with_strata(score_range=[0, 5]),
            "answers.csv, row 1, column score",
            "the header has no such column",
        ),
        (
            GOOD,
            with_strata(method={"sampling.cluster": "building"}),
            "answers.csv, row 1, column cluster",
            "the header has no such column",
        ),
        (
            "stratum,score,cluster\nA,5,\n",
            with_strata(method={"sampling.cluster": "building"}),
            "answers.csv, row 2, column cluster",
            "the cluster is missing",
        ),
        (
            GOOD,
            with_strata(modes={"phone": {"b": 1, "se": 1}}),
            "answers.csv, row 1, column mode",
            "the header has no such column",
        ),
        (
            GOOD,
            with_strata(margins={"sex2": {"F": 1}}),
            "answers.csv, row 1, column sex2",
            "the header has no such column",
        ),
        (
            "stratum,score,sex2\nA,5,X\n",
            with_strata(margins={"sex2": {"F": 1}}),
            "answers.csv, row 2, column sex2",
            "level “X” is not in the settings",
        ),
        (
            ITEMS,
            with_strata(questions={"weights": [1, 1, 1]}),
            "config.json, questions.weights",
            "3 weights for 2 questions",
        ),
        (
            ITEMS,
            with_strata(questions={"reversed": [3]}),
            "config.json, questions.reversed",
            "there are 2 questions",
        ),
        (
            ITEMS,
            with_strata(method={"score.question_weight": [1]}),
            "config.json, method.score.question_weight",
            "1 weights for 2 questions",
        ),
        (
            "stratum,subject,score\nA,j,5\nB,j,5\n",
            {
                "strata": {
                    "A": {"frame": 9, "drawn": 2, "area": "x"},
                    "B": {"frame": 9, "drawn": 2, "area": "y"},
                }
            },
            "answers.csv, row 3, column subject",
            "subject “j” has answers in two areas",
        ),
    ],
)
def test_files_that_do_not_fit_each_other(answers, settings, place, problem, auditor):
    assert refused(auditor, answers, settings).endswith(f" {place}: {problem}.")


def test_a_file_that_is_not_there(auditor, tmp_path, capsys):
    auditor.write(GOOD, with_strata())
    missing = tmp_path / "none.csv"
    with pytest.raises(WrongInput, match="No such file"):
        score_file(missing, auditor.config)
    assert main([str(tmp_path), "--config", str(auditor.config)]) == 1
    assert main([str(auditor.answers), "--config", str(missing)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{tmp_path.name}：打不开（Is a directory）。 "
        f"{tmp_path.name}: cannot be opened (Is a directory).",
        "none.csv：打不开（No such file or directory）。 "
        "none.csv: cannot be opened (No such file or directory).",
    ]


def test_a_row_without_an_end_is_not_read_into_memory(auditor, monkeypatch):
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 40)
    for long in (b"A" * 41, b'"' + b"A\n" * 21):
        line = refused(auditor, GOOD.encode() + long, with_strata())
        assert line.endswith("answers.csv, row 3: the row is too long.")
    rows = 12 * f"A,50.{0:0>30}\n"
    many = auditor.score(f"stratum,score\n{rows}", with_strata())
    assert many["answers"]["rows"] == 12


def test_a_cell_beyond_the_limit_of_csv_is_refused(auditor):
    long = "x" * 200_000
    line = refused(auditor, f"{GOOD}{long},1\n", with_strata())
    assert "row 3: not CSV (field larger than field limit" in line


def test_settings_beyond_their_limit_are_refused(auditor, monkeypatch):
    monkeypatch.setattr("evaluations.scoring.config_file.LONGEST_FILE", 20)
    assert known_keys.LONGEST_FILE > 10_000_000
    line = refused(auditor, GOOD, with_strata())
    assert line.endswith("config.json: the file is too large.")


def test_a_name_that_is_no_text_is_shown_all_the_same(auditor, tmp_path, capfd):
    auditor.write(GOOD, with_strata())
    strange = tmp_path / os.fsdecode(b"a\xff\n.csv")
    strange.write_text(GOOD)
    assert main([str(strange), "--config", str(auditor.config)]) == 0
    out = capfd.readouterr().out
    assert json.loads(out)["answers"]["file"] == "a\\udcff\\u000a.csv"


def test_columns_that_mean_something_are_known_by_name():
    assert answers_file.KNOWN == (
        "stratum",
        "subject",
        "mode",
        "cluster",
        "round",
        "score",
    )
