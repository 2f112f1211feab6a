"""No input raises anything but the named refusal; row order and splitting are free."""

import io
import json
import warnings
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evaluations.scoring.answers_file import parse_answers
from evaluations.scoring.config_file import parse_config
from evaluations.scoring.method import Method
from evaluations.scoring.report import report
from evaluations.scoring.results import Caution, Reason
from evaluations.scoring.shares import Hidden
from evaluations.scoring.window import Validity
from evaluations.scoring.words import WORDS, NoRanks, NoStar, Remark, told
from evaluations.scoring.wrong_input import WrongInput
from surveys.scores import ScoreRule
from tests.evaluations.scoring.auditor import table

CODES = st.sampled_from(["A", "B", "C", "x y", "", " A", "ü", "\ud800", "\x00"])
COUNTS = st.sampled_from([0, 1, 2, 3, 5, 9, 40, 10**12, 10**12 + 1, -1, 2.5, None])
SMALL = st.integers(0, 6)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats()
    | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.text(max_size=6), inside, max_size=3)
    ),
    max_leaves=6,
)
FINAL = st.dictionaries(
    st.sampled_from(["complete", "partial", "other", "not_eligible", "?"]), SMALL
)
STRATUM = st.fixed_dictionaries(
    {"frame": COUNTS, "drawn": COUNTS},
    optional={
        "community": CODES,
        "area": st.sampled_from(["x", "y"]),
        "not_eligible": SMALL,
        "buildings": COUNTS,
        "dispositions": FINAL,
    },
)
SOUND = st.fixed_dictionaries(
    {"frame": st.integers(8, 60), "drawn": st.integers(8, 20)},
    optional={"community": st.sampled_from(["c", "d"]), "buildings": st.just(4)},
)
METHOD = st.fixed_dictionaries(
    {},
    optional={
        "sampling.cluster": st.sampled_from(["none", "building", 3]),
        "sampling.rate": st.sampled_from(["0.01", 1, "x"]),
        "weights.margins": st.sampled_from([["community", "sex2"], ["sex2"], []]),
        "score.question_weight": st.sampled_from([2, [1, 2], "0.5", [1]]),
        "score.levels": st.sampled_from([[0, 1, 2, 3, 100], [0, 0, 1, 2, 100]]),
        "mode.adjust": st.booleans(),
        "window.months": st.sampled_from([3, 12, 99]),
        "interval.level": JUNK,
    },
)
MARGIN = st.dictionaries(st.sampled_from(["F", "M"]), COUNTS, max_size=2)
PERSON = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["k", "l"]),
        "district": st.just("d"),
        "city": st.just("e"),
        "previous_star": st.integers(0, 6),
        "peer_group": st.just("g"),
    },
)
CONFIG = st.fixed_dictionaries(
    {"strata": st.dictionaries(st.sampled_from(["A", "B"]), SOUND | STRATUM)},
    optional={
        "margins": st.dictionaries(
            st.sampled_from(["sex2", "stratum", "community", "mode", "x"]),
            MARGIN | JUNK,
            max_size=2,
        ),
        "method": METHOD,
        "report": st.lists(
            st.sampled_from(["overall", "by_subject", "shares", "stars", "ranks", "?"]),
            max_size=5,
        ),
        "subjects": st.dictionaries(st.sampled_from(["j", "k", "zz"]), PERSON),
        "period": st.sampled_from(["2026Q4", "2026Q4", "x"]),
        "cuts": st.sampled_from([[10, 20, 30, 40], [1, 2], None]),
        "modes": st.just({"phone": {"b": 3, "se": 1}}) | JUNK,
        "questions": st.sampled_from([{"reversed": [1]}, {"weights": [1, 0]}, {}]),
        "score_range": st.sampled_from([[0, 1000], ["0.5", 7], [1, 0]]),
        "months_existing": st.sampled_from([1, 3, 12]),
        "departures": st.sampled_from([{"weights.level_min": 0}, {}]),
        "junk": JUNK,
    },
)
CELLS = {
    "stratum": st.sampled_from(["A", "B", "A", "B", "A", "B", "Z", ""]),
    "subject": st.sampled_from(["j", "k", "j", "k", ""]),
    "mode": st.sampled_from(["online", "phone", ""]),
    "cluster": st.sampled_from(["1", "2", "3", ""]),
    "round": st.sampled_from(["R1", "R2"]),
    "sex2": st.sampled_from(["F", "M", "", "?"]),
    "score": st.sampled_from(["0", "100", "50", "12.34567", "100", "", "1e3", "-1"]),
    "item_1": st.sampled_from(["1", "5", "0", "", "4", "9"]),
    "item_2": st.sampled_from(["1", "5", "3", "", "2"]),
}


def run(answers: bytes, config: bytes):
    """The report, or the refusal as one line; anything else is a fault."""
    try:
        known = parse_config(config, file="config.json")
        found = parse_answers(io.BytesIO(answers), known)
    except WrongInput as problem:
        line = str(problem)
        assert line.isprintable()
        assert "：" in line
        assert line.endswith(".")
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = report(found, known, name="answers.csv")
    json.dumps(made, allow_nan=False).encode()
    return made


