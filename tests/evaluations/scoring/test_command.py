"""The auditor's door as a program, against the numbers of the method (M113-M124)."""

import json
from fractions import Fraction

import pytest

from evaluations.scoring.cells import cells_digest
from evaluations.scoring.method import Method
from tests.evaluations.scoring.auditor import (
    EXAMPLE_STRATA,
    Auditor,
    command,
    spread,
    table,
    worked_example,
)

API = [200, 1000]
"""The Californian index runs from 200 to 1,000."""

SCHOOLS = {
    "E": {"frame": 4421, "drawn": 100, "community": "state"},
    "H": {"frame": 755, "drawn": 50, "community": "state"},
    "M": {"frame": 1018, "drawn": 50, "community": "state"},
}
DISTRICTS = {"all": {"frame": 6194, "drawn": 183, "buildings": 757}}
STYPE = {"E": 4421, "H": 755, "M": 1018}
SCH_WIDE = {"No": 1072, "Yes": 5122}
COMP_IMP = {"No": 1712, "Yes": 4482}
BUILDINGS = {"sampling.cluster": "building"}


@pytest.fixture
def auditor(tmp_path):
    return Auditor(tmp_path)


def close(value, rel=1e-8):
    return pytest.approx(value, rel=rel)


def six(value):
    return pytest.approx(value, abs=6e-7)


def schools(rows):
    return table(
        {
            "stratum": row["stype"],
            "score": row["api00"],
            "sch.wide": row["sch.wide"],
            "comp.imp": row["comp.imp"],
        }
        for row in rows
    )


def clusters(rows, **columns):
    return table(
        {
            "stratum": "all",
            "cluster": row["dnum"],
            "stype": row["stype"],
            "sch.wide": row["sch.wide"],
            **{name: make(row) for name, make in columns.items()},
        }
        for row in rows
    )


def codes(remarks):
    return [remark["code"] for remark in remarks]


# M115, M116: the worked example


def test_worked_example(auditor):
    found = auditor.report(
        worked_example(), {"strata": EXAMPLE_STRATA, "report": ["overall"]}
    )
    assert sorted(found) == [
        "answers",
        "areas",
        "cells",
        "config",
        "method",
        "numpy",
        "overall",
        "remarks",
    ]
    whole = found["overall"][0]
    assert whole["score"] == close(3050 / 46, 1e-15)
    assert whole["variance"] == six(43.241966)
    assert whole["se"] == six(6.575862)
    assert (whole["n"], whole["df"], whole["n_eff"]) == (10, 8, 10)
    assert whole["s2"] == six(580.235245)
    assert whole["deff"] == six(0.745249)
    assert whole["kish"] == six(1.011342)
    assert whole["interval"] == {
        "low": six(49.953921),
        "high": six(79.504633),
        "level": 0.95,
        "formula": "logit_t",
    }
    assert whole["ladder"]["step"] == "office_only"
    assert codes(whole["cautions"]) == ["office_only"]
    weights = {row["codes"][0]: row["w1"] for row in found["areas"][0]["strata"]}
    assert weights == {"A": six(10.869565), "B": six(8.695652)}
    assert (found["areas"][0]["target"], found["areas"][0]["usable"]) == (10, 10)


def test_raked_worked_example(auditor):
    found = auditor.report(
        worked_example(),
        {
            "strata": EXAMPLE_STRATA,
            "margins": {"stratum": {"A": 60, "B": 40}, "band": {"F": 55, "M": 45}},
            "departures": {"weights.level_min": 0},
        },
    )
    whole, subject = found["overall"][0], found["subjects"][0]
    assert (whole["score"], whole["se"]) == (six(64.938421), six(6.804824))
    assert whole["interval"]["low"] == six(48.179204)
    assert whole["interval"]["high"] == six(78.676440)
    assert (whole["kish"], whole["raked"]) == (six(1.012029), True)
    assert subject["subject"] == "j"
    assert {name: subject[name] for name in ("score", "se", "interval")} == {
        name: whole[name] for name in ("score", "se", "interval")
    }
    area = found["areas"][0]
    assert area["calibration"]["rounds"] == 12
    assert {
        (row["levels"]["stratum"], row["levels"]["band"]): row["weight"]
        for row in area["weights"]
    } == {
        ("A", "F"): six(10.770442),
        ("A", "M"): six(8.459115),
        ("B", "F"): six(11.918231),
        ("B", "M"): six(9.360590),
    }
    assert codes(found["remarks"]) == [
        "unsuppressed",
        "margins_not_in_scheme",
        "departs_from_method",
    ]


