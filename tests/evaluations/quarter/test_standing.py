"""Ranks 1, 2, 2, 4, the quota of 好, last places, and lists of a district."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.grades import Grade
from evaluations.sheets.lists import (
    Declined,
    Member,
    district_list,
    ranking_across,
)
from evaluations.sheets.standing import Entrant, NotRanked, Standing, stand
from tests.evaluations.quarter.made import rules

DAYS = 92


def entrant(code: int, total: float | str | None, **fields: object) -> Entrant:
    known = {"resident_m": 120, "days": DAYS, "days_in_post": DAYS, **fields}
    return Entrant(
        code=f"A{code:08d}",
        total=None if total is None else Decimal(str(total)),
        **known,  # type: ignore[arg-type]
    )


def standing(*totals: float | str | None) -> Standing:
    return stand(
        [entrant(number, total) for number, total in enumerate(totals)], rules=rules()
    )


def test_the_list_reads_1_2_2_4() -> None:
    found = standing(95, 88, 88, 70)
    assert [(one.rank, one.tie) for one in found.placed] == [
        (1, False),
        (2, True),
        (2, True),
        (4, False),
    ]
    assert [one.is_last for one in found.placed] == [False, False, False, True]


def test_nobody_is_last_when_the_bottom_is_shared_or_the_group_is_small() -> None:
    assert [one.is_last for one in standing(90, 70, 70).placed] == [False] * 3
    assert [one.is_last for one in standing(90, 70).placed] == [False] * 2


def test_answers_that_carry_no_last_place_make_none() -> None:
    entrants = [entrant(1, 90), entrant(2, 80), entrant(3, 70, may_be_last=False)]
    assert not any(one.is_last for one in stand(entrants, rules=rules()).placed)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"days_in_post": 45}, NotRanked.SHORT_TIME),
        ({"days_on_leave": 47}, NotRanked.LEAVE),
        ({"resident_m": 29}, NotRanked.FEW_RESIDENTS),
        ({"total": None}, NotRanked.INCOMPLETE),
    ],
)
def test_who_is_not_compared_is_named_with_the_reason(
    fields: dict, why: NotRanked
) -> None:
    total = fields.pop("total", 99)
    out = entrant(9, total, **fields)
    found = stand([entrant(1, 90), entrant(2, 80), out], rules=rules())
    assert found.not_ranked == ((out.code, why),)
    assert [one.of for one in found.placed] == [2, 2]


def test_half_a_quarter_in_post_is_enough() -> None:
    found = stand([entrant(1, 90, days_in_post=46, resident_m=30)], rules=rules())
    assert found.not_ranked == ()


def test_a_tie_across_the_quota_line_goes_down() -> None:
    # floor(0.40 x 5) = 2 places; three hold 好 by points, two of them tied.
    found = standing(95, 92, 92, 85, 55)
    assert [(one.grade, one.is_moved) for one in found.placed] == [
        (Grade.GOOD, False),
        (Grade.FAIRLY_GOOD, True),
        (Grade.FAIRLY_GOOD, True),
        (Grade.FAIRLY_GOOD, False),
        (Grade.POOR, False),
    ]
    assert {one.places for one in found.placed} == {2}


def test_grades_follow_the_bands() -> None:
    found = standing("90.00", "89.99", "79.99", "59.99", 0)
    assert [one.grade for one in found.placed] == [
        Grade.GOOD,
        Grade.FAIRLY_GOOD,
        Grade.FAIR,
        Grade.POOR,
        Grade.POOR,
    ]


def test_somebody_listed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        stand([entrant(1, 90), entrant(1, 80)], rules=rules())


totals = st.lists(
    st.one_of(st.none(), st.decimals(0, 100, places=2)), min_size=0, max_size=30
)


@given(totals)
def test_a_rank_is_one_more_than_how_many_are_better(
    given_: list[Decimal | None],
) -> None:
    found = standing(*given_)
    by_code = dict(zip((f"A{n:08d}" for n in range(len(given_))), given_, strict=True))
    ranked = [total for total in given_ if total is not None]
    for place in found.placed:
        own = by_code[place.code]
        assert own is not None
        assert place.rank == 1 + sum(other > own for other in ranked)
        assert place.tie == (ranked.count(own) > 1)
    assert sum(place.is_last for place in found.placed) <= 1


@given(totals)
def test_the_quota_holds_and_nobody_below_is_graded_above(
    given_: list[Decimal | None],
) -> None:
    found = standing(*given_)
    good = [one for one in found.placed if one.grade is Grade.GOOD]
    assert len(good) <= (len(found.placed) * 2) // 5
    order = list(Grade)
    by_rank = sorted(found.placed, key=lambda one: one.rank)
    steps = [order.index(one.grade) for one in by_rank]
    assert steps == sorted(steps)
    for one in found.placed:
        same = {other.grade for other in found.placed if other.rank == one.rank}
        assert same == {one.grade}


def members(*found: float) -> list[Member]:
    return [
        Member(code=f"A{number:08d}", total=Decimal(str(total)))
        for number, total in enumerate(found)
    ]


def test_b1_a_district_list_says_how_it_was_made_comparable() -> None:
    found = district_list({"璧中": members(90, 80, 70), "璧北": members(60, 50, 40)})
    assert (found.METHOD, found.declined) == ("standard_score_in_group", None)
    scores = {one.group: [score for _, score in one.lines] for one in found.groups}
    assert scores == {
        "璧中": [Decimal("1.00"), Decimal("0.00"), Decimal("-1.00")],
        "璧北": [Decimal("1.00"), Decimal("0.00"), Decimal("-1.00")],
    }


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ([90.0, 80.0], Declined.GROUP_TOO_SMALL),
        ([80.0, 80.0, 80.0], Declined.NO_SPREAD),
        ([], Declined.GROUP_TOO_SMALL),
    ],
)
def test_b1_a_district_list_declines_rather_than_leave_a_group_out(
    group: list[float], why: Declined
) -> None:
    found = district_list({"璧中": members(90, 80, 70), "璧北": members(*group)})
    assert (found.declined, found.whom, found.groups) == (why, "璧北", ())


def test_no_ranks_over_two_groups() -> None:
    groups = {"璧中": members(90, 80, 70), "璧北": members(60, 50, 40)}
    assert ranking_across(groups) is Declined.ACROSS_GROUPS
    assert ranking_across({"璧中": members(90)}) is None
