"""Least squares from cells against least squares on single answers (M110)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.ols import Coefficient, Row, fit_cells

PLACES = ("place a", "place b")
WAYS = (None, "way x", "way y")


def rows_of(answers):
    """One row for every answer: (columns, value)."""
    return [Row(columns, 1, value, value * value) for columns, value in answers]


def plain_fit(answers):
    """The textbook on single answers: b, and SE from the inverse of X'X."""
    names = sorted({name for columns, _ in answers for name in columns})
    x = np.array([[float(name in columns) for name in names] for columns, _ in answers])
    y = np.array([float(value) for _, value in answers])
    b, *_ = np.linalg.lstsq(x, y, rcond=None)
    df = len(y) - np.linalg.matrix_rank(x)
    variance = ((y - x @ b) ** 2).sum() / df if df else float("nan")
    scale = np.diag(np.linalg.pinv(x.T @ x))
    return names, b, np.sqrt(variance * scale), df


@st.composite
def answers(draw):
    found = []
    for _ in range(draw(st.integers(1, 40))):
        way = draw(st.sampled_from(WAYS))
        columns = (draw(st.sampled_from(PLACES)), *((way,) if way else ()))
        found.append((columns, draw(st.integers(0, 40)) * 25_000))
    return found


def test_two_ways_in_one_place_are_the_difference_of_two_means():
    fit = fit_cells(
        [
            Row(("place a",), 4, 240, 15_000),
            Row(("place a", "way x"), 2, 160, 12_850),
        ]
    )
    # Means 60 and 80; residuals 15000 - 4 x 60^2 = 600 and 12850 - 2 x 80^2 = 50.
    variance = 650 / 4
    assert (fit.m, fit.df) == (6, 4)
    assert fit.residual_variance == pytest.approx(variance)
    place, way = fit.coefficients["place a"], fit.coefficients["way x"]
    assert (place.b, way.b) == (pytest.approx(60), pytest.approx(20))
    assert place.se == pytest.approx((variance / 4) ** 0.5)
    assert way.se == pytest.approx((variance * (1 / 4 + 1 / 2)) ** 0.5)


@settings(deadline=None)
@given(answers())
def test_cells_give_what_single_answers_give(found):
    fit = fit_cells(rows_of(found))
    names, b, se, df = plain_fit(found)
    assert (sorted(fit.coefficients), fit.df, fit.m) == (names, df, len(found))
    for k, name in enumerate(names):
        one = fit.coefficients[name]
        if one.b is None:
            continue
        assert one.b == pytest.approx(b[k], abs=1e-3)
        if df:
            # The root of a rounding error of the sum of squares.
            assert one.se == pytest.approx(se[k], abs=5e-3)
        else:
            assert one.se is None


@settings(deadline=None)
@given(answers(), st.randoms(use_true_random=False))
def test_order_and_splitting_change_no_bit(found, random):
    pooled = {}
    for columns, value in found:
        n, total, squares = pooled.get(columns, (0, 0, 0))
        pooled[columns] = (n + 1, total + value, squares + value * value)
    shuffled = rows_of(found)
    random.shuffle(shuffled)
    cells = [Row(columns, *sums) for columns, sums in pooled.items()]
    assert fit_cells(cells) == fit_cells(shuffled)


def test_what_the_data_do_not_determine_is_unknown():
    """Place b answered by way x alone: its level and the way cannot be told apart."""
    fit = fit_cells(
        [
            Row(("place a",), 3, 180, 11_000),
            Row(("place b", "way x"), 3, 240, 19_300),
        ]
    )
    unknown = Coefficient(None, None)
    assert fit.coefficients["place a"].b == pytest.approx(60)
    assert fit.coefficients["place b"] == unknown
    assert fit.coefficients["way x"] == unknown
    assert fit.df == 4


def test_without_a_degree_of_freedom_there_is_no_error():
    fit = fit_cells([Row(("place a",), 1, 60, 3600), Row(("place b",), 1, 80, 6400)])
    assert (fit.df, fit.residual_variance) == (0, None)
    assert fit.coefficients["place a"] == Coefficient(pytest.approx(60), None)


def test_no_answers_have_no_coefficients():
    fit = fit_cells([])
    assert (fit.coefficients, fit.m, fit.df, fit.residual_variance) == ({}, 0, 0, None)
