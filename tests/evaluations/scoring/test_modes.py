"""Modes: coefficients, their names, and the adjusted score (M42-M47)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.estimate import estimate
from evaluations.scoring.method import Method
from evaluations.scoring.modes import (
    MODE,
    ModeCoefficient,
    ModeModel,
    Naming,
    Term,
    adjust,
    fit_modes,
    term_shares,
)
from evaluations.scoring.results import Formula, Reason

ADJUSTING = Method.from_mapping({"mode.adjust": True})
STRATA = [
    Stratum("A1", "A", frame=1000, drawn=200),
    Stratum("A2", "A", frame=800, drawn=160),
    Stratum("B1", "B", frame=900, drawn=180),
]
PHONE = Term(MODE, "phone")
OLD = Term("age3", "60+")


def cell(scores, *, stratum="A1", mode="online", levels=(), appointment="j"):
    exact = [round(score * 10_000) for score in scores]
    return Cell(
        appointment=appointment,
        round="R1",
        stratum=stratum,
        mode=mode,
        n=len(exact),
        sum_s=sum(exact),
        sum_s2=sum(score * score for score in exact),
        levels=levels,
    )


def fitted(cells, *, mix=(), assigned=None, method=ADJUSTING):
    return fit_modes(
        cells, STRATA, year=2026, mix=mix, assigned=assigned or {}, method=method
    )


def model(*coefficients, year=2026):
    return ModeModel(
        year=year,
        coefficients=tuple(
            ModeCoefficient(term=term, b=b, se=se, naming=Naming.DESCRIPTIVE)
            for term, b, se in coefficients
        ),
        m=500,
        df=490,
        residual_variance=400.0,
    )


# M46


def test_phone_is_compared_with_online_inside_a_community():
    found = fitted(
        [
            cell([40, 60, 50, 50]),
            cell([70, 70], stratum="A2", mode="phone"),
            cell([80, 100], stratum="B1"),
            cell([100, 100, 100], stratum="B1", mode="phone"),
        ]
    )
    (phone,) = found.coefficients
    assert (phone.term, found.year, found.m) == (PHONE, 2026, 11)
    # Inside A the difference is 20 with weight 4 x 2/6, inside B 10 with 2 x 3/5.
    a, b = 4 * 2 / 6, 2 * 3 / 5
    assert phone.b == pytest.approx((20 * a + 10 * b) / (a + b))
    assert found.df == 11 - 3
    assert phone.se == pytest.approx((found.residual_variance / (a + b)) ** 0.5)


def test_mix_terms_stand_beside_the_modes():
    """Additive by construction: phone 5 more, 60+ 10 more, no residual but a pair."""
    young, old = (("age3", "18-39"),), (("age3", "60+"),)
    found = fitted(
        [
            cell([49, 51], levels=young),
            cell([59, 61], levels=old),
            cell([54, 56], levels=young, mode="phone"),
            cell([64, 66], levels=old, mode="phone"),
        ],
        mix=["age3"],
    )
    assert [one.term for one in found.coefficients] == [OLD, PHONE]
    assert [one.b for one in found.coefficients] == pytest.approx([10.0, 5.0])
    assert found.residual_variance == pytest.approx(8 / 5)


def test_no_value_is_a_level_and_never_the_reference():
    some = (("age3", "18-39"),)
    found = fitted(
        [cell([50, 54], levels=some), cell([60, 64]), cell([70], mode="phone")],
        mix=["age3"],
    )
    terms = {one.term: one.b for one in found.coefficients}
    assert terms == {
        Term("age3", ""): pytest.approx(10.0),
        PHONE: pytest.approx(8.0),
    }


def test_a_mode_that_fills_a_community_alone_has_no_coefficient():
    found = fitted(
        [cell([40, 60]), cell([70, 80], stratum="B1", mode="phone")],
    )
    (phone,) = found.coefficients
    assert (phone.b, phone.se, phone.enters) == (None, None, False)


def test_without_online_there_is_nothing_to_compare_with():
    found = fitted([cell([40, 60], mode="paper"), cell([70, 80], mode="phone")])
    assert [one.b for one in found.coefficients] == [None, None]


@pytest.mark.parametrize(
    ("assigned", "naming"),
    [
        ({}, Naming.DESCRIPTIVE),
        ({"online": Decimal("0.10"), "phone": Fraction(1, 10)}, Naming.EFFECT),
        ({"online": Decimal("0.10"), "phone": Decimal("0.09")}, Naming.DESCRIPTIVE),
        ({"phone": Decimal("0.5")}, Naming.DESCRIPTIVE),
    ],
)
def test_only_chance_makes_an_effect(assigned, naming):
    old = (("age3", "60+"),)
    found = fitted(
        [cell([40, 60]), cell([70, 80], mode="phone"), cell([90, 80], levels=old)],
        mix=["age3"],
        assigned=assigned,
    )
    names = {one.term.margin: one.naming for one in found.coefficients}
    assert names == {MODE: naming, "age3": Naming.DESCRIPTIVE}


def test_a_scheme_that_assigns_nothing_has_no_effects():
    none = Method.from_mapping({"mode.random_share": 0})
    found = fitted([cell([40, 60]), cell([70], mode="phone")], method=none)
    assert found.coefficients[0].naming is Naming.DESCRIPTIVE


def test_order_and_splitting_of_cells_change_no_bit():
    cells = [
        cell([40, 60, 50]),
        cell([70], mode="phone"),
        cell([30], mode="paper"),
        cell([80, 90], mode="phone", stratum="B1"),
        cell([85], stratum="B1"),
    ]
    split = [
        cell([60]),
        cell([40, 50]),
        *cells[1:3],
        cell([90], mode="phone", stratum="B1"),
        cell([80], mode="phone", stratum="B1"),
        cells[4],
    ]
    assert fitted(split[::-1]) == fitted(cells)


def test_a_cell_of_an_unknown_stratum_is_refused():
    with pytest.raises(ValueError, match="unknown stratum X"):
        fitted([cell([50], stratum="X")])


# M47


@pytest.mark.parametrize(
    ("b", "se", "enters"),
    [(4.0, 2.0, False), (4.1, 2.0, True), (-4.1, 2.0, True), (4.1, None, False)],
)
def test_only_twice_the_error_enters(b, se, enters):
    (one,) = model((PHONE, b, se)).coefficients
    assert one.enters is enters


def test_shares_are_weighted():
    old = (("age3", "60+"),)
    weighted = [
        (cell([50, 60]), 10.0),
        (cell([70], mode="phone"), 20.0),
        (cell([80], mode="phone", levels=old), 40.0),
    ]
    found = term_shares(weighted, [PHONE, OLD, Term(MODE, "paper")])
    assert found == {PHONE: 0.75, OLD: 0.5, Term(MODE, "paper"): 0.0}
    with pytest.raises(ValueError, match="no answers"):
        term_shares([], [PHONE])


def estimated(scores):
    return estimate([cell(scores)], STRATA, domain="j", method=ADJUSTING)


def test_the_adjusted_score_takes_the_terms_off():
    result = estimated([60, 80] * 30)
    found = adjust(
        result,
        model((PHONE, 5.0, 1.0), (OLD, -8.0, 2.0), (Term(MODE, "paper"), 9.0, 5.0)),
        shares={PHONE: 0.4, OLD: 0.5, Term(MODE, "paper"): 0.2},
        area_shares={PHONE: 0.1, OLD: 0.25},
        year=2027,
        method=ADJUSTING,
    )
    assert (found.score, result.score) == (70.0, 70.0)
    # Modes against 0, mix against the area; the uncertain third term stays out.
    assert [step.points for step in found.steps] == pytest.approx([2.0, -2.0])
    assert found.adjusted == pytest.approx(70.0)
    assert found.result.se == result.se
    more = adjust(
        result,
        model((PHONE, 5.0, 1.0)),
        shares={PHONE: 0.4},
        area_shares={},
        year=2027,
        method=ADJUSTING,
    )
    assert more.adjusted == pytest.approx(68.0)
    interval = more.result.interval()
    assert interval.lower < 68.0 < interval.upper
    assert interval.formula is Formula.LOGIT_T
    assert interval.width != result.interval().width


@pytest.mark.parametrize(("b", "end"), [(-200.0, 100.0), (200.0, 0.0)])
def test_an_adjusted_score_stays_on_the_scale(b, end):
    result = estimated([60, 80] * 30)
    found = adjust(
        result,
        model((PHONE, b, 1.0)),
        shares={PHONE: 0.9},
        area_shares={},
        year=2027,
        method=ADJUSTING,
    )
    assert (found.adjusted, found.result.se) == (end, result.se)
    interval = found.result.interval()
    assert found.result.reason is Reason.NO_SPREAD
    assert interval.formula is Formula.CLOPPER_PEARSON
    assert end in (interval.lower, interval.upper)


def test_coefficients_are_for_the_next_year_only():
    for year in (2026, 2028):
        with pytest.raises(ValueError, match=f"2026 are not for {year}"):
            adjust(
                estimated([60, 80]),
                model(),
                shares={},
                area_shares={},
                year=year,
                method=ADJUSTING,
            )


def test_a_scheme_that_does_not_adjust_has_one_score(method):
    arguments = {"shares": {}, "area_shares": {}, "year": 2027}
    result = estimated([60, 80])
    assert adjust(result, model(), method=method, **arguments) is None
    nothing = estimate([], STRATA, domain="j", method=ADJUSTING)
    assert adjust(nothing, model(), method=ADJUSTING, **arguments) is None