@st.composite
def files(draw):
    """Rows with some of the columns, values mostly sound."""
    chosen = draw(st.sets(st.sampled_from(sorted(CELLS)), max_size=6))
    points = draw(st.booleans())
    chosen -= {"item_1", "item_2"} if points else {"score"}
    chosen |= {"stratum"} | ({"score"} if points else {"item_1", "item_2"})
    columns = {name: CELLS[name] for name in sorted(chosen)}
    rows = draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=30))
    return table(rows).encode()


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
@example(b"", b"{}")
@example(b"\xef\xbb\xbfstratum,score\n", b"\xef\xbb\xbf{}")
def test_bytes_raise_nothing_but_the_refusal(answers, config):
    run(answers, config)
    run(answers, b'{"strata": {"A": {"frame": 60, "drawn": 12}}}')


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='stratumscore,"\n\r A1.5;\t\x00é', max_size=120))
def test_texts_that_look_like_csv_raise_nothing_but_the_refusal(text):
    run(
        ("stratum,score\n" + text).encode(),
        b'{"strata": {"A": {"frame": 60, "drawn": 12}}}',
    )


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), CONFIG)
def test_files_and_settings_raise_nothing_but_the_refusal(answers, config):
    run(answers, json.dumps(config).encode())


@st.composite
def sound_files(draw):
    """Files that fit each other: every wish can be met, however odd the numbers."""
    households = st.sampled_from([1, 2, 40, 41, 500, 10**6, 10**12])
    buildings = draw(st.booleans())
    strata = {
        code: {
            "frame": draw(households),
            "drawn": draw(st.sampled_from([40, 90, 10**6])),
            "community": draw(st.sampled_from(["c", "d"])),
            "not_eligible": draw(st.integers(0, 9)),
            **({"buildings": draw(st.integers(1, 9))} if draw(st.booleans()) else {}),
        }
        for code in ("A", "B", "C")
    }
    items = draw(st.booleans())
    cells = {
        "stratum": st.sampled_from(["A", "B", "C"]),
        "subject": st.sampled_from(["j", "k", "l", "m"]),
        "mode": st.sampled_from(["online", "phone"]),
        "sex2": st.sampled_from(["F", "M", ""]),
        **({"cluster": st.sampled_from(["1", "2", "3"])} if buildings else {}),
        **(
            {name: CELLS[name] for name in ("item_2",)}
            | {"item_1": st.sampled_from(["", "1", "5"])}
            if items
            else {"score": st.sampled_from(["0", "100", "99.9999", "50", ""])}
        ),
    }
    rows = draw(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=31))
    method = {
        "sampling.cluster": "building" if buildings else "none",
        "sampling.rate": draw(st.sampled_from(["0.01", "1"])),
        "weights.margins": draw(
            st.sampled_from([["community"], ["sex2"], ["community", "sex2", "age3"]])
        ),
        "mode.adjust": draw(st.booleans()),
        "interval.level": draw(st.sampled_from(["0.80", "0.99"])),
    }
    wishes = ["overall", "by_subject", "stars", "ranks", *(["shares"] * items)]
    config = {
        "strata": strata,
        "method": method,
        "margins": draw(
            st.sampled_from(
                [{}, {"sex2": {"F": 3, "M": 9}}, {"sex2": {"F": 10**12, "M": 0}}]
            )
        ),
        "departures": draw(st.sampled_from([{}, {"weights.level_min": 0}])),
        "report": wishes,
        "period": "2026Q4",
        "modes": {"phone": {"b": draw(st.sampled_from([-400, 3])), "se": 1}},
        "subjects": {
            code: {"peer_group": "g", "previous_star": 3, "kind": "k", "city": "x"}
            for code in draw(st.sets(st.sampled_from(["j", "k", "l", "z"])))
        },
        "months_existing": draw(st.sampled_from([1, 12])),
    }
    return table(rows).encode(), json.dumps(config).encode()


def holds(figures):
    """Every figure is there or null, the interval holds the score."""
    interval, score = figures["interval"], figures["score"]
    assert (score is None) == (figures["n"] == 0)
    if interval:
        assert 0 <= interval["low"] <= score <= interval["high"] <= 100


@settings(max_examples=150, deadline=None)
@given(sound_files())
def test_sound_files_always_give_a_report(pair):
    made = run(*pair)
    assert made is not None
    for figures in (*made["overall"], *made["subjects"]):
        holds(figures)
        if figures["n"]:
            assert figures["kish"] >= 1 - 1e-9
    assert sum(s["n"] for s in made["subjects"]) == made["answers"]["usable"]


