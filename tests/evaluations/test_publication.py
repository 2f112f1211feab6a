"""The one gate: what is released to whom (T125, M82 to M89). No database."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.models import AssessmentScheme, MonthlyRating
from evaluations.publication import (
    Audience,
    Question,
    Reason,
    Released,
    Sheet,
    Withheld,
    preview,
    release,
    release_sheet,
)
from evaluations.publication.told import standing_month
from evaluations.scoring.method import Method
from evaluations.scoring.window import Validity
from tests.evaluations import made
from tests.evaluations.made import beside, rating

PUBLIC, OFFICE = Audience.PUBLIC, Audience.OFFICE


def sheet_of(
    one: MonthlyRating, audience: Audience = PUBLIC, *, is_open: bool = True
) -> Sheet:
    found = release_sheet(one, audience, beside(one, is_open=is_open))
    assert found is not None
    return found


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
    assert (figure.se, str(figure.rr1), str(figure.rr3)) == (
        Decimal("6.58"),
        "48–55",
        "48–55",
    )
    assert (figure.participation, figure.households) == (Decimal("50.0"), 120)
    assert (figure.star, figure.star_change, figure.scheme) == (2, -1, "test/1")
    assert figure.mark_text == ""


@pytest.mark.parametrize(
    ("score", "text", "drawn"),
    [
        ("99.050000", ">99.0", "99.0"),
        ("99.040000", ">99.0", "99.0"),
        ("99.000000", "99.0", "99.0"),
        ("100.000000", ">99.0", "99.0"),
        ("0.940000", "<1.0", "1.0"),
        ("0.950000", "<1.0", "1.0"),
        ("1.000000", "1.0", "1.0"),
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


def test_the_public_sees_no_kept_question_that_was_not_published() -> None:
    older = rating(60, month="2026-11", state=MonthlyRating.State.REVIEWED)
    one = rating(63)
    known = beside(one)
    known = type(known)(questions={1: older, 2: one})
    outside = release_sheet(one, PUBLIC, known)
    inside = release_sheet(one, OFFICE, known)
    assert outside is not None
    assert inside is not None
    told, kept = outside.questions[1], inside.questions[1]
    assert isinstance(told, Withheld)
    assert told.reason == Reason.NOT_PUBLISHED
    assert isinstance(kept, Question)
    assert (kept.month, kept.is_kept) == ("2026-11", True)


def test_a_question_has_its_own_place_on_the_ladder() -> None:
    questions = sheet_of(rating(40)).questions
    first, second = questions[1], questions[2]
    assert isinstance(first, Question)
    assert (str(first.score), str(first.satisfied)) == ("71.2", "62.3 %")
    assert (str(first.satisfied_low), str(first.satisfied_high)) == ("51.2 %", "72.3 %")
    assert isinstance(second, Withheld)
    assert second.households == "<10"


@pytest.mark.parametrize(
    ("m", "households"), [(40, None), (39, None), (31, None), (30, 30)]
)
def test_a_small_rest_of_a_question_is_not_told(m: int, households: int | None) -> None:
    figures = {"questions": [made.question(1, m)]}
    one = rating(40, changes={"figures": figures})
    question = sheet_of(one).questions[1]
    assert isinstance(question, Question)
    assert question.households == households


def test_a_question_nobody_vouches_for_waits() -> None:
    found = release_sheet(rating(40), OFFICE)
    assert found is not None
    question = found.questions[1]
    assert isinstance(question, Withheld)
    assert (question.reason, question.households) == (Reason.WAITS, "")


@pytest.mark.parametrize(
    ("share", "hidden", "told", "low"),
    [
        ("0.950000", None, "95.0 %", "51.2 %"),
        ("0.950001", None, ">95 %", None),
        ("1.000000", None, ">95 %", None),
        ("0.049999", None, None, None),
        ("0.500000", "too_wide", None, None),
    ],
)
def test_a_satisfied_share_is_precise_and_leaves_no_small_rest(
    share: str, hidden: str | None, told: str | None, low: str | None
) -> None:
    satisfied = {
        "share": share,
        "low": "0.512345",
        "high": "0.723456",
        "hidden": hidden,
    }
    figures = {"questions": [made.question(1, 60, satisfied=satisfied)]}
    question = sheet_of(rating(60, changes={"figures": figures})).questions[1]
    assert isinstance(question, Question)
    assert question.satisfied == told or str(question.satisfied) == told
    assert question.satisfied_low == low or str(question.satisfied_low) == low


@pytest.mark.parametrize(
    ("modes", "told"),
    [
        ({"online": 60, "paper": 20}, (("online", 60), ("paper", 20))),
        (
            {"online": 60, "paper": 20, "phone": 3},
            (("online", 60), ("paper", None), ("phone", None)),
        ),
        (
            {"online": 60, "phone": 3, "visit": 4},
            # Seven households by phone or visit would be what the others leave.
            (("online", None), ("phone", None), ("visit", None)),
        ),
        ({"phone": 80}, (("phone", 80),)),
    ],
)
def test_a_small_mode_is_withheld_with_a_partner(
    modes: dict[str, int], told: tuple[tuple[str, int | None], ...]
) -> None:
    one = rating(80, changes={"figures": {"modes": modes}})
    assert sheet_of(one, OFFICE).modes == told


@pytest.mark.parametrize(
    ("usable", "reliability", "star"),
    [
        (49, "0.990000", None),
        (50, "0.690000", None),
        (50, "0.700000", 2),
        (99, "0.699999", None),
        (99, None, None),
        (100, "0.690000", 2),
        (100, None, 2),
    ],
)
def test_reliability_opens_the_star_between_the_floors(
    usable: int, reliability: str | None, star: int | None
) -> None:
    pool = reliability and made.pool(reliability)
    one = rating(usable, changes={"pool": pool})
    for audience in Audience:
        figure = release(one, audience)
        assert isinstance(figure, Released)
        assert figure.star == star
        assert (sheet_of(one, audience).star.percents is None) == (star is None)


def test_reliability_and_shrunken_score_stand_beside_the_star() -> None:
    one = rating(60, changes={"pool": made.pool("0.834567"), "star": shrunken()})
    sheet = sheet_of(one)
    assert sheet.shrinkage is not None
    assert sheet.group is not None
    assert sheet.star.steps is not None
    assert (str(sheet.shrinkage.reliability), str(sheet.shrinkage.eb)) == (
        "0.83",
        "68.1",
    )
    assert (sheet.shrinkage.percent, sheet.shrinkage.rest) == (83, 17)
    assert (str(sheet.group.mean), str(sheet.group.spread)) == ("77.3", "4.02")
    steps = sheet.star.steps
    assert (str(steps.low), str(steps.high)) == ("66.73", "69.47")
    assert (steps.plain, steps.up, steps.down) == (2, 2, 2)


def shrunken() -> dict[str, Any]:
    return made.star(basis="shrunken", score="68.1", se="2.74")


def test_of_a_group_with_one_withheld_member_nothing_is_told() -> None:
    one = rating(60, changes={"pool": made.pool("0.834567"), "star": shrunken()})
    sheet = sheet_of(one, is_open=False)
    assert sheet.group is not None
    assert (sheet.shrinkage, sheet.group.mean, sheet.group.spread) == (None,) * 3
    assert (sheet.star.steps, sheet.is_closed_group) == (None, True)
    figure = release(one, PUBLIC)
    assert isinstance(figure, Released)
    assert figure.star == 2


def test_a_group_without_differences_is_named() -> None:
    pool = made.pool("0.000000", tau2="0.000000", shows_differences=False)
    one = rating(120, star=None, changes={"pool": pool})
    figure, sheet = release(one, PUBLIC), sheet_of(one)
    assert isinstance(figure, Released)
    assert (figure.is_unmeasured, figure.star, sheet.shrinkage) == (True, None, None)
    assert str(figure.score) == "66.3"


def test_residents_see_tier_and_set_and_the_office_the_rank() -> None:
    one = rating(120, changes={"rank": made.rank()})
    outside, inside = sheet_of(one, PUBLIC).place, sheet_of(one, OFFICE).place
    assert outside is not None
    assert inside is not None
    assert (outside.tier, outside.best, outside.worst) == ("below", 4, 8)
    hidden = (outside.rank, outside.is_alone, outside.crit, outside.difference)
    assert (hidden, outside.difference_se, outside.checks) == ((None,) * 4, None, ())
    assert (inside.rank, str(inside.difference), inside.is_last) == (7, "-5.4", False)
    assert {check.name for check in inside.checks if not check.holds} == {
        "largest_rank",
        "set_in_lower_half",
    }


@pytest.mark.parametrize(("month", "usable"), [("2026-11", 120), ("2026-12", 99)])
def test_there_is_no_rank_between_quarters_or_without_a_star(
    month: str, usable: int
) -> None:
    one = rating(usable, month=month, changes={"rank": made.rank()})
    assert sheet_of(one, OFFICE).place is None


def test_the_adjusted_score_stands_beside_the_score() -> None:
    steps = [{"margin": "mode", "level": "phone", "points": "-1.234567"}]
    adjusted = {"low": "51.2", "high": "80.9", "steps": steps}
    one = rating(
        60, adjusted=Decimal("67.8"), changes={"figures": {"adjusted": adjusted}}
    )
    figure, sheet = release(one, PUBLIC), sheet_of(one)
    assert isinstance(figure, Released)
    assert sheet.adjustment is not None
    assert (str(figure.score), str(figure.adjusted)) == ("66.3", "67.8")
    assert [str(step.points) for step in sheet.adjustment.steps] == ["-1.23"]


def test_beside_a_clamped_score_nothing_tells_it() -> None:
    """One could take EB, the group's mean and lambda, and solve for the score."""
    adjusted = {"low": "98.0", "high": "99.9", "steps": []}
    one = rating(
        120,
        score=Decimal("99.700000"),
        low=Decimal("96.1"),
        high=Decimal("100"),
        adjusted=Decimal("98.9"),
        changes={
            "pool": made.pool("0.834567"),
            "star": shrunken(),
            "figures": {"adjusted": adjusted},
        },
    )
    for audience in Audience:
        figure, sheet = release(one, audience), sheet_of(one, audience)
        assert isinstance(figure, Released)
        assert (str(figure.score), figure.is_clamped, figure.star) == (">99.0", True, 2)
        assert (figure.se, figure.adjusted, sheet.adjustment) == (None, None, None)
        assert (sheet.shrinkage, sheet.star.steps, sheet.star.percents) == (None,) * 3
        precision = sheet.precision
        assert (precision.df, precision.deff, precision.m_eff) == (None,) * 3
        assert precision.formula == ""


