"""A district at the end of a quarter: groups with real figures, stars and ranks."""

from itertools import islice

from audit.actions import SYSTEM
from evaluations.rollup import roll_up
from evaluations.scoring.window import Month
from officials.models import Organization, PeerGroup, PeerGroupMember
from tests.evaluations.world import World, mixed

QUARTER_END = "2026-12"
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("建国", "秀英", "志强", "桂兰", "明", "丽华", "永生", "晓燕")


def name_of(place: int) -> str:
    """A name that nobody bears; the same place has the same name."""
    return SURNAMES[place % len(SURNAMES)] + GIVEN[place % len(GIVEN)]


def part_into_groups(
    world: World, names: list[str], *, sizes: list[int]
) -> list[PeerGroup]:
    """The first so many organizations into the first group, and so on."""
    grouping = world.group.grouping
    groups = [world.group, *(grouping.groups.create(name=name) for name in names[1:])]
    world.group.name = names[0]
    world.group.save()
    organizations = iter(Organization.objects.order_by("division_id"))
    for group, size in zip(groups, sizes, strict=True):
        for organization in islice(organizations, size):
            members = PeerGroupMember.objects.filter(organization=organization)
            members.update(group=group)
    return groups


def close_quarter(
    world: World,
    *,
    answers: int = 40,
    last: str = QUARTER_END,
    quarters: int = 1,
    few: frozenset[str] = frozenset(),
) -> None:
    """Months with answers of all members, rolled up; windows of three months.

    Moods are spread from one community to the next and drift a little; those of `few`
    have too few answers to be told.
    """
    scheme = world.quick_scheme()
    end = Month.parse(last)
    for back in range(3 * quarters - 1, -1, -1):
        month = str(end.plus(-back))
        given = {
            code: mixed(
                3 if code in few else answers,
                seed=code + month,
                level=3.0
                + 0.1 * ((7 * place) % 17)
                + (0.03 * place % 0.2) * (3 - back),
            )
            for place, code in enumerate(world.communities)
        }
        world.tally(month, given, scheme=scheme)
        roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
