"""The one gate: what is released to whom (T125, M82 to M89). No database."""

import json
from decimal import Decimal
from typing import Any

import pytest

from evaluations.models import AssessmentScheme, MonthlyRating
from evaluations.publication import (
    Audience,
    Question,
    Reason,
    Released,
    Withheld,
    preview,
    release,
    release_sheet,
)
from evaluations.scoring.method import Method

PUBLIC, OFFICE = Audience.PUBLIC, Audience.OFFICE
METHOD = Method()
SCHEME = AssessmentScheme(
    code="test", version=1, parameters=METHOD.canonical().decode()
)


def rating(usable: int, **fields: Any) -> MonthlyRating:
    """A published rating of 66.3 with its interval (M115), `usable` households."""
    values: dict[str, Any] = {
        "month": "2026-10",
        "window_from": "2025-11",
        "window_to": "2026-10",
        "months_existing": 12,
        "months_wanted": 12,
        "validity": MonthlyRating.Mark.VALID,
        "released": 2 * usable,
        "submitted": usable,
        "usable": usable,
        "score": Decimal("66.304348"),
        "low": Decimal("49.953921"),
        "high": Decimal("79.504633"),
        "se": Decimal("6.575862"),
        "rr1": Decimal("0.545455"),
        "rr3": Decimal("0.555556"),
        "star": 2,
        "previous_star": 3,
        "star_basis": MonthlyRating.Basis.DIRECT,
        "refreshed": True,
        "state": MonthlyRating.State.PUBLISHED,
        "scheme": SCHEME,
        "record": json.dumps(contents(usable)),
    }
    return MonthlyRating(**{**values, **fields})


def contents(usable: int, **figures: Any) -> dict[str, Any]:
    row = {"score": "66.304348", "se": "6.6", "low": "50.0", "high": "79.5"}
    return {
        "community": "120101002014",
        "inputs": {
            "strata": [],
            "target": 1138,
            "usable_in_area": 1138,
            "previous_star": None,
        },
        "figures": {
            "df": 8,
            "deff": "0.745249",
            "kish": "1.011342",
            "interval": "logit_t",
            "modes": {"online": usable},
            "weights": [],
            "rates": {"rr1": "0.545455"},
            "questions": [
                {"number": 1, "m": usable, **row},
                {"number": 2, "m": 9, **row},
            ],
            **figures,
        },
        "star": {"cuts": ["60", "70"], "hysteresis": "1", "probabilities": None},
        "decisions": {"cautions": []},
        "window": {"rounds": []},
    }


@pytest.mark.parametrize(
    ("usable", "public", "office", "star"),
    [
        (0, False, False, None),
        (9, False, False, None),
        (10, False, True, None),
        (29, False, True, None),
        (30, True, True, None),
        (99, True, True, None),
        (100, True, True, 2),
    ],
)
def test_the_ladder_by_audience(
    usable: int, public: bool, office: bool, star: int | None
) -> None:
    one = rating(usable, refreshed=usable >= 10)
    outside, inside = release(one, PUBLIC), release(one, OFFICE)
    assert (outside.is_released, inside.is_released) == (public, office)
    if isinstance(outside, Released):
        assert outside.star == star
    if isinstance(inside, Released):
        assert (inside.star, inside.needs_warning) == (star, usable < 30)
    assert (release_sheet(one, PUBLIC) is not None) == public
    assert (release_sheet(one, OFFICE) is not None) == office


def test_what_is_withheld_says_why_and_never_a_number_below_ten() -> None:
    one = rating(9, refreshed=False)
    outside, inside = release(one, PUBLIC), release(one, OFFICE)
    assert isinstance(outside, Withheld)
    assert isinstance(inside, Withheld)
    assert (str(outside.text), outside.households, outside.needed) == (
        "回答太少",
        "<10",
        30,
    )
    assert (str(inside.text), inside.households, inside.needed) == (
        "样本不足",
        "<10",
        10,
    )


def test_figures_are_rounded_once_and_carry_what_stands_beside_them() -> None:
    figure = release(rating(120), PUBLIC)
    assert isinstance(figure, Released)
    assert (str(figure.score), str(figure.low), str(figure.high)) == (
        "66.3",
        "50.0",
        "79.5",
    )
    assert (figure.se, figure.rr1, figure.rr3) == (
        Decimal("6.58"),
        Decimal("54.5"),
        Decimal("55.6"),
    )
    assert (figure.participation, figure.households) == (Decimal("50.0"), 120)
    assert (figure.star, figure.star_change, figure.scheme) == (2, -1, "test/1")
    assert figure.mark_text == ""


