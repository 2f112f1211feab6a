"""Estimates from cells: the worked example and the edge cases (M35, M36, M48-M59)."""

from math import sqrt

import pytest

from evaluations.scoring.cells import Cell, Stratum, canonical, cells_digest
from evaluations.scoring.estimate import Area, estimate, estimate_all
from evaluations.scoring.method import Method
from evaluations.scoring.results import Caution, Formula, Reason


def bounds(interval):
    return [interval.lower, interval.upper]


# M115


def test_estimate_of_the_worked_example(example_cells, example_strata, method):
    result = estimate(example_cells, example_strata, domain="j", method=method)
    assert result.m == 10
    assert result.score == pytest.approx(66.304348, abs=5e-7)
    assert result.variance == pytest.approx(43.241966, abs=1.5e-6)
    assert result.se == pytest.approx(6.575862, abs=5e-7)
    assert result.df == 8
    assert result.deff == pytest.approx(0.745249, abs=5e-7)
    assert result.m_eff == 10
    assert result.kish == pytest.approx(1.011342, abs=5e-7)
    assert result.s2 == pytest.approx(580.235245, abs=5e-7)
    assert (result.is_census, result.reason) == (False, None)
    assert (result.cautions, result.joined) == ((), ())


def test_interval_of_the_worked_example(example_cells, example_strata, method):
    result = estimate(example_cells, example_strata, domain="j", method=method)
    interval = result.interval()
    assert bounds(interval) == pytest.approx([49.953921, 79.504633], abs=6e-7)
    assert [str(bound) for bound in interval.published()] == ["50.0", "79.5"]
    assert interval.formula is Formula.LOGIT_T
    assert interval.level == 0.95
    assert interval.width == interval.upper - interval.lower


def test_weights_of_the_worked_example(example_cells, example_strata, method):
    area = Area(example_cells, example_strata, method=method)
    found = [(s.codes, s.base, s.weight) for s in area.weighting.strata]
    assert found == [
        (("A",), 5.0, pytest.approx(10.869565, abs=5e-7)),
        (("B",), 4.0, pytest.approx(8.695652, abs=5e-7)),
    ]


def test_wider_confidence_gives_a_wider_interval(example_cells, example_strata):
    narrow, wide = (
        estimate(
            example_cells,
            example_strata,
            domain="j",
            method=Method.from_mapping({"interval.level": level}),
        ).interval()
        for level in ("0.80", "0.99")
    )
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert (narrow.level, wide.level) == (0.80, 0.99)


# M59, edge cases


def test_no_answers_leave_every_figure_undefined(example_strata, method):
    result = estimate([], example_strata, domain="j", method=method)
    assert result.m == 0
    assert result.reason is Reason.NO_ANSWERS
    figures = (result.score, result.variance, result.se, result.df, result.deff)
    assert figures == (None,) * 5
    assert (result.m_eff, result.kish, result.interval()) == (None, None, None)


def test_an_appointment_without_cells_has_no_figures(
    example_cells, example_strata, method
):
    result = estimate(example_cells, example_strata, domain="other", method=method)
    assert (result.domain, result.m, result.score) == ("other", 0, None)


def test_one_answer_has_a_score_and_nothing_else(example_strata, make_cell, method):
    result = estimate([make_cell([75])], example_strata, domain="j", method=method)
    assert (result.m, result.score, result.reason) == (1, 75, Reason.ONE_ANSWER)
    assert (result.variance, result.se, result.interval()) == (None, None, None)
    assert not result.is_census


def test_a_stratum_without_answers_joins_the_next_one(make_cell, method):
    """M35: N and n add up."""
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("A2", "a", frame=30, drawn=5),
        Stratum("A3", "a", frame=20, drawn=5),
        Stratum("B1", "b", frame=99, drawn=9),
    ]
    cells = [
        make_cell([100, 50], stratum="A1"),
        make_cell([50, 75, 0], stratum="A3"),
        make_cell([100], stratum="B1", appointment="k"),
    ]
    result = estimate(cells, strata, domain="j", method=method)
    assert result.joined == (("A2", "A3"),)
    assert result.cautions == (Caution.STRATA_JOINED,)
    # d = 5 for the two of A1 and (30 + 20)/(5 + 5) = 5 for the three of A2 and A3.
    assert result.score == pytest.approx((100 + 50 + 50 + 75 + 0) / 5)
    assert result.df == 5 - 2


