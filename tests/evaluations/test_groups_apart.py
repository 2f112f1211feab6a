"""W3: each unit in exactly one group per period, ranked there and nowhere else."""

import datetime as dt
import threading
from collections import Counter
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import peers, rollup
from evaluations.models import QuarterRanking
from evaluations.scoring.window import Month
from officials.actions import (
    AlreadyInGroup,
    GroupChangedLater,
    GroupElsewhere,
    move_to_group,
)
from officials.models import (
    Division,
    Organization,
    PeerGroup,
    PeerGrouping,
    PeerGroupMember,
)
from tests.evaluations.world import NINE, World, mixed, months

QUARTER_END = "2026-12"
YEAR = months(QUARTER_END, 12)
FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = NINE[:6]
# Two of the four answered alike.
LEVELS = {FIRST: 4.4, SECOND: 3.9, THIRD: 3.9, FOURTH: 3.2, FIFTH: 4.0, SIXTH: 3.5}


def other_group(world: World, name: str = "居住街区组") -> PeerGroup:
    found: PeerGroup = world.group.grouping.groups.create(name=name)
    return found


def organization(code: str) -> Organization:
    return Organization.objects.get(division_id=code)


def move(world: World, code: str, group: PeerGroup, on: dt.date) -> PeerGroupMember:
    return move_to_group(
        organization=organization(code), group=group, on=on, by=SYSTEM, at=world.now
    )


def address(group: PeerGroup, month: str = QUARTER_END) -> str:
    return reverse("evaluations:ranking-list", args=[group.pk, month])


@pytest.fixture
def ranked(world: World) -> World:
    """Four in one group, two of them alike, and two in another, at a quarter's end."""
    other = other_group(world)
    for code in (FIFTH, SIXTH):
        PeerGroupMember.objects.filter(organization__division_id=code).update(
            group=other
        )
    scheme = world.quick_scheme()
    for month in months(QUARTER_END, 3):
        answers = {
            code: mixed(40, seed=f"{level} {month}", level=level)
            for code, level in LEVELS.items()
        }
        world.tally(month, answers, scheme=scheme)
        rollup.roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    return world


# Which unit into which group on which day.
MOVES = (
    (0, 1, dt.date(2026, 3, 1)),
    (0, 2, dt.date(2026, 3, 20)),
    (1, 2, dt.date(2026, 6, 30)),
    (0, 0, dt.date(2026, 12, 31)),
)


def test_w3_each_unit_is_in_exactly_one_group_per_period(world: World) -> None:
    """Whatever is moved whenever: every month has each unit once, without a gap."""
    groups = [world.group, other_group(world, "二组"), other_group(world, "三组")]
    units = [organization(code).pk for code in NINE]
    for unit, group, day in MOVES:
        move(world, NINE[unit], groups[group], day)
    for month in YEAR:
        found = peers.members_of_month(month).values_list("organization_id", flat=True)
        assert Counter(found) == Counter(units)
    for unit in units:
        spells = list(
            PeerGroupMember.objects.filter(organization=unit).order_by("starts_on")
        )
        assert all(one.ends_on == other.starts_on for one, other in pairwise(spells))
        assert spells[-1].ends_on is None
        of_groups = peers.groups_by_month(unit, YEAR)
        assert {month for month, those in of_groups.items() if unit in those} == set(
            YEAR
        )


def test_w3_the_list_reads_1_2_2_4(ranked: World, clerk_client: Client) -> None:
    rows = clerk_client.get(address(ranked.group)).context["ranking"].rows
    assert [row.place.rank for row in rows] == [1, 2, 2, 4]
    assert [row.line.rating.community_id for row in rows] == [
        FIRST,
        SECOND,
        THIRD,
        FOURTH,
    ]
    assert {row.place.of for row in rows} == {4}


def test_w3_no_address_or_query_can_mix_groups(
    ranked: World, clerk_client: Client
) -> None:
    mine = {FIRST, SECOND, THIRD, FOURTH}
    other = PeerGroup.objects.get(name="居住街区组")
    queries = (
        "",
        "?order=households",
        "?by_street=on",
        f"?street={FIFTH[:9]}",
        "?q=书记",
        "?state=computed",
        "?tier=above",
        f"?group={other.pk}",
        f"?group={ranked.group.pk}&group={other.pk}",
        "?page=99",
    )
    for query in queries:
        lines = clerk_client.get(address(ranked.group) + query).context["lines"]
        assert {line.rating.community_id for line in lines} <= mine
    compare = reverse("evaluations:group-compare", args=[ranked.group.pk, QUARTER_END])
    pks = [ranked.appointments[code].pk for code in (FIRST, SECOND, FIFTH)]
    both = clerk_client.get(f"{compare}?a={pks[0]}&a={pks[1]}")
    assert both.status_code == 200
    assert clerk_client.get(f"{compare}?a={pks[0]}&a={pks[2]}").status_code == 404
    for row in QuarterRanking.objects.all():
        assert {one["code"] for one in row.contents["contenders"]} <= {
            ranked.appointments[code].code
            for code in (mine if row.group == ranked.group else {FIFTH, SIXTH})
        }


