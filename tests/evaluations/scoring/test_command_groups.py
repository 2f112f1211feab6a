"""Areas, pooling groups, modes, unfinished windows: what stands beside each other."""

import random

import pytest

from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.estimate import Area
from evaluations.scoring.method import Method
from evaluations.scoring.pooling import Member, pool
from evaluations.scoring.results import Caution
from evaluations.scoring.shrinkage import Unit
from evaluations.scoring.stars import rate_star
from tests.evaluations.scoring.auditor import Auditor, table

FRAME, DRAWN, ANSWERS = 900, 150, 120


@pytest.fixture
def auditor(tmp_path):
    return Auditor(tmp_path)


def many(number, *, answers=ANSWERS, spread=12):
    """Subjects of one kind; the same luck for all, their means `spread` apart."""
    scores = {}
    for k in range(number):
        dice = random.Random(7)
        drawn = (dice.gauss(55 + spread * (k % 5), 15) for _ in range(answers))
        scores[f"J{k:02d}"] = [min(100.0, max(0.0, round(s, 4))) for s in drawn]
    rows = [
        {"stratum": f"S{code}", "subject": code, "score": f"{score:.4f}"}
        for code, values in scores.items()
        for score in values
    ]
    strata = {f"S{code}": {"frame": FRAME, "drawn": DRAWN} for code in scores}
    return scores, rows, strata


def codes(remarks):
    return [remark["code"] for remark in remarks]


def test_pooled_stars_are_those_of_the_library(auditor):
    scores, rows, strata = many(16)
    person = {"kind": "secretary", "district": "120101", "city": "1201"}
    found = auditor.report(
        table(rows),
        {
            "strata": strata,
            "subjects": {code: {**person, "previous_star": 3} for code in scores},
            "report": ["stars"],
        },
    )
    method = Method()
    cells = []
    for code, values in scores.items():
        exact = [round(score * 10_000) for score in values]
        sums = len(exact), sum(exact), sum(score * score for score in exact)
        cells.append(Cell(code, "", f"S{code}", "", *sums))
    area = Area(
        cells, [Stratum(code, code, FRAME, DRAWN) for code in strata], method=method
    )
    results = {code: area.estimate(code) for code in scores}
    pooling = pool(
        [
            Member(
                unit=Unit.from_estimate(results[code], code=code, frame=FRAME),
                kind="secretary",
                areas={"district": "120101", "city": "1201"},
            )
            for code in scores
        ],
        method=method,
    )
    assert [group["count"] for group in found["pools"]] == [16]
    fit = next(iter(pooling.groups.values()))
    assert found["pools"][0]["tau2"] == fit.tau2
    assert found["pools"][0]["area"] == "120101"
    for row in found["subjects"]:
        unit = pooling.shrunken(row["subject"])
        star = rate_star(results[row["subject"]], unit, method=method, previous=3)
        assert row["pool"]["eb"] == unit.eb
        assert row["pool"]["se_eb"] == unit.se_eb
        assert row["pool"]["reliability"] == unit.reliability
        assert row["star"]["star"] == star.star
        assert row["star"]["basis"] == "shrunken"
        assert row["star"]["score"] == float(star.score)
        assert row["star"]["probabilities"] == list(star.probabilities)


def test_a_group_without_differences_has_no_stars(auditor):
    _, rows, strata = many(16, spread=0)
    person = {"kind": "secretary", "district": "120101", "peer_group": "G1"}
    subjects = {row["subject"]: person for row in rows}
    found = auditor.score(
        table(rows),
        {
            "strata": strata,
            "subjects": subjects,
            "report": ["ranks"],
            "period": "2026Q4",
        },
    )
    assert found["pools"][0]["shows_differences"] is False
    assert {row["star"]["why_none"]["code"] for row in found["subjects"]} == {
        "star_no_differences"
    }
    assert found["rankings"] == [
        {
            "group": "G1",
            "period": None,
            "seed": None,
            "ranks": [],
            "last": None,
            "why_none": found["rankings"][0]["why_none"],
        }
    ]


def test_fifteen_are_needed_for_a_group(auditor):
    _, rows, strata = many(14)
    person = {"kind": "secretary", "district": "120101"}
    found = auditor.score(
        table(rows),
        {
            "strata": strata,
            "subjects": {row["subject"]: person for row in rows},
            "report": ["stars"],
        },
    )
    assert found["pools"] == []
    assert {row["star"]["basis"] for row in found["subjects"]} == {"direct"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"months_existing": 11}, "window_incomplete"),
        ({"method": {"sampling.rate": "0.2"}}, "below_target"),
    ],
)
def test_a_window_that_is_not_valid_moves_no_star(more, code, auditor):
    _, rows, strata = many(2)
    found = auditor.score(
        table(rows),
        {
            "strata": strata,
            "subjects": {"J00": {"previous_star": 1}},
            "report": ["stars"],
            **more,
        },
    )
    first, second = found["subjects"]
    assert (first["star"]["star"], first["star"]["basis"]) == (1, "kept")
    assert (second["star"]["star"], second["star"]["basis"]) == (None, "none")
    assert second["star"]["why_none"]["code"] == "star_window_not_valid"
    assert found["areas"][0]["validity"] == code
    assert codes(first["cautions"]) == [code]


