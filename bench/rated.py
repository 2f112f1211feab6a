"""Districts whose quarter is rolled up, at the price of a few inserts.

One rating is made by a real roll-up; every other row is its copy under another
appointment, with another score, star and place. What a page reads has the size and the
form that it has in use.
"""

import copy
import datetime as dt
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.actions import create_user, grant_role
from accounts.models import User
from accounts.roles import Role
from audit.actions import SYSTEM
from bench.months import Country
from evaluations.models import MonthlyRating, PoolingRecord, QuarterRanking
from evaluations.rollup import roll_up
from evaluations.scoring.ranks import Tier
from officials.models import (
    Appointment,
    Division,
    Official,
    Organization,
    PeerGroup,
    PeerGrouping,
    PeerGroupMember,
    Post,
)

MONTH, YEAR_BEFORE, PERIOD = "2026-12", "2025-12", "2026Q4"
WINDOWS = {MONTH: ("2026-01", "2026-12"), YEAR_BEFORE: ("2025-01", "2025-12")}
OPENED = dt.date(2020, 1, 1)
OF_A_STREET, OF_A_GROUP = 10, 60
USABLE = 120
BATCH = 500
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("建国", "秀英", "志强", "桂兰", "明", "丽华", "永生", "晓燕")


@dataclass(frozen=True, slots=True)
class RatedDistrict:
    """`small`: a group of sixty; `whole`: the group of all; both by their keys."""

    size: int
    small: int
    whole: int


@dataclass(frozen=True, slots=True)
class Rated:
    month: str
    reader: User
    districts: list[RatedDistrict]


def rated_districts(sizes: Sequence[int], *, role: Role) -> Rated:
    at = timezone.now()
    sample = _sample()
    reader = create_user(
        username="bench-reader",
        name="bench-reader",
        password="-",  # noqa: S106
        by=SYSTEM,
        at=at,
    )
    grant_role(user=reader, role=role, scope="98", starts_on=OPENED, by=SYSTEM, at=at)
    Division.objects.bulk_create(
        [_place("98", "province", None), _place("9801", "city", "98")]
    )
    districts = [
        _district(f"9801{number:02}", size, sample)
        for number, size in enumerate(sizes, start=1)
    ]
    return Rated(MONTH, reader, districts)


def _sample() -> MonthlyRating:
    """A rating as the roll-up leaves it."""
    country = Country(districts=1, communities=15)
    district = country.districts[0]
    survey_round = country.make_round(district, MONTH)
    country.draw(survey_round, answers=USABLE)
    division = Division.objects.get(pk=district)
    roll_up(division=division, month=MONTH, by=SYSTEM, at=country.at)
    return MonthlyRating.objects.earliest("community_id")


def _district(code: str, size: int, sample: MonthlyRating) -> RatedDistrict:
    dice = random.Random(code)
    communities = _places(code, size)
    appointments, organizations = _officials(communities)
    small = _grouping(code, "六十个一组", organizations, OF_A_GROUP)
    whole = _grouping(code, "全区一组", organizations, size)
    scores = [round(dice.uniform(45, 95), 6) for _ in range(size)]
    pool = _pool(code, sample, size)
    for month in (YEAR_BEFORE, MONTH):
        rankings = _rankings(code, small, scores, sample) if month == MONTH else None
        rows = (
            _rating(sample, month, community, appointment, score, pool, rankings, place)
            for place, (community, appointment, score) in enumerate(
                zip(communities, appointments, scores, strict=True)
            )
        )
        MonthlyRating.objects.bulk_create(rows, batch_size=BATCH)
    return RatedDistrict(size, small[0].pk, whole[0].pk)