def test_small_levels_are_joined_unless_told_otherwise(auditor):
    found = auditor.report(
        worked_example(),
        {
            "strata": EXAMPLE_STRATA,
            "margins": {"band": {"F": 55, "M": 45}},
            "report": ["overall"],
        },
    )
    assert found["areas"][0]["calibration"]["single"] == ["community", "band"]
    assert found["overall"][0]["raked"] is None


# M124: the Californian schools


def test_stratified_schools(auditor, apistrat):
    found = auditor.report(schools(apistrat), {"strata": SCHOOLS, "score_range": API})
    whole = found["overall"][0]
    assert whole["score"] == close(662.2873631593)
    assert whole["se"] == close(9.408940802785)
    assert (whole["n"], whole["df"]) == (200, 197)
    # The published weights are the 32-bit neighbours of N/n.
    assert whole["deff"] == close(1.165566171454, 2e-8)
    assert 643 < whole["interval"]["low"] < 662 < whole["interval"]["high"] < 681
    assert codes(found["remarks"]) == [
        "unsuppressed",
        "columns_not_used",
        "score_range",
    ]
    assert "subjects" not in found


def test_raked_schools(auditor, apistrat):
    found = auditor.report(
        schools(apistrat),
        {
            "strata": SCHOOLS,
            "score_range": API,
            "margins": {"sch.wide": SCH_WIDE, "comp.imp": COMP_IMP},
            "report": ["overall"],
        },
    )
    whole = found["overall"][0]
    assert whole["raked"] is True
    assert whole["score"] == close(662.75219157, 1e-7)
    assert whole["se"] == close(9.3410068, 1e-7)


def test_clustered_schools(auditor, apiclus1):
    found = auditor.report(
        clusters(apiclus1, score=lambda row: row["api00"]),
        {"strata": DISTRICTS, "score_range": API, "method": BUILDINGS},
    )
    whole = found["overall"][0]
    assert whole["score"] == close(644.1693989071)
    assert whole["se"] == close(23.54224069378)
    assert (whole["n"], whole["df"]) == (183, 14)
    assert whole["deff"] == close(9.069748362453)


@pytest.mark.parametrize(
    ("margins", "score", "se", "rel"),
    [
        ({"stype": STYPE}, 642.3107882116, 23.92048644509, 1e-8),
        (
            {"stype": STYPE, "sch.wide": SCH_WIDE},
            641.23032093,
            23.703616888,
            1e-7,
        ),
    ],
)
def test_raked_clustered_schools(margins, score, se, rel, auditor, apiclus1):
    found = auditor.score(
        clusters(apiclus1, score=lambda row: row["api00"]),
        {
            "strata": DISTRICTS,
            "score_range": API,
            "method": BUILDINGS,
            "margins": margins,
        },
    )
    whole = found["overall"][0]
    assert (whole["score"], whole["se"]) == (close(score, rel), close(se, rel))


def test_share_of_clustered_schools_and_whether_it_may_be_shown(auditor, apiclus1):
    """Level 5 where nobody learns English; the decision of M57 withholds it."""
    found = auditor.report(
        clusters(apiclus1, item_1=lambda row: 5 if row["ell"] == "0" else 1),
        {"strata": DISTRICTS, "method": BUILDINGS, "report": ["shares", "overall"]},
    )
    question = found["overall"][0]["questions"][0]
    share = question["satisfied"]
    assert (question["question"], share["levels"]) == (1, [4, 5])
    assert share["share"] == close(0.021857923497)
    assert share["se"] == close(0.0226224508611)
    assert (share["low"], share["high"]) == (
        close(0.002304691284),
        close(0.177747766823),
    )
    assert share["size"] == close(35.35529853)
    assert share["exact_low"] == close(0.000216146833)
    assert share["exact_high"] == close(0.137507763915)
    assert share["shown"] is False
    assert share["hidden"]["code"] == "too_wide_for_its_size"
    shares = [row["share"] for row in question["shares"]]
    assert shares == [close(1 - share["share"]), 0, 0, 0, close(share["share"])]