def test_a_last_stratum_without_answers_joins_the_previous_one(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=60, drawn=10),
        Stratum("A2", "a", frame=40, drawn=10),
        Stratum("A3", "a", frame=20, drawn=5),
    ]
    cells = [make_cell([100, 50], stratum="A1"), make_cell([50, 75], stratum="A2")]
    area = Area(cells, strata, method=method)
    found = [(s.codes, s.frame, s.drawn, s.base) for s in area.weighting.strata]
    assert found == [(("A1",), 60, 10, 6.0), (("A2", "A3"), 60, 15, 4.0)]


def test_an_undrawn_stratum_is_left_out_and_said(make_cell, method):
    strata = [
        Stratum("A0", "a", frame=0, drawn=0),
        Stratum("A1", "a", frame=50, drawn=0),
        Stratum("A2", "a", frame=30, drawn=5),
    ]
    result = estimate(
        [make_cell([100, 50], stratum="A2")], strata, domain="j", method=method
    )
    assert result.cautions == (Caution.STRATUM_UNCOVERED,)
    assert result.joined == ()
    area = Area([make_cell([100, 50], stratum="A2")], strata, method=method)
    assert [stratum.code for stratum in area.weighting.uncovered] == ["A1"]


def test_a_lonely_stratum_never_has_a_variance_of_zero(make_cell, method):
    """m_h = 1 < N_h: joined for the variance only, weights unchanged."""
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("A2", "a", frame=50, drawn=10),
    ]
    cells = [make_cell([100], stratum="A1"), make_cell([50, 75, 25], stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    assert result.score == pytest.approx(62.5)
    # One stratum of four answers of 100 households: spread 3125 about 62.5.
    expected = (1 - 4 / 100) * 4 / 3 * 3125 / 16
    assert result.variance == pytest.approx(expected)
    assert result.df == 4 - 2


def test_the_last_lonely_stratum_joins_the_previous_one(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("A2", "a", frame=50, drawn=10),
    ]
    swapped = [make_cell([100], stratum="A2"), make_cell([50, 75, 25], stratum="A1")]
    straight = [make_cell([100], stratum="A1"), make_cell([50, 75, 25], stratum="A2")]
    variances = [
        estimate(cells, strata, domain="j", method=method).variance
        for cells in (swapped, straight)
    ]
    assert variances[0] == pytest.approx(variances[1])


def test_a_community_of_one_answer_has_no_variance(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("B1", "b", frame=50, drawn=10),
    ]
    cells = [make_cell([100], stratum="A1"), make_cell([50, 75, 25], stratum="B1")]
    result = estimate(cells, strata, domain=None, method=method)
    assert result.reason is Reason.LONELY_COMMUNITY
    assert (result.variance, result.se, result.interval()) == (None, None, None)
    assert result.score == pytest.approx(62.5)


def test_a_lonely_community_outside_the_domain_takes_nothing_away(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("B1", "b", frame=50, drawn=10),
    ]
    cells = [
        make_cell([100], stratum="A1", appointment="k"),
        make_cell([50, 75, 25], stratum="B1"),
    ]
    both = estimate(cells, strata, domain="j", method=method)
    alone = estimate(cells[1:], strata[1:], domain="j", method=method)
    assert both.score == alone.score == 50
    assert both.variance == pytest.approx(alone.variance)


def test_answers_outside_the_domain_count_in_their_stratum(make_cell, method):
    """M51: z is 0 for them, yet they stand in m_h and in the mean of the stratum."""
    strata = [Stratum("A", "a", frame=100, drawn=40)]
    cells = [make_cell([100, 50]), make_cell([75, 75, 0], appointment="k")]
    result = estimate(cells, strata, domain="j", method=method)
    # z = (100 - 75)/2, (50 - 75)/2, 0, 0, 0 with m_h = 5 of 100.
    expected = (1 - 5 / 100) * 5 / 4 * (12.5**2 + 12.5**2)
    assert result.variance == pytest.approx(expected)
    assert result.df == 1


def test_a_census_has_a_standard_error_of_zero(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=3, drawn=3),
        Stratum("A2", "a", frame=1, drawn=1),
    ]
    cells = [make_cell([50, 75, 25], stratum="A1"), make_cell([100], stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.variance, result.se, result.is_census) == (0, 0, True)
    interval = result.interval()
    assert bounds(interval) == [62.5, 62.5]
    assert interval.formula is Formula.CENSUS
    assert result.m_eff == 4


def test_one_household_that_is_its_whole_stratum_is_not_lonely(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=1, drawn=1),
        Stratum("A2", "a", frame=30, drawn=6),
    ]
    cells = [make_cell([100], stratum="A1"), make_cell([50, 75, 25], stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    # Weights 1 and 5; only the second stratum is a sample.
    assert result.score == pytest.approx((100 + 5 * 150) / 16)
    assert result.variance == pytest.approx(0.9 * 1.5 * (5 / 16) ** 2 * 1250)


def test_one_household_of_one_has_a_score_and_nothing_else(make_cell, method):
    strata = [Stratum("A", "a", frame=1, drawn=1)]
    result = estimate([make_cell([75])], strata, domain="j", method=method)
    assert (result.score, result.se, result.is_census) == (75, None, False)
    assert result.interval() is None


def test_a_domain_may_be_a_census_beside_a_sample(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=3, drawn=3),
        Stratum("A2", "a", frame=30, drawn=6),
    ]
    cells = [
        make_cell([50, 75, 25], stratum="A1"),
        make_cell([0, 100], stratum="A2", appointment="k"),
    ]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.score, result.se, result.is_census) == (50, 0, True)
    # Two answers in one stratum; the other holds none of the domain.
    assert estimate(cells, strata, domain="k", method=method).df == 1


def test_a_city_short_of_one_household_has_an_error_of_zero_and_is_no_census(method):
    """M51: a variance below 1e-9 is set to 0."""
    n = 15_000_000
    cells = [
        Cell("j", "R1", "A", "online", n // 2, 1_000_000 * n // 2, 10**12 * n // 2),
        Cell("j", "R1", "A", "online", n // 2 - 1, 0, 0),
    ]
    strata = [Stratum("A", "a", frame=n, drawn=n)]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.variance, result.se, result.is_census) == (0, 0, False)
    interval = result.interval()
    assert interval.formula is Formula.LOGIT_T
    assert bounds(interval) == pytest.approx([result.score, result.score])


def test_a_census_of_equal_answers_is_still_a_census(make_cell, method):
    strata = [Stratum("A", "a", frame=3, drawn=3)]
    cells = [make_cell([100, 100, 100])]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.se, result.reason) == (0, None)
    assert bounds(result.interval()) == [100, 100]


def test_a_census_stratum_contributes_nothing_beside_a_sample(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=2, drawn=2),
        Stratum("A2", "a", frame=30, drawn=6),
    ]
    sample = [50, 75, 25]
    cells = [make_cell([0, 100], stratum="A1"), make_cell(sample, stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    # Common factor left out: weights 1 and 5, so W = 2 + 15.
    expected = (1 - 3 / 30) * 3 / 2 * (5 / 17) ** 2 * 1250
    assert result.score == pytest.approx((100 + 5 * 150) / 17)
    assert result.variance == pytest.approx(expected)
    assert not result.is_census


def test_more_answers_than_households_count_as_all_of_them(make_cell, method):
    """f_h is at most 1: the frame may shrink between a round and the newest one."""
    strata = [Stratum("A", "a", frame=2, drawn=3)]
    result = estimate([make_cell([50, 75, 25])], strata, domain="j", method=method)
    assert (result.se, result.is_census) == (0, True)


def test_a_shrunken_frame_takes_nothing_off_the_variance(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=2, drawn=3),
        Stratum("A2", "a", frame=30, drawn=6),
    ]
    cells = [make_cell([0, 50, 100], stratum="A1"), make_cell([75, 25], stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    whole = 2 / 3 * 3 + 5 * 2
    expected = (1 - 2 / 30) * 2 * (5 / whole) ** 2 * 1250
    assert result.variance == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "lower", "upper"),
    [
        ([75] * 10, 39.418168, 95.594059),
        ([100] * 10, 69.150289, 100),
        # The text prints ...670; the exact 100 x 0.025^(1/30) is 88.4296691778.
        ([100] * 30, 88.429669, 100),
        ([0] * 10, 0, 30.849711),
    ],
)
def test_equal_answers_get_a_clopper_pearson_interval(
    scores, lower, upper, make_cell, method
):
    """M120."""
    strata = [Stratum("A", "a", frame=1000, drawn=100)]
    result = estimate([make_cell(scores)], strata, domain="j", method=method)
    assert (result.variance, result.se) == (None, None)
    assert result.reason is Reason.NO_SPREAD
    assert (result.deff, result.m_eff) == (None, len(scores))
    interval = result.interval()
    assert bounds(interval) == pytest.approx([lower, upper], abs=5e-7)
    assert interval.formula is Formula.CLOPPER_PEARSON


def test_equal_answers_inside_each_stratum_prove_no_certainty(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=500, drawn=10),
        Stratum("A2", "a", frame=700, drawn=10),
    ]
    cells = [make_cell([75] * 7, stratum="A1"), make_cell([50] * 6, stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.se, result.reason) == (None, Reason.NO_SPREAD)
    interval = result.interval()
    assert interval.formula is Formula.CLOPPER_PEARSON
    assert interval.lower < 40 < result.score < 80 < interval.upper


def test_as_many_strata_as_answers_give_no_interval(make_cell, method):
    """M54: df < 1."""
    strata = [
        Stratum("A1", "a", frame=50, drawn=10),
        Stratum("A2", "a", frame=50, drawn=10),
    ]
    cells = [make_cell([100], stratum="A1"), make_cell([50], stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    assert (result.df, result.reason) == (0, Reason.NO_DEGREES_OF_FREEDOM)
    assert result.se == pytest.approx(sqrt(0.98 * 2 * 1250 / 4))
    assert result.interval() is None


# M36


def test_response_factor_of_a_community_leaves_out_the_not_eligible(make_cell):
    strata = [
        Stratum("A1", "a", frame=600, drawn=60, not_eligible=15),
        Stratum("B1", "b", frame=300, drawn=30),
    ]
    cells = [
        make_cell([100, 50] * 10, stratum="A1"),
        make_cell([75, 0] * 5, stratum="B1"),
    ]
    method = Method.from_mapping({"weights.class_min": 10})
    area = Area(cells, strata, method=method)
    # 45 eligible stand behind 20 answers, 30 behind 10.
    weights = [stratum.weight for stratum in area.weighting.strata]
    assert weights == pytest.approx([10 * 45 / 20, 10 * 30 / 10])
    assert area.estimate(None).cautions == ()


def test_a_small_community_takes_the_response_factor_of_the_area(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=600, drawn=60),
        Stratum("B1", "b", frame=300, drawn=30),
    ]
    cells = [
        make_cell([100, 50] * 10, stratum="A1"),
        make_cell([75, 0] * 5, stratum="B1"),
    ]
    area = Area(cells, strata, method=method)
    result = area.estimate(None)
    # A keeps its own factor 3; B has ten answers and takes 90/30 = 3 as well.
    assert [s.weight for s in area.weighting.strata] == pytest.approx([30, 30])
    assert result.score == pytest.approx((20 * 75 + 10 * 37.5) / 30)
    assert result.cautions == (Caution.AREA_FACTOR,)


def test_a_silent_community_changes_no_other_score(make_cell, method):
    """M109."""
    strata = [
        Stratum("A1", "a", frame=600, drawn=60),
        Stratum("B1", "b", frame=300, drawn=30),
    ]
    cells = [make_cell([100, 50, 25], stratum="A1")]
    alone = estimate(cells, strata[:1], domain="j", method=method)
    beside = estimate(cells, strata, domain="j", method=method)
    assert beside.score == pytest.approx(alone.score, rel=1e-14)
    assert beside.se == pytest.approx(alone.se, rel=1e-12)
    whole = estimate(cells, strata, domain=None, method=method)
    assert whole.cautions == (Caution.STRATUM_UNCOVERED,)


def test_uneven_weights_carry_a_warning(make_cell, method):
    strata = [
        Stratum("A1", "a", frame=10_000, drawn=4),
        Stratum("A2", "a", frame=40, drawn=40),
    ]
    cells = [make_cell([100, 50], stratum="A1"), make_cell([75, 25] * 9, stratum="A2")]
    result = estimate(cells, strata, domain="j", method=method)
    assert result.kish == pytest.approx(20 * (2 * 2500**2 + 18) / (5018**2))
    assert result.cautions == (Caution.KISH_HIGH,)


# Several appointments


def test_all_appointments_come_in_the_order_of_their_codes(make_cell, method):
    strata = [
        Stratum("A", "a", frame=600, drawn=60),
        Stratum("B", "b", frame=300, drawn=30),
    ]
    cells = [
        make_cell([100, 50], stratum="B", appointment="k"),
        make_cell([75, 0], stratum="A", appointment="j"),
    ]
    results = estimate_all(cells, strata, method=method)
    assert list(results) == ["j", "k"]
    for domain, result in results.items():
        assert result == estimate(cells, strata, domain=domain, method=method)


# Wrong input


def test_cells_and_strata_that_contradict_each_other_are_refused(make_cell, method):
    strata = [Stratum("A", "a", frame=600, drawn=2, not_eligible=1)]
    cases = [
        ([make_cell([75], stratum="Z")], strata, "unknown stratum Z"),
        ([make_cell([75, 50])], strata, "stratum A: 2 usable answers of 1 eligible"),
        ([make_cell([75])], strata * 2, "stratum A is listed twice"),
    ]
    for cells, given_strata, message in cases:
        with pytest.raises(ValueError, match=message):
            estimate(cells, given_strata, domain="j", method=method)


@pytest.mark.parametrize(
    ("n", "sum_s", "sum_s2"),
    [
        (0, 0, 0),
        (1, 1_000_001, 1_000_001**2),
        (1, -1, 1),
        (2, 1_000_000, 10),
        (2, 1_000_000, 1_000_000_000_001),
    ],
)
def test_sums_that_no_answers_can_have_are_refused(n, sum_s, sum_s2):
    with pytest.raises(ValueError, match="no answers have these sums"):
        Cell("j", "R1", "A", "online", n, sum_s, sum_s2)


def test_strata_without_sense_are_refused():
    with pytest.raises(ValueError, match="stratum A: more not eligible than drawn"):
        Stratum("A", "a", frame=10, drawn=2, not_eligible=3)
    with pytest.raises(ValueError, match="stratum A: drawn from a frame of 0"):
        Stratum("A", "a", frame=0, drawn=2)


# M108, M102


def test_canonical_order_is_that_of_the_utf8_bytes(make_cell):
    names = ["𬱖", "\uffee", "街", "a", "B"]
    cells = [make_cell([75], appointment=name) for name in names]
    ordered = [cell.appointment for cell in canonical(cells)]
    assert ordered == sorted(names, key=lambda name: name.encode())


def test_digest_of_the_cells_knows_answers_and_not_rows(make_cell):
    cells = [make_cell([75, 50]), make_cell([25], mode="paper")]
    split = [make_cell([25], mode="paper"), make_cell([50]), make_cell([75])]
    assert cells_digest(cells) == cells_digest(split)
    assert cells_digest(cells) != cells_digest(cells[:1])