def _rating(
    sample: MonthlyRating,
    month: str,
    community: str,
    appointment: Appointment,
    score: float,
    pool: PoolingRecord,
    rankings: list[QuarterRanking] | None,
    place: int,
) -> MonthlyRating:
    first, last = WINDOWS[month]
    rank = _rank(rankings[place // OF_A_GROUP], appointment) if rankings else None
    exact = Decimal(str(score))
    row = copy.copy(sample)
    row._state = copy.copy(sample._state)
    row._state.adding, row._state.fields_cache = True, {}
    row.pk, row.appointment_id, row.community_id = None, appointment.pk, community
    row.month, row.window_from, row.window_to = month, first, last
    row.months_existing = row.months_wanted = 12
    row.usable = row.submitted = USABLE
    row.released, row.validity = 2 * USABLE, MonthlyRating.Mark.VALID
    row.score, row.shrunken = exact, exact
    row.low, row.high, row.se = exact - 3, exact + 3, Decimal("1.5")
    row.reliability, row.star = Decimal("0.9"), 1 + int(score // 20)
    row.refreshed, row.shown_id, row.pool_id = True, None, pool.pk
    row.rank = rank["rank"] if rank else None
    row.ranking_id = rankings[place // OF_A_GROUP].pk if rankings else None
    row.record = json.dumps(_record(sample, row, rank), ensure_ascii=False)
    return row


def _record(
    sample: MonthlyRating, row: MonthlyRating, rank: dict[str, Any] | None
) -> dict[str, Any]:
    contents = {**sample.contents, "rank": rank, "month": row.month}
    contents["community"] = row.community_id
    contents["appointment"] = f"A{row.appointment_id:08d}"
    contents["window"] = {
        **contents["window"],
        "first": row.window_from,
        "last": row.window_to,
    }
    contents["star"] = {
        **contents["star"],
        "star": row.star,
        "probabilities": ["0.010000", "0.090000", "0.700000", "0.190000", "0.010000"],
    }
    return contents


def _rankings(
    code: str, groups: list[PeerGroup], scores: list[float], sample: MonthlyRating
) -> list[QuarterRanking]:
    """One ranking a group; the places stand in the records of the ratings."""
    rows = [
        QuarterRanking(
            group=group,
            district_id=code,
            period=PERIOD,
            scheme=sample.scheme,
            record=json.dumps({"ranks": {}, "scores": scores[:OF_A_GROUP]}),
            record_sha256="0" * 64,
        )
        for group in groups
    ]
    return QuarterRanking.objects.bulk_create(rows)


def _rank(ranking: QuarterRanking, appointment: Appointment) -> dict[str, Any]:
    place = appointment.pk % OF_A_GROUP
    return {
        "group": f"G{ranking.group_id}",
        "period": PERIOD,
        "sha256": ranking.record_sha256,
        "of": OF_A_GROUP,
        "rank": 1 + place,
        "alone": True,
        "best": max(1, place - 5),
        "worst": min(OF_A_GROUP, place + 7),
        "crit": "2.654321",
        "tier": list(Tier)[place % 3].value,
        "difference": "1.000000",
        "difference_se": "1.500000",
        "last": {
            "is_last": False,
            "failed": ["largest_rank"],
            "fresh_m": 30,
            "fresh_mean": "70.000000",
            "fresh_group_mean": "71.000000",
        },
    }


def _pool(code: str, sample: MonthlyRating, size: int) -> PoolingRecord:
    return PoolingRecord.objects.create(
        scheme=sample.scheme,
        kind=Post.Kind.COMMUNITY_SECRETARY,
        level=PoolingRecord.Level.DISTRICT,
        area_id=code,
        month=MONTH,
        record=json.dumps({"count": size}),
        record_sha256="0" * 64,
    )


def _places(code: str, size: int) -> list[str]:
    streets, communities = [], []
    for number in range(size):
        street, place = divmod(number, OF_A_STREET)
        above = f"{code}{street + 1:03}"
        if not place:
            streets.append(_place(above, "street", code))
        communities.append(_place(f"{above}{place + 1:03}", "community", above))
    Division.objects.bulk_create([_place(code, "district", code[:4])])
    Division.objects.bulk_create(streets)
    Division.objects.bulk_create(communities, batch_size=BATCH)
    return [community.code for community in communities]


def _place(code: str, level: str, above: str | None) -> Division:
    return Division(
        code=code,
        level=level,
        kind=level,
        name=code,
        short_name=code,
        parent_id=above,
        valid_from=OPENED,
    )


def _officials(
    communities: Sequence[str],
) -> tuple[list[Appointment], list[Organization]]:
    organizations = Organization.objects.bulk_create(
        Organization(
            kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
            division_id=code,
            name=f"{code}党委",
        )
        for code in communities
    )
    posts = Post.objects.bulk_create(
        Post(organization=one, kind=Post.Kind.COMMUNITY_SECRETARY, title="书记")
        for one in organizations
    )
    officials = Official.objects.bulk_create(
        Official(name=SURNAMES[n % len(SURNAMES)] + GIVEN[n % len(GIVEN)])
        for n in range(len(communities))
    )
    appointments = Appointment.objects.bulk_create(
        Appointment(official=official, post=post, starts_on=OPENED)
        for official, post in zip(officials, posts, strict=True)
    )
    return appointments, organizations


def _grouping(
    code: str, name: str, organizations: Sequence[Organization], size: int
) -> list[PeerGroup]:
    grouping = PeerGrouping.objects.create(name=name, division_id=code)
    number = -(-len(organizations) // size)
    groups = PeerGroup.objects.bulk_create(
        PeerGroup(grouping=grouping, name=f"第{place + 1}组") for place in range(number)
    )
    PeerGroupMember.objects.bulk_create(
        (
            PeerGroupMember(
                grouping=grouping,
                group=groups[place // size],
                organization=organization,
                starts_on=OPENED,
            )
            for place, organization in enumerate(organizations)
        ),
        batch_size=BATCH,
    )
    return groups