# M113: response rates


@pytest.mark.parametrize(
    ("not_eligible", "rr3", "rr4"), [(25, 60 / 108, 70 / 108), (5, 0.547826, 0.639130)]
)
def test_response_rates(not_eligible, rr3, rr4, auditor):
    final = {
        "complete": 60,
        "partial": 10,
        "refusal": 15,
        "no_contact": 10,
        "other": 5,
        "unknown_household": 8,
        "unknown_other": 2,
        "not_eligible": not_eligible,
    }
    drawn = sum(final.values())
    found = auditor.score(
        table({"stratum": "A", "score": 40 + k % 50} for k in range(70)),
        {"strata": {"A": {"frame": 900, "drawn": drawn, "dispositions": final}}},
    )
    rates = found["overall"][0]["rates"]
    assert rates["dispositions"] == final
    assert rates["released"] == drawn
    assert [rates[f"rr{k}"] for k in (1, 2, 5, 6)] == [60 / 110, 70 / 110, 0.6, 0.7]
    assert (rates["rr3"], rates["rr4"]) == (six(rr3), six(rr4))
    assert found["areas"][0]["communities"] == [{"community": "A", "rates": rates}]
    # n_h less NE is what the weights speak for (M36).
    assert found["areas"][0]["strata"][0]["w1"] == pytest.approx(
        900 / drawn * (drawn - not_eligible) / 70
    )


# M118, M119: stars and ranks


def people(scores, **each):
    """A hundred of a thousand households for each subject; mean and SE as told."""
    rows, strata, subjects = [], {}, {}
    for number, (mean, se, top) in enumerate(scores, start=1):
        code = f"J{number}"
        # V = (1 - f) T/(m (m - 1)), in units of 100/top.
        squares = round(Fraction(se) ** 2 * Fraction(top, 100) ** 2 * 11000)
        squares += squares % 2
        rows += [
            {"stratum": code, "subject": code, "score": value * 100 / top}
            for value in spread(mean, squares, 100, top=top)
        ]
        strata[code] = {"frame": 1000, "drawn": 100}
        subjects[code] = each
    return table(rows), {"strata": strata, "subjects": subjects}


@pytest.mark.parametrize(
    ("half_points", "previous", "star"),
    [
        (143, None, 3),
        (143, 1, 2),
        (143, 2, 2),
        (143, 3, 3),
        (143, 4, 3),
        (143, 5, 3),
        (161, None, 4),
        (161, 3, 3),
        (161, 5, 4),
    ],
)
def test_stars_of_the_worked_example(half_points, previous, star, auditor):
    answers, settings = people([(half_points, "2.74", 200)], previous_star=previous)
    found = auditor.score(answers, {**settings, "report": ["stars"]})
    figures = found["subjects"][0]["star"]
    assert (figures["star"], figures["previous"]) == (star, previous)
    assert (figures["score"], figures["se"]) == (half_points / 2, 2.74)
    assert figures["basis"] == "direct"
    assert figures["changed"] is (previous not in (None, star))
    if half_points == 143:
        shares = (0.000014, 0.292023, 0.707003, 0.000960, 0.000000)
        assert figures["probabilities"] == pytest.approx(shares, abs=6e-7)
        assert figures["percents"] == [0, 29, 71, 0, 0]
    else:
        assert figures["probabilities"][2:4] == [six(0.427539), six(0.572135)]


def test_star_as_a_program_with_the_cut_points_of_a_year(auditor):
    answers, settings = people([(143, "2.74", 200)])
    found = auditor.report(
        answers, {**settings, "report": ["stars"], "cuts": [50, 60, "71.5", 90]}
    )
    star = found["subjects"][0]["star"]
    assert (star["star"], star["cuts"]) == (4, [50, 60, 71.5, 90])


