"""No withheld count can be worked out from what is shown (M84, T127)."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.method import Method
from evaluations.scoring.suppression import (
    ShownList,
    ShownTable,
    suppress_list,
    suppress_table,
    withheld_children,
)

METHOD = Method()
# Small counts are what tables of few households are made of.
COUNTS = st.one_of(st.integers(0, 7), st.integers(0, 60))


def tables(rows, columns, counts=COUNTS):
    return st.integers(1, rows).flatmap(
        lambda r: st.integers(1, columns).flatmap(
            lambda c: st.lists(
                st.lists(counts, min_size=c, max_size=c), min_size=r, max_size=r
            )
        )
    )


def extended(shown):
    """The published table with its margins, row by row."""
    rows = [
        [*cells, total]
        for cells, total in zip(shown.cells, shown.row_totals, strict=True)
    ]
    return [*rows, [*shown.column_totals, shown.total]]


def true_table(counts):
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def equations(grid):
    """Places and signs of every sum that a reader of the table knows."""
    height, width = len(grid), len(grid[0])
    for i in range(height):
        yield [((i, j), 1 if j < width - 1 else -1) for j in range(width)]
    for j in range(width):
        yield [((i, j), 1 if i < height - 1 else -1) for i in range(height)]


def gaps_of(grid):
    return [
        (i, j)
        for i, row in enumerate(grid)
        for j, count in enumerate(row)
        if count is None
    ]


def computable(grid):
    """Withheld places that linear algebra gives back: fixed in the null space."""
    gaps = gaps_of(grid)
    matrix = np.zeros((0, len(gaps)))
    for equation in equations(grid):
        signs = dict(equation)
        matrix = np.vstack([matrix, [signs.get(gap, 0) for gap in gaps]])
    rank = np.linalg.matrix_rank(matrix) if gaps else 0
    found = []
    for k, gap in enumerate(gaps):
        unit = np.zeros((1, len(gaps)))
        unit[0, k] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            found.append(gap)
    return found


def possible_values(counts, grid):
    """For every gap, how many values near the true one satisfy all sums.

    By brute force: each gap two up and two down, which is where three values in a row
    around the true one must show.
    """
    gaps, true = gaps_of(grid), true_table(counts)
    near = [[true[i][j] + step for step in range(-2, 3)] for i, j in gaps]
    every = np.array(list(product(*near)))
    holds = (every >= 0).all(axis=1)
    for equation in equations(grid):
        signs = dict(equation)
        known = sum(
            sign * grid[i][j] for (i, j), sign in equation if grid[i][j] is not None
        )
        factors = np.array([signs.get(gap, 0) for gap in gaps])
        holds &= every @ factors + known == 0
    return [len(set(every[holds, k])) for k in range(len(gaps))]


@settings(deadline=None, max_examples=300)
@given(tables(6, 6))
def test_algebra_gives_no_withheld_count_back(counts):
    grid = extended(suppress_table(counts, method=METHOD))
    if any(count is not None for row in grid for count in row):
        assert computable(grid) == []


@settings(deadline=None)
@given(tables(6, 6))
def test_small_counts_are_withheld_and_shown_ones_are_true(counts):
    grid = extended(suppress_table(counts, method=METHOD))
    for shown_row, true_row in zip(grid, true_table(counts), strict=True):
        for shown, true in zip(shown_row, true_row, strict=True):
            assert shown in {None, true}
            assert true >= 5 or shown is None


@settings(deadline=None, max_examples=200)
@given(tables(3, 3, st.integers(0, 8)))
def test_three_values_stay_possible_for_every_gap(counts):
    shown = suppress_table(counts, method=METHOD)
    grid = extended(shown)
    if shown.total is not None and 0 < len(gaps_of(grid)) <= 6:
        assert min(possible_values(counts, grid)) >= 3


@settings(deadline=None)
@given(tables(5, 5, st.integers(5, 60)))
def test_a_table_without_small_counts_is_shown_whole(counts):
    assert extended(suppress_table(counts, method=METHOD)) == true_table(counts)


def test_a_small_count_gets_the_smallest_partners():
    shown = suppress_table([[3, 20, 30], [10, 8, 40], [50, 9, 60]], method=METHOD)
    assert shown == ShownTable(
        cells=((None, None, 30), (None, None, 40), (50, 9, 60)),
        row_totals=(53, 58, 119),
        column_totals=(63, 37, 130),
        total=230,
    )


def test_zero_is_withheld_too():
    shown = suppress_table([[0, 20], [30, 40]], method=METHOD)
    assert shown.cells == ((None, None), (None, None))
    assert (shown.row_totals, shown.column_totals) == ((20, 70), (30, 60))


def test_zeros_opposite_each_other_need_a_wider_circle():
    """0 and 0 in both directions of a circle could be nothing else."""
    counts = [[0, 20, 9], [30, 40, 9], [9, 9, 9], [0, 0, 50]]
    grid = extended(suppress_table(counts, method=METHOD))
    assert computable(grid) == []
    pinned = [[0, 0, 50], [20, 30, 40]]
    shown = suppress_table(pinned, method=METHOD)
    assert shown.cells[0] == (None, None, None)


def test_a_small_total_is_withheld_with_a_partner():
    shown = suppress_table([[1, 2], [20, 30], [40, 50]], method=METHOD)
    assert shown.cells == ((None, None), (None, None), (40, 50))
    assert shown.row_totals == (None, None, 90)
    assert shown.column_totals == (61, 82)
    assert shown.total == 143


def test_a_table_of_few_households_shows_nothing():
    shown = suppress_table([[1, 2], [0, 1]], method=METHOD)
    assert {count for row in extended(shown) for count in row} == {None}


def test_the_cell_floor_comes_from_the_scheme():
    strict = Method.from_mapping({"publish.cell": 10})
    shown = suppress_table([[9, 20], [30, 40]], method=strict)
    assert shown.cells == ((None, None), (None, None))
    assert suppress_table([[9, 20], [30, 40]], method=METHOD).cells[0] == (9, 20)


@pytest.mark.parametrize("counts", [[], [[]], [[1, 2], [3]], [[1, -1]]])
def test_what_is_no_table_is_refused(counts):
    with pytest.raises(ValueError, match="no table of counts"):
        suppress_table(counts, method=METHOD)


# Lists


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((20, 30, 6), (20, 30, 6)),
        ((3, 30, 6, 40), (None, 30, None, 40)),
        ((3, 4, 30), (None, None, 30)),
        ((0, 0, 30, 8), (None, None, 30, None)),
        ((1, 0, 30, 8), (None, None, 30, None)),
        ((2, 0, 30, 8), (None, None, 30, 8)),
        ((3, 3, 3), (None, None, None)),
    ],
)
def test_a_list_with_its_total(counts, shown):
    assert suppress_list(counts, method=METHOD) == ShownList(
        counts=shown, total=sum(counts)
    )


@pytest.mark.parametrize("counts", [(3,), (1, 2), (0,), ()])
def test_a_list_of_few_shows_nothing(counts):
    assert suppress_list(counts, method=METHOD) == ShownList(
        counts=(None,) * len(counts), total=None
    )


def test_one_count_of_one_list_is_its_total():
    assert suppress_list((9,), method=METHOD) == ShownList(counts=(9,), total=9)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        suppress_list((5, -1), method=METHOD)


@given(st.lists(COUNTS, min_size=1, max_size=9))
def test_a_list_leaves_three_values_for_every_gap(counts):
    shown = suppress_list(counts, method=METHOD)
    gaps = [n for n, s in zip(counts, shown.counts, strict=True) if s is None]
    assert [s for s in shown.counts if s is not None and s < 5] == []
    if shown.total is not None and gaps:
        assert len(gaps) > 1
        assert sum(gaps) >= 2


# Children of a published total

HOUSEHOLDS = {"a": 5, "b": 40, "c": 31, "d": 31, "e": 200}


@pytest.mark.parametrize(
    ("withheld", "expected"),
    [
        (set(), set()),
        ({"a"}, {"a", "c"}),
        ({"a", "b"}, {"a", "b"}),
        ({"e"}, {"e", "a"}),
        (set("abcde"), set("abcde")),
    ],
)
def test_a_withheld_child_is_never_the_only_one(withheld, expected):
    assert withheld_children(HOUSEHOLDS, withheld, method=METHOD) == expected


def test_withheld_children_hold_the_floor_together():
    """Total less the others would be a figure about nine households."""
    found = withheld_children(
        {"a": 4, "b": 5, "c": 50, "d": 60}, {"a", "b"}, method=METHOD
    )
    assert found == {"a", "b", "c"}


def test_a_child_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"no such children: \['x'\]"):
        withheld_children(HOUSEHOLDS, {"x"}, method=METHOD)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 50), min_size=2),
    st.data(),
)
def test_children_withheld_are_two_or_none(households, data):
    withheld = data.draw(st.sets(st.sampled_from(sorted(households))))
    found = withheld_children(households, withheld, method=METHOD)
    assert found >= withheld
    assert (len(found) == 0) == (not withheld)
    assert len(found) != 1
    if found and found != set(households):
        assert sum(households[code] for code in found) >= 10
