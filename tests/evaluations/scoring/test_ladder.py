"""What may be shown, by number of households (M82)."""

import pytest

from evaluations.scoring.ladder import Audience, Consequence, Step, rung
from evaluations.scoring.method import Method


@pytest.mark.parametrize(
    ("m", "step", "public", "office", "warning", "star", "consequence"),
    [
        (0, Step.NOTHING, False, False, False, False, Consequence.NONE),
        (9, Step.NOTHING, False, False, False, False, Consequence.NONE),
        (10, Step.OFFICE_ONLY, False, True, True, False, Consequence.NONE),
        (29, Step.OFFICE_ONLY, False, True, True, False, Consequence.NONE),
        (30, Step.SCORE, True, True, False, False, Consequence.TWO_PERIODS),
        (49, Step.SCORE, True, True, False, False, Consequence.TWO_PERIODS),
        (50, Step.RELIABLE, True, True, False, False, Consequence.TWO_PERIODS),
        (99, Step.RELIABLE, True, True, False, False, Consequence.TWO_PERIODS),
        (100, Step.FULL, True, True, False, True, Consequence.YES),
    ],
)
def test_rows_of_the_ladder(
    m, step, public, office, warning, star, consequence, method
):
    found = rung(m, method=method)
    assert (found.m, found.step) == (m, step)
    assert (found.public, found.office) == (public, office)
    assert found.may_show(Audience.PUBLIC) is public
    assert found.may_show(Audience.OFFICE) is office
    assert found.needs_warning is warning
    assert found.star is star
    assert found.consequence is consequence


@pytest.mark.parametrize(
    ("m", "reliability", "star"),
    [(49, 0.99, False), (50, 0.70, True), (50, 0.69, False), (99, None, False)],
)
def test_fifty_answers_need_reliability_for_a_star(m, reliability, star, method):
    assert rung(m, method=method, reliability=reliability).star is star


def test_raised_floors_hold_for_everything_above_them():
    method = Method.from_mapping({"publish.floor": 20, "publish.public": 120})
    found = rung(110, method=method, reliability=0.9)
    assert (found.public, found.office, found.needs_warning) == (False, True, True)
    assert (found.star, found.consequence) == (False, Consequence.NONE)
    assert rung(19, method=method).step is Step.NOTHING
    higher = Method.from_mapping({"publish.floor": 50})
    assert rung(40, method=higher).step is Step.NOTHING
    assert not rung(40, method=higher).public


def test_a_negative_number_of_households_is_refused(method):
    with pytest.raises(ValueError, match="-1"):
        rung(-1, method=method)
