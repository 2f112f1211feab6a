"""Components and the combined index (M43-M45)."""

from decimal import Decimal
from math import sqrt

import pytest

from evaluations.scoring.cells import Stratum
from evaluations.scoring.components import (
    Component,
    combined_index,
    component_of_visits,
)
from evaluations.scoring.estimate import estimate
from evaluations.scoring.method import Method
from evaluations.scoring.results import Formula

WEIGHTED = Method.from_mapping(
    {"component.weights": {"residents": "0.60", "meeting": "0.10", "visits": "0.30"}}
)


def visits(scores, visitors, method):
    return component_of_visits("visits", scores, visitors=visitors, method=method)


@pytest.mark.parametrize(("n", "visitors"), [(4, 2), (5, 1), (1, 1)])
def test_few_visits_or_one_visitor_have_no_interval(n, visitors, method):
    found = visits([60.0, 80.0, 90.0, 70.0, 75.0][:n], visitors, method)
    assert found.score == pytest.approx(sum([60, 80, 90, 70, 75][:n]) / n)
    assert (found.count, found.variance, found.interval) == (n, None, None)


def test_five_visits_of_two_visitors_have_an_interval(method):
    found = visits([60.0, 80.0, 90.0, 70.0, 75.0], 2, method)
    assert (found.name, found.count, found.score) == ("visits", 5, 75.0)
    assert found.variance == pytest.approx(500 / 4 / 5)
    assert found.interval.lower < 75 < found.interval.upper
    assert found.interval.formula is Formula.LOGIT_T


def test_equal_visits_have_an_interval_and_no_variance(method):
    found = visits([100.0] * 10, 3, method)
    assert (found.variance, found.interval.upper) == (None, 100.0)
    assert found.interval.lower == pytest.approx(69.150289, abs=5e-7)


def test_no_visits_have_no_score(method):
    assert visits([], 0, method) == Component(name="visits", count=0, score=None)


def test_minima_come_from_the_scheme():
    strict = Method.from_mapping({"component.min_visits": 6})
    assert visits([60.0, 80.0, 90.0, 70.0, 75.0], 2, strict).variance is None


@pytest.mark.parametrize(("n", "visitors"), [(2, 3), (2, 0), (0, 1), (2, -1)])
def test_visits_without_visitors_are_refused(n, visitors, method):
    with pytest.raises(ValueError, match="visits by"):
        visits([50.0] * n, visitors, method)


def components(method, **changes):
    found = {
        "residents": Component(name="residents", count=120, score=81.5, variance=9.0),
        "meeting": Component(name="meeting", count=16, score=88.0),
        "visits": Component(name="visits", count=5, score=92.0, variance=25.0),
    }
    return list({**found, **changes}.values())


def test_the_index_is_the_weighted_sum():
    """The numbers of the classes in M121: 85.3."""
    found = combined_index(components(WEIGHTED), method=WEIGHTED)
    assert found.score == pytest.approx(85.3)
    assert found.variance == pytest.approx(0.36 * 9 + 0.09 * 25)
    assert found.se == pytest.approx(sqrt(5.49))
    assert found.without_variance == ("meeting",)
    assert [(s.component.name, s.weight) for s in found.shares] == [
        ("meeting", Decimal("0.10")),
        ("residents", Decimal("0.60")),
        ("visits", Decimal("0.30")),
    ]


def test_a_missing_component_leaves_no_index():
    gap = Component(name="visits", count=0, score=None)
    found = combined_index(components(WEIGHTED, visits=gap), method=WEIGHTED)
    assert (found.score, found.variance, found.se) == (None, None, None)
    assert found.without_variance == ("meeting", "visits")


def test_a_component_without_weight_changes_nothing():
    other = Component(name="other", count=3, score=1.0)
    first = combined_index(components(WEIGHTED), method=WEIGHTED)
    assert combined_index([other, *components(WEIGHTED)], method=WEIGHTED) == first
    without = Method.from_mapping(
        {"component.weights": {"residents": 1, "meeting": 0, "visits": 0}}
    )
    gap = Component(name="visits", count=0, score=None)
    found = combined_index(components(without, visits=gap), method=without)
    assert (found.score, found.variance) == (81.5, 9.0)
    assert found.without_variance == ()


def test_a_scheme_without_weights_has_no_index(method):
    assert combined_index(components(method), method=method) is None


def test_components_must_be_those_of_the_scheme():
    listed = components(WEIGHTED)
    for wrong in (listed[:2], [*listed, listed[0]]):
        with pytest.raises(ValueError, match="for weights"):
            combined_index(wrong, method=WEIGHTED)


def test_the_score_of_residents_is_a_component(make_cell, method):
    strata = [Stratum("A", "a", frame=1544, drawn=300)]
    result = estimate([make_cell([100, 75] * 30)], strata, domain="j", method=method)
    found = Component.from_estimate("residents", result)
    assert (found.name, found.count, found.score) == ("residents", 60, 87.5)
    assert (found.variance, found.interval) == (result.variance, result.interval())


@pytest.mark.parametrize(
    "wrong", [{"score": 100.1}, {"score": -1.0}, {"count": -1}, {"variance": -1.0}]
)
def test_figures_that_no_component_has_are_refused(wrong):
    with pytest.raises(ValueError, match="no component"):
        Component(**{"name": "visits", "count": 5, "score": 50.0, **wrong})