def test_what_a_finding_may_lead_to_is_for_the_office() -> None:
    assert sheet_of(rating(120), PUBLIC).consequence == ""
    assert sheet_of(rating(120), OFFICE).consequence == "yes"
    assert sheet_of(rating(99), OFFICE).consequence == "two_periods"
    invalid = rating(120, validity=MonthlyRating.Mark.BELOW_TARGET)
    assert sheet_of(invalid, OFFICE).consequence == "none"


def test_weights_that_missed_their_targets_are_said() -> None:
    decisions = {"cautions": ["not_raked"], "validity": "valid"}
    ((name, text),) = sheet_of(rating(60, changes={"decisions": decisions})).cautions
    assert (name, text) == (
        "not_raked",
        "加权没有达到各项户数，用的是未调整的权数。",
    )


def test_small_strata_are_withheld_with_a_partner_and_all_weights() -> None:
    strata = [
        made.stratum("a", 30),
        made.stratum("b", 12),
        made.stratum("c", 8, not_eligible=0),
    ]
    inputs = made.contents(50)["inputs"] | {"strata": strata}
    rows = sheet_of(rating(50, changes={"inputs": inputs})).design.strata
    assert [row.usable for row in rows] == [30, None, None]
    assert [row.submitted for row in rows] == [30, None, None]
    assert {row.weight for row in rows} == {None}


