"""The database orders by what the gate prints, and by nothing behind it (T125)."""

from collections.abc import Callable

import pytest

from evaluations.group_lines import Wanted, group_page
from evaluations.order import extent, in_order, ratings_of_group, with_figures
from evaluations.publication import Audience, Released, release
from evaluations.rollup import RolledUp
from tests.evaluations.world import NINE, World, mixed, same

MONTH = "2026-10"


@pytest.fixture
def spread(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    """Bounds at both ends, some in between, two with too few."""
    given = {
        NINE[0]: same(5, 40),
        NINE[1]: same(1, 40),
        NINE[2]: mixed(40, seed="c", level=4.4),
        NINE[3]: mixed(12, seed="d"),
        NINE[4]: mixed(35, seed="e", level=3.0),
        NINE[5]: same(3, 9),
        NINE[6]: same(4, 5),
    }
    world.tally(MONTH, given)
    roll_up(MONTH)
    return world


@pytest.mark.parametrize("audience", list(Audience))
def test_annotations_are_what_the_gate_releases(
    spread: World, audience: Audience
) -> None:
    rows = with_figures(ratings_of_group(spread.group, MONTH), audience)
    told = []
    for row in rows.select_related("scheme", "shown__scheme"):
        figure = release(row, audience)
        assert row.is_told == int(isinstance(figure, Released))
        if isinstance(figure, Released):
            told.append(figure)
            assert row.printed == figure.score.value
            assert row.printed_low == (figure.low.value if figure.low else None)
            assert row.households == figure.households
            assert row.participation == figure.participation
            assert row.printed_star == figure.star
        else:
            assert {row.printed, row.printed_low, row.households} == {None}
    whole = extent(rows)
    assert (whole.total, whole.told) == (7, len(told))
    assert len(told) == (5 if audience is Audience.OFFICE else 0)


def test_withheld_ratings_stand_last_and_by_place(spread: World) -> None:
    rows = with_figures(ratings_of_group(spread.group, MONTH), Audience.OFFICE)
    for order in ("score", "households", "width", "star", "participation", "rank"):
        places = in_order(rows, order).values_list("community_id", flat=True)
        assert list(places)[-2:] == [NINE[5], NINE[6]]
    by_place = in_order(rows, "place").values_list("community_id", flat=True)
    assert list(by_place)[:5] == list(NINE[:5])


def test_a_search_and_a_filter_leave_the_scale_of_the_group(spread: World) -> None:
    whole = group_page(spread.group, MONTH, Wanted(), audience=Audience.OFFICE)
    found = group_page(
        spread.group,
        MONTH,
        Wanted(search=f"sj{NINE[2][-3:]}", star="0"),
        audience=Audience.OFFICE,
    )
    assert [line.rating.community_id for line in found.lines] == [NINE[2]]
    assert (found.whole, found.page.paginator.count) == (whole.whole, 1)
