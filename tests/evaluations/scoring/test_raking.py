"""Margins, raking and trimming (M37-M40)."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.calibration import calibrate
from evaluations.scoring.margins import NO_VALUE, Level, WeightCell, prepare_margins
from evaluations.scoring.method import Method
from evaluations.scoring.raking import RakedMargin, rake
from evaluations.scoring.trimming import median_weight, rake_and_trim


def cells_of(*rows):
    """(levels, answers, w1)"""
    return [
        WeightCell(number, levels, n, weight)
        for number, (levels, n, weight) in enumerate(rows)
    ]


EXAMPLE = cells_of(
    (("A", "F"), 4, 500 / 46),
    (("A", "M"), 2, 500 / 46),
    (("B", "F"), 1, 400 / 46),
    (("B", "M"), 3, 400 / 46),
)
TARGETS = {"stratum": {"A": 60, "B": 40}, "band": {"F": 55, "M": 45}}
NAMES = ("stratum", "band")


def rake_example(**options):
    margins = [RakedMargin([0, 0, 1, 1], [60, 40]), RakedMargin([0, 1, 0, 1], [55, 45])]
    weights = np.array([cell.weight for cell in EXAMPLE])
    settings = {"tol": 1e-9, "max_rounds": 200} | options
    return rake([4, 2, 1, 3], weights, margins, **settings)


# M39, M116


def test_raking_of_the_worked_example():
    raked = rake_example()
    assert (raked.converged, raked.rounds) == (True, 12)
    assert raked.weights == pytest.approx(
        [10.770442, 8.459115, 11.918231, 9.360590], abs=5e-7
    )


def test_first_margin_and_first_round_of_the_worked_example():
    """All weights 10 after the strata, then F 11 and M 9."""
    strata = [RakedMargin([0, 0, 1, 1], [60, 40])]
    weights = np.array([cell.weight for cell in EXAMPLE])
    one = rake([4, 2, 1, 3], weights, strata, tol=1e-9, max_rounds=1)
    assert one.weights == pytest.approx([10, 10, 10, 10])
    assert rake_example(tol=1.0, max_rounds=1).weights == pytest.approx([11, 9, 11, 9])


def test_raking_that_needs_more_rounds_than_allowed_leaves_the_weights():
    raked = rake_example(max_rounds=11)
    assert (raked.converged, raked.rounds) == (False, 11)
    assert list(raked.weights) == [cell.weight for cell in EXAMPLE]


@pytest.mark.parametrize(
    ("places", "targets"),
    [([0, 0, 1, 1], [100, 0]), ([0, 0, 0, 0], [60, 40]), ([0, 0, 1, 1], [101, -1])],
)
def test_a_level_without_target_or_without_answers_fails_at_once(places, targets):
    weights = np.ones(4)
    margins = [RakedMargin(places, targets)]
    raked = rake([4, 2, 1, 3], weights, margins, tol=1e-9, max_rounds=200)
    assert (raked.converged, raked.rounds) == (False, 0)
    assert list(raked.weights) == [1, 1, 1, 1]


def test_a_level_that_nobody_has_and_nobody_wants_is_no_failure():
    margins = [RakedMargin([0, 0, 1, 1], [60, 40, 0])]
    raked = rake([4, 2, 1, 3], np.ones(4), margins, tol=1e-9, max_rounds=200)
    assert raked.weights == pytest.approx([10] * 4)


def test_margins_that_contradict_each_other_fail_without_a_warning():
    """The first asks 1 and 99 of the same answers that the second asks 99 and 1."""
    margins = [RakedMargin([0, 1], [1, 99]), RakedMargin([0, 1], [99, 1])]
    raked = rake([1, 1], np.ones(2), margins, tol=1e-9, max_rounds=1000)
    assert (raked.converged, list(raked.weights)) == (False, [1, 1])


def test_a_cell_that_contradiction_drives_to_nothing_is_no_warning():
    """25 of the first cell are asked by one margin, at most 10 by the other."""
    margins = [RakedMargin([0, 0, 1], [10, 20]), RakedMargin([0, 1, 1], [25, 5])]
    raked = rake([1, 1, 1], np.ones(3), margins, tol=1e-9, max_rounds=1000)
    assert (raked.converged, raked.rounds) == (False, 1000)
    assert list(raked.weights) == [1, 1, 1]


# M37, M38


def example_margins(registers=TARGETS, names=NAMES, cells=EXAMPLE, level_min=0):
    return prepare_margins(names, registers, cells, level_min=level_min)


def test_levels_and_targets_of_the_worked_example():
    strata, bands = example_margins().used
    assert (strata.name, bands.name) == ("stratum", "band")
    assert strata.levels == (Level(("A",), 60, 6), Level(("B",), 40, 4))
    assert bands.levels == (Level(("F",), 55, 5), Level(("M",), 45, 5))
    assert bands.places(EXAMPLE) == [0, 1, 0, 1]


def test_a_margin_without_register_counts_is_listed_and_not_used():
    for register in ({}, {"F": 0, "M": 0}):
        margins = example_margins({"stratum": TARGETS["stratum"], "band": register})
        assert [margin.name for margin in margins.used] == ["stratum"]
        assert margins.without_register == ("band",)


def test_all_margins_are_scaled_to_the_total_of_the_first():
    registers = {"stratum": {"A": 60, "B": 40}, "band": {"F": 22, "M": 18}}
    _, bands = example_margins(registers).used
    assert [level.target for level in bands.levels] == pytest.approx([55, 45])


def test_a_first_margin_without_counts_does_not_give_the_total():
    (bands,) = example_margins({"band": {"F": 110, "M": 90}}).used
    assert [level.target for level in bands.levels] == [110, 90]


def test_respondents_without_a_value_are_a_level_of_their_own_weight():
    cells = cells_of(
        (("A", "F"), 40, 10.0), (("A", "M"), 40, 10.0), (("B", NO_VALUE), 20, 8.0)
    )
    registers = {"stratum": {"A": 600, "B": 400}, "band": {"F": 300, "M": 100}}
    _, bands = example_margins(registers, cells=cells, level_min=10).used
    # 20 answers of weight 8 stand for 160 of 1,000; the rest is split 3 to 1.
    assert [(level.names, level.target) for level in bands.levels] == [
        (("F",), pytest.approx(630)),
        (("M",), pytest.approx(210)),
        ((NO_VALUE,), 160),
    ]


def test_small_levels_join_the_next_and_the_last_the_previous():
    cells = cells_of(
        (("a",), 9, 1.0),
        (("b",), 10, 1.0),
        (("c",), 11, 1.0),
        (("d",), 3, 1.0),
        ((NO_VALUE,), 2, 1.0),
    )
    registers = {"band": {"a": 100, "b": 200, "c": 300, "d": 50, "e": 50}}
    (bands,) = example_margins(registers, ("band",), cells, level_min=10).used
    assert bands.joined == (("a", "b"), ("c", "d", "e", NO_VALUE))
    first, second = bands.levels
    assert (first.target, first.usable) == (pytest.approx(300 * 698 / 700), 19)
    assert (second.target, second.usable) == (pytest.approx(400 * 698 / 700 + 2), 16)
    assert bands.places(cells) == [0, 0, 1, 1, 1]


def test_a_margin_left_with_one_level_is_dropped():
    margins = example_margins(level_min=6)
    assert margins.single == ("stratum", "band")
    assert (margins.used, margins.without_register) == ((), ())


def test_a_level_that_the_register_does_not_know_has_no_target():
    margins = example_margins({"stratum": {"A": 60}}, ("stratum",))
    assert margins.used[0].levels[1] == Level(("B",), 0, 4)


def test_a_register_holds_no_negative_count():
    with pytest.raises(ValueError, match="margin band: a register holds no negative"):
        example_margins({"band": {"F": -1, "M": 2}}, ("band",))


# M40


def test_median_of_answers_is_the_mean_of_the_middle_two():
    assert median_weight([1, 2], np.array([5.0, 1.0])) == 1
    assert median_weight([2, 2], np.array([5.0, 1.0])) == 3
    assert median_weight([3], np.array([7.0])) == 7
    assert median_weight([1, 1, 1], np.array([9.0, 1.0, 4.0])) == 4


def trim(counts, weights, margins, **options):
    settings = {"tol": 1e-9, "max_rounds": 200, "trim": 5.0, "trim_rounds": 5}
    return rake_and_trim(counts, np.array(weights), margins, **settings | options)


def test_large_weights_are_cut_and_raked_again():
    # Level 0: nine answers of 1 and one of 11; level 1: ten of 1. Median 1.
    margins = [RakedMargin([0, 0, 1], [20, 10])]
    found = trim([9, 1, 10], [1.0, 11.0, 1.0], margins)
    # First cut to 5, level 0 then sums to 14 and is raked back to 20: 10/7 and 50/7.
    # The median is the mean of 1 and 10/7, five times that is 6.07...: cut again.
    assert found.raked.converged
    assert (found.times, found.answers) == (5, 1)
    once = trim([9, 1, 10], [1.0, 11.0, 1.0], margins, trim_rounds=1)
    assert once.raked.weights == pytest.approx([10 / 7, 50 / 7, 1])
    assert (once.times, once.answers) == (1, 1)
    never = trim([9, 1, 10], [1.0, 11.0, 1.0], margins, trim_rounds=0)
    assert never.raked.weights == pytest.approx([1, 11, 1])
    assert (never.times, never.answers) == (0, 0)


def test_weights_within_the_limit_are_left_alone():
    found = trim([9, 1, 10], [1.0, 5.0, 1.0], [RakedMargin([0, 0, 1], [14, 10])])
    assert found.raked.weights == pytest.approx([1, 5, 1])
    assert found.times == 0


def test_a_failed_raking_leaves_untrimmed_weights():
    found = trim([9, 1, 10], [1.0, 11.0, 1.0], [RakedMargin([0, 0, 1], [20, 0])])
    assert (found.raked.converged, found.times, found.answers) == (False, 0, 0)
    assert list(found.raked.weights) == [1, 11, 1]


def test_a_raking_that_fails_after_a_cut_leaves_the_weights_that_came_in():
    """Two margins agree on the wide weights and cannot be met from the cut ones."""
    margins = [
        RakedMargin([0, 0, 1, 1], [20, 29]),
        RakedMargin([0, 1, 0, 1], [18, 31]),
    ]
    counts, weights = [9, 1, 9, 20], [1.0, 11.0, 1.0, 1.0]
    first = trim(counts, weights, margins, trim_rounds=0, max_rounds=1)
    assert first.raked.weights == pytest.approx(weights)
    found = trim(counts, weights, margins, max_rounds=1)
    assert not found.raked.converged
    assert list(found.raked.weights) == weights


# Calibration as a whole


def test_calibration_of_the_worked_example():
    found = calibrate(EXAMPLE, NAMES, TARGETS, method=Method(), level_min=0)
    assert (found.raked, found.rounds, found.trimmed) == (True, 12, 0)
    assert sum(c.n * w for c, w in zip(EXAMPLE, found.weights, strict=True)) == (
        pytest.approx(100)
    )


def test_without_a_margin_the_weights_are_w1():
    found = calibrate(EXAMPLE, NAMES, {}, method=Method())
    assert found.margins.without_register == NAMES
    assert (found.raked, found.projection) == (None, None)
    assert found.weights == tuple(cell.weight for cell in EXAMPLE)


def test_a_failed_raking_is_logged_and_w1_stands(caplog):
    registers = {"stratum": {"A": 60}, "band": TARGETS["band"]}
    with caplog.at_level(logging.ERROR):
        found = calibrate(EXAMPLE, NAMES, registers, method=Method(), level_min=0)
    assert (found.raked, found.projection, found.trimmed) == (False, None, 0)
    assert found.weights == tuple(cell.weight for cell in EXAMPLE)
    assert caplog.messages == ["raking to stratum, band failed, round 0"]


@st.composite
def crossed(draw):
    """Two margins crossed, every cell answered, targets of any size."""
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    cells = cells_of(
        *(
            ((f"r{r}", f"c{c}"), draw(st.integers(10, 40)), draw(st.floats(1, 8)))
            for r in range(rows)
            for c in range(columns)
        )
    )
    registers = {
        "row": {f"r{r}": draw(st.integers(100, 900)) for r in range(rows)},
        "column": {f"c{c}": draw(st.integers(100, 900)) for c in range(columns)},
    }
    return cells, registers


@settings(deadline=None)
@given(crossed())
def test_raked_weights_sum_to_the_frame_and_meet_every_margin(area):
    cells, registers = area
    found = calibrate(cells, ("row", "column"), registers, method=Method())
    assert found.raked is True
    frame = sum(registers["row"].values())
    parts = [cell.n * w for cell, w in zip(cells, found.weights, strict=True)]
    assert sum(parts) == pytest.approx(frame, rel=1e-8)
    for margin in found.margins.used:
        places = margin.places(cells)
        for number, level in enumerate(margin.levels):
            current = sum(
                p for p, at in zip(parts, places, strict=True) if at == number
            )
            assert current == pytest.approx(level.target, rel=1e-8)