def test_ranks_of_three(auditor):
    answers, settings = people(
        [(70, "3", 100), (76, "3", 100), (82, "3", 100)], peer_group="G1"
    )
    found = auditor.report(
        answers, {**settings, "report": ["ranks"], "period": "2026Q4"}
    )
    [ranking] = found["rankings"]
    assert (ranking["group"], ranking["seed"]) == ("G1", 939787346)
    ranks = ranking["ranks"]
    assert [row["crit"] for row in ranks] == [2.207189, 2.208732, 2.215358]
    assert [row["set"] for row in ranks] == [[2, 3], [1, 3], [1, 2]]
    assert [row["rank"] for row in ranks] == [3, 2, 1]
    assert [row["tier"] for row in ranks] == ["below", "not_distinguishable", "above"]
    assert [row["difference"] for row in ranks] == [close(-6), six(0), close(6)]
    assert [row["difference_se"] for row in ranks] == [six(6**0.5)] * 3
    assert ranking["last"] == "J1"
    assert [subject["rank"] for subject in found["subjects"]] == ranks


def test_ranks_of_five(auditor):
    scores = [(70, "3"), (76, "3"), (82, "3"), (88, "2"), (60, "2")]
    answers, settings = people([(*one, 100) for one in scores], peer_group="G1")
    found = auditor.score(
        answers, {**settings, "report": ["ranks"], "period": "2026Q4"}
    )
    ranks = found["rankings"][0]["ranks"]
    assert [row["crit"] for row in ranks] == [
        2.412934,
        2.405796,
        2.410085,
        2.478684,
        2.454991,
    ]
    assert [row["set"] for row in ranks] == [[3, 4], [2, 4], [1, 3], [1, 2], [5, 5]]
    assert [row["tier"] for row in ranks] == [
        "below",
        "not_distinguishable",
        "above",
        "above",
        "below",
    ]


def test_two_with_a_star_are_not_ranked(auditor):
    answers, settings = people([(70, "3", 100), (76, "3", 100)], peer_group="G1")
    found = auditor.score(
        answers, {**settings, "report": ["ranks"], "period": "2026Q4"}
    )
    assert found["rankings"][0]["why_none"]["code"] == "group_too_small"
    assert [subject["rank"] for subject in found["subjects"]] == [None, None]


# The report itself


def test_report_names_scheme_cells_and_files(auditor, example_cells):
    answers = worked_example().replace(",F,", ",,").replace(",M,", ",,")
    found = auditor.score(answers, {"strata": EXAMPLE_STRATA})
    assert found["method"] == {"version": 1, "sha256": Method().digest()}
    assert found["cells"]["count"] == 2
    other = auditor.score(
        answers, {"strata": EXAMPLE_STRATA, "method": {"window.months": 6}}
    )
    assert other["method"]["sha256"] == Method(window_months=6).digest()
    assert other["cells"] == found["cells"]
    assert other["config"]["sha256"] != found["config"]["sha256"]
    assert other["answers"] == found["answers"]


def test_digest_is_that_of_the_cells(auditor, example_cells):
    rows = [
        {"stratum": cell.stratum, "subject": "j", "round": cell.round, "score": score}
        for cell, scores in zip(
            example_cells,
            ([100, 75, 50, 100], [75, 50], [25], [75, 50, 50]),
            strict=True,
        )
        for score in scores
    ]
    answers = table({**row, "mode": "online"} for row in rows)
    found = auditor.score(answers, {"strata": EXAMPLE_STRATA})
    assert found["cells"]["sha256"] == cells_digest(example_cells)
    assert found["subjects"][0]["modes"] == {"online": 10}


def test_wrong_usage_says_nothing_on_stdout(auditor):
    for arguments in ((), ("answers.csv",), ("--config",), ("a", "b", "--config", "c")):
        done = command(*arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"usage: python -m evaluations.scoring")


def test_wrong_input_is_one_line_on_stderr(auditor):
    answers = worked_example().replace("B,j,F,25", "C,j,F,25")
    done = auditor.run(answers, {"strata": EXAMPLE_STRATA})
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "answers.csv，第 8 行，stratum 列：设置里没有层 “C”。 "
        "answers.csv, row 8, column stratum: stratum “C” is not in the settings.\n"
    )


def test_a_raking_that_fails_is_told_in_the_report_alone(auditor):
    answers = worked_example()
    found = auditor.report(
        answers,
        {
            "strata": EXAMPLE_STRATA,
            "margins": {"band": {"F": 0, "M": 45}},
            "departures": {"weights.level_min": 0},
        },
    )
    assert found["overall"][0]["raked"] is False
    assert "not_raked" in codes(found["overall"][0]["cautions"])
    assert json.dumps(found, allow_nan=False)