def test_w3_every_address_that_ranks_names_one_group() -> None:
    """A list in an order of scores is under the key of its group, or there is none."""
    names = {
        name: pattern
        for name, pattern in _patterns("evaluations")
        if "ranking" in name or "compare" in name
    }
    assert {"ranking-list", "group-compare"} <= set(names)
    assert {
        name
        for name, pattern in names.items()
        if not pattern.startswith("groups/<int:pk>/")
    } == set()


def _patterns(namespace: str) -> list[tuple[str, str]]:
    _prefix, resolver = get_resolver().namespace_dict[namespace]
    return [
        (name, _written(resolver, name))
        for name in resolver.reverse_dict
        if isinstance(name, str)
    ]


def _written(resolver: object, name: str) -> str:
    found = [
        str(one.pattern)
        for one in resolver.url_patterns  # type: ignore[attr-defined]
        if getattr(one, "name", None) == name
    ]
    return found[0] if found else ""


def test_w3_a_change_of_group_keeps_history(
    ranked: World, clerk_client: Client
) -> None:
    other = PeerGroup.objects.get(name="居住街区组")
    before = clerk_client.get(address(ranked.group)).context["ranking"].rows
    move(ranked, FIRST, other, dt.date(2027, 1, 1))
    after = clerk_client.get(address(ranked.group)).context["ranking"].rows
    assert [row.line.rating.pk for row in after] == [
        row.line.rating.pk for row in before
    ]
    later = str(Month.parse(QUARTER_END).plus(1))
    moved = organization(FIRST).pk
    assert peers.group_of(QUARTER_END, [moved]) == {moved: ranked.group}
    assert peers.group_of(later, [moved]) == {moved: other}
    spells = PeerGroupMember.objects.filter(organization=moved).order_by("starts_on")
    assert [(one.group_id, one.ends_on) for one in spells] == [
        (ranked.group.pk, dt.date(2027, 1, 1)),
        (other.pk, None),
    ]
    event = AuditEvent.objects.get(verb="group.changed")
    assert event.division == FIRST


def test_who_moves_inside_a_month_is_ranked_where_it_moved_to(world: World) -> None:
    other = other_group(world)
    move(world, FIRST, other, dt.date(2026, 10, 15))
    moved = organization(FIRST).pk
    found = {
        month: peers.group_of(month, [moved])[moved]
        for month in ("2026-09", "2026-10", "2026-11")
    }
    assert found == {"2026-09": world.group, "2026-10": other, "2026-11": other}
    assert moved not in peers.members_of_month("2026-10").filter(
        group=world.group
    ).values_list("organization_id", flat=True)


def test_a_move_that_would_change_the_past_is_refused(world: World) -> None:
    other, day = other_group(world), dt.date(2026, 10, 1)
    with pytest.raises(AlreadyInGroup):
        move(world, FIRST, world.group, day)
    move(world, FIRST, other, day)
    for earlier in (day, dt.date(2026, 9, 1)):
        with pytest.raises(GroupChangedLater):
            move(world, FIRST, world.group, earlier)
    elsewhere = PeerGrouping.objects.create(
        name="别处", division=Division.objects.get(pk="120101002003")
    )
    with pytest.raises(GroupElsewhere):
        move(world, FIRST, elsewhere.groups.create(name="一组"), day)


@pytest.mark.django_db(transaction=True)
def test_w3_two_who_move_the_same_unit_at_once_move_it_once(world: World) -> None:
    groups = [other_group(world, "二组"), other_group(world, "三组")]
    barrier, results = threading.Barrier(2), []

    def run(group: PeerGroup) -> None:
        try:
            barrier.wait(timeout=30)
            results.append(move(world, FIRST, group, dt.date(2026, 10, 1)).group_id)
        except GroupChangedLater as refused:
            results.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(group,)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [isinstance(one, GroupChangedLater) for one in results].count(True) == 1
    spells = PeerGroupMember.objects.filter(organization__division_id=FIRST)
    assert spells.filter(ends_on=None).count() == 1
    assert spells.count() == 2