def test_answers_of_another_appointment_are_no_rest() -> None:
    inputs = made.contents(50)["inputs"] | {"strata": [made.stratum("a", 55)]}
    (row,) = sheet_of(rating(50, changes={"inputs": inputs})).design.strata
    assert (row.usable, row.weight) == (None, None)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, {"refusal": 21, "no_contact": 32, "other": 14, "unknown": 13}),
        ({"refusal": 9}, {"refusal": None, "no_contact": 32, "not_eligible": None}),
        ({"refusal": 9, "other": 0}, {"refusal": None, "no_contact": 32}),
        ({"refusal": 0, "other": 0}, {"refusal": None, "not_eligible": None}),
        ({"unknown_household": 7}, {"unknown": None, "refusal": 21}),
    ],
)
def test_small_dispositions_are_withheld_with_a_partner(
    counts: dict[str, int], told: dict[str, int | None]
) -> None:
    strata = [made.stratum(made.COMMUNITY, 60, **counts)]
    inputs = made.contents(60)["inputs"] | {"strata": strata}
    design = sheet_of(rating(60, changes={"inputs": inputs})).design
    found = {one.name: one.households for one in design.dispositions}
    assert {name: found[name] for name in told} == told


def test_dispositions_and_target_wait_for_a_full_window() -> None:
    decisions = {"cautions": [], "validity": Validity.INCOMPLETE.value}
    design = sheet_of(rating(60, changes={"decisions": decisions})).design
    assert (design.dispositions, design.meets_target) == ((), None)


def test_how_many_answers_the_area_has_is_not_told() -> None:
    """A community too small to show would be the rest of the total (M84)."""
    assert "1141" not in repr(sheet_of(rating(60), OFFICE))


counts_per_month = st.lists(st.integers(0, 25), min_size=1, max_size=14)


@given(counts_per_month)
def test_a_question_is_told_by_its_own_households(counts: list[int]) -> None:
    """Windows of three months: no small rest between any two that were told."""
    months = [f"{2024 + k // 12}-{k % 12 + 1:02d}" for k in range(len(counts))]
    windows = [(months[max(0, k - 2)], months[k]) for k in range(len(months))]
    by_month = dict(zip(months, counts, strict=True))
    told = {
        standing_month(windows[: k + 1], by_month, floor=10)
        for k in range(len(windows))
    } - {None}
    sets = [
        set(months[max(0, k - 2) : k + 1])
        for k in range(len(months))
        if months[k] in told
    ]
    for one in sets:
        assert sum(by_month[m] for m in one) >= 10
        for other in sets:
            rest = sum(by_month[m] for m in one - other)
            assert rest == 0 or rest >= 10


def test_nine_answers_a_month_are_told_every_second_month() -> None:
    months = [f"2026-{k:02d}" for k in range(1, 9)]
    windows = [(months[0], month) for month in months]
    counts = dict.fromkeys(months, 9)
    told = [standing_month(windows[: k + 1], counts, floor=10) for k in range(8)]
    assert told == [
        None,
        *("2026-02",) * 2,
        *("2026-04",) * 2,
        *("2026-06",) * 2,
        "2026-08",
    ]


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