@pytest.mark.parametrize(
    ("score", "text", "drawn"),
    [
        ("99.050000", ">99.0", "99.0"),
        ("99.040000", "99.0", "99.0"),
        ("100.000000", ">99.0", "99.0"),
        ("0.940000", "<1.0", "1.0"),
        ("0.950000", "1.0", "1.0"),
        ("0.000000", "<1.0", "1.0"),
    ],
)
def test_unanimity_is_not_told(score: str, text: str, drawn: str) -> None:
    one = rating(120, score=Decimal(score), low=Decimal(score), high=Decimal(score))
    figure = release(one, PUBLIC)
    assert isinstance(figure, Released)
    assert isinstance(figure.low, type(figure.score))
    assert {str(figure.score), str(figure.low), str(figure.high)} == {text}
    assert figure.score.value == Decimal(drawn)


@pytest.mark.parametrize("state", ["computed", "reviewed", "returned"])
def test_the_public_sees_published_ratings_only(state: str) -> None:
    one = rating(120, state=state)
    withheld = release(one, PUBLIC)
    assert isinstance(withheld, Withheld)
    assert withheld.reason == Reason.NOT_PUBLISHED
    assert release(one, OFFICE).is_released
    assert preview(one).is_released


def test_a_window_that_could_be_told_apart_shows_the_last_one() -> None:
    older = rating(60, month="2026-09", score=Decimal("70.0"))
    one = rating(63, refreshed=False, shown=older)
    figure = release(one, PUBLIC)
    assert isinstance(figure, Released)
    assert (figure.month, figure.is_kept, str(figure.score)) == (
        "2026-09",
        True,
        "70.0",
    )


def test_a_first_window_that_could_be_told_apart_waits() -> None:
    withheld = release(rating(15, refreshed=False), OFFICE)
    assert isinstance(withheld, Withheld)
    assert withheld.reason == Reason.WAITS


def test_the_public_never_sees_an_older_figure_that_was_not_published() -> None:
    older = rating(60, month="2026-09", state=MonthlyRating.State.REVIEWED)
    one = rating(63, refreshed=False, shown=older)
    assert not release(one, PUBLIC).is_released
    assert not preview(one).is_released


def test_a_question_has_its_own_place_on_the_ladder() -> None:
    sheet = release_sheet(rating(40), PUBLIC)
    assert sheet is not None
    first, second = sheet.questions
    assert isinstance(first, Question)
    assert (str(first.score), first.households) == ("66.3", 40)
    assert isinstance(second, Withheld)
    assert second.households == "<10"


@pytest.mark.parametrize(
    ("modes", "told"),
    [
        ({"online": 60, "paper": 20}, (("online", 60), ("paper", 20))),
        ({"online": 60, "paper": 20, "phone": 3}, (("online", 60), ("other", 23))),
        ({"online": 60, "phone": 3, "visit": 4}, (("online", 60), ("other", 7))),
        ({"phone": 4}, (("other", 4),)),
    ],
)
def test_small_modes_are_added_up_with_a_partner(
    modes: dict[str, int], told: tuple[tuple[str, int], ...]
) -> None:
    one = rating(80, record=json.dumps(contents(80, modes=modes)))
    sheet = release_sheet(one, OFFICE)
    assert sheet is not None
    assert sheet.modes == told


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (MonthlyRating.Mark.INCOMPLETE, "窗口未满：7/12 个月"),
        (MonthlyRating.Mark.BELOW_TARGET, "未达到10%"),
    ],
)
def test_a_window_that_is_not_valid_is_marked(mark: str, text: str) -> None:
    figure = release(rating(120, validity=mark, months_existing=7), PUBLIC)
    assert isinstance(figure, Released)
    assert figure.mark_text == text


def test_a_scheme_may_raise_the_floors() -> None:
    strict = AssessmentScheme(
        code="strict",
        version=1,
        parameters=Method(publish_public=50, publish_star=200).canonical().decode(),
    )
    assert not release(rating(49, scheme=strict), PUBLIC).is_released
    figure = release(rating(199, scheme=strict), PUBLIC)
    assert isinstance(figure, Released)
    assert (figure.star, figure.star_floor, figure.public_floor) == (None, 200, 50)
