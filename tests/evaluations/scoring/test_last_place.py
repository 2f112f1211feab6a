"""Last place with every condition, and quarters in a row (M81, M119)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.consequences import Finding, support
from evaluations.scoring.last_place import (
    Check,
    Fresh,
    Outcome,
    Proposal,
    Quarter,
    fresh_group_mean,
    half_of,
    last_place,
    last_places_in_a_row,
)
from evaluations.scoring.method import Method
from evaluations.scoring.ranks import Entrant, rank_group
from evaluations.scoring.window import Month, Validity

METHOD = Method()
FRESH = {"a": Fresh(25, 68.0), "b": Fresh(25, 76.0), "c": Fresh(25, 83.0)}


def ranked(*pairs):
    entrants = [
        Entrant(code=code, printed=Decimal(str(y)), score=float(y), se=se)
        for code, (y, se) in zip("abcdef", pairs, strict=False)
    ]
    return rank_group(entrants, period="2026Q4", group="G1", method=METHOD)


def behind(m=120, validity=Validity.VALID):
    finding = Finding(first=Month(2026, 1), last=Month(2026, 12), m=m)
    return support(finding, [], validity=validity, method=METHOD)


def judged(
    code="a", ranking=None, *, backing=None, fresh=FRESH, method=METHOD, period="2026Q4"
):
    return last_place(
        code,
        ranking or ranked((70, 3), (76, 3), (82, 3)),
        support=backing or behind(),
        fresh=fresh,
        period=period,
        method=method,
    )


# One quarter


def test_the_first_of_the_worked_example_is_last():
    """M119: [2, 3], 2 > 1.5."""
    found = judged()
    assert (found.is_last, found.is_ranked, found.failed) == (True, True, ())
    assert (found.fresh_mean, found.fresh_group_mean) == (68.0, (68 + 76 + 83) / 3)
    assert (found.code, found.period) == ("a", "2026Q4")


def test_the_second_of_the_worked_example_is_not_last():
    found = judged("b", fresh={**FRESH, "b": Fresh(25, 60.0)})
    assert found.failed == (Check.LARGEST_RANK, Check.SET_IN_LOWER_HALF)
    assert not found.is_last


def test_a_tie_at_the_bottom_has_no_last():
    found = judged(ranking=ranked((70, 1), (70, 1), (90, 1), (95, 1)))
    assert found.failed == (Check.HELD_ALONE,)


def test_a_set_that_reaches_the_upper_half_is_not_last():
    found = judged(ranking=ranked((70, 9), (76, 9), (82, 9)))
    assert found.failed == (Check.SET_IN_LOWER_HALF,)


def test_the_lower_bound_must_be_above_half_exactly():
    """p = 4: a set from 2 on is not in the lower half, one from 3 on is."""
    pairs = [(70, 0.0), (71, 0.0), (72, 0.0), (73, 0.0)]
    assert judged(ranking=ranked(*pairs)).is_last
    unclear = ranked((70, 0.0), (70.1, 5.0), (70.2, 5.0), (73, 0.0))
    assert unclear.ranks[0].best == 2
    assert judged(ranking=unclear).failed == (Check.SET_IN_LOWER_HALF,)


@pytest.mark.parametrize(
    ("backing", "check"),
    [
        (behind(m=99), Check.ANSWERS_ENOUGH),
        (behind(validity=Validity.BELOW_TARGET), Check.WINDOW_VALID),
        (behind(validity=Validity.INCOMPLETE), Check.WINDOW_VALID),
    ],
)
def test_what_carries_no_consequence_is_not_last(backing, check):
    assert judged(backing=backing).failed == (check,)


@pytest.mark.parametrize("own", [Fresh(9, 50.0), Fresh(0, None)])
def test_a_quarter_of_few_answers_is_not_last(own):
    found = judged(fresh={**FRESH, "a": own})
    assert found.failed == (Check.FRESH_ANSWERS_ENOUGH,)
    missing = judged(fresh={"b": FRESH["b"], "c": FRESH["c"]})
    assert missing.failed == (Check.FRESH_ANSWERS_ENOUGH,)


@pytest.mark.parametrize(("own", "last"), [(79.4, True), (79.5, False), (90.0, False)])
def test_the_quarter_itself_must_be_below_the_group(own, last):
    found = judged(fresh={**FRESH, "a": Fresh(10, own)})
    assert found.is_last is last
    assert found.failed == (() if last else (Check.FRESH_BELOW_GROUP,))


def test_the_group_mean_weighs_appointments_alike_and_leaves_small_ones_out():
    ranking = ranked((70, 3), (76, 3), (82, 3))
    fresh = {"a": Fresh(1000, 60.0), "b": Fresh(10, 80.0), "c": Fresh(9, 0.0)}
    assert fresh_group_mean(ranking, fresh, method=METHOD) == 70.0
    assert fresh_group_mean(ranking, {}, method=METHOD) is None
    outside = {**fresh, "x": Fresh(500, 5.0)}
    assert fresh_group_mean(ranking, outside, method=METHOD) == 70.0


def test_several_conditions_fail_at_once_and_are_all_named():
    found = judged("c", backing=behind(m=40), fresh={})
    assert found.failed == (
        Check.LARGEST_RANK,
        Check.SET_IN_LOWER_HALF,
        Check.ANSWERS_ENOUGH,
        Check.FRESH_ANSWERS_ENOUGH,
    )


def test_who_has_no_rank_is_not_last():
    assert not judged("x").is_ranked
    small = last_place(
        "a", None, support=behind(), fresh=FRESH, period="2026Q4", method=METHOD
    )
    assert (small.is_ranked, small.is_last, small.failed) == (False, False, ())


# Quarters in a row


def history(letters, *, withdrawn=(), posts=None, start=0):
    """L last, N not last, - not ranked; from 2026Q1 on."""
    words = {"L": Outcome.LAST, "N": Outcome.NOT_LAST, "-": Outcome.NOT_RANKED}
    return [
        Quarter(
            year=2026 + (start + k) // 4,
            quarter=(start + k) % 4 + 1,
            appointment=posts[k] if posts else "post",
            outcome=words[letter],
            is_withdrawn=k in withdrawn,
        )
        for k, letter in enumerate(letters)
    ]


def proposals(letters, **options):
    row = last_places_in_a_row(history(letters, **options), method=METHOD)
    return [one.periods for one in row.proposals]


THREE = ("2026Q1", "2026Q2", "2026Q3")


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("LL", []),
        ("LLL", [THREE]),
        ("LLLL", [THREE]),
        ("LLLLLLL", [THREE]),
        ("LLNL", []),
        ("L-LL", [("2026Q1", "2026Q3", "2026Q4")]),
        ("--LL", []),
        ("LLLNLLL", [THREE, ("2027Q1", "2027Q2", "2027Q3")]),
    ],
)
def test_three_in_a_row_give_exactly_one_proposal(letters, expected):
    assert proposals(letters) == expected


def test_another_post_resets():
    assert proposals("LLL", posts=["one", "one", "two"]) == []
    row = last_places_in_a_row(
        history("LLLL", posts=["one", "two", "two", "two"]), method=METHOD
    )
    assert row.proposals == (Proposal("two", ("2026Q2", "2026Q3", "2026Q4")),)
    assert (row.length, row.withdrawn) == (3, ())


def test_a_missing_quarter_neither_adds_nor_resets():
    quarters = [*history("LL"), *history("L", start=3)]
    row = last_places_in_a_row(quarters, method=METHOD)
    assert [one.periods for one in row.proposals] == [("2026Q1", "2026Q2", "2026Q4")]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_quarter_withdrawn_on_appeal_withdraws_the_proposal(gone):
    row = last_places_in_a_row(history("LLL", withdrawn={gone}), method=METHOD)
    assert (row.length, row.proposals) == (2, ())
    assert row.withdrawn == (Proposal("post", THREE),)


def test_after_a_withdrawal_a_further_last_place_gives_a_new_proposal():
    row = last_places_in_a_row(history("LLLL", withdrawn={1}), method=METHOD)
    assert row.proposals == (Proposal("post", ("2026Q1", "2026Q3", "2026Q4")),)
    assert row.withdrawn == (Proposal("post", THREE),)


def test_withdrawing_a_good_quarter_joins_what_it_parted():
    row = last_places_in_a_row(history("LLNL", withdrawn={2}), method=METHOD)
    assert row.proposals == (Proposal("post", ("2026Q1", "2026Q2", "2026Q4")),)
    assert row.withdrawn == ()


def test_how_many_in_a_row_comes_from_the_scheme():
    two = Method.from_mapping({"rank.last_quarters": 2})
    row = last_places_in_a_row(history("LL"), method=two)
    assert [one.periods for one in row.proposals] == [("2026Q1", "2026Q2")]


@given(st.text("LN-", max_size=16), st.randoms(use_true_random=False))
def test_one_proposal_for_every_long_row_in_any_order(letters, random):
    rows = [len(part) for part in letters.replace("-", "").split("N")]
    quarters = history(letters)
    random.shuffle(quarters)
    found = last_places_in_a_row(quarters, method=METHOD)
    assert len(found.proposals) == sum(1 for row in rows if row >= 3)
    assert found.length == rows[-1]


def test_no_quarters_are_no_row():
    row = last_places_in_a_row([], method=METHOD)
    assert (row.length, row.proposals, row.withdrawn) == (0, (), ())


def test_impossible_quarters_are_refused():
    with pytest.raises(ValueError, match="listed twice"):
        last_places_in_a_row(history("L") + history("N"), method=METHOD)
    with pytest.raises(ValueError, match="not a quarter"):
        Quarter(year=2026, quarter=5, appointment="a", outcome=Outcome.LAST)


def test_half_a_quarter_in_post():
    assert [half_of(days, 91) for days in (0, 45, 46, 91)] == [
        False,
        False,
        True,
        True,
    ]
    assert half_of(45, 90)
    with pytest.raises(ValueError, match="92 days of 91"):
        half_of(92, 91)
