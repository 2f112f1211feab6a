"""The ledger of what was told, and the arithmetic it rests on (T127)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.guard import small_rests
from evaluations.models import CellsAreFinal, MonthlyRating, ToldFigure
from evaluations.publication.parts import Table, ToldTable, alone
from evaluations.publication.rates import Response
from evaluations.publication.solvable import Sum, possible_values, within
from evaluations.rollup import RolledUp
from tests.evaluations.world import SHUDELI, TAIANDAO, World, mixed

Kind = ToldFigure.Kind


@pytest.mark.parametrize(
    ("sums", "values"),
    [
        ([Sum.exactly("ab", 5)], [0, 1, 2]),
        ([Sum.exactly("a", 5)], [5]),
        ([Sum.exactly("ab", 1)], [0, 1]),
        ([Sum.exactly("abc", 9), Sum.exactly("bc", 8)], [1]),
        # Two counts of eleven, one of them known to be ten at least.
        ([Sum.exactly("ab", 11), *within({"a": 1, "b": 10}, 10)], [0, 1]),
        ([Sum.exactly("ab", 12), *within({"a": 2, "b": 10}, 10)], [0, 1, 2]),
        ([Sum.exactly("b", 3)], [0, 1, 2]),
    ],
)
def test_values_that_a_withheld_count_can_have(
    sums: list[Sum], values: list[int]
) -> None:
    assert possible_values(sums, "a") == values


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=1, max_size=4),
    st.integers(0, 2),
)
def test_values_are_those_of_all_worlds(
    counts: list[int], groups: list[set[int]], slack: int
) -> None:
    sums = [Sum(frozenset({0, 1, 2}), 0, 12)]
    for group in groups:
        count = sum(counts[k] for k in group)
        sums.append(Sum(frozenset(group), max(0, count - slack), count))
    worlds = [
        world
        for world in product(range(13), repeat=3)
        if all(one.low <= sum(world[k] for k in one.names) <= one.high for one in sums)
    ]
    assert possible_values(sums, 0, wanted=99) == sorted({one[0] for one in worlds})


def test_sums_that_cannot_be_true_have_no_values() -> None:
    with pytest.raises(ValueError, match="no counts"):
        possible_values([Sum.exactly("ab", 3), Sum.exactly("a", 4)], "b")


def test_a_class_is_what_no_told_number_parts() -> None:
    counts = {"a": 20, "b": 6, "c": 7}
    assert small_rests(["abc"], counts, floor=10) == []
    assert small_rests(["abc", "a"], counts, floor=10) == []
    assert small_rests(["abc", "ab"], counts, floor=10) == [frozenset("c")]


def test_a_table_waits_until_ten_have_come_and_gone() -> None:
    modes = {"online": 6, "paper": 5}
    cells = {(str(k), name): n for k in range(6) for name, n in modes.items()}
    first = ToldTable(frozenset("012"), frozenset({"online"}))

    def told(rounds: str) -> dict[str, int | None]:
        return Table(cells=cells, rounds=frozenset(rounds), earlier=[first]).told()

    assert told("123") == {"online": None, "paper": None}
    assert told("234") == {"online": None, "paper": None}
    assert told("345") == {"online": 18, "paper": 15}


def test_final_codes_keep_three_values_beside_their_tens() -> None:
    counts = {"refusal": 40, "unknown": 1, "not_eligible": 10}
    told = alone(counts, in_tens=("unknown", "not_eligible"))
    assert told == dict.fromkeys(counts)
    assert alone(counts) == {"refusal": 40, "unknown": None, "not_eligible": None}


counts = st.integers(0, 60)


@given(counts, counts, counts, counts, counts)
def test_a_rate_lies_in_its_range_which_only_tens_decide(
    complete: int, partial: int, refusal: int, outside: int, unknown: int
) -> None:
    def response(partial: int, outside: int, unknown: int) -> Response:
        return Response(
            released=released,
            usable=usable,
            partial=partial,
            not_eligible=outside,
            unknown=unknown,
        )

    usable = complete + partial
    released = usable + refusal + outside + unknown
    shown = response(partial, outside, unknown).rr1()
    among = released - outside
    if among and shown is not None and released > outside + unknown:
        low, _, high = shown.text.partition("–")
        rate = 100 * Fraction(complete, among)
        assert int(low) <= rate <= int(high or low)
    tens = [one - one % 10 for one in (partial, outside, unknown)]
    assert response(*tens).rr1() == shown
    assert response(*tens).rr3() == response(partial, outside, unknown).rr3()
    assert response(*tens).e() == response(partial, outside, unknown).e()


def test_a_month_tells_the_office_what_it_may_and_notes_it(
    world: World, roll_up: Callable[[str], RolledUp]
) -> None:
    answers = {
        SHUDELI: mixed(45, seed="one"),
        TAIANDAO: mixed(7, seed="two"),
    }
    world.tally("2026-11", answers)
    roll_up("2026-11")
    told = ToldFigure.objects.filter(kind=Kind.SCORE)
    (row,) = told.values("rating__community", "audience", "households", "first")
    assert row == {
        "rating__community": SHUDELI,
        "audience": "office",
        "households": 45,
        "first": "2026-11",
    }
    modes = ToldFigure.objects.get(kind=Kind.MODES).told_counts
    assert [n for n in modes.values() if n is not None and n < 10] == []
    small = MonthlyRating.objects.get(community=TAIANDAO)
    assert not ToldFigure.objects.filter(rating=small).exists()


def test_what_was_told_cannot_be_taken_back(
    world: World, roll_up: Callable[[str], RolledUp]
) -> None:
    world.tally("2026-11", {SHUDELI: mixed(45, seed="one")})
    roll_up("2026-11")
    with pytest.raises(CellsAreFinal):
        ToldFigure.objects.all().delete()
    with pytest.raises(CellsAreFinal):
        ToldFigure.objects.update(households=1)