SOUND_STRATA = {
    "A": {"frame": 90, "drawn": 40, "community": "c"},
    "B": {"frame": 60, "drawn": 40, "community": "c"},
    "C": {"frame": 50, "drawn": 40},
}
ROW = st.fixed_dictionaries(
    {
        "stratum": st.sampled_from(["A", "B", "C"]),
        "subject": st.sampled_from(["j", "k"]),
        "mode": st.sampled_from(["online", "phone"]),
        "sex2": st.sampled_from(["F", "M", ""]),
        "item_1": st.integers(0, 5),
        "item_2": st.integers(0, 5),
        "item_3": st.integers(0, 5),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=40), st.randoms())
def test_row_order_changes_nothing(rows, random):
    """M109, to the last bit."""
    config = json.dumps(
        {
            "strata": SOUND_STRATA,
            "margins": {"sex2": {"F": 110, "M": 90}},
            "departures": {"weights.level_min": 0},
            "method": {"mode.adjust": True},
            "modes": {"phone": {"b": 4, "se": 1}},
            "report": ["overall", "by_subject", "shares", "stars"],
        }
    ).encode()
    made = run(table(rows).encode(), config)
    shuffled = list(rows)
    random.shuffle(shuffled)
    again = run(table(shuffled).encode(), config)
    assert made is not None
    assert again is not None
    made["answers"].pop("sha256")
    again["answers"].pop("sha256")
    assert made == again


LEVEL = st.sampled_from([None, 0, 1, 2, 3, 4, 5])


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 8).flatmap(
        lambda k: st.tuples(
            st.lists(st.lists(LEVEL, min_size=k, max_size=k), min_size=1, max_size=12),
            st.lists(st.sampled_from(["0", "0.5", "1", "2"]), min_size=k, max_size=k),
            st.sets(st.integers(1, k)),
        )
    ),
    st.sampled_from(["0.50", "0.75", "1"]),
)
def test_items_score_as_a_box_scores_them(given_items, min_share):
    """M30-M33, M41: the sums of the one cell are those of `surveys.scores`."""
    answers, weights, reverse = given_items
    if not any(weight != "0" for weight in weights):
        weights[0] = "1"
    rule = ScoreRule(
        weights=[Decimal(weight) for weight in weights],
        points=Method().score_levels,
        reversed_items=[number - 1 for number in reverse],
        min_share=Decimal(min_share),
    )
    expected = [
        score for levels in answers if (score := rule.score(levels)) is not None
    ]
    rows = [
        {
            "stratum": "A",
            **{
                f"item_{k}": "" if level is None else level
                for k, level in enumerate(levels, start=1)
            },
        }
        for levels in answers
    ]
    config = parse_config(
        json.dumps(
            {
                "strata": {"A": {"frame": 90, "drawn": 40}},
                "method": {"score.min_share": min_share},
                "questions": {"weights": weights, "reversed": sorted(reverse)},
            }
        ).encode(),
        file="config.json",
    )
    found = parse_answers(io.BytesIO(table(rows).encode()), config)
    assert (found.rows, found.usable) == (len(answers), len(expected))
    assert found.unusable.total() == len(answers) - len(expected)
    cells = [(cell.n, cell.sum_s, cell.sum_s2) for cell in found.cells]
    sums = (len(expected), sum(expected), sum(s * s for s in expected))
    assert cells == ([sums] if expected else [])


@given(
    st.decimals(0, 100, places=6),
    st.sampled_from([([0, 100], 100), ([-3, 7], 10), ([200, 1000], 800)]),
)
def test_scores_are_rounded_once_and_half_up(points, span):
    """M41, whatever the unit of the file; six decimals of a point are too many."""
    (low, _), width = span
    value = low + points * width / 100
    if value < 0:
        value = Decimal(0)
        points = Decimal(-low * 100) / width
    config = parse_config(
        json.dumps(
            {"strata": {"A": {"frame": 9, "drawn": 4}}, "score_range": span[0]}
        ).encode(),
        file="c",
    )
    rows = f"stratum,score\nA,{value:f}\n".encode()
    found = parse_answers(io.BytesIO(rows), config)
    exact = points * 10_000
    assert found.cells[0].sum_s == int(exact + Decimal("0.5"))
    assert found.rounded == (exact != int(exact))


def test_every_code_has_its_words():
    kinds = (Caution, Reason, Hidden, Remark, NoStar, NoRanks)
    known = {member for kind in kinds for member in kind}
    marks = {Validity.INCOMPLETE, Validity.BELOW_TARGET}
    assert set(WORDS) == {str(member) for member in known | marks}
    for member in known | marks:
        words = told(member, "12")
        assert words["code"] == member.value
        assert "{" not in words["zh"] + words["en"]


@pytest.mark.parametrize("number", [1, 1000])
def test_memory_grows_with_the_cells_and_not_with_the_rows(number):
    """Equal rows are one cell, however many there are."""
    config = parse_config(
        b'{"strata": {"A": {"frame": 9000, "drawn": 9000}}}', file="c"
    )
    rows = b"stratum,score\n" + b"A,50\n" * number
    found = parse_answers(io.BytesIO(rows), config)
    assert (found.rows, len(found.cells)) == (number, 1)
