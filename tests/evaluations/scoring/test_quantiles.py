"""Quantiles against closed forms, exact sums and published tables (M8)."""

from fractions import Fraction
from math import comb, lgamma, log, pi, sqrt, tan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.quantiles import (
    beta_quantile,
    expit,
    incomplete_beta,
    log_beta,
    logit,
    normal_cdf,
    normal_quantile,
    t_quantile,
    two_sided_t,
    two_sided_z,
)

LEVELS = st.floats(0.80, 0.99)


def test_z_of_95_per_cent():
    assert two_sided_z(0.95) == pytest.approx(1.959963984540054, abs=1e-12)
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-12)
    assert normal_cdf(0) == 0.5


@pytest.mark.parametrize(
    ("level", "df", "t"),
    [
        (0.95, 5, 2.570581835636314),
        (0.95, 8, 2.306004135204166),
        (0.95, 14, 2.144786687917804),
        (0.95, 30, 2.042272456301238),
        (0.95, 120, 1.979930405052777),
        (0.99, 10, 3.169272672616951),
        (0.80, 3, 1.637744353696210),
    ],
)
def test_t_of_the_tables(level, df, t):
    """R 4.2.2, qt()."""
    assert two_sided_t(level, df) == pytest.approx(t, abs=1e-9)


@settings(deadline=None)
@given(LEVELS)
def test_t_of_one_and_two_degrees_in_closed_form(level):
    assert two_sided_t(level, 1) == pytest.approx(tan(pi * level / 2), abs=1e-9)
    exact = sqrt(2) * level / sqrt(1 - level * level)
    assert two_sided_t(level, 2) == pytest.approx(exact, abs=1e-9)


@settings(deadline=None)
@given(LEVELS, st.integers(1, 3000))
def test_t_agrees_with_the_incomplete_beta_function(level, df):
    """P(|T| > t) = I(df/2, 1/2) at df/(df + t^2): another algorithm altogether."""
    t = two_sided_t(level, df)
    outside = incomplete_beta(df / (df + t * t), df / 2, 0.5)
    assert outside == pytest.approx(1 - level, abs=1e-10)


def test_t_is_continuous_where_the_formula_changes():
    below, above = two_sided_t(0.95, 999), two_sided_t(0.95, 1000)
    assert below - above == pytest.approx(2.3808e-6, abs=1e-9)
    assert two_sided_t(0.95, 10**9) == pytest.approx(two_sided_z(0.95), abs=1e-8)


def test_t_quantile_is_symmetric():
    assert t_quantile(0.975, 8) == pytest.approx(2.306004135204166, abs=1e-9)
    assert t_quantile(0.025, 8) == -t_quantile(0.975, 8)
    assert t_quantile(0.5, 8) == 0


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 99))
def test_incomplete_beta_is_a_binomial_tail(a, b, per_cent):
    n, x = a + b - 1, Fraction(per_cent, 100)
    tail = sum(comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert incomplete_beta(per_cent / 100, a, b) == pytest.approx(
        float(tail), abs=1e-12
    )


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.2, 500))
def test_beta_quantile_in_closed_form(probability, a):
    low = 1 - (1 - probability) ** (1 / a)
    assert beta_quantile(probability, 1, a) == pytest.approx(low, abs=1e-9)
    assert beta_quantile(probability, a, 1) == pytest.approx(
        probability ** (1 / a), abs=1e-9
    )


@settings(deadline=None)
@given(st.floats(0.005, 0.995), st.floats(0.5, 1e6), st.floats(0.5, 1e6))
def test_beta_quantile_inverts_the_incomplete_beta_function(probability, a, b):
    """M8: the absolute error of the quantile; next to 1 its share says less."""
    x = beta_quantile(probability, a, b)
    below, above = max(0.0, x - 1e-10), min(1.0, x + 1e-10)
    assert incomplete_beta(below, a, b) <= probability <= incomplete_beta(above, a, b)


@settings(deadline=None)
@given(st.floats(0.05, 60), st.floats(0.05, 60))
def test_log_beta_is_that_of_the_gamma_function(a, b):
    exact = lgamma(a) + lgamma(b) - lgamma(a + b)
    assert log_beta(a, b) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    assert log_beta(a, b) == log_beta(b, a)


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [
        # B(n, 1) = 1/n, and B(n, 2) = 1/(n (n + 1)).
        (1_000_000, 1, -log(1_000_000)),
        (1_000_000, 2, -log(1_000_000) - log(1_000_001)),
        # B(n, n) = 2 n! n!/(n (2n)!) with n = 20.
        (20, 20, log(2 / 20 / comb(40, 20))),
        # B(a, b) = B(a + 1, b) (a + b)/a at the border of the two formulas.
        (9.5, 300, log_beta(10.5, 300) + log(309.5 / 9.5)),
    ],
)
def test_log_beta_keeps_its_digits_at_large_values(a, b, value):
    assert log_beta(a, b) == pytest.approx(value, rel=1e-14)


def test_beta_quantiles_of_the_reference_share():
    """M124, Korn-Graubard: R survey 4.1-1."""
    p, m = 0.021857923497, 35.35529853
    x = p * m
    lower, upper = (
        beta_quantile(0.025, x, m - x + 1),
        beta_quantile(0.975, x + 1, m - x),
    )
    assert lower == pytest.approx(0.000216146833, abs=1e-9)
    assert upper == pytest.approx(0.137507763915, abs=1e-9)


def test_incomplete_beta_at_its_ends():
    assert incomplete_beta(0, 2, 3) == 0
    assert incomplete_beta(1, 2, 3) == 1


@settings(deadline=None)
@given(st.floats(-700, 700))
def test_expit_never_overflows(value):
    assert 0 <= expit(value) <= 1
    assert expit(value) + expit(-value) == pytest.approx(1)


def test_logit_of_the_worked_example():
    assert logit(0.66304348) == pytest.approx(0.676887, abs=5e-7)
    assert expit(logit(0.3)) == pytest.approx(0.3)


@pytest.mark.parametrize("probability", [0, 1, -0.1, 1.1, float("nan")])
def test_a_probability_at_or_beyond_its_ends_is_refused(probability):
    for quantile in (
        lambda p: normal_quantile(p),
        lambda p: two_sided_z(p),
        lambda p: two_sided_t(p, 5),
        lambda p: t_quantile(p, 5),
        lambda p: beta_quantile(p, 2, 3),
        lambda p: logit(p),
    ):
        with pytest.raises(ValueError, match="strictly in"):
            quantile(probability)


def test_parameters_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="df must be at least 1: 0"):
        two_sided_t(0.95, 0)
    for x, a, b in [(-0.1, 1, 1), (1.1, 1, 1), (0.5, 0, 1), (0.5, 1, -1)]:
        with pytest.raises(ValueError, match="not defined"):
            incomplete_beta(x, a, b)
