"""The ledger of what was told, and the arithmetic it rests on (T127)."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.guard import small_rests
from evaluations.models import CellsAreFinal, MonthlyRating, ToldFigure
from evaluations.publication.beside import is_open_group
from evaluations.publication.parts import Table, alone
from evaluations.publication.rates import Response
from evaluations.publication.worlds import ToldTable, Worlds
from evaluations.rollup import RolledUp
from tests.evaluations.world import SHUDELI, TAIANDAO, World, mixed

Kind = ToldFigure.Kind


def table(rounds: str, labels: str, named: str = "abc") -> ToldTable:
    return ToldTable(frozenset(rounds), frozenset(labels), frozenset(named))


@pytest.mark.parametrize(
    ("counts", "told", "is_open"),
    [
        # Two withheld counts may change places, one alone is what the others leave.
        ({"a": 3, "b": 8}, "", True),
        ({"a": 3, "b": 8}, "b", False),
        ({"a": 0, "b": 1}, "", False),
        ({"a": 0, "b": 2, "c": 40}, "c", True),
        ({"a": 3, "b": 0, "c": 40}, "bc", False),
    ],
)
def test_a_withheld_count_needs_another_to_change_places_with(
    counts: dict[str, int], told: str, is_open: bool
) -> None:
    own = table("1", told, "".join(counts))
    worlds = Worlds({("1", label): n for label, n in counts.items()}, [own])
    assert worlds.are_open([own]) is is_open


def test_a_ten_that_is_known_bounds_a_count() -> None:
    cells = {("1", "a"): 1, ("1", "b"): 10}
    own = table("1", "", "ab")
    assert Worlds(cells, [own]).are_open([own])
    assert not Worlds(cells, [own], in_tens="b").are_open([own])


def test_households_change_back_where_another_window_tells() -> None:
    """The first window tells a: what changes in its one round changes in the other."""
    cells = {(name, label): 5 for name in "123" for label in "abc"}
    first, second = table("12", "a"), table("23", "")
    assert Worlds(cells, [first, second]).are_open([second])
    cells |= {("3", "a"): 0, ("3", "b"): 0, ("3", "c"): 2, ("2", "a"): 4}
    worlds = Worlds(cells, [first, second])
    assert worlds.are_open([second])
    # Nobody may change in the first round: its windows are not all known.
    cells |= {("3", "c"): 0}
    assert not Worlds(cells, [first, second], movable=frozenset("23")).are_open(
        [second]
    )


def splits(total: int) -> Iterator[tuple[int, int, int]]:
    """Every way to share the households of a round among three labels."""
    for one in range(total + 1):
        for other in range(total - one + 1):
            yield one, other, total - one - other


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    st.lists(
        st.tuples(
            st.sets(st.sampled_from("12"), min_size=1), st.sets(st.sampled_from("abc"))
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_an_open_count_has_three_values_among_all_worlds(
    counts: list[int], told: list[tuple[set[str], set[str]]]
) -> None:
    cells = dict(zip(product("12", "abc"), counts, strict=True))
    tables = [table("".join(rounds), "".join(labels)) for rounds, labels in told]
    worlds = [
        dict(zip(cells, (*first, *second), strict=True))
        for first in splits(sum(counts[:3]))
        for second in splits(sum(counts[3:]))
    ]

    def count(world: dict[tuple[str, str], int], own: ToldTable, label: str) -> int:
        return sum(world[name, label] for name in own.rounds)

    alike = [
        world
        for world in worlds
        if all(
            count(world, own, label) == count(cells, own, label)
            for own in tables
            for label in own.labels
        )
    ]
    for own in tables:
        if Worlds(cells, tables).are_open([own]):
            for label in own.named - own.labels:
                assert len({count(world, own, label) for world in alike}) >= 3


def test_a_label_that_no_table_named_was_told_to_be_nought() -> None:
    """Visits begin in the second quarter: they are no visits of the first."""
    cells = {
        **{("1", "online"): 11, ("2", "online"): 9, ("2", "visit"): 11},
        **{("3", "online"): 12, ("3", "visit"): 12},
    }
    first = ToldTable(frozenset("1"), frozenset(), frozenset({"online"}))
    named = ToldTable(frozenset("1"), frozenset(), frozenset({"online", "visit"}))

    def told(*earlier: ToldTable) -> dict[str, int | None]:
        return Table(cells=cells, rounds=frozenset("12"), earlier=earlier).told()

    assert told(first) == {"online": None, "visit": None}
    assert told(named) == {"online": 20, "visit": 11}
    after = Table(cells=cells, rounds=frozenset("1"))
    assert set(after.told()) == {"online", "visit"}


def test_a_class_is_what_no_told_number_parts() -> None:
    counts = {"a": 20, "b": 6, "c": 7}
    assert small_rests(["abc"], counts, floor=10) == []
    assert small_rests(["abc", "a"], counts, floor=10) == []
    assert small_rests(["abc", "ab"], counts, floor=10) == [frozenset("c")]


def test_a_table_waits_until_ten_have_come_and_gone() -> None:
    modes = {"online": 6, "paper": 5}
    cells = {(str(k), name): n for k in range(6) for name, n in modes.items()}
    first = ToldTable(frozenset("012"), frozenset({"online"}), frozenset(modes))

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


@pytest.mark.parametrize(
    ("hidden", "waiting", "missing", "is_open"),
    [
        ([], [], 0, True),
        ([40], [], 0, False),
        ([4, 5], [], 0, False),
        ([4, 6], [], 0, True),
        # Once the second is told, the first is alone.
        ([40], [40], 0, False),
        ([], [40], 0, False),
        ([], [40, 40], 0, True),
        ([], [], 1, False),
        ([], [], 2, True),
    ],
)
def test_a_mean_leaves_no_member_alone(
    hidden: list[int], waiting: list[int], missing: int, is_open: bool
) -> None:
    assert is_open_group(hidden, waiting, missing, floor=10) is is_open


def test_what_was_told_cannot_be_taken_back(
    world: World, roll_up: Callable[[str], RolledUp]
) -> None:
    world.tally("2026-11", {SHUDELI: mixed(45, seed="one")})
    roll_up("2026-11")
    with pytest.raises(CellsAreFinal):
        ToldFigure.objects.all().delete()
    with pytest.raises(CellsAreFinal):
        ToldFigure.objects.update(households=1)
