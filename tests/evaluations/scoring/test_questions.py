"""Single questions from the item counts of cells (M34, M59)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Cell, Stratum, cells_digest
from evaluations.scoring.estimate import Area, estimate
from evaluations.scoring.method import Method
from evaluations.scoring.questions import points_of, top_points
from evaluations.scoring.results import Reason

POINTS = (0, 250_000, 500_000, 750_000, 1_000_000)
STRATA = [
    Stratum("A", "a", frame=400, drawn=80),
    Stratum("B", "b", frame=600, drawn=80),
]


def cell(domain, code, n, items, **options):
    """A cell whose household scores do not matter here."""
    return Cell(
        domain, "R1", code, "online", n, 50 * n, 2500 * n, items=items, **options
    )


CELLS = [
    cell("j", "A", 12, ((1, (1, 0, 2, 3, 4)), (2, (0, 0, 0, 0, 12)))),
    cell("j", "A", 10, ((1, (0, 1, 0, 4, 5)), (3, (0, 0, 0, 0, 0)))),
    cell("k", "B", 30, ((1, (3, 3, 3, 3, 3)), (2, (30, 0, 0, 0, 0)))),
]


def test_a_question_is_that_of_those_who_answered_it(method):
    area = Area(CELLS, STRATA, method=method)
    assert area.numbers == (1, 2, 3)
    figures = area.question(1, "j")
    assert (figures.number, figures.m, figures.mean.m) == (1, 20, 20)
    assert figures.mean.score == pytest.approx((25 + 2 * 50 + 7 * 75 + 9 * 100) / 20)
    assert figures.satisfied.share == pytest.approx(16 / 20)
    assert figures.satisfied.m == 20
    assert area.question(1, None).m == 35


def test_a_question_figure_counts_all_answers_of_the_stratum(method):
    """m_h is 22: two households did not answer, and stay in M51 with z = 0."""
    mean = Area(CELLS, STRATA, method=method).question(1, "j").mean
    total = 25 + 2 * 50 + 7 * 75 + 9 * 100
    squares = 25**2 + 2 * 50**2 + 7 * 75**2 + 9 * 100**2
    about = squares - total**2 / 20
    expected = (1 - 22 / 400) * 22 / 21 * about / 20**2
    assert mean.variance == pytest.approx(expected)
    assert mean.df == 19


def test_a_question_nobody_answered_has_no_figures(method):
    area = Area(CELLS, STRATA, method=method)
    for figures in (
        area.question(3, "j"),
        area.question(9, "j"),
        area.question(2, "x"),
    ):
        assert (figures.m, figures.mean.score) == (0, None)
        assert figures.mean.reason is Reason.NO_ANSWERS
        assert (figures.satisfied.share, figures.satisfied.low) == (None, None)
        assert not figures.satisfied.is_shown
    assert area.estimate("j").m == 22


def test_shares_of_other_levels_are_asked_for_by_level(method):
    area = Area(CELLS, STRATA, method=method)
    assert area.share(1, (1, 2), "j").share == pytest.approx(2 / 20)
    assert area.share(1, (1, 2, 3, 4, 5), "j").share == 1
    for levels in ((), (0,), (6,)):
        with pytest.raises(ValueError, match=r"levels are 1\.\.5"):
            area.share(1, levels, "j")


def test_top_levels_are_a_field_of_the_scheme():
    area = Area(CELLS, STRATA, method=Method(score_top_levels=(5,)))
    assert area.question(1, "j").satisfied.share == pytest.approx(9 / 20)


def test_points_of_the_levels_are_those_of_the_scheme():
    assert points_of(Method()) == list(POINTS)
    thirds = Method.from_mapping({"score.levels": [0, "33.33333", "66.66667", 90, 100]})
    assert points_of(thirds) == [0, 333_333, 666_667, 900_000, 1_000_000]
    assert thirds.score_levels[1] == Decimal("33.33333")
    assert top_points((4, 5)) == [0, 0, 0, 1_000_000, 1_000_000]


@pytest.mark.parametrize(
    "counts", [(1, 1, 1, 1), (-1, 1, 1, 1, 1), (3, 3, 3, 3, 1), (1, 1, 1, 1, 1, 7)]
)
def test_counts_that_no_answers_can_have_are_refused(counts, method):
    area = Area([cell("j", "A", 12, ((1, counts),))], STRATA, method=method)
    with pytest.raises(ValueError, match=r"question 1: .* of 12 answers"):
        area.question(1, "j")


@st.composite
def answered(draw):
    """Single answers of one question: (domain, stratum, level or None, band)."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["j", "k"]),
                st.sampled_from(["A", "B"]),
                st.sampled_from([None, 1, 2, 3, 4, 5]),
                st.sampled_from(["old", "young"]),
            ),
            min_size=1,
            max_size=60,
        )
    )


RAKED = Method(weights_margins=("community", "age3"), weights_level_min=5)
REGISTER = {"age3": {"old": 400, "young": 600}}


@settings(deadline=None)
@given(answered(), st.sampled_from(["j", None]), st.randoms())
def test_a_question_is_the_score_of_its_points(answers, domain, random):
    """Who did not answer is outside every domain, and in every weight and stratum."""
    cells, scores = [], []
    for who, code, level, band in answers:
        counts = tuple(int(level == one) for one in (1, 2, 3, 4, 5))
        levels = (("age3", band),)
        cells.append(cell(who, code, 1, ((1, counts),), levels=levels))
        value = 0 if level is None else POINTS[level - 1]
        name = "nobody" if level is None else "all" if domain is None else who
        scores.append(
            Cell(name, "R1", code, "online", 1, value, value * value, levels=levels)
        )
    random.shuffle(cells)
    area = Area(cells, STRATA, method=RAKED, margins=REGISTER)
    found = area.question(1, domain).mean
    asked = "all" if domain is None else domain
    expected = estimate(scores, STRATA, domain=asked, method=RAKED, margins=REGISTER)
    names = ("m", "score", "variance", "df", "reason", "raked", "kish")
    assert [getattr(found, name) for name in names] == [
        getattr(expected, name) for name in names
    ]


def test_digest_of_the_cells_knows_their_items():
    other = [
        cell("j", "A", 12, ((1, (1, 0, 2, 3, 4)), (2, (0, 0, 0, 1, 11)))),
        *CELLS[1:],
    ]
    assert cells_digest(CELLS) != cells_digest(other)
    assert cells_digest(CELLS) == cells_digest(CELLS[::-1])
    halves = [
        cell("j", "A", 6, ((1, (1, 0, 2, 3, 0)), (2, (0, 0, 0, 0, 6)))),
        cell("j", "A", 6, ((1, (0, 0, 0, 0, 4)), (2, (0, 0, 0, 0, 6)))),
    ]
    assert cells_digest([*halves, *CELLS[1:]]) == cells_digest(CELLS)