@pytest.mark.parametrize(
    ("score", "answers", "why"),
    [
        (lambda k: 40 + k % 20, 99, "star_too_few"),
        (lambda k: 75, 120, "star_no_standard_error"),
    ],
)
def test_who_has_no_star_is_told_why(score, answers, why, auditor):
    rows = [{"stratum": "A", "subject": "j", "score": score(k)} for k in range(answers)]
    found = auditor.score(
        table(rows),
        {"strata": {"A": {"frame": 900, "drawn": 150}}, "report": ["stars"]},
    )
    star = found["subjects"][0]["star"]
    assert (star["star"], star["why_none"]["code"]) == (None, why)


def test_a_subject_without_answers_has_nothing_and_never_zero(auditor):
    found = auditor.score(
        "stratum,subject,score\nA,j,50\nA,k,\n",
        {
            "strata": {"A": {"frame": 900, "drawn": 150}},
            "subjects": {"z": {"previous_star": 5}, "k": {}},
            "report": ["by_subject"],
        },
    )
    assert [row["subject"] for row in found["subjects"]] == ["j", "k", "z"]
    for row in found["subjects"][1:]:
        assert (row["n"], row["score"], row["se"], row["interval"]) == (0, *[None] * 3)
        assert codes(row["cautions"])[0] == "no_answers"
    assert found["answers"] | {"sha256": ""} == {
        "file": "answers.csv",
        "sha256": "",
        "rows": 2,
        "usable": 1,
        "unusable": 1,
    }


def test_every_area_has_weights_of_its_own(auditor):
    """Two areas in one file are the two files, each alone."""
    dice = random.Random(3)
    rows = [
        {
            "stratum": stratum,
            "subject": f"j{stratum}",
            "sex2": dice.choice("FM"),
            "score": dice.randrange(101),
        }
        for stratum in ("A", "B", "C")
        for _ in range(40)
    ]
    strata = {
        "A": {"frame": 300, "drawn": 60, "area": "x"},
        "B": {"frame": 500, "drawn": 60, "area": "x"},
        "C": {"frame": 700, "drawn": 90, "area": "y"},
    }
    margins = {
        "x": {"sex2": {"F": 410, "M": 390}},
        "y": {"sex2": {"F": 300, "M": 400}},
    }
    both = auditor.score(table(rows), {"strata": strata, "margins": margins})
    for name in ("x", "y"):
        own = {c: {**s, "area": name} for c, s in strata.items() if s["area"] == name}
        alone = auditor.score(
            table(row for row in rows if row["stratum"] in own),
            {"strata": own, "margins": {name: margins[name]}},
        )
        assert alone["overall"] == [x for x in both["overall"] if x["area"] == name]
        assert alone["subjects"] == [x for x in both["subjects"] if x["area"] == name]
        assert alone["areas"] == [x for x in both["areas"] if x["area"] == name]
        assert alone["overall"][0]["raked"] is True


def test_modes_are_taken_out_of_the_score(auditor):
    rows = [
        {
            "stratum": "A",
            "subject": "j",
            "mode": "phone" if k % 4 == 0 else "online",
            "score": 50 + k % 30,
        }
        for k in range(120)
    ]
    settings = {
        "strata": {"A": {"frame": 900, "drawn": 150}},
        "modes": {"phone": {"b": 4, "se": 1}, "visit": {"b": 1, "se": 9}},
        "report": ["stars"],
    }
    plain = auditor.score(table(rows), settings)
    assert codes(plain["remarks"]) == ["unsuppressed", "modes_not_used"]
    assert "adjusted" not in plain["subjects"][0]
    settings["method"] = {"mode.adjust": True}
    found = auditor.score(table(rows), settings)
    subject = found["subjects"][0]
    assert subject["score"] == plain["subjects"][0]["score"]
    assert subject["adjusted"]["score"] == pytest.approx(subject["score"] - 4 / 4)
    assert [step["mode"] for step in subject["adjusted"]["steps"]] == ["phone"]
    assert subject["star"]["score"] == plain["subjects"][0]["star"]["score"] - 1
    del settings["modes"]
    assert codes(auditor.score(table(rows), settings)["remarks"]) == [
        "unsuppressed",
        "modes_missing",
    ]


def test_cautions_of_the_weights_are_told_in_words(auditor):
    rows = [{"stratum": "A", "subject": "j", "score": k} for k in range(40)]
    found = auditor.score(
        table(rows),
        {
            "strata": {
                "A": {"frame": 900, "drawn": 150, "community": "c"},
                "B": {"frame": 100, "drawn": 9, "community": "c"},
                "C": {"frame": 100, "drawn": 0, "community": "c"},
            },
            "method": {"weights.margins": ["community", "tenure"]},
            "report": ["overall"],
        },
    )
    whole = found["overall"][0]
    assert codes(whole["cautions"]) == [
        "below_target",
        Caution.STRATA_JOINED,
        Caution.STRATUM_UNCOVERED,
    ]
    assert whole["joined_strata"] == [["A", "B"]]
    assert found["areas"][0]["uncovered"] == ["C"]
    assert codes(found["remarks"]) == ["unsuppressed", "margins_without_register"]


def test_rounded_scores_and_unknown_buildings_are_remarked(auditor):
    found = auditor.score(
        "stratum,cluster,score,colour\nA,1,33.33333333,red\nA,2,66.7,blue\n",
        {
            "strata": {"A": {"frame": 900, "drawn": 150}},
            "method": {"sampling.cluster": "building"},
        },
    )
    assert codes(found["remarks"]) == [
        "unsuppressed",
        "columns_not_used",
        "scores_rounded",
        "buildings_unknown",
    ]
    assert found["remarks"][1]["en"] == "columns that were not used: colour"
    assert found["remarks"][2]["en"].startswith("1 scores were rounded")
    assert found["overall"][0]["score"] == pytest.approx((33.3333 + 66.7) / 2)
